#![allow(dead_code)]
use statemachine::StateMachine;
enum Door {
    Open,
    Closed,
}
impl StateMachine for Door {
    const NAME: &'static str = "Door";
    const STATES: &'static [&'static str] = &["Open", "Closed"];
    const TRANSITIONS: &'static [(&'static str, &'static str)] = &[("Open", "Closed")];
    type Kind = Door;
}
fn main() {}
