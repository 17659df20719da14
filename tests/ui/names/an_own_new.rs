use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

impl DoorMachine {
    fn new(_: u8) -> Self {
        Self::from_state(Door::Open)
    }
}

fn main() {}
