use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door<T> {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

fn main() {
    let door: DoorMachine<u8> = DoorMachine::new();
    let _ = door.open_to_closed().try_commit();
}
