#![allow(dead_code)]
use statemachine::StateMachine;
#[derive(StateMachine)]
#[machine(group(Shut = Closed | Locked, to = Broken))]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open, Locked))]
    Closed,
    #[state(to(Closed))]
    Locked,
    #[state(terminal)]
    Broken,
}
fn see(d: &DoorMachine) {
    let _ = d.shut_to_broken().try_commit();
}
fn main() {}
