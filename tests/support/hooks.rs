//! Wakers that do what a test says.

use std::{
    mem::ManuallyDrop,
    sync::Arc,
    task::{RawWaker, RawWakerVTable, Waker},
};

/// What a waker does when it is cloned, used and dropped.
pub struct Hooks {
    /// When it is cloned.
    pub clone: Box<dyn Fn() + Send + Sync>,
    /// When it is used, by value or by reference.
    pub wake: Box<dyn Fn() + Send + Sync>,
    /// When it is dropped.
    pub drop: Box<dyn Fn() + Send + Sync>,
}

impl Default for Hooks {
    fn default() -> Self {
        Self { clone: Box::new(|| {}), wake: Box::new(|| {}), drop: Box::new(|| {}) }
    }
}

impl Hooks {
    /// A waker that calls them.
    pub fn waker(self) -> Waker {
        let raw = RawWaker::new(Arc::into_raw(Arc::new(self)).cast(), &VTABLE);
        // SAFETY: The table is for exactly such a pointer, which owns one count of the `Arc`; and
        // `Hooks` may be used from any thread.
        unsafe { Waker::from_raw(raw) }
    }

    /// # Safety
    ///
    /// The pointer is of a waker made by `waker` or a clone of it, which is not dropped while the
    /// result lives.
    unsafe fn of(pointer: *const ()) -> ManuallyDrop<Arc<Self>> {
        // SAFETY: As the caller promises, the pointer came from `Arc::into_raw`; the count that it
        // owns stays with it.
        ManuallyDrop::new(unsafe { Arc::from_raw(pointer.cast()) })
    }
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(
    |pointer| {
        // SAFETY: The waker that is cloned lives.
        let hooks = unsafe { Hooks::of(pointer) };
        (hooks.clone)();
        RawWaker::new(Arc::into_raw(Arc::clone(&hooks)).cast(), &VTABLE)
    },
    |pointer| {
        // SAFETY: The waker is used up here, and its count with it.
        let hooks = ManuallyDrop::into_inner(unsafe { Hooks::of(pointer) });
        (hooks.wake)();
    },
    |pointer| {
        // SAFETY: The waker that is used lives.
        (unsafe { Hooks::of(pointer) }.wake)();
    },
    |pointer| {
        // SAFETY: The waker is dropped here, and its count with it.
        let hooks = ManuallyDrop::into_inner(unsafe { Hooks::of(pointer) });
        (hooks.drop)();
    },
);
