use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed, #[cfg(windows)] Bolted))]
    Open,
    #[state(to(Open))]
    Closed,
}

fn main() {
    let _ = DoorMachine::new().open_to_closed();
}
