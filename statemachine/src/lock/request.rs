//! What is asked of the lock, and when it can be had.

use std::sync::Arc;

use crate::graph::{Graph, StateId, StateSet, for_each_bit, has_bit, share_a_bit};

use super::word::{MAX_HOLDERS, Word};

/// The states that a watcher waits for, one bit a state.
#[derive(Clone, Debug)]
pub(crate) enum WatchSet {
    Few(u64),
    /// Shared, so that a copy allocates nothing.
    Many(Arc<[u64]>),
}

impl WatchSet {
    /// Those of the first `count` states that the predicate likes; it is asked once for each.
    pub(crate) fn of(count: usize, mut likes: impl FnMut(StateId) -> bool) -> Self {
        let mut add = |word: &mut u64, state: StateId| {
            *word |= u64::from(likes(state)) << (state.index() % 64);
        };
        if count <= 64 {
            let mut word = 0;
            StateId::first(count).for_each(|state| add(&mut word, state));
            Self::Few(word)
        } else {
            let mut words = vec![0; count.div_ceil(64)];
            StateId::first(count).for_each(|state| add(&mut words[state.index() / 64], state));
            Self::Many(words.into())
        }
    }

    pub(crate) fn contains(&self, state: StateId) -> bool {
        has_bit(self.bits(), state)
    }

    pub(crate) fn for_each(&self, visit: impl FnMut(StateId)) {
        for_each_bit(self.bits(), visit);
    }

    fn bits(&self) -> &[u64] {
        match self {
            Self::Few(bits) => std::slice::from_ref(bits),
            Self::Many(bits) => bits,
        }
    }
}

/// One ask of the lock.
///
/// The state that the exclusive right is to lead to is only for others to see.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    /// The exclusive right, in one of these states; an urgent one before all others.
    Transition { from: StateSet, to: StateId, is_urgent: bool },
    /// The exclusive right in one of these states, or a shared right in that state; an urgent one before
    /// all others.
    Join { from: StateSet, to: StateId, is_urgent: bool },
    /// The exclusive right in place of the caller's own hold.
    Upgrade { to: StateId },
    /// A shared right, in one of these states.
    Hold(StateSet),
    /// The exclusive right in one of these states, to stay there.
    ExclusiveHold(StateSet),
    /// No right: only to hear that one of these states was entered.
    When(WatchSet),
    /// No right: only to hear that the one that the caller has is wanted.
    Wanted(Wish),
}

/// Whose waiting makes a right wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wish {
    /// That of an urgent transition out of the state, or of an urgent one that joins others there.
    Urgent(StateId),
    /// That of anybody who shuts the door on the holders.
    Leave,
    /// That of anybody for a right in the state.
    Any(StateId),
}

/// A right that was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Right {
    Exclusive,
    /// The exclusive right, to stay in the state.
    Use,
    Shared,
    /// None: the watched state was seen.
    Watched(StateId),
}

/// Why a request was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    WrongState(StateId),
    InTransition,
    InUse { state: StateId, holders: u32 },
    Unreachable(StateId),
    TimedOut { state: StateId, blocker: Blocker },
    Interrupted,
}

/// What stood in the way at a deadline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Blocker {
    State,
    Transition,
    Holders(u32),
}

impl Right {
    /// Whether nobody else may have a right beside it.
    pub(crate) fn is_exclusive(self) -> bool {
        matches!(self, Self::Exclusive | Self::Use)
    }
}

impl Request {
    /// The right that is had by changing the word from `word` to the given one.
    pub(crate) fn step(&self, word: Word) -> Result<(Right, Word), Refusal> {
        let state = word.state();
        match *self {
            Self::Join { to, .. } if state == to => {
                Ok((Right::Shared, shared(StateSet::One(to), word)?))
            }
            Self::Transition { from, .. } | Self::Join { from, .. } => {
                Ok((Right::Exclusive, exclusive(from, word)?))
            }
            Self::Hold(set) => Ok((Right::Shared, shared(set, word)?)),
            Self::ExclusiveHold(set) => Ok((Right::Use, used(set, word)?)),
            Self::Upgrade { .. } => {
                if word.holders() == 1 {
                    Ok((Right::Exclusive, word.upgraded()))
                } else {
                    Err(Refusal::InUse { state, holders: word.holders() })
                }
            }
            Self::When(ref states) => {
                if states.contains(state) {
                    Ok((Right::Watched(state), word))
                } else {
                    Err(Refusal::WrongState(state))
                }
            }
            // Only the queue knows.
            Self::Wanted(_) => Err(Refusal::WrongState(state)),
        }
    }

    /// The right that it would take in that state.
    pub(crate) fn wants(&self, state: StateId) -> Option<Right> {
        match *self {
            Self::Transition { from, .. } => from.contains(state).then_some(Right::Exclusive),
            Self::Hold(set) => set.contains(state).then_some(Right::Shared),
            Self::ExclusiveHold(set) => set.contains(state).then_some(Right::Use),
            Self::Join { to, .. } if to == state => Some(Right::Shared),
            Self::Join { from, .. } => from.contains(state).then_some(Right::Exclusive),
            Self::Upgrade { .. } => Some(Right::Exclusive),
            Self::When(ref states) => states.contains(state).then_some(Right::Watched(state)),
            Self::Wanted(_) => None,
        }
    }

    /// Whether a state that it wants can still be reached from that one.
    pub(crate) fn is_hopeful(&self, graph: &Graph, state: StateId) -> bool {
        let row = graph.reach_of(state);
        match *self {
            Self::Transition { from: set, .. } | Self::Hold(set) | Self::ExclusiveHold(set) => {
                set.intersects(row)
            }
            // From wherever one of the sources can be reached, so can what they lead to.
            Self::Join { to, .. } => has_bit(row, to),
            Self::Upgrade { .. } | Self::Wanted(_) => true,
            Self::When(ref states) => share_a_bit(states.bits(), row),
        }
    }

    pub(crate) fn is_urgent(&self) -> bool {
        matches!(
            self,
            Self::Transition { is_urgent: true, .. } | Self::Join { is_urgent: true, .. }
        )
    }

    pub(crate) fn is_upgrade(&self) -> bool {
        matches!(self, Self::Upgrade { .. })
    }

    /// What stands in its way in that word.
    pub(crate) fn blocker(&self, word: Word) -> Blocker {
        let holders = word.holders();
        match self.wants(word.state()) {
            None => Blocker::State,
            // Holders share the state with others, but for one that has it to itself.
            Some(Right::Shared) if !word.is_exclusive() && holders < MAX_HOLDERS => {
                Blocker::Transition
            }
            Some(_) if holders > 0 => Blocker::Holders(holders),
            Some(_) => Blocker::Transition,
        }
    }

    /// Whether it wants a right in any state.
    pub(crate) fn wants_any(&self) -> bool {
        match *self {
            Self::Transition { from: set, .. }
            | Self::Hold(set)
            | Self::ExclusiveHold(set)
            | Self::Join { from: set, .. } => {
                matches!(set, StateSet::All)
            }
            Self::Upgrade { .. } | Self::When(_) | Self::Wanted(_) => false,
        }
    }

    /// Visits each state in which it wants a right, once, where that is not any.
    #[inline(always)]
    pub(crate) fn for_each_state(&self, mut visit: impl FnMut(StateId)) {
        match *self {
            Self::Transition { from: set, .. } | Self::Hold(set) | Self::ExclusiveHold(set) => {
                set.for_each(visit)
            }
            Self::Join { from, to, .. } => {
                visit(to);
                from.for_each(|state| {
                    if state != to {
                        visit(state);
                    }
                });
            }
            Self::Upgrade { .. } | Self::When(_) | Self::Wanted(_) => {}
        }
    }
}

/// The word with a transition begun from one of these states.
#[inline(always)]
pub(super) fn exclusive(set: StateSet, word: Word) -> Result<Word, Refusal> {
    let state = word.state();
    if !set.contains(state) {
        Err(Refusal::WrongState(state))
    } else if word.is_free() {
        Ok(word.begun())
    } else {
        Err(in_the_way(word))
    }
}

/// The word with one of these states held exclusively.
#[inline(always)]
pub(super) fn used(set: StateSet, word: Word) -> Result<Word, Refusal> {
    exclusive(set, word).map(|_| word.used())
}

/// The word with one holder more of one of these states.
#[inline(always)]
pub(super) fn shared(set: StateSet, word: Word) -> Result<Word, Refusal> {
    let state = word.state();
    if !set.contains(state) {
        Err(Refusal::WrongState(state))
    } else if word.is_exclusive() || word.holders() == MAX_HOLDERS {
        Err(in_the_way(word))
    } else if word.is_door_shut() {
        Err(Refusal::InTransition)
    } else {
        Ok(word.held())
    }
}

/// Why a state that is the right one cannot be left or held.
#[inline(always)]
fn in_the_way(word: Word) -> Refusal {
    if word.holders() == 0 {
        Refusal::InTransition
    } else {
        Refusal::InUse { state: word.state(), holders: word.holders() }
    }
}
