//! What a handler is told of a commit.

/// One change of a machine's state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Change<K> {
    /// The state that was left.
    pub from: K,
    /// The state that was entered.
    pub to: K,
    /// The number of the commit, from 1, without gaps, in the order of the commits.
    ///
    /// Counted from the moment the machine's first handler is registered: a machine without
    /// handlers pays nothing for them.
    pub sequence: u64,
}
