//! The states' types are in a module of the name that a crate has.

#![allow(dead_code)]

#[derive(statemachine::StateMachine)]
enum Core {
    #[state(to(Open))]
    Closed,
    #[state(to(Closed))]
    Open(u8),
}

#[derive(::statemachine::StateMachine)]
enum Alloc {
    #[state(to(Open))]
    Closed { by: String },
    #[state(to(Closed))]
    Open,
}

#[derive(::statemachine::StateMachine)]
enum Std {
    #[state(to(Open))]
    Closed,
    #[state(to(Closed))]
    Open(Vec<u8>),
}

fn main() {}
