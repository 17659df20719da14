use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {}

fn main() {
    let _: Option<DoorMachine> = None;
}
