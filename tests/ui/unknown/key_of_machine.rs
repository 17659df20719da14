use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(nme = Link, speed = fast)]
enum Connection {
    #[state(terminal)]
    Disconnected,
}

fn main() {}
