//! A hold with a part of the data that it holds.

use std::{marker::PhantomData, mem::ManuallyDrop, ptr::NonNull};

use crate::state::{State, StateMachine, View};

use super::rights::Shared;

/// A shared right, and a part of the data that it keeps from changing.
pub(crate) struct Part<'a, S: StateMachine, U: ?Sized> {
    /// Lives as long as the part is looked at.
    right: Shared<'a, S>,
    part: NonNull<U>,
    of: PhantomData<&'a U>,
}

// SAFETY: What is not `Send` by itself is the pointer, which is used as a `&U` and nothing else: to
// send it is to share the `U`, for which `U: Sync`. The right may be sent if the compiler says so.
unsafe impl<'a, S: StateMachine, U: ?Sized + Sync> Send for Part<'a, S, U> where Shared<'a, S>: Send {}

// SAFETY: A shared `Part` gives out `&U`, for which `U: Sync`.
unsafe impl<'a, S: StateMachine, U: ?Sized + Sync> Sync for Part<'a, S, U> where Shared<'a, S>: Sync {}

impl<'a, S: StateMachine, U: ?Sized> Part<'a, S, U> {
    /// The part that is found in the data, which the right shows as that of state `A`.
    ///
    /// Whatever the lifetime of the view, so what is found lies in the data, or lives longer: a reference
    /// to the view itself would have a type with that lifetime in it, which `U` is without.
    pub(crate) fn of<A: State<Enum = S>>(
        right: Shared<'a, S>,
        find: impl for<'x> FnOnce(&'x View<'x, A>) -> &'x U,
    ) -> Self {
        // Views are references, with nothing to drop, which the compiler does not know of all.
        let view = ManuallyDrop::new(A::view(right.view()));
        let part = NonNull::from(find(&view));
        Self { right, part, of: PhantomData }
    }

    /// A part of the part.
    pub(crate) fn map<V: ?Sized>(
        self,
        find: impl for<'x> FnOnce(&'x U) -> &'x V,
    ) -> Part<'a, S, V> {
        let part = NonNull::from(find(self.get()));
        Part { right: self.right, part, of: PhantomData }
    }

    #[inline]
    pub(crate) fn get(&self) -> &U {
        // SAFETY: It was made from a reference into the lock's cell, or to something that lives for as
        // long as any borrow of that. The right keeps the cell from being written, and the lock that
        // it borrows from being moved or dropped, for as long as `self` lives, which is borrowed here.
        unsafe { self.part.as_ref() }
    }
}
