//! A pool of workers with a life cycle, and a graceful shutdown with a deadline.
//!
//! Each worker is a task with a machine of its own. On ctrl-c, or when the time is up, all are taken
//! to `Draining`: who is idle stops, who has begun a job finishes it. Who has not stopped at the
//! deadline, or at a second ctrl-c, is aborted. However that falls out, every job is accounted for.
//!
//! ```sh
//! cargo run --example workers
//! cargo run --example workers -- --workers 16 --stop-after 60 --grace 10
//! ```

use std::{
    error::Error,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use async_channel::{Receiver, Sender};
use clap::Parser;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use statemachine::{Interrupt, StateMachine};
use tokio::{select, signal::ctrl_c, task::JoinHandle, time::sleep};

#[derive(StateMachine)]
#[machine(can_always_reach(Stopped))]
enum Worker {
    /// Waits for a job.
    #[state(initial, to(Running, Draining))]
    Idle,
    #[state(to(Idle, Draining))]
    Running(Job),
    /// Finishes the job that it has begun, if any, and takes no other.
    #[state(to(Stopped))]
    Draining,
    #[state(terminal)]
    Stopped,
}

struct Job {
    number: u64,
    takes: Duration,
}

/// A pool of workers with a life cycle, and a graceful shutdown with a deadline.
#[derive(Parser)]
struct Arguments {
    /// How many workers there are.
    #[arg(long, default_value_t = 4)]
    workers: usize,
    /// How many seconds pass before the shutdown, unless ctrl-c comes first.
    #[arg(long, default_value = "2", value_parser = seconds)]
    stop_after: Duration,
    /// How many seconds the workers then have to finish.
    #[arg(long, default_value = "0.3", value_parser = seconds)]
    grace: Duration,
    /// What the lengths of the jobs are drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().map_err(|error| error.to_string())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let Arguments { workers, stop_after, grace, seed } = Arguments::parse();
    let queue = Queue::new();
    let pool: Vec<_> = (1..=workers).map(|number| Member::hire(number, &queue)).collect();

    let mut made = 0;
    select! {
        () = make_jobs(&queue, seed, &mut made) => {}
        () = sleep(stop_after) => {}
        signal = ctrl_c() => signal?,
    }

    let (finished, aborted) = shut_down(pool, grace).await?;
    let done = queue.done.load(Relaxed);
    let left = queue.waiting.len() as u64;
    println!("jobs made               {made:>6}");
    println!("done before the shutdown{done:>6}");
    println!("finished while draining {finished:>6}");
    println!("aborted at the deadline {aborted:>6}");
    println!("left in the queue       {left:>6}");
    if made == done + finished + aborted + left {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("FAILED: not every job is accounted for");
    Ok(ExitCode::FAILURE)
}

/// What the workers share.
struct Queue {
    jobs: Sender<Job>,
    waiting: Receiver<Job>,
    done: AtomicU64,
}

impl Queue {
    fn new() -> Arc<Self> {
        let (jobs, waiting) = async_channel::unbounded();
        Arc::new(Self { jobs, waiting, done: AtomicU64::new(0) })
    }

    fn put(&self, job: Job) {
        self.jobs.try_send(job).expect("the queue is neither full nor closed");
    }
}

/// Makes jobs for ever, most of them short.
async fn make_jobs(queue: &Queue, seed: u64, made: &mut u64) {
    let mut random = StdRng::seed_from_u64(seed);
    loop {
        let is_long = random.random_bool(0.02);
        let takes = random.random_range(if is_long { 500..2000 } else { 10..100 });
        *made += 1;
        queue.put(Job { number: *made, takes: Duration::from_millis(takes) });
        sleep(Duration::from_millis(20)).await;
    }
}

/// A worker as the pool sees it.
struct Member {
    number: usize,
    worker: Arc<WorkerMachine>,
    task: JoinHandle<()>,
}

impl Member {
    fn hire(number: usize, queue: &Arc<Queue>) -> Self {
        let worker = Arc::new(WorkerMachine::new());
        let task = tokio::spawn(work(Arc::clone(&worker), Arc::clone(queue)));
        Self { number, worker, task }
    }
}

/// The life of a worker.
async fn work(worker: Arc<WorkerMachine>, queue: Arc<Queue>) {
    loop {
        let job = select! {
            _ = worker.in_draining() => break,
            Ok(job) = queue.waiting.recv() => job,
        };
        let takes = job.takes;
        // Told to drain meanwhile, the job comes back. Nothing is awaited between having the job and
        // having put it somewhere, so that it cannot be lost when the task is aborted.
        if let Err(refused) = worker.idle_to_running().try_commit_with(job) {
            queue.put(refused.into_data());
            break;
        }
        sleep(takes).await;
        // Told to drain meanwhile, the job is whose who told us.
        if worker.running_to_idle().try_commit().is_err() {
            break;
        }
        queue.done.fetch_add(1, Relaxed);
    }
    if let Ok(stopping) = worker.draining_to_stopped().await {
        stopping.commit();
    }
}

/// Lets the workers finish what they have begun, and aborts those who have not after that time, or at
/// ctrl-c. How many jobs were finished, and how many aborted.
async fn shut_down(pool: Vec<Member>, grace: Duration) -> Result<(u64, u64), Box<dyn Error>> {
    let mut draining = Vec::new();
    for member in pool {
        // Whatever the worker does, this takes it from there, and gives back what it was doing.
        let job = match member.worker.to_draining().await?.commit() {
            Worker::Running(job) => Some(job),
            Worker::Idle | Worker::Draining | Worker::Stopped => None,
        };
        draining.push((member, job));
    }

    // One interrupt ends all waits, those that have not begun included.
    let hurry = Interrupt::new();
    let alarm = tokio::spawn({
        let hurry = hurry.clone();
        async move {
            select! {
                () = sleep(grace) => {}
                _ = ctrl_c() => {}
            }
            hurry.interrupt();
        }
    });

    let (mut finished, mut aborted) = (0, 0);
    for (Member { number, worker, task }, job) in draining {
        let has_stopped = worker.in_stopped().interruptible(&hurry).await.is_ok();
        if !has_stopped {
            task.abort();
        }
        match (job, has_stopped) {
            (Some(job), true) => {
                finished += 1;
                println!("worker {number} finished job {}", job.number);
            }
            (Some(job), false) => {
                aborted += 1;
                println!("worker {number} was aborted in job {} of {:?}", job.number, job.takes);
            }
            (None, _) => println!("worker {number} was idle"),
        }
    }
    alarm.abort();
    Ok((finished, aborted))
}
