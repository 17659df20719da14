use statemachine::{Any, StateMachine, TransitionTo};

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed(u8),
}

impl TransitionTo<Any<Door>> for door::Open {}

fn main() {}
