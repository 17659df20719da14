//! An enum in a lock.

use std::sync;

use parking_lot::{Condvar, Mutex, RwLock, RwLockUpgradableReadGuard};

use super::{Change, ChangeWith, Hold, Look, State};

pub struct StdMutex(sync::Mutex<State>);

pub struct ParkingLot(Mutex<State>);

/// A mutex and one condition variable, on which every transition notifies all.
pub struct Notifying {
    state: Mutex<State>,
    changed: Condvar,
}

pub struct ReadWrite(RwLock<State>);

pub struct StdReadWrite(sync::RwLock<State>);

impl Default for StdMutex {
    fn default() -> Self {
        Self(sync::Mutex::new(State::Disconnected))
    }
}

impl Default for ParkingLot {
    fn default() -> Self {
        Self(Mutex::new(State::Disconnected))
    }
}

impl Default for Notifying {
    fn default() -> Self {
        Self { state: Mutex::new(State::Disconnected), changed: Condvar::new() }
    }
}

impl Default for ReadWrite {
    fn default() -> Self {
        Self(RwLock::new(State::Disconnected))
    }
}

impl Default for StdReadWrite {
    fn default() -> Self {
        Self(sync::RwLock::new(State::Disconnected))
    }
}

/// The transition, where the lock is had.
#[inline]
fn change(state: &mut State, from: State, to: State, work: impl FnOnce()) -> bool {
    let is_there = *state == from;
    if is_there {
        work();
        *state = to;
    }
    is_there
}

/// Some work, where the lock is had.
#[inline]
fn hold(actual: State, state: State, work: impl FnOnce()) -> bool {
    let is_there = actual == state;
    if is_there {
        work();
    }
    is_there
}

impl ChangeWith for StdMutex {
    #[inline]
    fn change_with(&self, from: State, to: State, work: impl FnOnce()) -> bool {
        change(&mut self.0.lock().expect("nothing panics"), from, to, work)
    }
}

impl ChangeWith for ParkingLot {
    #[inline]
    fn change_with(&self, from: State, to: State, work: impl FnOnce()) -> bool {
        change(&mut self.0.lock(), from, to, work)
    }
}

impl ChangeWith for ReadWrite {
    #[inline]
    fn change_with(&self, from: State, to: State, work: impl FnOnce()) -> bool {
        let state = self.0.upgradable_read();
        let is_there = *state == from;
        if is_there {
            work();
            *RwLockUpgradableReadGuard::upgrade(state) = to;
        }
        is_there
    }
}

impl Change for StdMutex {
    #[inline]
    fn change(&self, from: State, to: State) -> bool {
        self.change_with(from, to, || ())
    }
}

impl Change for ParkingLot {
    #[inline]
    fn change(&self, from: State, to: State) -> bool {
        self.change_with(from, to, || ())
    }
}

impl Change for Notifying {
    #[inline]
    fn change(&self, from: State, to: State) -> bool {
        let changed = change(&mut self.state.lock(), from, to, || ());
        if changed {
            self.changed.notify_all();
        }
        changed
    }
}

impl Change for ReadWrite {
    #[inline]
    fn change(&self, from: State, to: State) -> bool {
        change(&mut self.0.write(), from, to, || ())
    }
}

impl Look for StdMutex {
    #[inline]
    fn is(&self, state: State) -> bool {
        *self.0.lock().expect("nothing panics") == state
    }
}

impl Look for ParkingLot {
    #[inline]
    fn is(&self, state: State) -> bool {
        *self.0.lock() == state
    }
}

impl Look for ReadWrite {
    #[inline]
    fn is(&self, state: State) -> bool {
        *self.0.read() == state
    }
}

impl Hold for ParkingLot {
    #[inline]
    fn hold(&self, state: State, work: impl FnOnce()) -> bool {
        let actual = self.0.lock();
        hold(*actual, state, work)
    }
}

impl Hold for ReadWrite {
    #[inline]
    fn hold(&self, state: State, work: impl FnOnce()) -> bool {
        let actual = self.0.read();
        hold(*actual, state, work)
    }
}

impl Hold for StdReadWrite {
    #[inline]
    fn hold(&self, state: State, work: impl FnOnce()) -> bool {
        let actual = self.0.read().expect("nothing panics");
        hold(*actual, state, work)
    }
}
