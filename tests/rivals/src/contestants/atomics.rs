//! The least that each operation could cost: an atomic byte, which nobody can wait for.

use std::sync::atomic::{
    AtomicU8,
    Ordering::{AcqRel, Acquire, Release},
};

use super::{Change, ChangeWith, Look, State};

/// A compare-exchange.
#[derive(Default)]
pub struct Exchange(AtomicU8);

/// A load, and a compare-exchange where it promises to succeed.
#[derive(Default)]
pub struct LoadFirst(AtomicU8);

/// A compare-exchange to a fourth state, and a store back.
#[derive(Default)]
pub struct Busy(AtomicU8);

impl Change for Exchange {
    #[inline]
    fn change(&self, from: State, to: State) -> bool {
        self.0.compare_exchange(from as u8, to as u8, AcqRel, Acquire).is_ok()
    }
}

impl Look for Exchange {
    #[inline]
    fn is(&self, state: State) -> bool {
        self.0.load(Acquire) == state as u8
    }
}

impl Change for LoadFirst {
    #[inline]
    fn change(&self, from: State, to: State) -> bool {
        self.0.load(Acquire) == from as u8
            && self.0.compare_exchange(from as u8, to as u8, AcqRel, Acquire).is_ok()
    }
}

impl ChangeWith for Busy {
    #[inline]
    fn change_with(&self, from: State, to: State, work: impl FnOnce()) -> bool {
        const BUSY: u8 = 3;
        let won = self.0.compare_exchange(from as u8, BUSY, Acquire, Acquire).is_ok();
        if won {
            work();
            self.0.store(to as u8, Release);
        }
        won
    }
}
