use std::net::TcpStream;

use statemachine::StateMachine;

#[derive(StateMachine)]
pub enum Connection {
    #[state(initial, to(Connected))]
    Disconnected,
    #[state(to(Disconnected))]
    Connected(TcpStream),
}

static CONNECTION: ConnectionMachine = ConnectionMachine::new();

fn main() {
    CONNECTION.connected_to_connected();
}
