use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[to(Closed)]
    Open,
    #[transition(Open, Locked)]
    Closed,
    #[transitions(to(Closed, Ajar))]
    Locked,
    #[state::to(Open)]
    Ajar,
}

fn main() {
    let door = DoorMachine::new();
    let _ = door.open_to_closed().try_commit();
    let _ = door.closed_to_locked().try_commit();
}
