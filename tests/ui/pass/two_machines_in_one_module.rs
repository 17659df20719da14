//! Two machines with states of the same names, used side by side.
#![deny(warnings)]
use statemachine::StateMachine;

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed(u8),
}

#[derive(StateMachine)]
enum Window {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed { by: u8 },
}

fn main() {
    let (door, window) = (DoorMachine::new(), WindowMachine::new());
    let _ = door.transition::<door::Open, door::Closed>().try_commit_with(1);
    let _ = window.open_to_closed().try_commit_with(WindowClosed { by: 2 });
    assert!(door.is_closed() && window.is_closed());
}
