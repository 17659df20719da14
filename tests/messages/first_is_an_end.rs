#![allow(dead_code)]
use statemachine::StateMachine;
#[derive(StateMachine)]
enum Job {
    #[state(terminal)]
    Done,
    #[state(to(Running))]
    Queued,
    #[state(to(Done))]
    Running,
}
fn main() {
    let d = JobMachine::new();
    let _ = d.queued_to_running().try_commit();
}
