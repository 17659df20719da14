//! How a caller of a stored machine waits: it looks, asks the store to say when another look is worth it,
//! and looks again.

use std::{
    future::{Future, IntoFuture as _},
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

use super::{At, Failed, Row, Store, Stored, codec};
use crate::{
    graph::StateSet,
    refused::{Blocker, Refused},
    wait::Interrupt,
};

/// How long a caller waits.
#[derive(Clone, Copy)]
pub(super) enum Patience {
    None,
    Until(Option<Instant>),
}

impl Patience {
    /// Without a deadline.
    pub(super) const ENDLESS: Self = Self::Until(None);

    /// A zero limit is a look. One that no clock can count to is none.
    pub(super) fn within(limit: Duration) -> Self {
        if limit.is_zero() { Self::None } else { Self::Until(Instant::now().checked_add(limit)) }
    }

    /// A deadline in the past is a look.
    pub(super) fn until(deadline: Instant) -> Self {
        if deadline <= Instant::now() { Self::None } else { Self::Until(Some(deadline)) }
    }
}

/// A wait for a row to be in one of some states.
pub(super) struct Waiting<'a, S, St> {
    at: &'a At<S, St>,
    states: StateSet,
    expected: &'static [&'static str],
    interrupts: &'a [Interrupt],
    patience: Patience,
    since: Instant,
}

impl<'a, S: Stored, St: Store> Waiting<'a, S, St> {
    pub(super) fn new(
        at: &'a At<S, St>,
        states: StateSet,
        expected: &'static [&'static str],
        interrupts: &'a [Interrupt],
        patience: Patience,
    ) -> Self {
        Self { at, states, expected, interrupts, patience, since: Instant::now() }
    }

    /// Waits until another look is worth it. The row was not what the caller wants.
    pub(super) async fn on(&self, row: &Row) -> Result<(), Failed<St::Error>> {
        let Patience::Until(deadline) = self.patience else {
            return refusal::<S, _>(row, self.states, self.expected);
        };
        let state = codec::position::<S>(row)?;
        let is_there = self.states.contains(state);
        if is_there && !row.is_claimed {
            return Ok(());
        }
        let (machine, actual) = (S::NAME, S::STATES[state.index()]);
        if !is_there && !self.states.intersects(S::GRAPH.reach_of(state)) {
            return Err(Refused::Unreachable { machine, expected: self.expected, actual }.into());
        }
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            let blocker = if is_there { Blocker::Transition } else { Blocker::State };
            let waited = self.since.elapsed();
            return Err(Refused::TimedOut { machine, waited, actual, blocker }.into());
        }
        let changed = self.at.store().wait(self.at.address(), row, left);
        match either(changed, any_raised(self.interrupts)).await {
            Either::First(changed) => changed.map_err(Failed::Store),
            Either::Second => Err(Refused::Interrupted { machine }.into()),
        }
    }
}

/// Why a row that is like this was not given to a caller that asked for these states. No error if there is
/// no reason any more: then the caller asks again.
pub(super) fn refusal<S: Stored, E>(
    row: &Row,
    states: StateSet,
    expected: &'static [&'static str],
) -> Result<(), Failed<E>> {
    let (machine, state) = (S::NAME, codec::position::<S>(row)?);
    Err(match states.contains(state) {
        true if row.is_claimed => Refused::InTransition { machine },
        true => return Ok(()),
        false => Refused::WrongState { machine, expected, actual: S::STATES[state.index()] },
    }
    .into())
}

/// Ready as soon as one of them is raised.
async fn any_raised(interrupts: &[Interrupt]) {
    let mut raised: Vec<_> =
        interrupts.iter().map(|interrupt| Box::pin(interrupt.raised().into_future())).collect();
    std::future::poll_fn(|cx| {
        let mut all = raised.iter_mut();
        if all.any(|one| one.as_mut().poll(cx).is_ready()) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// What was ready first.
pub(super) enum Either<T> {
    First(T),
    Second,
}

/// Whichever is ready first.
pub(super) async fn either<F: Future, G: Future>(first: F, second: G) -> Either<F::Output> {
    let (mut first, mut second) = (pin!(first), pin!(second));
    std::future::poll_fn(|cx| {
        if let Poll::Ready(output) = first.as_mut().poll(cx) {
            return Poll::Ready(Either::First(output));
        }
        second.as_mut().poll(cx).map(|_| Either::Second)
    })
    .await
}
