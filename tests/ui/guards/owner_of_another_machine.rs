use std::sync::Arc;

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
    let held = slot.in_empty().now().unwrap();
    let _ = held.into_owned(Arc::new(7));
}
