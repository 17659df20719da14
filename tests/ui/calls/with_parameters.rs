use statemachine::StateMachine;

#[derive(StateMachine)]
enum Slot<'a, T> {
    #[state(to(Lent))]
    Empty,
    #[state(to(Empty))]
    Lent(&'a T),
}

fn give<T>(slot: &SlotMachine<'_, T>) {
    let _ = slot.lent_to_lent().now();
}

fn main() {
    give(&SlotMachine::<u8>::new());
}
