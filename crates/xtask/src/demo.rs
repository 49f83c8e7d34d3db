//! `cargo xtask demo`: the shop, the agent and the collector on one address, from nothing.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::house::House;
use crate::stamp::write;
use crate::step::{Outcome, step};
use crate::{package, process};

const PORT: u16 = 8787;

/// Builds what is not built and becomes `tailorbird serve`, so that Ctrl-C reaches it and nothing else is left running.
pub(crate) fn run(house: &House, options: &[&str]) -> Result<(), Failure> {
    let port = port_in(options)?;
    refuse_taken(port)?;
    package::build(house)?;
    let program = program(house)?;

    let data = house.path("demo-data");
    let token = admin_token(&data)?;
    println!("\n    The shop       http://127.0.0.1:{port}/");
    println!("    The dashboard  http://127.0.0.1:{port}/dashboard/   admin token: {token}");
    println!("    Its events and profiles are in demo-data/. Ctrl-C ends it.\n");

    let listen = format!("127.0.0.1:{port}");
    let serve = ["serve", "--listen", &listen, "--data", "demo-data", "--site", "www", "--write-key", "demo"];
    // Only comes back when the program could not be started.
    let why = Command::new(&program).args(serve).env("TAILORBIRD_ADMIN_TOKEN", &token).current_dir(&house.root).exec();
    Err(Failure::File { path: house.shown(&program), why })
}

/// The program, optimised: target/release/tailorbird.
fn program(house: &House) -> Result<PathBuf, Failure> {
    step("the program (cargo, profile release; minutes the first time)", || {
        let mut cargo = process::cargo(&house.root);
        process::run(cargo.args(["build", "--quiet", "--release", "--package", "tailorbird-cli"]))?;
        Ok(Outcome::Done)
    })?;
    Ok(house.target.join("release/tailorbird"))
}

fn port_in(options: &[&str]) -> Result<u16, Failure> {
    let wrong = Failure::Usage("usage: cargo xtask demo [--port PORT]\n");
    match options {
        [] => Ok(PORT),
        ["--port", port] => port.parse().map_err(|_| wrong),
        _ => Err(wrong),
    }
}

/// Before minutes of building, not after them.
fn refuse_taken(port: u16) -> Result<(), Failure> {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(why) => Err(Failure::missing(
            format!("port {port} of this machine cannot be used: {why}"),
            format!(
                "end the program that listens there, perhaps another demo, or choose another port: `cargo xtask demo \
                 --port {}`",
                port.wrapping_add(1)
            ),
        )),
    }
}

/// The same token at every start, made once for this machine.
fn admin_token(data: &Path) -> Result<String, Failure> {
    let file = data.join("admin-token");
    if let Ok(token) = fs::read_to_string(&file) {
        return Ok(token.trim().to_owned());
    }
    let source = Path::new("/dev/urandom");
    let mut bytes = [0; 12];
    let mut random = fs::File::open(source).map_err(Failure::of_file(source))?;
    std::io::Read::read_exact(&mut random, &mut bytes).map_err(Failure::of_file(source))?;
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    write(&file, token.as_bytes())?;
    Ok(token)
}
