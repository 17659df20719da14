use statemachine::StateMachine;

mod connection {
    pub fn open() {}
}

#[derive(StateMachine)]
enum Connection {
    #[state(to(Open))]
    Closed,
    #[state(to(Closed))]
    Open,
}

fn main() {
    connection::open();
    let connection = ConnectionMachine::new();
    let _ = connection.closed_to_open().now();
}
