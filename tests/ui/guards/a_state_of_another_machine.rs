use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(terminal)]
    Open,
}

#[derive(StateMachine)]
enum Window {
    #[state(terminal)]
    Ajar,
}

fn main() {
    let _ = DoorMachine::new().in_state::<window::Ajar>();
}
