use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(initial)]
enum Connection {
    #[state(reset, terminal)]
    Disconnected,
}

fn main() {}
