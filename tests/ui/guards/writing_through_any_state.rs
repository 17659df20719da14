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
    let mut emptying = slot.to_empty().now().unwrap();
    let _ = emptying.view_mut();
}
