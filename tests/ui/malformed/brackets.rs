use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to Ajar, Closed, Locked)]
    Open,
    #[state(to[Open], name = half_open)]
    Ajar,
    #[state(to = Open)]
    Closed,
    #[state(to = [Open, Stuck])]
    Locked,
    #[state(to(Open; Closed))]
    Stuck,
}

fn main() {
    let door = DoorMachine::new();
    let _ = door.open_to_closed();
    let _ = door.half_open_to_open();
    let _ = door.closed_to_open();
    let _ = door.locked_to_stuck();
    let _ = door.stuck_to_closed();
}
