//! A handle on a transition.

use std::{
    marker::PhantomData,
    time::{Duration, Instant},
};

use super::{BoxFuture, Join, verbs};
use crate::{
    graph::StateSet,
    state::{Dataless, Located as _, State, StateMachine as _},
    stored::{
        At, Failed, InTransition, Outcome, Store, Stored,
        codec::{self, Written},
        wait::{Patience, Waiting, refusal},
    },
    wait::Interrupt,
};

/// A handle on a transition: `a_to_b()`, `to_b()`, `reset()`.
///
/// Its verbs give the exclusive right to the move, an [`InTransition`].
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
/// // In one step:
/// job.queued_to_running().try_commit_with(JobRunning { worker: "w7".to_owned() }).await?;
/// // The right first, and the move when the work is done:
/// let right = job.running_to_done().now().await?;
/// assert!(job.running_to_done().now().await.is_err(), "one has the right");
/// right.commit_with("well".to_owned()).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`, or `try_commit`"]
pub struct Transition<A: State, B, St> {
    pub(in crate::stored) at: At<A::Enum, St>,
    /// Where it starts.
    pub(in crate::stored) from: StateSet,
    interrupts: Vec<Interrupt>,
    to: PhantomData<fn() -> (*const A, *const B)>,
}

verbs! {
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "Dropping the future gives up. If it has the right by then, the right is let go of.",
    "[`Failed::Refused`] if the machine is in another state, or if another has the right to it. \
        [`Failed::Unknown`] if the reply was lost. [`Failed::Undecodable`] if the data of the state cannot be \
        read.",
    "let right = job.queued_to_running().now().await?;
let refused = job.queued_to_running().now().await;
assert!(matches!(refused, Err(Failed::Refused(Refused::InTransition { .. }))));",
    "let right = job.queued_to_running().within(Duration::from_secs(5)).await?;
let refused = job.queued_to_running().within(Duration::from_millis(1)).await;
assert!(matches!(refused, Err(Failed::Refused(Refused::TimedOut { .. }))));",
    "let deadline = Instant::now() + Duration::from_secs(5);
let right = job.queued_to_running().until(deadline).await?;",
    impl[A: State, B: State] Transition: InTransition<A, B, St>
    where A::Enum: Stored, B: State<Enum = A::Enum>
}

impl<A, B, St> Transition<A, B, St>
where
    A: State<Enum: Stored>,
    B: State<Enum = A::Enum>,
    St: Store,
{
    pub(in crate::stored) fn new(at: At<A::Enum, St>, from: StateSet) -> Self {
        Self { at, from, interrupts: Vec::new(), to: PhantomData }
    }

    /// Makes the move in one step, at once or not at all, and gives back the data of the state that was
    /// left.
    ///
    /// For a new state that has data there is [`try_commit_with`](Self::try_commit_with).
    ///
    /// Dropping the future does not take the move back: it may have been made or not.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// # job.queued_to_running().try_commit_with(JobRunning { worker: "w7".to_owned() }).await?;
    /// let left = job.running_to_queued().try_commit().await?;
    /// assert_eq!(left.worker, "w7");
    /// assert!(job.running_to_queued().try_commit().await.is_err());
    #[doc = example!(after)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failed::Refused`] if the machine is in another state, or if another has the right to it.
    /// [`Failed::Missing`] if there is no row. [`Failed::Unknown`] if the reply was lost, and the row does
    /// not tell whether the move was made. [`Failed::Store`] if the store failed, and the move was not made.
    pub fn try_commit(self) -> BoxFuture<Result<A::Data, Failed<St::Error>>>
    where
        A: 'static,
        B: Dataless + 'static,
    {
        Box::pin(self.step(Written::dataless::<A::Enum>(B::POSITION)))
    }

    /// Makes the move in one step, at once or not at all, with the data of the new state, and gives back the
    /// data of the state that was left.
    ///
    /// Dropping the future does not take the move back: it may have been made or not.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// job.queued_to_running().try_commit_with(JobRunning { worker: "w7".to_owned() }).await?;
    /// let left = job.running_to_done().try_commit_with("well".to_owned()).await?;
    /// assert_eq!(left.worker, "w7");
    #[doc = example!(after)]
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`try_commit`](Self::try_commit), and [`Failed::Undecodable`] if the data cannot be written
    /// as JSON.
    pub fn try_commit_with(
        self,
        data: B::Data,
    ) -> impl Future<Output = Result<A::Data, Failed<St::Error>>> + use<A, B, St> {
        let to = Written::of(&B::wrap(data));
        async move { self.step(to?).await }
    }

    /// Makes the move or finds it made: gives the right to it or, as soon as the machine is in the new state by
    /// anyone's doing, the new state's data.
    ///
    /// Of many callers one gets the right. The others wait for it to commit, and one of them gets the right
    /// if it rolls back.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// for _ in 0..2 {
    ///     // The first round makes the move, and the second finds it made.
    ///     match job.queued_to_running().or_join().await? {
    ///         Joined::Mine(right) => _ = right.commit_with(JobRunning { worker: "w7".to_owned() }).await?,
    ///         Joined::There(running) => assert_eq!(running.worker, "w7"),
    ///     }
    /// }
    #[doc = example!(after)]
    /// ```
    pub fn or_join(self) -> Join<A, B, St> {
        let expected = self.expected();
        Join::new(self.at, self.from, expected, self.interrupts)
    }

    async fn step(self, to: Written) -> Result<A::Data, Failed<St::Error>> {
        let from = codec::names::<A::Enum>(self.from);
        let (store, at) = (self.at.store(), self.at.address());
        loop {
            let moved = store.step(at, &from, to.value(), A::HAS_DATA).await;
            match moved.map_err(Failed::Store)? {
                Outcome::Done(old) => return Ok(A::unwrap(codec::left::<A>(old.as_ref())?)),
                Outcome::Refused(None) => return Err(Failed::Missing),
                Outcome::Refused(Some(row)) => {
                    refusal::<A::Enum, _>(&row, self.from, self.expected())?;
                }
                Outcome::Unknown => return Err(Failed::Unknown),
            }
        }
    }

    async fn ask(self, patience: Patience) -> Result<InTransition<A, B, St>, Failed<St::Error>> {
        let from = codec::names::<A::Enum>(self.from);
        let waiting =
            Waiting::new(&self.at, self.from, self.expected(), &self.interrupts, patience);
        loop {
            let claimed = self.at.store().claim(self.at.address(), &from).await;
            match claimed.map_err(Failed::Store)? {
                Outcome::Done(claim) => return InTransition::new(self.at.key().clone(), claim),
                Outcome::Refused(None) => return Err(Failed::Missing),
                Outcome::Refused(Some(row)) => waiting.on(&row).await?,
                Outcome::Unknown => return Err(Failed::Unknown),
            }
        }
    }

    /// The names of the states that it starts in.
    pub(in crate::stored) fn expected(&self) -> &'static [&'static str] {
        if self.from == A::SET { A::EXPECTED } else { A::Enum::GRAPH.nodes[B::ID.index()].sources }
    }
}
