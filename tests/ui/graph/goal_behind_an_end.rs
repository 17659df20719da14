use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(can_always_reach(Closed))]
enum Door {
    #[state(to(Closed, Gone))]
    Open,
    #[state(to(Open))]
    Closed,
    #[state(terminal)]
    Gone,
}

fn main() {}
