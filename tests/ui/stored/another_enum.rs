use statemachine::{
    StateMachine,
    stored::{Failed, Machines, Store},
};

#[derive(StateMachine)]
#[machine(stored)]
enum Job {
    #[state(to(Done))]
    Queued,
    #[state(terminal)]
    Done,
}

#[derive(StateMachine)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

async fn keys<St: Store>(jobs: Machines<Job, St>) -> Result<(), Failed<St::Error>> {
    jobs.keys_in::<door::Open>(10).await?;
    Ok(())
}

async fn open<St: Store>(store: St) -> Result<(), Failed<St::Error>> {
    let doors = Machines::<Door, _>::open(store).await?;
    Ok(())
}

fn main() {}
