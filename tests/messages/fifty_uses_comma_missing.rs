#![allow(dead_code)]
use statemachine::StateMachine;
#[derive(StateMachine)]
enum Link {
    #[state(initial, to(Dialing))]
    Idle,
    #[state(to(Connected, Failed))]
    Dialing,
    #[state(to(Idle, Failed))]
    Connected { peer: String }
    #[state(to(Idle))]
    Failed(u32),
}
include!("uses/of_link.rs");
