use statemachine::{StateMachine, TransitionTo};

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed(u8),
}

impl TransitionTo<door::Open> for door::Open {}

fn main() {}
