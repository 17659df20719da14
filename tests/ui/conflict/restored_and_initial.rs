use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(initial, restored, to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

fn main() {}
