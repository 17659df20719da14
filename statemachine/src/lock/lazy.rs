//! What is allocated on first use: one pointer wide, so that a machine stays small.

use std::{marker::PhantomData, ptr};

use crate::sync::{AtomicPtr, FIND, PUBLISH, const_fn};

pub(crate) struct Lazy<T> {
    pointer: AtomicPtr<T>,
    owned: PhantomData<Box<T>>,
}

// SAFETY: Sending a `Lazy` sends the `T` that it owns, which is `Send`; the pointer is to nothing
// else.
unsafe impl<T: Send> Send for Lazy<T> {}

// SAFETY: A shared `Lazy` gives out `&T` to any thread, for which `T: Sync`; and the thread that
// makes the `T` need not be the one that drops it, for which `T: Send`.
unsafe impl<T: Send + Sync> Sync for Lazy<T> {}

impl<T> Lazy<T> {
    const_fn! {
        pub(crate) const fn new() -> Self {
            Self { pointer: AtomicPtr::new(ptr::null_mut()), owned: PhantomData }
        }
    }

    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        let pointer = self.pointer.load(FIND);
        // SAFETY: Not null, it came from `Box::into_raw` in `install`, is never changed again and
        // freed only when `self`, which is borrowed, is dropped. `FIND` pairs with `PUBLISH`, so the
        // contents are visible.
        unsafe { pointer.as_ref() }
    }

    pub(crate) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        match self.get() {
            Some(value) => value,
            None => self.install(Box::new(make())),
        }
    }

    #[cold]
    fn install(&self, value: Box<T>) -> &T {
        let new = Box::into_raw(value);
        let installed = match self.pointer.compare_exchange(ptr::null_mut(), new, PUBLISH, FIND) {
            Ok(_) => new,
            Err(winner) => {
                // SAFETY: `new` came from `Box::into_raw` above and was not published.
                drop(unsafe { Box::from_raw(new) });
                winner
            }
        };
        // SAFETY: As in `get`: either our own box, published just now, or the winner's, seen with
        // `FIND`.
        unsafe { &*installed }
    }
}

impl<T> Drop for Lazy<T> {
    fn drop(&mut self) {
        let pointer = self.pointer.load(FIND);
        if !pointer.is_null() {
            // SAFETY: It came from `Box::into_raw`, and nobody else can reach it any more: `self` is
            // borrowed for exclusive use, and what `get` gave out has ended with its borrow.
            drop(unsafe { Box::from_raw(pointer) });
        }
    }
}
