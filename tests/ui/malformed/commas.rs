use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(initial to(Closed))]
    Open,
    #[state(to(Open),, name = shut)]
    Closed,
}

fn main() {}
