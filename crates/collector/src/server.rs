//! Listening, connections, and stopping without losing or resetting anything that is under way.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

use crate::admission::Keys;
use crate::http::{App, router};
use crate::metrics::Metrics;
use crate::sink::{Sink, forward};
use crate::store::{Store, StoreSettings};
use crate::{CollectorError, Config};

/// How many connections are open at once; further ones are told to come back.
const CONNECTIONS: usize = 4_096;
/// How many open files stay free for the database, the sink and files that are served.
const OTHER_FILES: usize = 64;
/// How many connections may wait to be accepted. The usual 128 are fewer than the shoppers that a newsletter brings in one
/// moment, and whoever finds the queue full asks again only after a second.
const BACKLOG: u32 = 4_096;
/// How long a client may take to send the head of a request, and may stay idle between two.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// How long a client may take nothing of an answer.
const READ_PATIENCE: Duration = Duration::from_secs(30);
/// While stopping: how long clients get to notice, once before the port is closed and once after.
const FAREWELL: Duration = Duration::from_millis(1_000);
/// While stopping: how long whoever began to knock before newcomers were refused may take to get in: a round trip.
const HANDSHAKE: Duration = Duration::from_millis(250);
/// While stopping: how long requests under way may take.
const LAST_REQUESTS: Duration = Duration::from_secs(5);
/// What a connection may buffer of a request's head.
const HEAD_BYTES: usize = 32 * 1024;

/// A collector that listens but does not answer yet.
pub struct Collector {
    app: Arc<App>,
    sink: Option<Sink>,
    listener: TcpListener,
    address: SocketAddr,
}

impl Collector {
    /// Opens the store and the port. Call it within a tokio runtime.
    pub async fn bind(config: Config) -> Result<Collector, CollectorError> {
        for (option, folder) in [("--site", &config.site), ("--agent", &config.agent)] {
            if let Some(folder) = folder
                && !folder.is_dir()
            {
                return Err(CollectorError::NoFolder { option, folder: folder.clone() });
            }
        }
        // Any other token could not be shown in a header. It is a secret: the error does not show it.
        let fits = |token: &str| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        if config.admin_token.as_deref().is_some_and(|token| !fits(token)) {
            let expected = "a token of letters, digits and signs of ASCII, without spaces or line ends".to_owned();
            return Err(CollectorError::Option { option: "--admin-token", value: "…".to_owned(), expected });
        }
        let keys = Keys::parse(&config.write_keys, config.rate)?;
        let sink = config.sink.as_deref().map(Sink::parse).transpose()?;
        let listening = |source| CollectorError::Listen { address: config.listen, source };
        let listener = listen(config.listen).map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        let metrics = Arc::new(Metrics::default());
        let settings = StoreSettings {
            folder: config.data.clone(),
            retention: config.retention_days.map(|days| Duration::from_secs(u64::from(days) * 86_400)),
            sink: sink.is_some(),
            max_pages: config.max_pages,
            lanes: keys.lanes(),
        };
        if keys.open() {
            tracing::warn!("no write key was given: everybody who reaches this address may send events");
        }
        let store_metrics = Arc::clone(&metrics);
        let store = tokio::task::spawn_blocking(move || Store::open(settings, store_metrics)).await;
        let store = store.map_err(|_| CollectorError::NoRandomness)??;
        let app = Arc::new(App::new(&config, store, keys, metrics).map_err(CollectorError::Threads)?);
        Ok(Collector { app, sink, listener, address })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` is done; then finishes what is under way, makes it durable and folds the log away.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let Collector { app, sink, listener, .. } = self;
        let (stop_forwarding, stopped) = watch::channel(false);
        let forwarding = sink.map(|sink| tokio::spawn(forward(Arc::clone(&app), sink, stopped)));
        let routes = router(Arc::clone(&app)).map_request(|request: Request<Incoming>| request.map(Body::new));
        let service = TowerToHyperService::new(routes);
        let graceful = GracefulShutdown::new();
        let room = Arc::new(Semaphore::new(room_for_connections()));
        let mut server = http1::Builder::new();
        server.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).max_buf_size(HEAD_BYTES);

        let accept = |accepted: std::io::Result<(TcpStream, SocketAddr)>| {
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    return false;
                }
            };
            let _ = stream.set_nodelay(true);
            give_up_on_who_reads_nothing(&stream);
            let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
                tokio::spawn(turn_away(stream));
                return true;
            };
            let connection = graceful.watch(server.serve_connection(TokioIo::new(stream), service.clone()));
            app.metrics.connections.add(1);
            tokio::spawn(served(connection, permit, Arc::clone(&app)));
            true
        };

        tokio::pin!(stop);
        loop {
            tokio::select! {
                () = &mut stop => break,
                accepted = listener.accept() => if !accept(accepted) {
                    // Most likely out of file descriptors: give connections the time to end.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                },
            }
        }

        tracing::info!("stopping: requests under way are finished");
        app.close();
        // From here on every answer closes its connection, so busy clients leave by themselves.
        let farewell = everybody_gone(&app, FAREWELL);
        tokio::pin!(farewell);
        loop {
            tokio::select! {
                () = &mut farewell => break,
                accepted = listener.accept() => { accept(accepted); }
            }
        }
        refuse_newcomers(&listener);
        let handshakes = tokio::time::sleep(HANDSHAKE);
        tokio::pin!(handshakes);
        loop {
            tokio::select! {
                () = &mut handshakes => break,
                accepted = listener.accept() => { accept(accepted); }
            }
        }
        for (stream, address) in last_connections(listener) {
            accept(Ok((stream, address)));
        }
        everybody_gone(&app, FAREWELL).await;
        if tokio::time::timeout(LAST_REQUESTS, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests did not end in time and were cut off; their clients try again");
        }
        let _ = stop_forwarding.send(true);
        if let Some(forwarding) = forwarding {
            let _ = tokio::time::timeout(LAST_REQUESTS, forwarding).await;
        }
        let closing = Arc::clone(&app);
        let _ = tokio::task::spawn_blocking(move || closing.store.close()).await;
        tracing::info!("stopped");
    }
}

/// How many connections the system lets be open. Most systems give a program 1,024 files until it asks for more.
fn room_for_connections() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, ..limit };
    let most = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    // No limit at all is told as none.
    let files = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    let room = files.saturating_sub(OTHER_FILES).clamp(1, CONNECTIONS);
    if room < CONNECTIONS {
        tracing::warn!("the limit of {files} open files leaves room for {room} connections; raise it (ulimit -n)");
    }
    room
}

/// Has the system end a connection whose client takes nothing of what is sent: it would keep its place for ever.
fn give_up_on_who_reads_nothing(stream: &TcpStream) {
    #[cfg(target_os = "linux")]
    if let Err(error) = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(READ_PATIENCE)) {
        tracing::debug!(%error, "a connection may stay though nobody reads");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = stream;
}

/// Closes the port. What the system accepted on our behalf would be reset with it, so that is taken first.
fn last_connections(listener: TcpListener) -> Vec<(TcpStream, SocketAddr)> {
    let mut last = Vec::new();
    // Asked directly: the runtime may not have heard yet that somebody waits.
    let Ok(listener) = listener.into_std() else { return last };
    while let Ok((stream, address)) = listener.accept() {
        let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
        last.extend(stream.map(|stream| (stream, address)));
    }
    last
}

/// Leaves whoever knocks from now on without an answer: asking again a moment later, they find the port closed. Without
/// it, who came between our last look and the closing of the port would be reset. Whoever knocked before still gets in:
/// only the first packet of a connection is refused, since the next ones of a connection half made come here, too.
fn refuse_newcomers(listener: &TcpListener) {
    #[cfg(target_os = "linux")]
    {
        // For the kernel's packet filter (bpf(4)); here a packet begins with its TCP header (RFC 9293, section 3.1).
        let first_packets = [
            socket2::SockFilter::new(0x30, 0, 0, 13),       // load the byte of flags
            socket2::SockFilter::new(0x45, 0, 1, 0x02),     // without SYN, skip the next
            socket2::SockFilter::new(0x06, 0, 0, 0),        // keep nothing of the packet
            socket2::SockFilter::new(0x06, 0, 0, u32::MAX), // keep all of it
        ];
        if let Err(error) = socket2::SockRef::from(listener).attach_filter(&first_packets) {
            tracing::debug!(%error, "newcomers are not held off while the port closes");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = listener;
}

/// Opens the port.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Waits until no connection is open, at most as long as told.
async fn everybody_gone(app: &App, patience: Duration) {
    let gone = async {
        while app.metrics.connections.get() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let _ = tokio::time::timeout(patience, gone).await;
}

async fn served(connection: impl Future<Output = hyper::Result<()>>, permit: OwnedSemaphorePermit, app: Arc<App>) {
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection ended early");
    }
    app.metrics.connections.add(-1);
    drop(permit);
}

async fn turn_away(mut stream: TcpStream) {
    let answer =
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let _ = tokio::time::timeout(Duration::from_secs(1), stream.write_all(answer)).await;
}
