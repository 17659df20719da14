use statemachine::StateMachine;

#[derive(StateMachine)]
enum Connection {
    #[state(to(Conected))]
    Disconnected,
    #[state(to(Disconnected, Lost))]
    Connected,
}

fn main() {}
