#![allow(dead_code)]
use statemachine::StateMachine;
#[derive(StateMachine)]
struct Link {
    peer: String,
}
include!("uses/of_link.rs");
