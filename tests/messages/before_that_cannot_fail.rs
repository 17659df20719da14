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
fn see(d: &DoorMachine) {
    d.open_to_closed().before(|_| {
        println!("closing");
        Ok(())
    });
}
fn main() {}
