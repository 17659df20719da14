use statemachine::StateMachine;

#[derive(StateMachine)]
struct Door {
    is_open: bool,
}

fn main() {
    let door = DoorMachine::new();
    let _ = door.open_to_closed().try_commit();
    let _ = door.in_open();
    let _: door::Open;
    let _: DoorKind;
}
