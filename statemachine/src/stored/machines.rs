//! The machines of one enum in a store, and one of them.

use std::{fmt, future::Future, marker::PhantomData};

use super::{
    Address, Failed, In, Key, Outcome, Row, Store, Stored, Transition, UnknownStates, When,
    codec::{self, Written},
    handle::BoxFuture,
    wait::refusal,
};
use crate::{
    graph::StateSet,
    state::{Any, Kind as _, Located as _, State, StateMachine as _, TransitionTo},
};

/// All machines of one enum in a store: the rows of a table.
///
/// Two enums of one name in one store must have different names there: `#[machine(stored = "..")]`. Without
/// that, the rows of one are also those of the other.
///
/// It is cheap to clone.
///
#[cfg_attr(feature = "sqlite", doc = "```")]
#[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
/// use statemachine::{StateMachine, stored::{Machines, sqlite::Sqlite}};
///
/// #[derive(StateMachine)]
/// #[machine(stored)]
/// enum Door {
///     #[state(to(Closed))]
///     Open,
///     #[state(to(Open))]
///     Closed,
/// }
///
/// # pollster::block_on(async {
/// let doors = Machines::<Door, _>::open(Sqlite::in_memory().await?).await?;
/// assert!(doors.insert("front", Door::Open).await?);
/// doors.at("front").open_to_closed().try_commit().await?;
/// assert!(doors.at("front").is_closed().await?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Machines<S, St> {
    store: St,
    of: PhantomData<fn() -> S>,
}

impl<S, St> Machines<S, St> {
    /// The machines of `S` in a store.
    ///
    /// The store makes what it needs, such as its table. If the future is dropped, that may be made or not.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// let store = Sqlite::in_memory().await?; // or `Sqlite::open("jobs.db")`
    /// let jobs = Machines::<Job, _>::open(store).await?;
    /// assert!(jobs.keys_in::<job::Queued>(1).await?.is_empty());
    #[doc = example!(after)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failed::UnknownStates`] if there are rows in states that `S` has not: the error says which, and how
    /// many. [`Failed::Store`] if the store fails.
    pub fn open(store: St) -> BoxFuture<Result<Self, Failed<St::Error>>>
    where
        S: Stored,
        St: Store,
    {
        Box::pin(Self::ready(store))
    }
}

impl<S: Stored, St: Store> Machines<S, St> {
    async fn ready(store: St) -> Result<Self, Failed<St::Error>> {
        let has_data = S::GRAPH.nodes.iter().any(|node| node.data);
        let mut states = store.open(S::MACHINE, has_data).await.map_err(Failed::Store)?;
        states.retain(|(state, _)| !S::STORED.contains(&state.as_str()));
        if !states.is_empty() {
            states.sort();
            return Err(Failed::UnknownStates(UnknownStates::new(S::NAME, states, S::STORED)));
        }
        Ok(Self { store, of: PhantomData })
    }

    /// The store.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// #[derive(StateMachine)]
    /// #[machine(stored)]
    /// enum Worker {
    ///     #[state(to(Busy))]
    ///     Idle,
    ///     #[state(to(Idle))]
    ///     Busy,
    /// }
    ///
    /// // Machines of another enum in the same database.
    /// let workers = Machines::<Worker, _>::open(jobs.store().clone()).await?;
    /// workers.insert("w7", Worker::Idle).await?;
    #[doc = example!(after)]
    /// ```
    #[must_use]
    pub fn store(&self) -> &St {
        &self.store
    }

    /// Adds a machine in that state. `false` if there is one of that key already, which stays as it is.
    ///
    /// If the future is dropped, the machine may be added or not. It is safe to call this again.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// assert!(jobs.insert("import", Job::Queued).await?);
    /// assert!(!jobs.insert("import", Job::Done("well".to_owned())).await?);
    /// assert!(jobs.at("import").is_queued().await?);
    #[doc = example!(after)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failed::Undecodable`] if the data cannot be written as JSON. [`Failed::Store`] if the store fails;
    /// then the row may be there or not, and it is safe to call this again.
    pub async fn insert(&self, key: impl Into<Key>, state: S) -> Result<bool, Failed<St::Error>> {
        let (key, written) = (key.into(), Written::of(&state)?);
        drop(state);
        let at = Address { machine: S::MACHINE, key: &key };
        self.store.insert(at, written.value()).await.map_err(Failed::Store)
    }

    /// Removes the machine if it is in the state `A`, which may be a group or [`Any`](crate::Any).
    ///
    /// If the future is dropped, the machine may be removed or not.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// jobs.remove_in::<job::Queued>(42).await?;
    /// assert!(matches!(job.state().await, Err(Failed::Missing)));
    #[doc = example!(after)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failed::Refused`] if it is in another state or another has the right to it, [`Failed::Missing`] if
    /// there is none, [`Failed::Unknown`] if the reply was lost, and those of the store.
    pub async fn remove_in<A: State<Enum = S>>(
        &self,
        key: impl Into<Key>,
    ) -> Result<(), Failed<St::Error>> {
        let at = At { machines: self.clone(), key: key.into() };
        let states = codec::names::<S>(A::SET);
        loop {
            let removed = self.store.remove(at.address(), &states).await;
            match removed.map_err(Failed::Store)? {
                Outcome::Done(()) => return Ok(()),
                Outcome::Refused(None) => return Err(Failed::Missing),
                Outcome::Refused(Some(row)) => refusal::<S, _>(&row, A::SET, A::EXPECTED)?,
                Outcome::Unknown => return Err(Failed::Unknown),
            }
        }
    }

    /// The machine of that key. This does not look into the store: the machine need not exist.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// let job = jobs.at(42);
    /// assert!(job.is_queued().await?);
    /// assert!(matches!(jobs.at(43).is_queued().await, Err(Failed::Missing)));
    #[doc = example!(after)]
    /// ```
    #[must_use]
    pub fn at(&self, key: impl Into<Key>) -> S::At<St> {
        S::at(At { machines: self.clone(), key: key.into() })
    }

    /// The keys of at most `limit` machines that are in the state `A`, which may be a group, and to which
    /// nobody has the right.
    ///
    /// The order is the store's. The answer may be stale when it arrives: whoever acts on it asks for the
    /// right, and is refused if another was first. Dropping the future has no effect.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// for key in jobs.keys_in::<job::Queued>(100).await? {
    ///     if let Ok(right) = jobs.at(key).queued_to_running().now().await {
    ///         right.commit_with(JobRunning { worker: "w7".to_owned() }).await?;
    ///     }
    /// }
    /// assert!(job.is_running().await?);
    #[doc = example!(after)]
    /// ```
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn keys_in<A: State<Enum = S>>(
        &self,
        limit: usize,
    ) -> BoxFuture<Result<Vec<Key>, Failed<St::Error>>> {
        let (store, states) = (self.store.clone(), codec::names::<S>(A::SET));
        Box::pin(async move { store.keys(S::MACHINE, &states, limit).await.map_err(Failed::Store) })
    }
}

impl<S, St: Clone> Clone for Machines<S, St> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), of: PhantomData }
    }
}

impl<S: Stored, St: fmt::Debug> fmt::Debug for Machines<S, St> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machines")
            .field("machine", &S::MACHINE)
            .field("store", &self.store)
            .finish()
    }
}

/// One machine in a store: what the generated type, such as `JobStored`, derefs to.
///
/// Its own methods only look. Dropping one of their futures has no effect.
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
/// assert_eq!(job.key().as_str(), "42");
/// assert_eq!(job.state().await?, JobKind::Queued);
/// assert!(matches!(job.load().await?, Job::Queued));
/// assert!(!job.is_in_transition().await?);
/// assert!(matches!(jobs.at(43).state().await, Err(Failed::Missing)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct At<S, St> {
    machines: Machines<S, St>,
    key: Key,
}

impl<S: Stored, St: Store> At<S, St> {
    /// The key of the machine's row.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// assert_eq!(*job.key(), Key::from(42));
    #[doc = example!(after)]
    /// ```
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The store that has the machine.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// // The same machine, found by its store and its key.
    /// let jobs = Machines::<Job, _>::open(job.store().clone()).await?;
    /// assert!(jobs.at(job.key().as_str()).is_queued().await?);
    #[doc = example!(after)]
    /// ```
    #[must_use]
    pub fn store(&self) -> &St {
        &self.machines.store
    }

    /// The state that the machine is in. While another has the right to leave it, it is that state still.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// assert_eq!(job.state().await?, JobKind::Queued);
    #[doc = example!(after)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failed::Missing`] if there is no row, and those of the store.
    pub fn state(
        &self,
    ) -> impl Future<Output = Result<S::Kind, Failed<St::Error>>> + Send + use<S, St> {
        let at = self.clone();
        async move { Ok(S::Kind::at(codec::position::<S>(&at.row().await?)?.get())) }
    }

    /// The state that the machine is in, with its data.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// # job.queued_to_running().try_commit_with(JobRunning { worker: "w7".to_owned() }).await?;
    /// match job.load().await? {
    ///     Job::Running { worker } => assert_eq!(worker, "w7"),
    ///     other => println!("{other:?}"),
    /// }
    #[doc = example!(after)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failed::Missing`] if there is no row, [`Failed::Undecodable`] if its data cannot be read, and those
    /// of the store.
    pub fn load(&self) -> impl Future<Output = Result<S, Failed<St::Error>>> + Send + use<S, St> {
        let at = self.clone();
        async move { Ok(codec::read(&at.row().await?)?) }
    }

    /// Whether somebody has the right to the machine at present.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// let right = job.queued_to_running().now().await?;
    /// assert!(job.is_in_transition().await?);
    /// right.rollback().await?;
    /// assert!(!job.is_in_transition().await?);
    #[doc = example!(after)]
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failed::Missing`] if there is no row, and those of the store.
    pub fn is_in_transition(
        &self,
    ) -> impl Future<Output = Result<bool, Failed<St::Error>>> + Send + use<S, St> {
        let at = self.clone();
        async move { Ok(at.row().await?.is_claimed) }
    }

    /// The generic spelling of `a_to_b()`. `A` may be a group.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// let right = job.transition::<job::Queued, job::Running>().now().await?;
    /// right.commit_with(JobRunning { worker: "w7".to_owned() }).await?;
    #[doc = example!(after)]
    /// ```
    pub fn transition<A, B>(&self) -> Transition<A, B, St>
    where
        A: State<Enum = S> + TransitionTo<B>,
        B: State<Enum = S>,
    {
        Transition::new(self.clone(), sources::<A, B>())
    }

    /// The generic spelling of `in_a()`. `A` may be a group.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// let () = job.in_state::<job::Queued>().now().await?;
    /// assert!(job.in_state::<job::Running>().now().await.is_err());
    #[doc = example!(after)]
    /// ```
    pub fn in_state<A: State<Enum = S>>(&self) -> In<A, St> {
        In::new(self.clone())
    }

    /// Whichever state the machine is in, with its data.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// assert!(matches!(job.hold().now().await?, Job::Queued));
    #[doc = example!(after)]
    /// ```
    pub fn hold(&self) -> In<Any<S>, St> {
        In::new(self.clone())
    }

    /// Waits until the machine is in a state that the predicate accepts, and gives its kind. It is asked once
    /// for each state, here.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// use statemachine::Kind;
    ///
    /// # job.queued_to_running().try_commit_with(JobRunning { worker: "w7".to_owned() }).await?;
    /// # job.running_to_done().try_commit_with("well".to_owned()).await?;
    /// let last = job.when(|state| state.is_terminal()).within(Duration::from_secs(5)).await?;
    /// assert_eq!(last, JobKind::Done);
    #[doc = example!(after)]
    /// ```
    pub fn when(&self, likes: impl FnMut(S::Kind) -> bool) -> When<S, St> {
        When::of(self.clone(), likes)
    }

    pub(super) fn address(&self) -> Address<'_> {
        Address { machine: S::MACHINE, key: &self.key }
    }

    pub(super) async fn row(&self) -> Result<Row, Failed<St::Error>> {
        self.look().await?.ok_or(Failed::Missing)
    }

    pub(super) fn look(
        &self,
    ) -> impl Future<Output = Result<Option<Row>, Failed<St::Error>>> + Send + '_ {
        let row = self.store().load(self.address());
        async { row.await.map_err(Failed::Store) }
    }
}

impl<S, St: Clone> Clone for At<S, St> {
    fn clone(&self) -> Self {
        Self { machines: self.machines.clone(), key: self.key.clone() }
    }
}

impl<S: Stored, St> fmt::Debug for At<S, St> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("At").field("machine", &S::MACHINE).field("key", &self.key).finish()
    }
}

/// Where a declared transition from `A` starts: a group has itself none to the state that it leads to.
fn sources<A: State, B: State<Enum = A::Enum>>() -> StateSet {
    match A::GROUP {
        Some(group) => StateSet::Both(group, A::Enum::GRAPH.sources_of(B::ID)),
        None => A::SET,
    }
}

#[cfg(test)]
mod tests {
    use super::UnknownStates;

    #[test]
    fn unknown_states_are_told_with_their_rows() {
        let states = vec![("Lost".to_owned(), 1), ("lost".to_owned(), 2)];
        let unknown = UnknownStates::new("Job", states, &["Queued", "Done"]);
        assert_eq!(
            unknown.to_string(),
            "Job has no state `Lost`, in which 1 row is, `lost`, in which 2 rows are; its states are \
             stored as Queued, Done"
        );
    }
}
