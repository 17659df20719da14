#![allow(dead_code)]
use statemachine::StateMachine;
use std::net::TcpStream;
#[derive(StateMachine)]
pub enum Connection {
    #[state(initial, to(Connected))]
    Disconnected,
    #[state(to(Disconnected))]
    Connected(TcpStream),
}
fn see(c: &ConnectionMachine, s: TcpStream) -> Result<(), Box<dyn std::error::Error>> {
    let connected = c.disconnected_to_connected().try_commit_with(s)?;
    println!("{:?}", connected.peer_addr());
    Ok(())
}
fn main() {}
