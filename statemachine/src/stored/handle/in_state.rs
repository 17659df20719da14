//! A handle on being in a state.

use std::{
    marker::PhantomData,
    time::{Duration, Instant},
};

use super::verbs;
use crate::{
    state::{Located as _, State},
    stored::{
        At, Failed, Store, Stored, codec,
        wait::{Patience, Waiting},
    },
    wait::Interrupt,
};

/// A handle on being in a state: `in_a()`.
///
/// Its verbs give the state's data, and hold nothing: the machine may leave the state before the caller has
/// read it. Whoever must act while the machine stays there takes the right to leave it, or holds the row in
/// a transaction of the database: `hold_in`.
///
#[cfg_attr(feature = "sqlite", doc = "```")]
#[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
/// use std::time::Duration;
/// use statemachine::{StateMachine, stored::{Machines, sqlite::Sqlite}};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(StateMachine, Serialize, Deserialize)]
/// #[machine(stored)]
/// enum Job {
///     #[state(to(Done))]
///     Queued,
///     #[state(terminal)]
///     Done(String),
/// }
///
/// # pollster::block_on(async {
/// let jobs = Machines::<Job, _>::open(Sqlite::in_memory().await?).await?;
/// jobs.insert(42, Job::Queued).await?;
/// let job = jobs.at(42);
/// assert!(job.in_done().now().await.is_err());
/// job.queued_to_done().try_commit_with("well".to_owned()).await?;
/// assert_eq!(job.in_done().within(Duration::from_secs(5)).await?, "well");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct In<A: State, St> {
    pub(in crate::stored) at: At<A::Enum, St>,
    interrupts: Vec<Interrupt>,
    state: PhantomData<fn() -> *const A>,
}

verbs! {
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "It only looks, so dropping the future has no effect.",
    "[`Failed::Refused`] if the machine is in another state. [`Failed::Undecodable`] if its data cannot be read.",
    "# job.queued_to_running().try_commit_with(JobRunning { worker: \"w7\".to_owned() }).await?;
assert_eq!(job.in_running().now().await?.worker, \"w7\");
let refused = job.in_done().now().await;
assert!(matches!(refused, Err(Failed::Refused(Refused::WrongState { actual: \"Running\", .. }))));",
    "let refused = job.in_done().within(Duration::from_millis(1)).await;
assert!(matches!(refused, Err(Failed::Refused(Refused::TimedOut { .. }))));
job.queued_to_running().try_commit_with(JobRunning { worker: \"w7\".to_owned() }).await?;
assert_eq!(job.in_running().within(Duration::from_secs(5)).await?.worker, \"w7\");",
    "let deadline = Instant::now() + Duration::from_secs(5);
let () = job.in_queued().until(deadline).await?; // a state without data",
    impl[A: State] In: A::Data where A::Enum: Stored
}

impl<A, St> In<A, St>
where
    A: State<Enum: Stored>,
    St: Store,
{
    pub(in crate::stored) fn new(at: At<A::Enum, St>) -> Self {
        Self { at, interrupts: Vec::new(), state: PhantomData }
    }

    async fn ask(self, patience: Patience) -> Result<A::Data, Failed<St::Error>> {
        let waiting = Waiting::new(&self.at, A::SET, A::EXPECTED, &self.interrupts, patience);
        loop {
            let row = self.at.row().await?;
            if A::SET.contains(codec::position::<A::Enum>(&row)?) {
                return Ok(A::unwrap(codec::read(&row)?));
            }
            waiting.on(&row).await?;
        }
    }
}
