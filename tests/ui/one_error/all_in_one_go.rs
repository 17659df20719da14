use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(can_always_reach(Shut), colour = red)]
enum Door {
    #[state(initial, to(Closed, Shut, Closed))]
    Open,
    #[state(initial, terminal, to(Open))]
    Closed,
    Shut,
    #[state(to(Closed))]
    Locked,
}

fn main() {}
