use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(restored, to(Open))]
    Closed,
}

fn main() {}
