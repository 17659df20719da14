use statemachine::{InTransition, StateMachine};

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open, Locked))]
    Closed(u8),
    #[state(terminal)]
    Locked(u8),
}

fn main() {
    let door = DoorMachine::new();
    let _ = door.open_to_locked().try_commit();
    let _ = door.closed_to_closed().now().map(InTransition::commit);
    door.open_to_locked().now().unwrap().commit();
}

async fn awaited(door: &DoorMachine) {
    door.open_to_locked().await.unwrap().commit();
}
