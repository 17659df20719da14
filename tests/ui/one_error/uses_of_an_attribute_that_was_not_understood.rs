use statemachine::{StateMachine, TransitionTo};

#[derive(StateMachine)]
enum Job {
    #[state(transitions(Running, Failed))]
    Queued,
    #[state(to("Failed"), restored)]
    Running,
    #[machine(to(Running))]
    Failed,
    #[state = "to(Queued)"]
    Paused,
}

fn leads<A: TransitionTo<B>, B: statemachine::State>(_: A, _: B) {}

fn main() {
    let job = JobMachine::new();
    let _ = job.queued_to_running().try_commit();
    let _ = job.queued_to_failed().try_commit();
    let _ = job.running_to_failed().try_commit();
    let _ = job.failed_to_running().try_commit();
    let _ = job.paused_to_queued().try_commit();
    let _ = job.to_paused().try_commit();
    let _ = job.transition::<job::Queued, job::Running>();
    leads(job::Queued, job::Failed);
}
