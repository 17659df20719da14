use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed(std::cell::Cell<u8>),
}

static DOOR: DoorMachine = DoorMachine::new();

fn main() {}
