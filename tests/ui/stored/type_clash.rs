use serde::{Deserialize, Serialize};
use statemachine::StateMachine;

#[derive(StateMachine, Serialize, Deserialize)]
#[machine(stored)]
enum Job {
    #[state(to(Stored))]
    Queued,
    #[state(terminal)]
    Stored { at: u64 },
}

fn main() {}
