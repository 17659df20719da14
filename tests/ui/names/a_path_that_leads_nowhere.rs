use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(crate = statemachin)]
enum Door {
    #[state(to(Closed))]
    Open(u8),
    #[state(to(Open))]
    Closed,
}

fn main() {}
