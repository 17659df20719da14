//! How an enum becomes a row, and a row the enum.

use serde_core::{Serialize, de::DeserializeOwned};

use super::{
    At, Row, Store, Undecodable, UnknownStates, Value,
    failed::{During, Unreadable},
};
use crate::{
    graph::{StateId, StateSet},
    private::DerivedStored,
    state::{State, StateMachine},
};

/// An enum whose machines can be rows of a [`Store`]: `#[machine(stored)]`.
///
/// Derived, never written by hand. A state with data is stored as `serde` writes the enum, in JSON. An enum
/// without data needs no `serde`.
///
/// ```
/// use statemachine::{StateMachine, stored::Stored};
///
/// #[derive(StateMachine)]
/// #[machine(stored)]
/// enum Job {
///     #[state(to(Running))]
///     Queued,
///     #[state(terminal, stored = "in_work")]
///     Running,
/// }
///
/// assert_eq!(Job::MACHINE, "Job");
/// assert_eq!(Job::STORED, ["Queued", "in_work"]);
/// ```
#[diagnostic::on_unimplemented(
    message = "machines of `{Self}` cannot be stored",
    label = "not stored",
    note = "put `#[machine(stored)]` on the enum"
)]
pub trait Stored: StateMachine + DerivedStored + Send + 'static {
    /// One machine, with a method for each declared transition: `JobStored`.
    type At<St: Store>;

    /// The name of the machine in the store: the enum's, or what `stored = ".."` says.
    const MACHINE: &'static str;

    /// The names of the states in the store, in the order in which they are declared.
    const STORED: &'static [&'static str];

    #[doc(hidden)]
    fn at<St: Store>(at: At<Self, St>) -> Self::At<St>;

    #[doc(hidden)]
    const CODEC: Codec<Self>;
}

/// What can be written as JSON and read again.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored: it has data, and is not `Serialize`, `Deserialize` and `Send`",
    label = "stored",
    note = "put `#[derive(Serialize, Deserialize)]` of `serde` on the enum"
)]
pub trait StoredData: Serialize + DeserializeOwned + Send + 'static {}

// One error for all.
#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> StoredData for T {}

/// How an enum's data is written and read.
pub struct Codec<S> {
    encode: fn(&S) -> serde_json::Result<Option<String>>,
    decode: fn(StateId, Option<&str>) -> serde_json::Result<Option<S>>,
}

impl<S: StateMachine> Codec<S> {
    /// Of an enum without data: the name of the state is all.
    pub const OF_NAMES: Self =
        Self { encode: |_| Ok(None), decode: |state, _| Ok(Some(S::dataless(state.get()))) };
}

impl<S: StateMachine + StoredData> Codec<S> {
    /// Of an enum that has data.
    pub const OF_DATA: Self = Self { encode, decode };
}

/// The data of a state, as JSON, if it has some.
fn encode<S: StateMachine + Serialize>(machine: &S) -> serde_json::Result<Option<String>> {
    let has_data = S::GRAPH.nodes[usize::from(machine.index())].data;
    has_data.then(|| serde_json::to_string(machine)).transpose()
}

/// The enum in that state; none if the data is missing or that of another state.
fn decode<S: StateMachine + DeserializeOwned>(
    state: StateId,
    data: Option<&str>,
) -> serde_json::Result<Option<S>> {
    if !S::GRAPH.nodes[state.index()].data {
        return Ok(Some(S::dataless(state.get())));
    }
    let machine = data.map(serde_json::from_str::<S>).transpose()?;
    Ok(machine.filter(|machine| machine.index() == state.get()))
}

/// A state in writing.
pub(super) struct Written {
    state: &'static str,
    data: Option<String>,
}

impl Written {
    pub(super) fn of<S: Stored>(machine: &S) -> Result<Self, Undecodable> {
        let state = S::STORED[usize::from(machine.index())];
        let error = |during, source| Undecodable::new(S::NAME, state, during, source);
        let data = (S::CODEC.encode)(machine);
        let data = data.map_err(|source| error(During::Writing, Some(source)))?;
        // What could not be read again would be in everybody's way.
        match (S::CODEC.decode)(StateId::new(machine.index()), data.as_deref()) {
            Ok(Some(_)) => Ok(Self { state, data }),
            Ok(None) => Err(error(During::Checking, None)),
            Err(source) => Err(error(During::Checking, Some(source))),
        }
    }

    /// That of a state without data.
    pub(super) fn dataless<S: Stored>(position: u16) -> Self {
        Self { state: S::STORED[usize::from(position)], data: None }
    }

    pub(super) fn value(&self) -> Value<'_> {
        Value { state: self.state, data: self.data.as_deref() }
    }
}

/// The position of the state of that name.
pub(super) fn position<S: Stored>(row: &Row) -> Result<StateId, Unreadable> {
    let found = StateId::first(S::STORED.len()).find(|id| S::STORED[id.index()] == row.state);
    found.ok_or_else(|| {
        let unknown = vec![(row.state.clone(), 1)];
        Unreadable::State(UnknownStates::new(S::NAME, unknown, S::STORED))
    })
}

/// The enum that a row says.
pub(super) fn read<S: Stored>(row: &Row) -> Result<S, Unreadable> {
    read_during(row, During::Reading)
}

fn read_during<S: Stored>(row: &Row, during: During) -> Result<S, Unreadable> {
    let error = |source| Undecodable::new(S::NAME, &row.state, during, source);
    let state = position::<S>(row)?;
    match (S::CODEC.decode)(state, row.data.as_deref()) {
        Ok(Some(machine)) => Ok(machine),
        Ok(None) => Err(error(None).into()),
        Err(source) => Err(error(Some(source)).into()),
    }
}

/// The names of these states in the store.
pub(super) fn names<S: Stored>(states: StateSet) -> Vec<&'static str> {
    let all = StateId::first(S::STORED.len()).filter(|&state| states.contains(state));
    all.map(|state| S::STORED[state.index()]).collect()
}

/// The enum in the state `A` that was left, given back by the store if `A` may have data.
pub(super) fn left<A: State<Enum: Stored>>(old: Option<&Row>) -> Result<A::Enum, Unreadable> {
    let dataless = || Ok(A::Enum::dataless(A::INDEX));
    old.map_or_else(dataless, |row| read_during(row, During::Leaving))
}
