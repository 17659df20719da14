use statemachine::StateMachine;

struct LinkUp {
    other: u8,
}

#[derive(StateMachine)]
enum Link {
    #[state(to(Up))]
    Down,
    #[state(to(Down))]
    Up { peer: String },
}

fn main() {}
