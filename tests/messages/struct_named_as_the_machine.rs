#![allow(dead_code)]
use statemachine::StateMachine;
#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}
struct DoorMachine {
    door: Door,
}
fn main() {}
