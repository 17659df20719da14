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
const DOOR: DoorMachine = DoorMachine::new();
fn main() {
    let _ = DOOR.open_to_closed().try_commit();
}
