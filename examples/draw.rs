//! Writes the pictures of well-known machines to a folder, in every language that there is.
//!
//! `cargo run --example draw -- pictures`

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::Parser;
use statemachine::StateMachine;

mod machines;

use machines::{Container, Http2Stream, Tcp, TcpMachine};

/// Draws machines that many programs have.
#[derive(Parser)]
struct Arguments {
    /// Where the pictures are put; made where it is missing.
    folder: PathBuf,
}

fn main() -> io::Result<()> {
    let Arguments { folder } = Arguments::parse();
    fs::create_dir_all(&folder)?;
    draw::<Tcp>(&folder, "tcp")?;
    draw::<Http2Stream>(&folder, "http2_stream")?;
    draw::<Container>(&folder, "container")?;

    let connection = TcpMachine::new();
    connection.closed_to_syn_sent().try_commit().expect("a new connection is closed");
    connection.syn_sent_to_established().try_commit().expect("it has just been asked for");
    put(&folder, "tcp_established.svg", &connection.svg())
}

fn draw<S: StateMachine>(folder: &Path, name: &str) -> io::Result<()> {
    put(folder, &format!("{name}.mmd"), &S::mermaid())?;
    put(folder, &format!("{name}.dot"), &S::dot())?;
    put(folder, &format!("{name}.svg"), &S::svg())
}

fn put(folder: &Path, name: &str, picture: &str) -> io::Result<()> {
    let path = folder.join(name);
    fs::write(&path, picture)?;
    println!("{}", path.display());
    Ok(())
}
