//! Processes whose clocks are wrong.

use std::{
    env,
    process::Command,
    time::{Duration, Instant, SystemTime},
};

use nix::sys::signal::Signal;
use statemachine_tests::hang;

use crate::{Job, LEASE, LONG, child::Process, jobs, server};

const HOUR: Duration = Duration::from_secs(3600);

/// This program in another time.
fn at(offset: &str, part: &[&str]) -> Process {
    // `faketime` would stay in between and be killed in its place, so only its environment is taken.
    let told = Command::new("faketime").args(["--exclude-monotonic", "-f", offset, "env"]).output();
    let told = told.expect("faketime; install it, on Debian with `apt-get install faketime`");
    let told = String::from_utf8(told.stdout).unwrap();
    let fakes = |name: &str| {
        name == "LD_PRELOAD" || name.starts_with("FAKETIME") && name != "FAKETIME_SHARED"
    };
    let faked =
        told.lines().filter_map(|line| line.split_once('=')).filter(|(name, _)| fakes(name));
    let mut command = Command::new(env::current_exe().unwrap());
    command.envs(faked);
    Process::by(command, part)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_neither_keeps_a_right_nor_takes_one() {
    let _hang = hang::detector("a_wrong_clock_neither_keeps_a_right_nor_takes_one");
    let table = "clocks";
    let jobs = jobs(table).await;
    jobs.insert(1, Job::Queued).await.unwrap();
    let url = server::shared().url();
    let job = jobs.at(1);
    for offset in ["+1h", "-1h"] {
        // It does not take a right that is alive,
        let right = job.queued_to_running().now().await.unwrap();
        let mut other = at(offset, &["take", &url, table]);
        let seconds: u64 = other.says().parse().unwrap();
        let theirs = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let ours = SystemTime::now();
        let apart = theirs.duration_since(ours).or_else(|_| ours.duration_since(theirs)).unwrap();
        assert!(apart > HOUR / 2 && apart < HOUR * 2, "{apart:?}");
        assert_eq!(other.says(), "refused");
        other.ends();
        right.rollback().await.unwrap();

        // has its own kept,
        let mut holder = at(offset, &["hold on", &url, table]);
        holder.says();
        let refused = job.queued_to_running().within(LEASE * 3).await.unwrap_err();
        assert!(refused.to_string().contains("in transition"), "{refused}");
        // and no longer than it lives.
        holder.signal(Signal::SIGKILL);
        let killed = Instant::now();
        job.queued_to_running().within(LONG).await.unwrap().rollback().await.unwrap();
        assert!(killed.elapsed() < LEASE + Duration::from_secs(1), "{:?}", killed.elapsed());
    }
}
