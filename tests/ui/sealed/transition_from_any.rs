use statemachine::{Any, StateMachine, TransitionTo};

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed(u8),
}

impl TransitionTo<door::Closed> for Any<Door> {}

fn main() {}
