use statemachine::StateMachine;

#[derive(StateMachine)]
enum Buffer {
    #[state(to(Full))]
    Empty,
    #[state(to(Empty))]
    Full { bytes: u8, bytes: u8 },
}

fn main() {}
