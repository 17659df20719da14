use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Locked))]
    Open,
}

fn main() {
    let door = DoorMachine::new();
    let _ = door.open_to_locked().try_commit();
    let _ = door.transition::<door::Open, door::Locked>();
    let _ = (door.in_locked(), door.is_locked(), door.to_locked());
}
