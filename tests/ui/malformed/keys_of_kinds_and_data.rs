use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(kind_derive, kind_attr = serde)]
enum Slot {
    #[state(to(Full))]
    Empty,
    #[state(to(Empty), data = "FullSlot")]
    Full { text: String },
}

fn main() {}
