use statemachine::{Dataless, StateMachine};

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed(u8),
}

struct EmptyClosed;

impl Dataless for EmptyClosed {
    type Of = Door;
    const POSITION: u16 = 1;
}

fn main() {}
