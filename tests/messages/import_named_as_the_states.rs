#![allow(dead_code)]
use statemachine::StateMachine;
mod net {
    pub mod connection {
        pub fn open() {}
    }
}
use net::connection;
#[derive(StateMachine)]
enum Connection {
    #[state(initial, to(Open))]
    Closed,
    #[state(to(Closed))]
    Open,
}
fn main() {
    connection::open();
}
