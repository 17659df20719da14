use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

fn main() {
    let shutdown = statemachine::Interrupt::new();
    let _ = DoorMachine::new().in_closed().interruptible(shutdown).now();
}
