use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(reset, name = Gate, reset)]
enum Door {
    #[state(to(Closed), to(Open))]
    Open,
    #[state(to(Open))]
    Closed,
}

fn main() {}
