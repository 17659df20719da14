use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    Closed(#[state(to(Open))] u8),
}

fn main() {
    let door = DoorMachine::new();
    let _ = door.open_to_closed().try_commit_with(1);
    let _ = door.closed_to_open().try_commit();
}
