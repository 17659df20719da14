use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open, Locked))]
    Closed(u8),
    #[state(terminal)]
    Locked,
}

fn main() {
    let door = DoorMachine::new();
    let _ = door.open_to_locked().try_commit();
}
