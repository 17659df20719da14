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
async fn see(c: &ConnectionMachine) {
    let hold = c.in_connected();
    println!("{:?}", hold.peer_addr());
}
fn main() {}
