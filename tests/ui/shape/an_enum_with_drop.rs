use statemachine::StateMachine;

#[derive(StateMachine)]
enum Connection {
    #[state(to(Open))]
    Closed,
    #[state(to(Closed))]
    Open(String),
    #[state(restored, to(Closed))]
    Old { text: String },
}

impl Drop for Connection {
    fn drop(&mut self) {}
}

fn main() {
    let connection = ConnectionMachine::new();
    let _ = connection.closed_to_open().try_commit_with("text".to_owned());
}
