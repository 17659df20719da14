use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closd))]
    Open,
    #[state(to(Open))]
    Closed(u8),
}

fn main() {
    let door = DoorMachine::new();
    let _ = door.open_to_closed().try_commit_with(1);
    let _ = door.transition::<door::Open, door::Closed>();
    let _ = door.closed_to_open().try_commit();
    let _ = (door.in_closed(), door.is_open(), door.state());
}
