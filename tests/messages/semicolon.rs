#![allow(dead_code)]
use statemachine::StateMachine;
#[derive(StateMachine)]
enum Door {
    #[state(to(Closed; Locked))]
    Open,
    #[state(to(Open))]
    Closed,
    #[state(to(Open))]
    Locked,
}
fn main() {
    let d = DoorMachine::new();
    let _ = d.open_to_closed().try_commit();
}
