use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed, Open, Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

fn main() {}
