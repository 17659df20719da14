use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(can_always_reach(Open, Open))]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

fn main() {}
