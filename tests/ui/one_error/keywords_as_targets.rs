use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Self))]
    Open,
    #[state(to(Self, _, crate))]
    Closed,
}

fn main() {}
