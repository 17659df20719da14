use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to => Ajar, Closed)]
    Open,
    #[state(to: Open | Locked)]
    Ajar,
    #[state(Open)]
    Closed,
    #[state(to(Open -> Closed))]
    Locked,
}

fn main() {
    let door = DoorMachine::new();
    let _ = door.open_to_closed();
    let _ = door.ajar_to_locked();
    let _ = door.closed_to_open().try_commit();
    let _ = door.locked_to_closed().try_commit();
}
