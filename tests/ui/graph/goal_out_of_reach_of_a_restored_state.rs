use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(can_always_reach(Open))]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
    #[state(restored, terminal)]
    Legacy,
}

fn main() {}
