use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

fn main() -> Result<(), statemachine::Refused> {
    let door = DoorMachine::new();
    let upgrade = door.in_open().now()?.to::<door::Closed>();
    let _ = upgrade.now();
    let _ = upgrade.now();
    Ok(())
}
