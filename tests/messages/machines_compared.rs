#![allow(dead_code)]
use statemachine::StateMachine;
#[derive(StateMachine)]
pub enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open, Locked))]
    Closed,
    #[state(to(Closed))]
    Locked,
}
#[derive(PartialEq)]
struct House {
    door: DoorMachine,
}
fn main() {}
