use statemachine::StateMachine;

#[derive(StateMachine)]
enum Buffer {
    #[state(to(Full))]
    Empty,
    #[state(to(Empty))]
    Full(&'a str),
}

fn main() {}
