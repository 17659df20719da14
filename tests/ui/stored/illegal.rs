// The same words as in memory, for each spelling.
use statemachine::{
    StateMachine,
    stored::{Failed, Machines, Store},
};

#[derive(StateMachine)]
#[machine(stored, group(Live = Queued | Running))]
enum Job {
    #[state(initial, to(Running))]
    Queued,
    #[state(to(Done))]
    Running,
    #[state(terminal)]
    Done,
}

async fn moves<St: Store>(jobs: Machines<Job, St>) -> Result<(), Failed<St::Error>> {
    let job = jobs.at(42);
    job.queued_to_done().try_commit().await?;
    job.queued_to_done().now().await?.commit().await?;
    job.to_queued().now().await?;
    job.live_to_done().now().await?;
    job.transition::<job::Queued, job::Done>().now().await?;
    Ok(())
}

fn main() {}
