#![deny(unused_must_use)]

use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let door = DoorMachine::new();
    door.open_to_closed();
    door.open_to_closed().now()?;
    door.in_closed();
    door.in_closed().now()?;
    door.in_closed().exclusive().now()?;
    Ok(())
}
