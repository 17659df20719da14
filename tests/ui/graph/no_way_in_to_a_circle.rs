use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
    // One way into either is missing, and one error says so.
    #[state(to(Unlocking))]
    Locked,
    #[state(to(Locked, Open, Jammed))]
    Unlocking,
    #[state(terminal)]
    Jammed,
}

fn main() {}
