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
impl statemachine::TransitionTo<door::Locked> for door::Open {}
fn main() {
    let d = DoorMachine::new();
    let _ = d.transition::<door::Open, door::Locked>().try_commit();
}
