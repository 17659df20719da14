#![allow(dead_code)]
use statemachine::StateMachine;
#[derive(StateMachine)]
enum Door {
    #[states(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}
fn main() {
    let d = DoorMachine::new();
    let _ = d.open_to_closed().try_commit();
}
