use statemachine::StateMachine;

#[derive(StateMachine)]
enum Job {
    #[state(to(Running))]
    Queued,
    Running,
}

fn main() {
    let job = JobMachine::new();
    let _ = job.running_to_queued().try_commit();
    let _ = job.to_queued().try_commit();
}
