use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

fn main() {
    let _ = DoorMachine::new().open_to_closed().now(std::time::Duration::from_secs(5));
}
