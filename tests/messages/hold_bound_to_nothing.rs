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
fn see(c: &ConnectionMachine) -> Result<(), statemachine::Refused> {
    let _ = c.in_connected().now()?;
    println!("nobody may disconnect here");
    Ok(())
}
fn main() {}
