use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed), name = WideOpen)]
    Open,
    #[state(to(Open))]
    Closed,
}

fn main() {}
