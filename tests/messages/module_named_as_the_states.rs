#![allow(dead_code)]
use statemachine::StateMachine;
mod connection {
    pub fn open() {}
}
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
