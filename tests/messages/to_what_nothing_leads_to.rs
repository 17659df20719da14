#![allow(dead_code)]
use statemachine::StateMachine;
#[derive(StateMachine)]
pub enum Job {
    #[state(initial, to(Running))]
    Queued,
    #[state(to(Done))]
    Running { worker: usize, retries: u32 },
    #[state(terminal)]
    Done(String),
}
fn main() {
    let j = JobMachine::new();
    let _ = j.to_queued().try_commit();
}
