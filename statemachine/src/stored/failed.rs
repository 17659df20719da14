//! Why a stored machine did not do what it was asked.

use std::{error::Error, fmt};

use crate::refused::Refused;

/// Why a call of a stored machine failed. `E` is the error of its store.
///
/// ```
/// use statemachine::{Refused, stored::Failed};
///
/// /// What a worker does next.
/// fn goes_on<E>(failed: &Failed<E>) -> bool {
///     match failed {
///         // Somebody else has made the move, or is making it.
///         Failed::Refused(Refused::WrongState { .. } | Refused::InTransition { .. }) => true,
///         // Somebody else may have the right by now: the work must not go on.
///         Failed::Lost => true,
///         // Look at the state before anything else.
///         Failed::Unknown => false,
///         _ => false,
///     }
/// }
/// # assert!(goes_on::<()>(&Failed::Lost) && !goes_on::<()>(&Failed::Missing));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Failed<E> {
    /// The machine is not in the state that was asked for, or another has the right, or the deadline
    /// passed: as in memory.
    Refused(Refused),

    /// The table has no row of that key.
    Missing,

    /// The right was lost before it was used: its lease ran out, and the row was moved or claimed since.
    /// Nothing was written.
    Lost,

    /// The store cannot tell whether the move was made: the reply to it was lost, and the row does not say.
    ///
    /// A move in one step that was made is recognised as long as it is the row's last change. One that was
    /// not made is not recognised, since the request may still arrive. The commit of a right that was taken
    /// first is recognised, made or not, as long as the row was changed once at the most since.
    Unknown,

    /// The table has rows in states that the enum has not, or the row is in one.
    UnknownStates(UnknownStates),

    /// The data of a state cannot be read, or cannot be written. The error says whether the move was made:
    /// [`Undecodable::was_moved`].
    Undecodable(Undecodable),

    /// The store failed. If this comes from a move, the move was not made.
    Store(E),
}

impl<E> Failed<E> {
    /// Why the machine refused, if it did.
    ///
    /// ```
    /// use statemachine::stored::Failed;
    ///
    /// assert!(Failed::<()>::Missing.refused().is_none());
    /// ```
    #[must_use]
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Refused(refused) => Some(refused),
            _ => None,
        }
    }
}

impl<E> From<Refused> for Failed<E> {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl<E> From<Undecodable> for Failed<E> {
    fn from(undecodable: Undecodable) -> Self {
        Self::Undecodable(undecodable)
    }
}

impl<E: fmt::Display> fmt::Display for Failed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refused) => refused.fmt(f),
            Self::Missing => f.write_str("there is no row of that key"),
            Self::Lost => f.write_str("the right was lost before it was used; nothing was written"),
            Self::Unknown => f.write_str(
                "the reply was lost, and the row does not tell whether the move was made; look at its state",
            ),
            Self::UnknownStates(unknown) => unknown.fmt(f),
            Self::Undecodable(undecodable) => undecodable.fmt(f),
            Self::Store(error) => write!(f, "the store failed: {error}"),
        }
    }
}

impl<E: Error + 'static> Error for Failed<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Refused(refused) => refused.source(),
            Self::Undecodable(undecodable) => undecodable.source(),
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

/// The table has rows in states that the enum has not: those of an older or a newer program.
///
/// [`Machines::open`](super::Machines::open) looks for them, so that a program finds out when it starts
/// and not at the row.
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
/// /// An older program, which knows fewer states.
/// #[derive(StateMachine)]
/// #[machine(stored = "Job")]
/// enum Older {
///     #[state(to(Done))]
///     Queued,
///     #[state(terminal)]
///     Done,
/// }
///
/// let running = JobRunning { worker: "w7".to_owned() };
/// jobs.at(42).queued_to_running().try_commit_with(running).await?;
/// let older = Machines::<Older, _>::open(jobs.store().clone()).await;
/// let Err(Failed::UnknownStates(unknown)) = older else { panic!("a row is unknown") };
/// assert_eq!(unknown.states(), [("Running".to_owned(), 1)]);
/// assert_eq!(unknown.known(), ["Queued", "Done"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownStates {
    machine: &'static str,
    states: Vec<(String, u64)>,
    known: &'static [&'static str],
}

impl UnknownStates {
    pub(super) fn new(
        machine: &'static str,
        states: Vec<(String, u64)>,
        known: &'static [&'static str],
    ) -> Self {
        Self { machine, states, known }
    }

    /// The states that the enum has not, each with the number of its rows.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// # #[derive(StateMachine)]
    /// # #[machine(stored = "Job")]
    /// # enum Older {
    /// #     #[state(to(Done))]
    /// #     Queued,
    /// #     #[state(terminal)]
    /// #     Done,
    /// # }
    /// # job.queued_to_running().try_commit_with(JobRunning { worker: "w7".to_owned() }).await?;
    /// let older = Machines::<Older, _>::open(jobs.store().clone()).await;
    /// let Err(Failed::UnknownStates(unknown)) = older else { panic!("`Older` has no `Running`") };
    /// assert_eq!(unknown.states(), [("Running".to_owned(), 1)]);
    #[doc = example!(after)]
    /// ```
    #[must_use]
    pub fn states(&self) -> &[(String, u64)] {
        &self.states
    }

    /// The states that the enum has, by their names in the store.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// # #[derive(StateMachine)]
    /// # #[machine(stored = "Job")]
    /// # enum Older {
    /// #     #[state(to(Done))]
    /// #     Queued,
    /// #     #[state(terminal)]
    /// #     Done,
    /// # }
    /// # job.queued_to_running().try_commit_with(JobRunning { worker: "w7".to_owned() }).await?;
    /// let older = Machines::<Older, _>::open(jobs.store().clone()).await;
    /// let Err(Failed::UnknownStates(unknown)) = older else { panic!("`Older` has no `Running`") };
    /// assert_eq!(unknown.known(), ["Queued", "Done"]);
    #[doc = example!(after)]
    /// ```
    #[must_use]
    pub fn known(&self) -> &'static [&'static str] {
        self.known
    }
}

impl fmt::Display for UnknownStates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { machine, states, known } = self;
        write!(f, "{machine} has no state ")?;
        for (position, (state, rows)) in states.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            let rows_are = if *rows == 1 { "row is" } else { "rows are" };
            write!(f, "{comma}`{state}`, in which {rows} {rows_are}")?;
        }
        write!(f, "; its states are stored as {}", known.join(", "))
    }
}

impl Error for UnknownStates {}

/// The data of a state cannot be read, or cannot be written.
///
/// Data is written only if it can be read again as the same state. JSON has no infinite numbers, for example,
/// and an untagged enum may be read as another variant.
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
/// /// Another program, which has other data.
/// #[derive(StateMachine, Serialize, Deserialize)]
/// #[machine(stored = "Job")]
/// enum Other {
///     #[state(to(Running))]
///     Queued,
///     #[state(to(Done))]
///     Running { worker: u32 },
///     #[state(terminal)]
///     Done(String),
/// }
///
/// let running = JobRunning { worker: "w7".to_owned() };
/// jobs.at(42).queued_to_running().try_commit_with(running).await?;
/// let others = Machines::<Other, _>::open(jobs.store().clone()).await?;
/// let Err(Failed::Undecodable(undecodable)) = others.at(42).load().await else { panic!("it is a text") };
/// assert_eq!(undecodable.state(), "Running");
/// assert!(!undecodable.was_moved());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Undecodable {
    machine: &'static str,
    state: Box<str>,
    during: During,
    /// If it is none, the data is missing or that of another state.
    source: Option<serde_json::Error>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum During {
    Reading,
    Writing,
    /// It was read again, to see whether that works.
    Checking,
    /// The move was made.
    Leaving,
}

impl Undecodable {
    pub(super) fn new(
        machine: &'static str,
        state: &str,
        during: During,
        source: Option<serde_json::Error>,
    ) -> Self {
        Self { machine, state: state.into(), during, source }
    }

    /// The name of the state in the store.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// #[derive(StateMachine, Serialize, Deserialize)]
    /// #[machine(stored)]
    /// enum Sensor {
    ///     #[state(terminal)]
    ///     Measured(f64),
    /// }
    ///
    /// let sensors = Machines::<Sensor, _>::open(jobs.store().clone()).await?;
    /// // JSON has no infinite numbers.
    /// let inserted = sensors.insert("roof", Sensor::Measured(f64::INFINITY)).await;
    /// let Err(Failed::Undecodable(undecodable)) = inserted else { panic!("it was written") };
    /// assert_eq!(undecodable.state(), "Measured");
    #[doc = example!(after)]
    /// ```
    #[must_use]
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Whether the move was made all the same. A move in one step can find only when it is made that the data
    /// of the state that it left cannot be read.
    ///
    #[cfg_attr(feature = "sqlite", doc = "```")]
    #[cfg_attr(not(feature = "sqlite"), doc = "```ignore")]
    #[doc = example!(before)]
    /// # #[derive(StateMachine, Serialize, Deserialize)]
    /// # #[machine(stored = "Job")]
    /// # enum Other {
    /// #     #[state(to(Running))]
    /// #     Queued,
    /// #     #[state(to(Done))]
    /// #     Running { worker: u32 },
    /// #     #[state(terminal)]
    /// #     Done(String),
    /// # }
    /// # job.queued_to_running().try_commit_with(JobRunning { worker: "w7".to_owned() }).await?;
    /// // A program whose workers are numbers, and not texts.
    /// let others = Machines::<Other, _>::open(jobs.store().clone()).await?;
    /// let moved = others.at(42).running_to_done().try_commit_with("well".to_owned()).await;
    /// let Err(Failed::Undecodable(undecodable)) = moved else { panic!("the worker is a text") };
    /// assert!(undecodable.was_moved());
    /// assert!(job.is_done().await?);
    #[doc = example!(after)]
    /// ```
    #[must_use]
    pub fn was_moved(&self) -> bool {
        self.during == During::Leaving
    }
}

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { machine, state, during, source } = self;
        let (before, problem) = match during {
            During::Reading => ("", "cannot be read"),
            During::Writing => ("", "cannot be written"),
            During::Checking => ("", "was not written, since it could not be read again"),
            During::Leaving => ("the move was made, but ", "cannot be read"),
        };
        write!(f, "{before}the data of {machine} in `{state}` {problem}: ")?;
        match source {
            Some(source) => source.fmt(f),
            None if *during == During::Checking => f.write_str("it would be read as another state"),
            None => f.write_str("it is missing, or that of another state"),
        }
    }
}

impl Error for Undecodable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

/// Why a row is no value of the enum.
pub(super) enum Unreadable {
    State(UnknownStates),
    Data(Undecodable),
}

impl From<Undecodable> for Unreadable {
    fn from(undecodable: Undecodable) -> Self {
        Self::Data(undecodable)
    }
}

impl<E> From<Unreadable> for Failed<E> {
    fn from(unreadable: Unreadable) -> Self {
        match unreadable {
            Unreadable::State(unknown) => Self::UnknownStates(unknown),
            Unreadable::Data(undecodable) => Self::Undecodable(undecodable),
        }
    }
}
