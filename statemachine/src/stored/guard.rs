//! The exclusive right to move a stored machine.

use std::{fmt, marker::PhantomData};

use super::{
    Claim as _, Committed, Failed, Key, Store, Stored,
    codec::{self, Written},
    handle::BoxFuture,
    wait::{Either, either},
};
use crate::state::{Dataless, State};

/// The exclusive right to move a stored machine from `A` to `B`.
///
/// While it lives, no caller in any process moves the machine. Dropping it rolls back: the row is as it was.
/// If the process dies, or cannot reach the store, the store takes the right back. What happens then, and
/// how soon, is the store's to say: with PostgreSQL when the lease has run out, with SQLite at once.
///
/// A process that was only paused does not know that it has lost the right. Its commit is refused with
/// [`Failed::Lost`], so nothing is written twice. But it may do other work that it believes to have the
/// right to. [`token`](Self::token) is for the receiver of that work, and [`lost`](Self::lost) for its end.
///
/// It owns what it needs, so a task can have it.
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
/// let right = job.queued_to_running().now().await?;
/// let token = right.token();
/// drop(right);
/// assert!(job.is_queued().await?, "it was rolled back");
///
/// let right = job.queued_to_running().within(std::time::Duration::from_secs(5)).await?;
/// assert!(right.token() > token);
/// let run = right.run(async |right| {
///     // Work that may fail, and that ends if the right is lost.
///     Ok::<_, String>(JobRunning { worker: format!("for {}", right.key()) })
/// });
/// run.await??;
/// assert_eq!(job.in_running().now().await?.worker, "for 42");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping a transition rolls it back; bind it to a name, and call `commit`"]
pub struct InTransition<A: State, B, St: Store> {
    key: Key,
    claim: St::Claim,
    machine: A::Enum,
    to: PhantomData<fn() -> (*const A, *const B)>,
}

impl<A, B, St> InTransition<A, B, St>
where
    A: State<Enum: Stored>,
    B: State<Enum = A::Enum>,
    St: Store,
{
    pub(super) fn new(key: Key, claim: St::Claim) -> Result<Self, Failed<St::Error>> {
        let machine = codec::read(claim.row())?;
        Ok(Self { key, claim, machine, to: PhantomData })
    }

    /// The right, and the machine as it was when the right was taken.
    #[cfg(any(feature = "postgres", feature = "sqlx"))]
    pub(super) fn into_parts(self) -> (St::Claim, A::Enum) {
        (self.claim, self.machine)
    }

    /// The key of the machine's row.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// let right = job.queued_to_running().now().await?;
    /// assert_eq!(right.key().as_str(), "42");
    #[doc = example!(after)]
    /// ```
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The data of the state that is being left.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// job.queued_to_running().try_commit_with(JobRunning { worker: "w7".to_owned() }).await?;
    /// let right = job.running_to_done().now().await?;
    /// assert_eq!(right.view().worker, "w7");
    #[doc = example!(after)]
    /// ```
    #[must_use]
    pub fn view(&self) -> A::View<'_> {
        A::same(A::view(&self.machine))
    }

    /// The fencing token: greater for each later right to the same machine.
    ///
    /// Send it along with work for another service, and let that service refuse a token that is smaller than
    /// the greatest it has seen for this machine. Then a holder that was paused and has lost its right cannot
    /// overwrite the work of the next. (Martin Kleppmann, "How to do distributed locking", 2016.)
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// let first = job.queued_to_running().now().await?.token();
    /// let second = job.queued_to_running().now().await?.token();
    /// assert!(second > first);
    #[doc = example!(after)]
    /// ```
    #[must_use]
    pub fn token(&self) -> u64 {
        self.claim.row().version
    }

    /// Ready as soon as somebody else may have the right.
    ///
    /// Run the work beside it, and drop the work if this is ready first. It is about this process's clock and
    /// its connection. So it can be ready although nobody has taken the right: then the commit still works.
    /// Dropping the future has no effect on the right.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// # use std::{future::poll_fn, pin::pin, task::Poll};
    /// let right = job.queued_to_running().now().await?;
    /// // As `select` does it: whichever is ready first.
    /// let (mut lost, mut work) = (pin!(right.lost()), pin!(async { "w7".to_owned() }));
    /// let worker = poll_fn(|cx| match lost.as_mut().poll(cx) {
    ///     Poll::Ready(()) => Poll::Ready(None),
    ///     Poll::Pending => work.as_mut().poll(cx).map(Some),
    /// });
    /// assert_eq!(worker.await.as_deref(), Some("w7"));
    #[doc = example!(after)]
    /// ```
    pub fn lost(&self) -> impl Future<Output = ()> + Send + '_ {
        self.claim.lost()
    }

    /// Makes the move, and gives back the data of the state that was left.
    ///
    /// For a new state that has data there is [`commit_with`](Self::commit_with). If the future is dropped
    /// before it is ready, the move may have been made or not.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// # job.queued_to_running().try_commit_with(JobRunning { worker: "w7".to_owned() }).await?;
    /// let right = job.running_to_queued().now().await?;
    /// let left = right.commit().await?;
    /// assert_eq!(left.worker, "w7");
    #[doc = example!(after)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failed::Lost`] if the right was lost; nothing was written. [`Failed::Unknown`] if the store cannot
    /// tell whether the move was made. [`Failed::Store`] if the store failed, and the move was not made.
    pub fn commit(self) -> BoxFuture<Result<A::Data, Failed<St::Error>>>
    where
        A: 'static,
        B: Dataless + 'static,
    {
        Box::pin(self.commit_as(Written::dataless::<A::Enum>(B::POSITION)))
    }

    /// Makes the move with the data of the new state, and gives back the data of the state that was left.
    ///
    /// If the future is dropped before it is ready, the move may have been made or not.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// let right = job.queued_to_running().now().await?;
    /// right.commit_with(JobRunning { worker: "w7".to_owned() }).await?;
    /// assert!(job.is_running().await?);
    #[doc = example!(after)]
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`commit`](Self::commit), and [`Failed::Undecodable`] if the data cannot be written as JSON:
    /// then it is rolled back.
    pub fn commit_with(
        self,
        data: B::Data,
    ) -> impl Future<Output = Result<A::Data, Failed<St::Error>>> + use<A, B, St> {
        let to = Written::of(&B::wrap(data));
        async move { self.commit_as(to?).await }
    }

    async fn commit_as(self, to: Written) -> Result<A::Data, Failed<St::Error>> {
        match self.claim.commit(to.value()).await.map_err(Failed::Store)? {
            Committed::Done => Ok(A::unwrap(self.machine)),
            Committed::Lost => Err(Failed::Lost),
            Committed::Unknown => Err(Failed::Unknown),
        }
    }

    /// Does the work, and makes the move with the data that it gives. If the work fails, rolls back and gives
    /// its error. If the right is lost meanwhile, drops the work and gives [`Failed::Lost`].
    ///
    /// If the future is dropped while the work is under way, it is rolled back. If it is dropped later, the
    /// move may have been made or not.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// let right = job.queued_to_running().now().await?;
    /// let failed = right.run(async |_| Err("no worker")).await?;
    /// assert_eq!(failed, Err("no worker"));
    /// assert!(job.is_queued().await?);
    ///
    /// let right = job.queued_to_running().now().await?;
    /// right.run(async |_| Ok::<_, Refused>(JobRunning { worker: "w7".to_owned() })).await??;
    /// assert!(job.is_running().await?);
    #[doc = example!(after)]
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`commit_with`](Self::commit_with) outside, and the work's inside.
    ///
    /// # Panics
    ///
    /// If the work does. Then it is rolled back.
    pub async fn run<E>(
        self,
        work: impl AsyncFnOnce(&Self) -> Result<B::Data, E>,
    ) -> Result<Result<A::Data, E>, Failed<St::Error>> {
        let done = match either(work(&self), self.claim.lost()).await {
            Either::First(done) => done,
            Either::Second => return Err(Failed::Lost),
        };
        match done {
            Ok(data) => self.commit_with(data).await.map(Ok),
            Err(error) => {
                self.rollback().await?;
                Ok(Err(error))
            }
        }
    }

    /// Lets go of the right, and waits until the store has done so. Dropping it does not wait. If the future is
    /// dropped, the right is let go of too.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// let right = job.queued_to_running().now().await?;
    /// right.rollback().await?;
    /// assert!(!job.is_in_transition().await?);
    #[doc = example!(after)]
    /// ```
    ///
    /// # Errors
    ///
    /// If the store fails. The right is taken back later then, at the latest as if this process had died.
    pub async fn rollback(self) -> Result<(), Failed<St::Error>> {
        self.claim.rollback().await.map_err(Failed::Store)
    }
}

impl<A: State<Enum: Stored>, B, St: Store> fmt::Debug for InTransition<A, B, St> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InTransition")
            .field("machine", &<A::Enum as Stored>::MACHINE)
            .field("key", &self.key)
            .field("token", &self.claim.row().version)
            .finish_non_exhaustive()
    }
}
