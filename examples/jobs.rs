//! Jobs that several processes share, each of which is done once, though a worker is killed in the middle.
//!
//! ```sh
//! cargo run --example jobs
//! ```
//!
//! The jobs are rows of an SQLite database in a temporary folder. This program starts itself again as four
//! workers. A worker takes the right to finish a job, works, and commits. The first of them is killed while it
//! has a right: its job is as it was, and another worker gets it.

use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use statemachine::{
    StateMachine,
    stored::{Failed, Machines, Store, sqlite::Sqlite},
};

#[derive(StateMachine, Serialize, Deserialize, Debug)]
#[machine(stored = "jobs")]
enum Job {
    #[state(initial, to(Done), stored = "queued")]
    Queued { number: u64 },
    #[state(terminal, stored = "done")]
    Done { square: u64, worker: String },
}

const JOBS: u64 = 40;
const WORKERS: usize = 4;

/// What the worker that is killed is called. It works for ever on its third job.
const DOOMED: &str = "worker 0";

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let mut arguments = env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next(), arguments.next()) {
        (None, ..) => {
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("jobs.db");
            let name = path.to_str().ok_or("a folder with a strange name")?;
            run(Sqlite::open(&path).await?, &["--sqlite", name], folder.path()).await
        }
        (Some("--sqlite"), Some(path), Some(worker)) => {
            let folder = Path::new(&path).parent().ok_or("no folder")?.to_owned();
            work(Sqlite::open(path).await?, &worker, &folder).await
        }
        _ => Err("usage: jobs".into()),
    }
}

/// Starts the workers, kills one of them, and waits for the others. `store_of_worker` says which store a worker
/// opens.
async fn run<St: Store>(store: St, store_of_worker: &[&str], folder: &Path) -> Result<ExitCode> {
    let jobs = Machines::<Job, _>::open(store).await?;
    for number in 0..JOBS {
        jobs.insert(number, Job::Queued { number }).await?;
    }

    let mut workers = Vec::new();
    for number in 0..WORKERS {
        let worker = format!("worker {number}");
        let mut command = Command::new(env::current_exe()?);
        workers.push(Worker(command.args(store_of_worker).arg(worker).arg(folder).spawn()?));
    }

    // It says which job it is at. While it lives, nobody else gets that job.
    let stuck = loop {
        match fs::read_to_string(folder.join("stuck")) {
            Ok(stuck) if stuck.ends_with('\n') => break stuck.trim().parse::<u64>()?,
            _ => tokio::time::sleep(Duration::from_millis(5)).await,
        }
    };
    assert!(jobs.at(stuck).is_in_transition().await?);
    workers[0].0.kill()?;
    println!("{DOOMED} was killed in the middle of job {stuck}");

    for number in 0..JOBS {
        jobs.at(number).in_done().within(Duration::from_secs(60)).await?;
    }
    for worker in &mut workers[1..] {
        assert!(worker.0.wait()?.success());
    }

    let Job::Done { worker, .. } = jobs.at(stuck).load().await? else { unreachable!("it is done") };
    println!("job {stuck} was done by {worker} then");
    assert_ne!(worker, DOOMED);
    for number in 0..JOBS {
        let Job::Done { square, worker } = jobs.at(number).load().await? else { unreachable!() };
        assert_eq!(square, number * number);
        // Each worker writes down what it has committed.
        assert_eq!(fs::read_to_string(folder.join(format!("job {number}")))?, worker);
    }
    println!("each of {JOBS} jobs was done once");
    Ok(ExitCode::SUCCESS)
}

/// Does jobs until none is left.
async fn work<St: Store>(store: St, worker: &str, folder: &Path) -> Result<ExitCode> {
    let jobs = Machines::<Job, _>::open(store).await?;
    let mut done = 0;
    loop {
        let queued = jobs.keys_in::<job::Queued>(4).await?;
        if queued.is_empty() && jobs.at(last_queued(&jobs).await?).is_done().await? {
            return Ok(ExitCode::SUCCESS);
        }
        for key in queued {
            let job = jobs.at(&key);
            let right = match job.queued_to_done().now().await {
                Ok(right) => right,
                // Another worker has it, or has done it.
                Err(Failed::Refused(_)) => continue,
                Err(failed) => return Err(failed.into()),
            };
            if worker == DOOMED && done == 2 {
                writeln!(fs::File::create(folder.join("stuck"))?, "{key}")?;
                std::future::pending::<()>().await;
            }
            let number = *right.view().number;
            // The work.
            tokio::time::sleep(Duration::from_millis(5)).await;
            let result = JobDone { square: number * number, worker: worker.to_owned() };
            right.commit_with(result).await?;
            let mut file = fs::File::create_new(folder.join(format!("job {number}")))?;
            file.write_all(worker.as_bytes())?;
            done += 1;
        }
    }
}
