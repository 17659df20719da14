//! The states and transitions of a machine, as they are known when it is compiled.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// What is known of a machine's states and transitions when it is compiled.
///
/// Sets of states are rows of bits, least significant first, as many words a row as hold one bit a
/// state.
#[derive(Debug)]
pub struct Graph {
    /// The position of the initial state.
    pub initial: u16,
    /// Whether every state may go back to the initial one.
    pub reset: bool,
    /// One a state.
    pub nodes: &'static [Node],
    /// One row a state: the states that can be reached from it, itself included.
    pub reach: &'static [u64],
    /// One row a state: the sources of its declared transitions in.
    pub sources: &'static [u64],
}

/// What is known of one state when it is compiled.
#[derive(Debug)]
pub struct Node {
    /// Whether the variant has fields.
    pub data: bool,
    /// Declared to have no way out.
    pub terminal: bool,
    /// Declared to have no way in.
    pub restored: bool,
    /// The names of the sources of the declared transitions in.
    pub sources: &'static [&'static str],
}

impl Graph {
    pub(crate) fn reach_of(&self, state: StateId) -> &'static [u64] {
        self.row(self.reach, state)
    }

    pub(crate) fn sources_of(&self, state: StateId) -> &'static [u64] {
        self.row(self.sources, state)
    }

    fn row(&self, rows: &'static [u64], state: StateId) -> &'static [u64] {
        let words = self.nodes.len().div_ceil(64);
        let start = state.index() * words;
        &rows[start..start + words]
    }
}

/// The position of a state among those of its enum.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct StateId(u16);

impl StateId {
    #[inline(always)]
    pub(crate) const fn new(position: u16) -> Self {
        Self(position)
    }

    #[inline(always)]
    pub(crate) const fn get(self) -> u16 {
        self.0
    }

    #[inline(always)]
    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// Those of the first `count` states, in order.
    pub(crate) fn first(count: usize) -> impl DoubleEndedIterator<Item = Self> + ExactSizeIterator {
        (0..count).map(|position| Self(position as u16))
    }
}

/// Some of a machine's states.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StateSet {
    One(StateId),
    /// One bit a state, least significant first.
    Bits(&'static [u64]),
    /// Of a machine with 64 states at the most.
    Mask(u64),
    /// Those that are in both.
    Both(&'static [u64], &'static [u64]),
    All,
}

impl StateSet {
    /// Those of the first `count` states that the predicate likes; it is asked once for each.
    pub(crate) fn of(count: usize, mut likes: impl FnMut(StateId) -> bool) -> Self {
        let mut bit = |state: StateId| u64::from(likes(state)) << (state.index() % 64);
        if count <= 64 {
            return Self::Mask(StateId::first(count).fold(0, |mask, state| mask | bit(state)));
        }
        let mut words = vec![0; count.div_ceil(64)];
        for state in StateId::first(count) {
            words[state.index() / 64] |= bit(state);
        }
        Self::Bits(kept(words))
    }

    #[inline(always)]
    pub(crate) fn contains(self, state: StateId) -> bool {
        match self {
            Self::One(one) => one == state,
            Self::Bits(bits) => has_bit(bits, state),
            Self::Mask(mask) => has_bit(&[mask], state),
            Self::Both(some, others) => has_bit(some, state) && has_bit(others, state),
            Self::All => true,
        }
    }

    /// Visits each of them, where it is not all.
    #[inline(always)]
    pub(crate) fn for_each(self, mut visit: impl FnMut(StateId)) {
        match self {
            Self::One(one) => visit(one),
            Self::Bits(bits) => for_each_bit(bits, visit),
            Self::Mask(mask) => for_each_bit(&[mask], visit),
            Self::Both(some, others) => for_each_bit(some, |state| {
                if has_bit(others, state) {
                    visit(state);
                }
            }),
            Self::All => unreachable!("all states are one list"),
        }
    }

    pub(crate) fn intersects(self, row: &[u64]) -> bool {
        match self {
            Self::One(one) => has_bit(row, one),
            Self::Bits(bits) => share_a_bit(bits, row),
            Self::Mask(mask) => share_a_bit(&[mask], row),
            Self::Both(some, others) => {
                let mut words = some.iter().zip(others).zip(row);
                words.any(|((some, others), row)| some & others & row != 0)
            }
            Self::All => true,
        }
    }
}

/// The same words, kept for good: once for each set that a program asks for, so that a handle on it can
/// be copied.
fn kept(words: Vec<u64>) -> &'static [u64] {
    static KEPT: Mutex<BTreeSet<&'static [u64]>> = Mutex::new(BTreeSet::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(&words[..]) {
        return known;
    }
    let words: &'static [u64] = words.leak();
    kept.insert(words);
    words
}

pub(crate) fn has_bit(bits: &[u64], StateId(state): StateId) -> bool {
    bits.get(usize::from(state / 64)).is_some_and(|word| word >> (state % 64) & 1 == 1)
}

pub(crate) fn for_each_bit(bits: &[u64], mut visit: impl FnMut(StateId)) {
    for (start, &word) in (0..).step_by(64).zip(bits) {
        let mut left = word;
        while left != 0 {
            visit(StateId(start + left.trailing_zeros() as u16));
            left &= left - 1;
        }
    }
}

pub(crate) fn share_a_bit(a: &[u64], b: &[u64]) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}
