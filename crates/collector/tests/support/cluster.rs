//! Real servers on loopback: a JetStream cluster of one or three, and a PostgreSQL of our own.

use std::fs::OpenOptions;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tempfile::TempDir;

/// A program in the usual places; a line that says what is missing where it is not installed.
pub fn installed(program: &str, package: &str) -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    folders.push("/usr/sbin".into());
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.filter_map(Result::ok).map(|version| version.path().join("bin")));
    }
    let found = folders.iter().map(|folder| folder.join(program)).find(|path| path.is_file());
    if found.is_none() {
        println!("skipped: `{program}` is not installed (Debian package `{package}`)");
    }
    found
}

/// Ports for servers that are stopped and started again. None of those that the system gives to outgoing connections
/// (on Linux 32768 and above): such a connection would take a stopped server's port, and the server could not come back.
pub fn free_ports(count: usize) -> Vec<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let mut ports = Vec::new();
    while ports.len() < count {
        // Each test process begins elsewhere.
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(step < 12_000, "no free port between 20000 and 32000");
        let port = 20_000 + (std::process::id().wrapping_mul(101).wrapping_add(step) % 12_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            ports.push(port);
        }
    }
    ports
}

/// A JetStream cluster.
pub struct Cluster {
    program: PathBuf,
    folder: TempDir,
    ports: Vec<u16>,
    nodes: Vec<Option<Child>>,
}

impl Cluster {
    pub fn start(size: usize) -> Option<Cluster> {
        let program = installed("nats-server", "nats-server")?;
        let folder = tempfile::tempdir().unwrap();
        let ports = free_ports(size * 2);
        let (clients, routes) = ports.split_at(size);
        let all_routes: Vec<_> = routes.iter().map(|port| format!("nats-route://127.0.0.1:{port}")).collect();
        for node in 0..size {
            let cluster = format!(
                "cluster {{ name: c, listen: \"127.0.0.1:{}\", routes: [{}] }}",
                routes[node],
                all_routes.join(", ")
            );
            let config = format!(
                "server_name: node{node}\nlisten: \"127.0.0.1:{}\"\njetstream {{ store_dir: \"{}\", max_file: 2G }}\n{}\n",
                clients[node],
                folder.path().join(format!("store{node}")).display(),
                if size > 1 { cluster.as_str() } else { "" },
            );
            std::fs::write(folder.path().join(format!("node{node}.conf")), config).unwrap();
        }
        let mut cluster =
            Cluster { program, ports: clients.to_vec(), folder, nodes: (0..size).map(|_| None).collect() };
        cluster.start_all();
        Some(cluster)
    }

    pub fn start_node(&mut self, node: usize) {
        let config = self.folder.path().join(format!("node{node}.conf"));
        let log = OpenOptions::new().create(true).append(true).open(self.log(node)).unwrap();
        let child =
            Command::new(&self.program).arg("-c").arg(config).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.nodes[node] = Some(child);
    }

    /// Where a node writes what it does.
    fn log(&self, node: usize) -> PathBuf {
        self.folder.path().join(format!("node{node}.log"))
    }

    /// What the nodes did last, for a test that failed.
    fn tell(&mut self) {
        for node in 0..self.nodes.len() {
            let state = match self.nodes[node].as_mut().map(|child| child.try_wait()) {
                None => "stopped by the test".to_owned(),
                Some(Ok(Some(status))) => format!("ended by itself, {status}"),
                Some(_) => "running".to_owned(),
            };
            println!("node{node}: {state}");
            let log = std::fs::read_to_string(self.log(node)).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            lines[lines.len().saturating_sub(40)..].iter().for_each(|line| println!("  {line}"));
        }
    }

    pub fn start_all(&mut self) {
        for node in 0..self.nodes.len() {
            if self.nodes[node].is_none() {
                self.start_node(node);
            }
        }
    }

    /// SIGKILL: no goodbye.
    pub fn kill(&mut self, node: usize) {
        if let Some(mut child) = self.nodes[node].take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub fn kill_all(&mut self) {
        for node in 0..self.nodes.len() {
            self.kill(node);
        }
    }

    pub fn url(&self, parameters: &str) -> String {
        let hosts: Vec<_> = self.ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        format!("nats://{}?{parameters}", hosts.join(","))
    }

    pub async fn context(&self) -> async_nats::jetstream::Context {
        let servers: Vec<_> = self.ports.iter().map(|port| format!("nats://127.0.0.1:{port}")).collect();
        let options = async_nats::ConnectOptions::new().retry_on_initial_connect();
        let mut context = async_nats::jetstream::new(options.connect(servers).await.unwrap());
        context.set_timeout(Duration::from_secs(3));
        context
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.tell();
        }
        self.kill_all();
    }
}

/// A PostgreSQL server with an empty database.
pub struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    user: Option<u32>,
}

impl Postgres {
    pub fn start() -> Option<Postgres> {
        let programs = installed("initdb", "postgresql")?.canonicalize().unwrap().parent()?.to_owned();
        let folder = tempfile::tempdir().unwrap();
        // PostgreSQL refuses to run as root: the package's own user takes its place.
        let id = |arguments: &[&str]| {
            let output = Command::new("id").args(arguments).output().unwrap();
            String::from_utf8_lossy(&output.stdout).trim().parse::<u32>().ok()
        };
        let user = if id(&["-u"]) == Some(0) { Some(id(&["-u", "postgres"])?) } else { None };
        if let Some(user) = user {
            std::os::unix::fs::chown(folder.path(), Some(user), None).unwrap();
        }
        let postgres = Postgres { programs, folder, port: free_ports(1)[0], user };
        let data = postgres.data();
        postgres.run("initdb", &["-A", "trust", "-U", "shop", "-E", "UTF8", "--no-sync", "-D", data.to_str().unwrap()]);
        postgres.control(&["-w", "-o", &postgres.options(), "start"]);
        Some(postgres)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn options(&self) -> String {
        format!("-p {} -h 127.0.0.1 -k {}", self.port, self.folder.path().display())
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let mut command = Command::new(self.programs.join(program));
        command.args(arguments).current_dir(self.folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(user) = self.user {
            command.uid(user);
        }
        assert!(command.status().unwrap().success(), "{program} {arguments:?}");
    }

    fn control(&self, arguments: &[&str]) {
        let (data, log) = (self.data(), self.folder.path().join("log"));
        let fixed = ["-s", "-D", data.to_str().unwrap(), "-l", log.to_str().unwrap()];
        self.run("pg_ctl", &[&fixed[..], arguments].concat());
    }

    /// Stops at once, as in a crash.
    pub fn crash(&self) {
        self.control(&["-m", "immediate", "stop"]);
    }

    pub fn start_again(&self) {
        self.control(&["-w", "-o", &self.options(), "start"]);
    }

    pub fn url(&self) -> String {
        format!("postgres://shop@127.0.0.1:{}/postgres", self.port)
    }

    pub async fn client(&self) -> tokio_postgres::Client {
        let (client, connection) = tokio_postgres::connect(&self.url(), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(async move {
            let _ = connection.await;
        });
        client
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if Path::new(&self.data()).join("postmaster.pid").exists() {
            self.crash();
        }
    }
}
