//! A handle that waits for a state.

use std::time::{Duration, Instant};

use super::verbs;
use crate::{
    graph::{StateId, StateSet},
    state::{Kind as _, Located as _, State},
    stored::{
        At, Failed, Store, Stored, codec,
        wait::{Patience, Waiting},
    },
    wait::Interrupt,
};

/// A handle that waits until a machine is in one of some states: `when(..)`, `when_a()`.
///
/// Its verbs give the kind of the state that was seen, and hold nothing.
///
#[cfg_attr(feature = "sqlite", doc = "```")]
#[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
/// # use serde::{Deserialize, Serialize};
/// # use statemachine::{StateMachine, stored::{Failed, Joined, Machines, sqlite::Sqlite}};
/// # #[derive(StateMachine, Serialize, Deserialize, Debug)]
/// # #[machine(stored)]
/// # enum Job {
/// #     #[state(to(Running))]
/// #     Queued,
/// #     #[state(to(Done))]
/// #     Running { worker: String },
/// #     #[state(terminal)]
/// #     Done(String),
/// # }
/// # pollster::block_on(async {
/// # let jobs = Machines::<Job, _>::open(Sqlite::in_memory().await?).await?;
/// # jobs.insert(42, Job::Queued).await?;
/// let job = jobs.at(42);
/// assert!(job.when_queued().now().await.is_ok());
/// job.queued_to_running().try_commit_with(JobRunning { worker: "w7".to_owned() }).await?;
/// let seen = job.when(|state| state != JobKind::Queued).within(std::time::Duration::from_secs(5)).await?;
/// assert_eq!(seen, JobKind::Running);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct When<S, St> {
    at: At<S, St>,
    states: StateSet,
    expected: &'static [&'static str],
    interrupts: Vec<Interrupt>,
}

verbs! {
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "It only looks, so dropping the future has no effect.",
    "[`Failed::Refused`] if the machine is in another state.",
    "assert_eq!(job.when_queued().now().await?, JobKind::Queued);
assert!(job.when_done().now().await.is_err());",
    "let seen = job.when(|state| state != JobKind::Done).within(Duration::from_secs(5)).await?;
assert_eq!(seen, JobKind::Queued);",
    "let deadline = Instant::now() + Duration::from_secs(5);
assert_eq!(job.when_queued().until(deadline).await?, JobKind::Queued);",
    impl[S: Stored] When: S::Kind
}

impl<S: Stored, St: Store> When<S, St> {
    pub(in crate::stored) fn of(at: At<S, St>, mut likes: impl FnMut(S::Kind) -> bool) -> Self {
        let states =
            StateSet::of(S::STATES.len(), |state: StateId| likes(S::Kind::at(state.get())));
        Self { at, states, expected: &[], interrupts: Vec::new() }
    }

    pub(in crate::stored) fn new<A: State<Enum = S>>(at: At<S, St>) -> Self {
        Self { at, states: A::SET, expected: A::EXPECTED, interrupts: Vec::new() }
    }

    async fn ask(self, patience: Patience) -> Result<S::Kind, Failed<St::Error>> {
        let waiting =
            Waiting::new(&self.at, self.states, self.expected, &self.interrupts, patience);
        loop {
            let row = self.at.row().await?;
            let state = codec::position::<S>(&row)?;
            if self.states.contains(state) {
                return Ok(S::Kind::at(state.get()));
            }
            waiting.on(&row).await?;
        }
    }
}
