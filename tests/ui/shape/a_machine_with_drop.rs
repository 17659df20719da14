use statemachine::StateMachine;

#[derive(StateMachine)]
enum Connection {
    #[state(to(Open))]
    Closed,
    #[state(to(Closed))]
    Open(String),
}

impl Drop for ConnectionMachine {
    fn drop(&mut self) {}
}

fn main() {}
