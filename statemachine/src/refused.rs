//! Why a transition or a hold was refused.

use std::{error::Error, fmt, time::Duration};

use crate::state::{Kind, StateMachine};

/// Why a transition or a hold was refused.
///
/// Cheap: a refusal allocates nothing, except for the error of a handler that vetoed. It is true of one
/// instant of the call, and may be stale by the time you read it.
///
/// ```
/// use statemachine::{Refused, StateMachine};
///
/// #[derive(StateMachine)]
/// enum Door {
///     #[state(to(Closed))]
///     Open,
///     #[state(to(Open))]
///     Closed,
/// }
///
/// let door = DoorMachine::new();
/// let refused = door.closed_to_open().now().unwrap_err();
/// assert!(matches!(refused, Refused::WrongState { actual: "Open", .. }));
/// assert_eq!(refused.to_string(), "Door is Open, not Closed");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Refused {
    /// The machine is in a state that the caller did not ask for.
    #[non_exhaustive]
    WrongState {
        /// The name of the machine's enum.
        machine: &'static str,
        /// The names of the requested states; empty if a predicate chose them.
        expected: &'static [&'static str],
        /// The name of the state that the machine is in.
        actual: &'static str,
    },

    /// Another transition is under way, or waits for the holders to leave and lets no new ones in.
    #[non_exhaustive]
    InTransition {
        /// The name of the machine's enum.
        machine: &'static str,
    },

    /// The state is held, and it cannot be left while held; or the maximum number of holders is reached.
    #[non_exhaustive]
    InUse {
        /// The name of the machine's enum.
        machine: &'static str,
        /// The name of the state that is held.
        state: &'static str,
        /// How many hold it. This counts the caller too, if the caller asked to trade its hold.
        holders: usize,
    },

    /// The deadline passed while the caller waited. A deadline that was in the past already behaves like
    /// `now`, and gives another reason.
    #[non_exhaustive]
    TimedOut {
        /// The name of the machine's enum.
        machine: &'static str,
        /// How long the caller waited.
        waited: Duration,
        /// The name of the state that the machine was in when the caller gave up.
        actual: &'static str,
        /// What stood in the way then.
        blocker: Blocker,
    },

    /// The wait was interrupted.
    #[non_exhaustive]
    Interrupted {
        /// The name of the machine's enum.
        machine: &'static str,
    },

    /// The machine has entered a state from which no requested state can be reached any more.
    #[non_exhaustive]
    Unreachable {
        /// The name of the machine's enum.
        machine: &'static str,
        /// The names of the requested states; empty if a predicate chose them.
        expected: &'static [&'static str],
        /// The name of the state that the machine is in.
        actual: &'static str,
    },

    /// A handler refused the transition, which was rolled back.
    #[non_exhaustive]
    Vetoed {
        /// The name of the machine's enum.
        machine: &'static str,
        /// The error of the handler.
        source: Box<dyn Error + Send + Sync>,
    },
}

/// What stood in the way of a wait at its deadline: see [`Refused::TimedOut`].
///
/// ```
/// use std::time::Duration;
/// use statemachine::{Blocker, Refused};
/// # use statemachine_example::*;
///
/// let door = DoorMachine::new();
/// let _open = door.in_open().now()?;
/// let refused = door.open_to_closed().within(Duration::from_millis(1)).unwrap_err();
/// assert!(matches!(refused, Refused::TimedOut { blocker: Blocker::Holders(1), .. }));
/// assert!(refused.to_string().ends_with("; Door is Open, held by 1"));
/// # Ok::<(), Refused>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Blocker {
    /// The machine was in another state.
    State,
    /// A transition was under way, or waited and came first.
    Transition,
    /// So many held the state.
    Holders(usize),
}

/// What comes behind "Door is Open".
impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State => Ok(()),
            Self::Transition => f.write_str(", in transition"),
            Self::Holders(holders) => write!(f, ", held by {holders}"),
        }
    }
}

impl Refused {
    /// The name of the machine's enum, whatever the reason: for logs and metrics.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let door = DoorMachine::new();
    /// let _open = door.in_open().now()?;
    /// let refusals = [door.in_closed().now().map(drop), door.open_to_closed().try_commit()];
    /// assert!(refusals.iter().all(|it| it.as_ref().is_err_and(|it| it.machine() == "Door")));
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn machine(&self) -> &'static str {
        match self {
            Self::WrongState { machine, .. }
            | Self::InTransition { machine }
            | Self::InUse { machine, .. }
            | Self::TimedOut { machine, .. }
            | Self::Interrupted { machine }
            | Self::Unreachable { machine, .. }
            | Self::Vetoed { machine, .. } => machine,
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongState { machine, expected: [], actual } => {
                write!(f, "{machine} is in {actual}, not in a requested state")
            }
            Self::WrongState { machine, expected, actual } => {
                write!(f, "{machine} is {actual}, not {}", OneOf(expected))
            }
            Self::InTransition { machine } => {
                write!(f, "another transition of {machine} is under way")
            }
            Self::InUse { machine, state, holders: 1 } => {
                write!(f, "{machine} is held in {state} by 1 holder")
            }
            Self::InUse { machine, state, holders } => {
                write!(f, "{machine} is held in {state} by {holders} holders")
            }
            Self::TimedOut { machine, waited, actual, blocker } => {
                write!(f, "timed out after {waited:.1?}; {machine} is {actual}{blocker}")
            }
            Self::Interrupted { machine } => {
                write!(f, "interrupted while waiting for {machine}")
            }
            Self::Unreachable { machine, expected: [], actual } => {
                write!(f, "{machine} is in {actual} and can no longer reach a requested state")
            }
            Self::Unreachable { machine, expected, actual } => {
                write!(f, "{machine} is {actual}, from where {} cannot be reached", OneOf(expected))
            }
            Self::Vetoed { machine, .. } => {
                write!(f, "a handler vetoed a transition of {machine}")
            }
        }
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Vetoed { source, .. } => Some(source.as_ref()),
            _ => None,
        }
    }
}

/// A refusal that gives back what the caller put in: the data to commit, or the hold to trade.
///
/// If a function returns [`Refused`], `?` makes one of this, and drops what came back.
///
/// ```
/// use statemachine::StateMachine;
///
/// #[derive(StateMachine)]
/// enum Slot {
///     #[state(to(Full))]
///     Empty,
///     #[state(to(Empty))]
///     Full(String),
/// }
///
/// let slot = SlotMachine::from_state(Slot::Full("first".to_owned()));
/// let refused = slot.empty_to_full().try_commit_with("second".to_owned()).unwrap_err();
/// assert_eq!(refused.to_string(), "Slot is Full, not Empty");
/// assert_eq!(refused.into_data(), "second");
/// ```
#[non_exhaustive]
pub struct RefusedWith<D> {
    /// Why.
    pub refused: Refused,
    /// What comes back.
    pub data: D,
}

impl<D> RefusedWith<D> {
    /// What comes back.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::from_state(Slot::Full("first".to_owned()));
    /// let refused = slot.empty_to_full().try_commit_with("second".to_owned()).unwrap_err();
    /// slot.full_to_empty().try_commit()?;
    /// slot.empty_to_full().try_commit_with(refused.into_data())?; // tried again, and not cloned
    /// assert_eq!(*slot.in_full().now()?, "second");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn into_data(self) -> D {
        self.data
    }
}

impl<D> From<RefusedWith<D>> for Refused {
    /// Drops what came back.
    fn from(refused: RefusedWith<D>) -> Self {
        refused.refused
    }
}

impl<D> fmt::Debug for RefusedWith<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefusedWith").field("refused", &self.refused).finish_non_exhaustive()
    }
}

impl<D> fmt::Display for RefusedWith<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refused.fmt(f)
    }
}

impl<D> Error for RefusedWith<D> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.refused.source()
    }
}

/// There is no state of that name.
///
/// ```
/// use statemachine::StateMachine;
///
/// #[derive(StateMachine)]
/// enum Slot {
///     #[state(to(Full))]
///     Empty,
///     #[state(to(Empty))]
///     Full(u32),
/// }
///
/// assert_eq!("Full".parse(), Ok(SlotKind::Full));
/// let unknown = "full".parse::<SlotKind>().unwrap_err();
/// assert_eq!(unknown.to_string(), "Slot has no state `full`; its states are Empty, Full");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownState {
    machine: &'static str,
    name: Box<str>,
    known: &'static [&'static str],
}

impl UnknownState {
    pub(crate) fn new(machine: &'static str, name: &str, known: &'static [&'static str]) -> Self {
        Self { machine, name: name.into(), known }
    }

    /// The name that no state has.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// assert_eq!("Fill".parse::<NumberKind>().unwrap_err().name(), "Fill");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names of the states, in the order in which they are declared.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// assert_eq!("Know".parse::<NumberKind>().unwrap_err().known(), ["Unknown", "Known"]);
    /// ```
    #[must_use]
    pub fn known(&self) -> &'static [&'static str] {
        self.known
    }
}

impl fmt::Display for UnknownState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { machine, name, known } = self;
        write!(f, "{machine} has no state `{name}`; its states are {}", known.join(", "))
    }
}

impl Error for UnknownState {}

/// A machine was to be made from the name of its state alone, but the state has data.
///
/// ```
/// use statemachine::StateMachine;
///
/// #[derive(StateMachine)]
/// enum Slot {
///     #[state(to(Full))]
///     Empty,
///     #[state(to(Empty))]
///     Full(u32),
/// }
///
/// let error = SlotMachine::from_kind(SlotKind::Full).unwrap_err();
/// assert_eq!(error.to_string(), "`Full` of Slot has data; the states without are Empty");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NeedsData {
    machine: &'static str,
    state: &'static str,
    dataless: Vec<&'static str>,
}

impl NeedsData {
    /// Fails if the state has data.
    pub(crate) fn check<S: StateMachine>(kind: &S::Kind) -> Result<(), Self> {
        let nodes = S::GRAPH.nodes;
        if !nodes[usize::from(kind.position())].data {
            return Ok(());
        }
        let dataless = S::STATES.iter().zip(nodes).filter(|(_, node)| !node.data);
        Err(Self {
            machine: S::NAME,
            state: kind.name(),
            dataless: dataless.map(|(name, _)| *name).collect(),
        })
    }

    /// The name of the state that has data.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// assert_eq!(NumberMachine::from_kind(NumberKind::Known).unwrap_err().state(), "Known");
    /// ```
    #[must_use]
    pub fn state(&self) -> &'static str {
        self.state
    }

    /// The names of the states that have no data, in the order in which they are declared.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// assert_eq!(NumberMachine::from_kind(NumberKind::Known).unwrap_err().dataless(), ["Unknown"]);
    /// ```
    #[must_use]
    pub fn dataless(&self) -> &[&'static str] {
        &self.dataless
    }
}

impl fmt::Display for NeedsData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { machine, state, dataless } = self;
        write!(f, "`{state}` of {machine} has data; ")?;
        if dataless.is_empty() {
            return f.write_str("every state has data");
        }
        write!(f, "the states without are {}", dataless.join(", "))
    }
}

impl Error for NeedsData {}

/// Names as in "A, B or C".
pub(crate) struct OneOf(pub(crate) &'static [&'static str]);

impl fmt::Display for OneOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [first @ .., before_last, last] => {
                for name in first {
                    write!(f, "{name}, ")?;
                }
                write!(f, "{before_last} or {last}")
            }
            [only] => f.write_str(only),
            [] => f.write_str("any state"),
        }
    }
}
