#![allow(dead_code)]
use statemachine::StateMachine;
#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open
    #[state(to(Open))]
    Closed,
}
fn see(d: &DoorMachine) {
    let _ = d.open_to_closed().try_commit();
    let _ = d.closed_to_open().try_commit();
}
fn main() {}
