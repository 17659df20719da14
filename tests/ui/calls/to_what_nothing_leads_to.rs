use statemachine::StateMachine;

#[derive(StateMachine)]
enum Job {
    #[state(to(Done))]
    Queued(u8),
    #[state(to(Running))]
    Done,
    #[state(to(Done))]
    Running,
}

fn main() {
    let job = JobMachine::new(1);
    let _ = job.to_queued().try_commit_with(2);
}
