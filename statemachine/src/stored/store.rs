//! The contract between the typed machines and what keeps their rows.
//!
//! Whoever can change one row atomically, under a condition, can be a [`Store`]. What each method must do
//! is said here. [`conformance`](super::conformance) checks it.

use std::{error::Error, future::Future, time::Duration};

use super::Key;

/// What keeps the rows of machines: a database, or a cluster's key-value store.
///
/// A store knows nothing of enums. It has rows, each at an [`Address`], in a state that it knows by name.
/// It is cheap to clone, and its clones are one store.
///
/// # What a store promises
///
/// - Each change of a row happens at one instant, and between that instant and the condition under which
///   it was asked for nothing else happens to the row.
/// - Each change but the renewal of a claim makes the row's version greater.
/// - At most one claim on a row is alive. While it is, nobody but its owner changes the row.
/// - A claim ends when it is committed, rolled back or dropped, or when its owner dies or cannot be reached
///   for some time. Only then may the store give another.
/// - A commit of a claim that ended is refused, also if it arrives late.
/// - What was confirmed is not lost, as far as the store's own promises of durability go.
///
/// # Futures
///
/// Every future may be dropped at any time. If [`claim`](Self::claim) was under way then, the store lets
/// go of what it may have got. A change that was asked for may still happen.
pub trait Store: Clone + Send + Sync + 'static {
    /// Why the store failed. No change was made then, or the answer is [`Outcome::Unknown`].
    type Error: Error + Send + Sync + 'static;

    /// The exclusive right to a row.
    type Claim: Claim<Error = Self::Error>;

    /// Gets ready for machines of that name, and counts their rows in each state.
    ///
    /// `has_data` tells whether a row of these may have data.
    ///
    /// # Errors
    ///
    /// If the store fails, or cannot have such machines.
    fn open(
        &self,
        machine: &'static str,
        has_data: bool,
    ) -> impl Future<Output = Result<Vec<(String, u64)>, Self::Error>> + Send;

    /// Adds a row that is not claimed. `false` if there is one at that address already, which stays as it
    /// is.
    ///
    /// # Errors
    ///
    /// If the store fails. The row may be there then or not.
    fn insert(
        &self,
        at: Address<'_>,
        value: Value<'_>,
    ) -> impl Future<Output = Result<bool, Self::Error>> + Send;

    /// Removes the row if it is in one of these states and not claimed.
    ///
    /// # Errors
    ///
    /// If the store fails, and the row was not removed. If it cannot tell, the answer is
    /// [`Outcome::Unknown`].
    fn remove(
        &self,
        at: Address<'_>,
        from: &[&str],
    ) -> impl Future<Output = Result<Outcome<()>, Self::Error>> + Send;

    /// The row as it is now, if there is one.
    ///
    /// # Errors
    ///
    /// If the store fails.
    fn load(
        &self,
        at: Address<'_>,
    ) -> impl Future<Output = Result<Option<Row>, Self::Error>> + Send;

    /// The keys of at most `limit` rows that are in one of these states and not claimed.
    ///
    /// # Errors
    ///
    /// If the store fails.
    fn keys(
        &self,
        machine: &'static str,
        states: &[&str],
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Key>, Self::Error>> + Send;

    /// Writes `to` if the row is in one of the states `from` and not claimed: a move in one step.
    ///
    /// Gives what was there before if `wants_old`.
    ///
    /// # Errors
    ///
    /// If the store fails, and nothing was written. If it cannot tell, the answer is [`Outcome::Unknown`].
    fn step(
        &self,
        at: Address<'_>,
        from: &[&str],
        to: Value<'_>,
        wants_old: bool,
    ) -> impl Future<Output = Result<Outcome<Option<Row>>, Self::Error>> + Send;

    /// Claims the row if it is in one of the states `from` and not claimed.
    ///
    /// # Errors
    ///
    /// If the store fails, and the row is not claimed. If it cannot tell, the answer is
    /// [`Outcome::Unknown`].
    fn claim(
        &self,
        at: Address<'_>,
        from: &[&str],
    ) -> impl Future<Output = Result<Outcome<Self::Claim>, Self::Error>> + Send;

    /// Returns as soon as another look at the row may be worth it: it has changed since it was `seen`, or a
    /// claim on it has ended. Returns at the latest after `limit`, if there is one. It may return early.
    ///
    /// A change that is made between the look and the call counts too.
    ///
    /// # Errors
    ///
    /// If the store fails. The caller does not wait any longer then.
    fn wait(
        &self,
        at: Address<'_>,
        seen: &Row,
        limit: Option<Duration>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// The exclusive right to a row of a [`Store`]. Dropping it rolls back: the row is as it was, and others may
/// claim it.
pub trait Claim: Send + Sync + 'static {
    /// Why the store failed.
    type Error: Error + Send + Sync + 'static;

    /// The row that was claimed. Its version is the claim's token.
    fn row(&self) -> &Row;

    /// Ready from the moment on at which somebody else may have claimed the row, and never before.
    fn lost(&self) -> impl Future<Output = ()> + Send;

    /// Writes `to` and ends the claim, if the claim has not ended.
    ///
    /// If the store fails before it has sent the commit, the claim ends as if it was dropped. So it does if the
    /// future is dropped before that. If the future is dropped later, `to` may be written or not.
    ///
    /// # Errors
    ///
    /// If the store fails, and nothing was written. If it cannot tell, the answer is [`Committed::Unknown`].
    fn commit(self, to: Value<'_>) -> impl Future<Output = Result<Committed, Self::Error>> + Send;

    /// Ends the claim, and waits until the store has done so. If the future is dropped, the claim ends too.
    ///
    /// # Errors
    ///
    /// If the store fails. The claim ends later then, at the latest as if its owner had died.
    fn rollback(self) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

/// Where a row is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Address<'a> {
    /// The name of the machine in the store.
    pub machine: &'static str,
    /// The row's key.
    pub key: &'a Key,
}

/// What a row says of the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Value<'a> {
    /// The name of the state in the store.
    pub state: &'a str,
    /// The data as JSON, if the state has some.
    pub data: Option<&'a str>,
}

/// A row at some instant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The name of the state in the store.
    pub state: String,
    /// The data as JSON, if the state has some.
    pub data: Option<String>,
    /// Grows with each change of the row.
    pub version: u64,
    /// Whether a claim on it is alive.
    pub is_claimed: bool,
}

/// How a change that was asked for ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome<T> {
    /// It was made.
    Done(T),
    /// It was not made, since the row was like this; `None` if there was no row. The row says why: it is in
    /// another state, or it is claimed. If it is like what was asked for by the time that the store looks, the
    /// store tries again, and not for ever.
    Refused(Option<Row>),
    /// The store cannot tell.
    Unknown,
}

/// How a commit ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Committed {
    /// It was made.
    Done,
    /// The claim had ended. Nothing was written.
    Lost,
    /// The store cannot tell.
    Unknown,
}
