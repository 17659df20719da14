//! A handle that makes a move or finds it made.

use std::{
    fmt,
    marker::PhantomData,
    time::{Duration, Instant},
};

use super::verbs;
use crate::{
    graph::StateSet,
    state::{Located as _, State, StateMachine as _},
    stored::{
        At, Failed, InTransition, Outcome, Store, Stored, codec,
        wait::{Patience, Waiting},
    },
    wait::Interrupt,
};

/// A handle that gives the right to a move or, as soon as the machine is in the new state by anyone's doing,
/// the new state's data: [`Transition::or_join`](super::Transition::or_join).
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
/// let worker = match job.queued_to_running().or_join().await? {
///     // Nobody has taken the job yet, so this caller does.
///     Joined::Mine(right) => {
///         right.commit_with(JobRunning { worker: "w7".to_owned() }).await?;
///         "w7".to_owned()
///     }
///     Joined::There(running) => running.worker,
/// };
/// assert_eq!(worker, "w7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct Join<A: State, B, St> {
    at: At<A::Enum, St>,
    from: StateSet,
    expected: &'static [&'static str],
    interrupts: Vec<Interrupt>,
    to: PhantomData<fn() -> *const B>,
}

verbs! {
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "Dropping the future gives up. If it has the right by then, the right is let go of.",
    "[`Failed::Refused`] if the machine is neither in a state that the move starts in nor in the new one, or if \
        another has the right to it. [`Failed::Unknown`] if the reply was lost. [`Failed::Undecodable`] if the \
        data of the state cannot be read.",
    "let joined = job.queued_to_running().or_join().now().await?;
assert!(matches!(joined, Joined::Mine(_)));
let refused = job.queued_to_running().or_join().now().await;
assert!(matches!(refused, Err(Failed::Refused(Refused::InTransition { .. }))));",
    "# job.queued_to_running().try_commit_with(JobRunning { worker: \"w7\".to_owned() }).await?;
match job.queued_to_running().or_join().within(Duration::from_secs(5)).await? {
    Joined::Mine(right) => right.rollback().await?,
    Joined::There(running) => assert_eq!(running.worker, \"w7\"),
}",
    "let deadline = Instant::now() + Duration::from_secs(5);
let joined = job.queued_to_running().or_join().until(deadline).await?;
assert!(matches!(joined, Joined::Mine(_)));",
    impl[A: State, B: State] Join: Joined<A, B, St>
    where A::Enum: Stored, B: State<Enum = A::Enum>
}

impl<A, B, St> Join<A, B, St>
where
    A: State<Enum: Stored>,
    B: State<Enum = A::Enum>,
    St: Store,
{
    pub(super) fn new(
        at: At<A::Enum, St>,
        from: StateSet,
        expected: &'static [&'static str],
        interrupts: Vec<Interrupt>,
    ) -> Self {
        Self { at, from, expected, interrupts, to: PhantomData }
    }

    async fn ask(self, patience: Patience) -> Result<Joined<A, B, St>, Failed<St::Error>> {
        let from = codec::names::<A::Enum>(self.from);
        let either = StateSet::of(A::Enum::STATES.len(), |state| {
            state == B::ID || self.from.contains(state)
        });
        let waiting = Waiting::new(&self.at, either, self.expected, &self.interrupts, patience);
        loop {
            let claimed = self.at.store().claim(self.at.address(), &from).await;
            match claimed.map_err(Failed::Store)? {
                Outcome::Done(claim) => {
                    return Ok(Joined::Mine(InTransition::new(self.at.key().clone(), claim)?));
                }
                Outcome::Refused(None) => return Err(Failed::Missing),
                Outcome::Refused(Some(row)) => {
                    if codec::position::<A::Enum>(&row)? == B::ID {
                        return Ok(Joined::There(B::unwrap(codec::read(&row)?)));
                    }
                    waiting.on(&row).await?;
                }
                Outcome::Unknown => return Err(Failed::Unknown),
            }
        }
    }
}

/// What [`Transition::or_join`](super::Transition::or_join) gives.
pub enum Joined<A, B, St>
where
    A: State<Enum: Stored>,
    B: State<Enum = A::Enum>,
    St: Store,
{
    /// The right to the move, which nobody has made yet.
    Mine(InTransition<A, B, St>),
    /// The move was made: the data of the new state. Nothing is held.
    There(B::Data),
}

impl<A, B, St> Joined<A, B, St>
where
    A: State<Enum: Stored>,
    B: State<Enum = A::Enum>,
    St: Store,
{
    /// The right to the move, if it is for the caller to make. Otherwise the data of the new state is
    /// dropped.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    /// # use serde::{Deserialize, Serialize};
    /// # use statemachine::{StateMachine, stored::{Machines, sqlite::Sqlite}};
    /// # #[derive(StateMachine, Serialize, Deserialize, Debug)]
    /// # #[machine(stored)]
    /// # enum Job {
    /// #     #[state(to(Done))]
    /// #     Queued,
    /// #     #[state(terminal)]
    /// #     Done,
    /// # }
    /// # pollster::block_on(async {
    /// # let jobs = Machines::<Job, _>::open(Sqlite::in_memory().await?).await?;
    /// # jobs.insert(42, Job::Queued).await?;
    /// let job = jobs.at(42);
    /// if let Some(right) = job.queued_to_done().or_join().await?.mine() {
    ///     right.commit().await?;
    /// }
    /// // Somebody has made the move by now.
    /// assert!(job.queued_to_done().or_join().await?.mine().is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use = "dropping the right gives it back"]
    pub fn mine(self) -> Option<InTransition<A, B, St>> {
        match self {
            Self::Mine(right) => Some(right),
            Self::There(_) => None,
        }
    }
}

impl<A, B, St> fmt::Debug for Joined<A, B, St>
where
    A: State<Enum: Stored>,
    B: State<Enum = A::Enum, Data: fmt::Debug>,
    St: Store,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mine(right) => f.debug_tuple("Mine").field(right).finish(),
            Self::There(data) => f.debug_tuple("There").field(data).finish(),
        }
    }
}
