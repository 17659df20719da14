use statemachine::StateMachine;

#[derive(StateMachine)]
enum Connection {
    #[state(intial, to(Connected))]
    Disconnected,
    #[state(to(Disconnected), color = red)]
    Connected,
}

fn main() {}
