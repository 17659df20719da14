//! The crate under another name, and its own name taken by another crate.
#![deny(warnings)]

extern crate core as statemachine;
extern crate statemachine as renamed;

#[derive(renamed::StateMachine)]
#[machine(crate = renamed)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed { locked: bool },
}

mod absolute {
    #[derive(::renamed::StateMachine)]
    #[machine(crate = ::renamed)]
    pub(crate) enum Gate<T> {
        #[state(terminal)]
        Open(T),
    }
}

fn main() {
    assert!(DoorMachine::new().is_open());
    assert!(absolute::GateMachine::new(1).is_open());
    assert_eq!(statemachine::mem::size_of::<door::Open>(), 0);
}
