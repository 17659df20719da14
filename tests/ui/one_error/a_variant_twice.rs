use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed { locked: bool },
    #[state(to(Painted))]
    Open,
    #[state(terminal)]
    Painted,
}

fn main() {
    let door = DoorMachine::new();
    let _ = door.open_to_closed().try_commit_with(DoorClosed { locked: true });
}
