//! Rights that own what they are rights to, through an `Arc`.

use std::{mem, ptr, sync::Arc};

use crate::{id::MachineId, state::StateMachine};

use super::{
    Lock,
    acquire::Granted,
    place::{Answer, Place},
    request::{Refusal, Request},
    rights::{Exclusive, Shared},
    wake::Notify,
    word::Word,
};

/// Something that borrows from a lock, and an `Arc` of what the lock is in.
///
/// The lifetime of `what` is not true: it lives as long as the owner, which is dropped after it. So it is
/// given out with shorter lifetimes only.
pub(crate) struct Owned<M, T> {
    what: T,
    owner: Arc<M>,
}

/// What borrows from a lock, by the name that it has with the lifetime `'static`.
///
/// # Safety
///
/// `Self` is `At<'static>`, and `At` is covariant.
pub(crate) unsafe trait Borrower: Sized + 'static {
    type Enum: StateMachine + 'static;
    type At<'x>;
}

// SAFETY: As it reads; a right is covariant, since it has the lock by a shared reference.
unsafe impl<S: StateMachine + 'static> Borrower for Shared<'static, S> {
    type Enum = S;
    type At<'x> = Shared<'x, S>;
}

// SAFETY: As for `Shared`.
unsafe impl<S: StateMachine + 'static> Borrower for Exclusive<'static, S> {
    type Enum = S;
    type At<'x> = Exclusive<'x, S>;
}

// SAFETY: As for `Shared`, of which it may contain one.
unsafe impl<S: StateMachine + 'static> Borrower for Granted<'static, S> {
    type Enum = S;
    type At<'x> = Granted<'x, S>;
}

/// A right that knows its lock.
pub(crate) trait Right<'a, S: StateMachine> {
    fn of(&self) -> &'a Lock<S>;
}

impl<'a, S: StateMachine> Right<'a, S> for Shared<'a, S> {
    fn of(&self) -> &'a Lock<S> {
        self.lock()
    }
}

impl<'a, S: StateMachine> Right<'a, S> for Exclusive<'a, S> {
    fn of(&self) -> &'a Lock<S> {
        self.lock()
    }
}

impl<M, T: Borrower> Owned<M, T> {
    /// The right, with what it is a right to.
    ///
    /// # Panics
    ///
    /// If the lock in the `Arc` is not the right's. The right is let go of.
    #[track_caller]
    pub(crate) fn new<'a>(
        right: T::At<'a>,
        owner: Arc<M>,
        lock_in: impl for<'x> FnOnce(&'x M) -> &'x Lock<T::Enum>,
    ) -> Self
    where
        T::At<'a>: Right<'a, T::Enum>,
    {
        assert!(
            ptr::eq(lock_in(&owner), right.of()),
            "`into_owned` was given the `Arc` of another machine than the guard's"
        );
        // SAFETY: The lock was reached from a shared reference to what the `Arc` owns. That lives, at
        // its place, for as long as the `Arc`, and nobody gets an exclusive reference to it meanwhile, so
        // the shared one could have lived as long; and the `Arc` is dropped after the right.
        let what = unsafe { extend::<T>(right) };
        Self { what, owner }
    }

    /// Uses it up.
    pub(crate) fn consume<R>(self, consume: impl for<'x> FnOnce(T::At<'x>, &'x Arc<M>) -> R) -> R {
        let Self { what, owner } = self;
        // SAFETY: To a lifetime for which the owner, which is dropped behind it, is borrowed.
        consume(unsafe { shorten::<T>(what) }, &owner)
    }

    /// Looks at it.
    #[inline]
    pub(crate) fn get(&self) -> &T::At<'_> {
        // SAFETY: `Self` and `At<'_>` are one type but for a lifetime, in which it is covariant.
        unsafe { &*ptr::from_ref(&self.what).cast::<T::At<'_>>() }
    }

    pub(crate) fn owner(&self) -> &Arc<M> {
        &self.owner
    }
}

impl<M, S: StateMachine + 'static> Owned<M, Shared<'static, S>> {
    /// One holder more; none where the word can count no more.
    pub(crate) fn try_clone(&self) -> Option<Self> {
        Some(Self { what: self.what.try_clone()?, owner: Arc::clone(&self.owner) })
    }

    pub(crate) fn id(&self) -> MachineId {
        self.what.lock().id()
    }

    pub(crate) fn look(&self) -> Word {
        self.what.lock().look()
    }

    /// Trades the hold for the exclusive right, if it is the only one.
    pub(crate) fn try_upgrade(
        self,
        request: &Request,
        seen: Word,
    ) -> Result<Owned<M, Granted<'static, S>>, (Refusal, Self)> {
        let Self { what, owner } = self;
        match what.try_upgrade(request, seen) {
            Ok(right) => Ok(Owned { what: Granted::Exclusive(right), owner }),
            Err((refusal, what)) => Err((refusal, Self { what, owner })),
        }
    }

    /// Takes the place of a holder that waits for the others to leave.
    pub(crate) fn take_place(
        self,
        request: Request,
        notify: Notify,
    ) -> Result<OwnedPlace<M, S>, OwnedAnswer<M, S>> {
        let Self { what, owner } = self;
        match Place::take(what.lock(), request, Some(what), notify) {
            Ok(place) => Ok(OwnedPlace { place, owner }),
            Err(answer) => Err(own(answer, &owner)),
        }
    }
}

impl<M, S: StateMachine + 'static> Owned<M, Exclusive<'static, S>> {
    /// The data, for writing; none in a state without.
    pub(crate) fn view_mut(&mut self) -> Option<&mut S> {
        self.what.view_mut()
    }
}

impl<M, S: StateMachine + 'static> Owned<M, Granted<'static, S>> {
    /// The exclusive right, which is what was granted.
    pub(crate) fn exclusive(self) -> Owned<M, Exclusive<'static, S>> {
        let Self { what, owner } = self;
        let Granted::Exclusive(what) = what else {
            unreachable!("an exclusive right was asked for")
        };
        Owned { what, owner }
    }
}

/// A [`Place`] in the queue of a lock that it owns.
pub(crate) struct OwnedPlace<M, S: StateMachine + 'static> {
    /// Before the owner, which is dropped after it.
    place: Place<'static, S>,
    owner: Arc<M>,
}

/// An [`Answer`] that owns its lock.
pub(crate) type OwnedAnswer<M, S> =
    Result<Owned<M, Granted<'static, S>>, (Refusal, Option<Owned<M, Shared<'static, S>>>)>;

impl<M, S: StateMachine + 'static> OwnedPlace<M, S> {
    /// Lets go of nothing: passes on what comes of asking the place something.
    pub(crate) fn ask(
        &mut self,
        ask: impl for<'x> FnOnce(&'x mut Place<'static, S>) -> Option<Answer<'static, S>>,
    ) -> Option<OwnedAnswer<M, S>> {
        ask(&mut self.place).map(|answer| own(answer, &self.owner))
    }
}

fn own<M, S: StateMachine + 'static>(
    answer: Answer<'static, S>,
    owner: &Arc<M>,
) -> OwnedAnswer<M, S> {
    let owner = || Arc::clone(owner);
    match answer {
        Ok(what) => Ok(Owned { what, owner: owner() }),
        Err((refusal, held)) => Err((refusal, held.map(|what| Owned { what, owner: owner() }))),
    }
}

/// # Safety
///
/// The result is not used, and dropped, before the end of what it borrows from.
unsafe fn extend<T: Borrower>(right: T::At<'_>) -> T {
    let right = mem::ManuallyDrop::new(right);
    // SAFETY: One type but for a lifetime, moved out of what is not dropped.
    unsafe { mem::transmute_copy::<T::At<'_>, T>(&right) }
}

/// # Safety
///
/// The lifetime is one for which the lock lives.
unsafe fn shorten<'x, T: Borrower>(right: T) -> T::At<'x> {
    let right = mem::ManuallyDrop::new(right);
    // SAFETY: One type but for a lifetime, moved out of what is not dropped.
    unsafe { mem::transmute_copy::<T, T::At<'x>>(&right) }
}
