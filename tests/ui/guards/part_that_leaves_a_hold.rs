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
    let mut kept = None;
    let held = slot.in_full().now().unwrap();
    let _ = held.map(|text| {
        kept = Some(text.as_str());
        text.as_str()
    });
    drop(kept);
}
