//! A state is named like the type of a constant parameter.
#![allow(non_camel_case_types)]

#[derive(statemachine::StateMachine)]
enum Port<const N: usize, const FLAG: bool> {
    #[state(to(bool))]
    usize,
    #[state(to(usize))]
    bool,
}

fn main() {
    assert!(PortMachine::<1, true>::new().is_usize());
}
