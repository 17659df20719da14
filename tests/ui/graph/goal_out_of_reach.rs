use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(can_always_reach(Open))]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open, Jammed))]
    Closed,
    #[state(to(Stuck))]
    Jammed,
    #[state(to(Jammed))]
    Stuck,
}

fn main() {}
