#![allow(dead_code)]
use statemachine::StateMachine;
#[derive(StateMachine)]
enum Link {
    #[state(initial, to(Dialing))]
    Idle,
    #[state(to(Connected, Broken))]
    Dialing,
    #[state(to(Idle, Broken))]
    Connected { peer: String },
    #[state(to(Idle))]
    Broken(u32),
}
include!("uses/of_link.rs");
