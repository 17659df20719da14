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
    slot.full_to_empty().commit();
    slot.empty_to_full().enter_with("text".to_owned());
    println!("{}", slot.full_to_empty().view().len());
    println!("{}", slot.in_full().map(|text| text.as_bytes()).len());
    println!("{}", slot.hold().kind());
    println!("{}", slot.in_full().exclusive().view().len());
    let _ = slot.empty_to_full().or_join().enter(|()| "5".parse());
    let full = slot.in_full().now().unwrap();
    full.to::<slot::Empty>().commit();
}
