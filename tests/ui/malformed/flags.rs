use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(reset = true)]
enum Door {
    #[state(initial = true, to(Closed))]
    Open,
    #[state(terminal(yes))]
    Closed,
}

fn main() {}
