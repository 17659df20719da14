use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(can_always_reach())]
enum Door {
    #[state(to())]
    Open,
    #[state(to = Open)]
    Closed,
    #[state(to)]
    Locked,
    #[state(to(Open Closed))]
    Ajar,
    #[state(to(Door::Open, "Closed"))]
    Jammed,
}

fn main() {}
