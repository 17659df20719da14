use statemachine::StateMachine;

#[derive(StateMachine)]
struct Door {
    open: bool,
}

fn main() {
    // What is named after it is there all the same.
    let _: Option<DoorMachine> = None;
}
