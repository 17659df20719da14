use statemachine::StateMachine;

#[derive(StateMachine)]
#[derive(Debug, StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

fn main() {
    let _ = DoorMachine::new().open_to_closed().try_commit();
}
