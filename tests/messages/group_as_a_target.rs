#![allow(dead_code)]
use statemachine::StateMachine;
#[derive(StateMachine)]
#[machine(group(Shut = Closed | Locked))]
enum Door {
    #[state(to(Shut))]
    Open,
    #[state(to(Open, Locked))]
    Closed,
    #[state(to(Closed))]
    Locked,
}
fn see(d: &DoorMachine) {
    let _ = d.open_to_closed().try_commit();
    let _ = d.in_shut().now();
}
fn main() {}
