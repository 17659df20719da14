use serde::{Deserialize, Serialize};
use statemachine::{
    StateMachine,
    stored::{Failed, Machines, Store},
};

#[derive(StateMachine, Serialize, Deserialize)]
#[machine(stored)]
enum Job {
    #[state(to(Done))]
    Queued,
    #[state(terminal)]
    Done(String),
}

async fn moves<St: Store>(jobs: Machines<Job, St>) -> Result<(), Failed<St::Error>> {
    jobs.at(42).queued_to_done().try_commit().await?;
    Ok(())
}

async fn commits<St: Store>(jobs: Machines<Job, St>) -> Result<(), Failed<St::Error>> {
    jobs.at(42).queued_to_done().now().await?.commit().await?;
    Ok(())
}

fn main() {}
