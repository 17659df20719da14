//! What a handler hears of a commit.

/// One change of a machine's state, as handlers hear of it.
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
/// door.open_to_closed().try_commit()?; // before the first handler: not counted
/// let (sender, changes) = mpsc::channel();
/// door.observe(move |change| _ = sender.send(*change));
/// door.closed_to_open().try_commit()?;
/// let Change { from, to, sequence, .. } = changes.recv()?;
/// assert_eq!((from, to, sequence), (Door::Closed, Door::Open, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Change<K> {
    /// The state that was left.
    pub from: K,
    /// The state that was entered.
    pub to: K,
    /// The number of the commit, from 1, without gaps, in the order of the commits.
    ///
    /// The count begins when the machine's first handler of any kind is registered, and never ends. A
    /// machine that never had a handler pays nothing for it.
    ///
    /// Handlers may hear of the commits in another order: each thread runs them for its own commits, at the
    /// same time as other threads.
    pub sequence: u64,
}
