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
fn swap(c: &ConnectionMachine) -> Result<(), Box<dyn std::error::Error>> {
    let held = c.in_connected().now()?;
    held.to::<connection::Disconnected>().now().unwrap().commit();
    println!("{:?}", held.peer_addr());
    Ok(())
}
fn main() {}
