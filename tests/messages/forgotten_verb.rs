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
fn see(c: &ConnectionMachine) {
    let t = c.connected_to_disconnected();
    println!("{:?}", t.view());
}
fn main() {}
