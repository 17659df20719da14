use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(terminal)]
    Open,
}

struct Window;

fn main() {
    let _ = DoorMachine::new().in_state::<Window>();
}
