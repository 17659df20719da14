//! Machines that are rows, whatever the store: what their handles, guards and errors say.

use std::{
    error::Error,
    pin::pin,
    task::{Context, Waker},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use statemachine::{
    Blocker, Interrupt, Kind as _, Refused, StateMachine,
    stored::{Failed, InTransition, Joined, Key, Machines, sqlite::Sqlite},
};

#[derive(StateMachine, Serialize, Deserialize, PartialEq, Debug)]
#[machine(stored, reset)]
enum Job {
    #[state(initial, to(Running))]
    Queued,
    #[state(to(Done), stored = "in_work")]
    Running { worker: String },
    #[state(terminal)]
    Done(String),
}

/// The same rows, as a program of another version has them.
mod other {
    use statemachine::StateMachine;

    #[derive(StateMachine)]
    #[machine(stored = "Job")]
    pub(super) enum Older {
        #[state(to(Gone))]
        Queued,
        #[state(terminal)]
        Gone,
    }
}

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

async fn jobs() -> Result<Machines<Job, Sqlite>> {
    let jobs = Machines::open(Sqlite::in_memory().await?).await?;
    assert!(jobs.insert(42, Job::Queued).await?);
    Ok(jobs)
}

fn running(worker: &str) -> JobRunning {
    JobRunning { worker: worker.to_owned() }
}

#[test]
fn a_job_goes_its_way() -> Result {
    pollster::block_on(async {
        let jobs = jobs().await?;
        assert!(!jobs.insert(42, Job::Done(String::new())).await?, "it is there");
        let job = jobs.at(42);
        job.queued_to_running().try_commit_with(running("me")).await?;
        assert_eq!(job.load().await?, Job::Running { worker: "me".to_owned() });
        let right = job.running_to_done().within(LONG).await?;
        assert_eq!((right.view().worker.as_str(), right.key()), ("me", &Key::from(42)));
        assert!(job.is_in_transition().await? && job.is_running().await?);
        let left: JobRunning = right.commit_with("well".to_owned()).await?;
        assert_eq!(left.worker, "me");
        assert_eq!(job.in_done().now().await?, "well");
        assert_eq!(job.when(|state| state.is_terminal()).await?, JobKind::Done);
        Ok(())
    })
}

#[test]
fn a_refusal_says_why() -> Result {
    pollster::block_on(async {
        let jobs = jobs().await?;
        let job = jobs.at(42);
        let failed = job.running_to_done().try_commit_with(String::new()).await.unwrap_err();
        assert_eq!(failed.to_string(), "Job is Queued, not Running");
        let right = job.queued_to_running().now().await?;
        let failed = job.queued_to_running().now().await.unwrap_err();
        assert_eq!(failed.to_string(), "another transition of Job is under way");
        let failed = job.queued_to_running().within(SHORT).await.unwrap_err();
        assert!(
            matches!(
                failed.refused(),
                Some(Refused::TimedOut { waited, blocker: Blocker::Transition, .. }) if *waited >= SHORT
            ),
            "{failed}"
        );
        let failed = job.in_done().until(Instant::now() + SHORT).await.unwrap_err();
        assert!(
            matches!(failed.refused(), Some(Refused::TimedOut { blocker: Blocker::State, .. })),
            "{failed}"
        );
        right.commit_with(running("me")).await?;
        let failed = job.when_queued().now().await.unwrap_err();
        assert_eq!(failed.to_string(), "Job is Running, not Queued");
        let failed = jobs.at(43).to_done().now().await.unwrap_err();
        assert!(matches!(failed, Failed::Missing), "{failed}");
        Ok(())
    })
}

#[test]
fn a_state_that_can_no_longer_be_reached_is_not_waited_for() -> Result {
    pollster::block_on(async {
        #[derive(StateMachine)]
        #[machine(stored)]
        enum Egg {
            #[state(to(Broken))]
            Whole,
            #[state(terminal)]
            Broken,
        }
        let eggs = Machines::<Egg, _>::open(Sqlite::in_memory().await?).await?;
        eggs.insert(1, Egg::Broken).await?;
        for refused in [
            eggs.at(1).in_whole().within(LONG).await.unwrap_err(),
            eggs.at(1).when_whole().await.map(drop).unwrap_err(),
            eggs.at(1).whole_to_broken().await.map(drop).unwrap_err(),
        ] {
            assert!(matches!(refused.refused(), Some(Refused::Unreachable { .. })), "{refused}");
        }
        Ok(())
    })
}

#[test]
fn an_interrupt_ends_a_wait_and_any_of_several_does() -> Result {
    pollster::block_on(async {
        let job = jobs().await?.at(42);
        let (first, second) = (Interrupt::new(), Interrupt::new());
        second.interrupt();
        let waiting = job.in_done().interruptible(&first).interruptible(&second);
        let failed = waiting.await.unwrap_err();
        assert!(matches!(failed.refused(), Some(Refused::Interrupted { .. })), "{failed}");
        // What can be had at once is had.
        job.queued_to_running().interruptible(&second).now().await?.rollback().await?;
        Ok(())
    })
}

#[test]
fn dropping_a_right_and_a_wait_for_one_loses_nothing() -> Result {
    pollster::block_on(async {
        let jobs = jobs().await?;
        let job = jobs.at(42);
        let right = job.queued_to_running().now().await?;
        {
            let mut waiting = pin!(job.queued_to_running().within(LONG));
            assert!(waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        let token = right.token();
        drop(right);
        let right = job.queued_to_running().within(LONG).await?;
        assert!(right.token() > token);
        right.rollback().await?;
        assert_eq!(job.state().await?, JobKind::Queued);
        Ok(())
    })
}

#[test]
fn work_that_fails_rolls_back() -> Result {
    pollster::block_on(async {
        let job = jobs().await?.at(42);
        let right = job.queued_to_running().now().await?;
        let failed = right.run(async |_| Err::<JobRunning, _>("no worker")).await?;
        assert_eq!(failed.unwrap_err(), "no worker");
        assert!(!job.is_in_transition().await?);
        let right = job.queued_to_running().now().await?;
        right.run(async |_| Ok::<_, &str>(running("me"))).await?.expect("there is a worker");
        assert!(job.is_running().await?);
        Ok(())
    })
}

#[test]
fn one_moves_and_the_others_find_it_moved() -> Result {
    pollster::block_on(async {
        let jobs = jobs().await?;
        let job = jobs.at(42);
        let Joined::Mine(right) = job.queued_to_running().or_join().now().await? else {
            panic!("nobody has moved it");
        };
        let refused = job.queued_to_running().or_join().now().await.unwrap_err();
        assert!(matches!(refused.refused(), Some(Refused::InTransition { .. })));
        let mut joining = pin!(job.queued_to_running().or_join().within(LONG));
        assert!(joining.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        right.commit_with(running("me")).await?;
        let Joined::There(data) = joining.await? else { panic!("it was moved") };
        assert_eq!(data.worker, "me");
        let joined = job.running_to_done().or_join().now().await?;
        joined.mine().expect("nobody has moved it").commit_with("well".to_owned()).await?;
        assert!(job.running_to_done().or_join().now().await?.mine().is_none());
        Ok(())
    })
}

#[test]
fn futures_and_rights_can_be_spawned() -> Result {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build()?;
    runtime.block_on(async {
        let jobs = jobs().await?;
        // They own what they need: what they were made of is gone.
        let (moved, seen) = tokio::join!(
            tokio::spawn(jobs.at(42).queued_to_running().try_commit_with(running("me"))),
            tokio::spawn(jobs.at(42).in_running().within(LONG)),
        );
        moved??;
        assert_eq!(seen??.worker, "me");
        let right: InTransition<job::Running, job::Done, Sqlite> =
            tokio::spawn(jobs.at(42).running_to_done().within(LONG)).await??;
        tokio::spawn(right.commit_with(String::new())).await??;
        assert_eq!(tokio::spawn(jobs.at(42).state()).await??, JobKind::Done);
        Ok(())
    })
}

#[test]
fn rows_of_another_program_are_found_when_it_starts_and_when_they_come() -> Result {
    pollster::block_on(async {
        let store = Sqlite::in_memory().await?;
        let jobs = Machines::<Job, _>::open(store.clone()).await?;
        let others = Machines::<other::Older, _>::open(store.clone()).await?;
        jobs.insert(1, Job::Queued).await?;
        assert!(others.at(1).is_queued().await?);
        others.at(1).queued_to_gone().try_commit().await?;
        let said = "Job has no state `Gone`, in which 1 row is; its states are stored as Queued, in_work, Done";
        let failed = jobs.at(1).load().await.unwrap_err();
        assert!(matches!(failed, Failed::UnknownStates(_)));
        assert_eq!(failed.to_string(), said);
        let Err(failed) = Machines::<Job, _>::open(store).await else { panic!("a row is unknown") };
        assert_eq!(failed.to_string(), said);
        Ok(())
    })
}

#[test]
fn a_row_is_removed_in_a_state() -> Result {
    pollster::block_on(async {
        let jobs = jobs().await?;
        let failed = jobs.remove_in::<job::Done>(42).await.unwrap_err();
        assert!(matches!(failed.refused(), Some(Refused::WrongState { .. })), "{failed}");
        let right = jobs.at(42).queued_to_running().now().await?;
        let failed = jobs.remove_in::<job::Queued>(42).await.unwrap_err();
        assert!(matches!(failed.refused(), Some(Refused::InTransition { .. })), "{failed}");
        right.rollback().await?;
        assert_eq!(jobs.keys_in::<job::Queued>(10).await?, [Key::from("42")]);
        jobs.remove_in::<job::Queued>(42).await?;
        assert!(matches!(jobs.remove_in::<job::Queued>(42).await, Err(Failed::Missing)));
        Ok(())
    })
}

/// What JSON has no words for.
#[derive(StateMachine, Serialize, Deserialize)]
#[machine(stored, reset)]
#[serde(untagged)]
enum Measured {
    #[state(to(Exact, Rounded))]
    Nothing,
    #[state(to(Rounded))]
    Exact { value: f64 },
    #[state(to(Nothing))]
    Rounded { value: f64 },
}

#[test]
fn what_could_not_be_read_again_is_not_written() -> Result {
    pollster::block_on(async {
        let machines = Machines::<Measured, _>::open(Sqlite::in_memory().await?).await?;
        machines.insert(1, Measured::Nothing).await?;
        let machine = machines.at(1);
        let not_a_number = MeasuredExact { value: f64::NAN };
        let failed = machine.nothing_to_exact().try_commit_with(not_a_number).await.unwrap_err();
        let Failed::Undecodable(undecodable) = &failed else { panic!("{failed}") };
        assert!(!undecodable.was_moved());
        assert!(
            failed.to_string().starts_with(
                "the data of Measured in `Exact` was not written, since it could not be read again: "
            ),
            "{failed}"
        );
        // The first variant that fits is read.
        let right = machine.nothing_to_rounded().now().await?;
        let failed = right.commit_with(MeasuredRounded { value: 1.0 }).await.unwrap_err();
        assert_eq!(
            failed.to_string(),
            "the data of Measured in `Rounded` was not written, since it could not be read again: it \
             would be read as another state"
        );
        assert!(machine.is_nothing().await?);
        machine
            .nothing_to_exact()
            .within(LONG)
            .await?
            .commit_with(MeasuredExact { value: 1.0 })
            .await?;
        Ok(())
    })
}

#[test]
fn a_move_that_finds_data_that_it_cannot_read_says_that_it_was_made() -> Result {
    pollster::block_on(async {
        #[derive(StateMachine, Serialize, Deserialize)]
        #[machine(stored = "Job")]
        enum Newer {
            #[state(to(Running))]
            Queued,
            #[state(to(Done), stored = "in_work")]
            Running { worker: u32 },
            #[state(terminal)]
            Done(String),
        }
        let jobs = jobs().await?;
        jobs.at(42).queued_to_running().try_commit_with(running("me")).await?;
        let newer = Machines::<Newer, _>::open(jobs.store().clone()).await?;
        let failed = newer.at(42).running_to_done().now().await.map(drop).unwrap_err();
        assert!(matches!(&failed, Failed::Undecodable(it) if !it.was_moved()), "{failed}");
        let failed = newer
            .at(42)
            .running_to_done()
            .try_commit_with(String::new())
            .await
            .map(drop)
            .unwrap_err();
        assert!(matches!(&failed, Failed::Undecodable(it) if it.was_moved()), "{failed}");
        assert!(
            failed.to_string().starts_with(
                "the move was made, but the data of Newer in `in_work` cannot be read: "
            ),
            "{failed}"
        );
        assert!(newer.at(42).is_done().await?);
        Ok(())
    })
}

#[test]
fn keys_are_made_of_what_tells_rows_apart() {
    let text = String::from("42");
    for key in [
        Key::from(42),
        Key::from(&42_u64),
        Key::from(-42_i128 + 84),
        Key::from("42"),
        Key::from(&"42"),
        Key::from(&text),
        Key::from(text.clone()),
        Key::from(text.clone().into_boxed_str()),
        Key::from(std::borrow::Cow::from(&text)),
        Key::from(std::sync::Arc::<str>::from("42")),
        Key::from(&Key::from(42)),
    ] {
        assert_eq!((key.as_str(), format!("{key:?}")), ("42", "\"42\"".to_owned()));
    }
}
