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
async fn see(d: &DoorMachine) {
    let _h = d.in_closed().within(std::time::Duration::from_secs(1));
}
fn main() {}
