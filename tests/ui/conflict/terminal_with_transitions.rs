use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(terminal, to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

fn main() {}
