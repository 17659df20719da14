use statemachine::StateMachine;

#[derive(StateMachine)]
enum Slot {
    #[state(to(Full))]
    Empty,
    #[state(to(Empty))]
    Full(String),
}

fn main() {
    let slot = SlotMachine::new();
    let mut held = slot.hold().exclusive().now().unwrap();
    *held = Slot::Empty;
}
