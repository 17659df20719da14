//! Jobs that several processes share. Each is done once, though a worker is killed in the middle.
//!
//! ```sh
//! cargo run --example jobs
//! cargo run --example jobs -- --postgres postgres://user@localhost/database
//! ```
//!
//! The jobs are rows of an SQLite database in a temporary folder, or of a PostgreSQL database. This program
//! starts itself again as four workers. A worker takes the right to finish a job, works, and commits. One of
//! them is killed while it has a right: its job is queued still, and another worker gets the right.

use std::{
    env, fs,
    io::Write as _,
    path::Path,
    process::{Child, Command},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use statemachine::{
    Any, StateMachine,
    stored::{
        Failed, InTransition, Joined, Machines, Store,
        postgres::{Options, Postgres, Table},
        sqlite::Sqlite,
    },
};
use tokio::time::sleep;

#[derive(StateMachine, Serialize, Deserialize, Debug)]
#[machine(stored = "example of jobs")]
enum Job {
    #[state(initial, to(Done))]
    Queued { number: u64 },
    #[state(terminal)]
    Done { square: u64, worker: String },
}

const JOBS: u64 = 40;
const WORKERS: [&str; 4] = ["worker 1", "worker 2", "worker 3", "worker 4"];

/// The worker that is killed. It never ends its third job.
const DOOMED: &str = WORKERS[0];

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Which store the processes share, by the arguments that say it.
type Shared<'a> = [&'a str; 2];

#[tokio::main]
async fn main() -> Result {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => {
            let folder = tempfile::tempdir()?;
            let database = folder.path().join("jobs.db");
            let path = database.to_str().ok_or("the temporary folder has no proper name")?;
            employ(Sqlite::open(path).await?, ["--sqlite", path], folder.path()).await
        }
        ["--sqlite", path, worker, folder] => {
            work(Sqlite::open(path).await?, worker, Path::new(folder)).await
        }
        ["--postgres", url] => {
            let folder = tempfile::tempdir()?;
            employ(connect(url).await?, ["--postgres", url], folder.path()).await
        }
        ["--postgres", url, worker, folder] => {
            work(connect(url).await?, worker, Path::new(folder)).await
        }
        _ => Err("usage: jobs [--postgres URL]".into()),
    }
}

async fn connect(url: &str) -> Result<Postgres> {
    Ok(Postgres::connect(url, Table::default(), Options::default()).await?)
}

/// Adds jobs, starts the workers, kills one of them, and sees that all jobs are done. What workers leave in
/// the folder shows what they did.
async fn employ<St: Store>(store: St, shared: Shared<'_>, folder: &Path) -> Result {
    let jobs = Machines::<Job, _>::open(store).await?;
    for number in 0..JOBS {
        // That of an earlier run, if it did not end well.
        let _ = jobs.remove_in::<Any<Job>>(number).await;
        assert!(jobs.insert(number, Job::Queued { number }).await?);
    }
    let mut workers = Vec::new();
    for worker in WORKERS {
        let mut command = Command::new(env::current_exe()?);
        workers.push(Worker(command.args(shared).arg(worker).arg(folder).spawn()?));
    }

    let stuck = loop {
        match fs::read_to_string(folder.join("stuck")) {
            Ok(line) if line.ends_with('\n') => break line.trim().parse::<u64>()?,
            _ => sleep(Duration::from_millis(5)).await,
        }
    };
    assert!(jobs.at(stuck).is_in_transition().await?, "while it lives, nobody else gets the job");
    workers[0].0.kill()?;
    println!("{DOOMED} was killed in the middle of job {stuck}");

    for number in 0..JOBS {
        let done = jobs.at(number).in_done().within(Duration::from_secs(60)).await?;
        assert_eq!(done.square, number * number);
        if number == stuck {
            println!("{} has done job {stuck}", done.worker);
            assert_ne!(done.worker, DOOMED);
        }
    }
    for worker in &mut workers[1..] {
        assert!(worker.0.wait()?.success());
    }
    for number in 0..JOBS {
        let done = jobs.at(number).in_done().now().await?;
        assert_eq!(fs::read_to_string(folder.join(number.to_string()))?, done.worker);
        jobs.remove_in::<job::Done>(number).await?;
    }
    println!("each of {JOBS} jobs was done once");
    Ok(())
}

/// Does jobs until all are done.
async fn work<St: Store>(store: St, worker: &str, folder: &Path) -> Result {
    let jobs = Machines::<Job, _>::open(store).await?;
    let mut done = 0;
    loop {
        let queued = jobs.keys_in::<job::Queued>(WORKERS.len()).await?;
        if queued.is_empty() {
            break;
        }
        for key in queued {
            match jobs.at(key).queued_to_done().now().await {
                Ok(right) if worker == DOOMED && done == 2 => {
                    return get_stuck(right, folder).await;
                }
                Ok(right) => finish(right, worker, folder).await?,
                // Another worker has the right, or has done the job.
                Err(Failed::Refused(_)) => continue,
                Err(failed) => return Err(failed.into()),
            }
            done += 1;
        }
    }
    // What is left is others' work. Whatever becomes of them, it will be done.
    for number in 0..JOBS {
        if let Joined::Mine(right) = jobs.at(number).queued_to_done().or_join().await? {
            finish(right, worker, folder).await?;
        }
    }
    Ok(())
}

/// Works, makes the move, and leaves a file that only one can make.
async fn finish<St: Store>(
    right: InTransition<job::Queued, job::Done, St>,
    worker: &str,
    folder: &Path,
) -> Result {
    let number = *right.view().number;
    sleep(Duration::from_millis(10)).await;
    right.commit_with(JobDone { square: number * number, worker: worker.to_owned() }).await?;
    let mut file = fs::File::create_new(folder.join(number.to_string()))?;
    Ok(file.write_all(worker.as_bytes())?)
}

/// Says so, and works for ever.
async fn get_stuck<St: Store>(
    right: InTransition<job::Queued, job::Done, St>,
    folder: &Path,
) -> Result {
    fs::write(folder.join("stuck"), format!("{}\n", right.key()))?;
    std::future::pending().await
}

/// A process that does not outlive this one.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
