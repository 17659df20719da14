#![allow(dead_code)]
use statemachine::StateMachine;
#[derive(StateMachine)]
enum Connection {
    #[state(to(Open))]
    Closed,
    #[state(to(Closed))]
    Open(String),
}
impl Drop for Connection {
    fn drop(&mut self) {
        println!("gone");
    }
}
fn main() {}
