//! What a handler is told of a commit.

/// One change of a machine's state, as those who listen are told of it.
///
/// ```
/// use std::sync::mpsc;
/// use statemachine::{Change, StateMachine};
///
/// #[derive(StateMachine, Clone, Copy, PartialEq, Debug)]
/// enum Door {
///     #[state(to(Closed))]
///     Open,
///     #[state(to(Open))]
///     Closed,
/// }
///
/// let door = DoorMachine::new();
/// door.open_to_closed().commit()?; // before the first handler: not counted
/// let (sender, changes) = mpsc::channel();
/// door.observe(move |change| _ = sender.send(*change));
/// door.closed_to_open().commit()?;
/// assert_eq!(changes.recv(), Ok(Change { from: Door::Closed, to: Door::Open, sequence: 1 }));
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Change<K> {
    /// The state that was left.
    pub from: K,
    /// The state that was entered.
    pub to: K,
    /// The number of the commit, from 1, without gaps, in the order of the commits.
    ///
    /// Counted from the moment the machine's first handler of any kind is registered, and from then
    /// on for good: a machine that never had handlers pays nothing for it.
    ///
    /// This is the order of the commits; handlers may hear of them in another one. Each thread calls
    /// them for its own commits, beside the others, and what [`after`](crate::Transition::after) says
    /// of a commit that a handler makes holds too.
    pub sequence: u64,
}
