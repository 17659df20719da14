//! A hold on a state, seen as a part of its data.

use std::{fmt, marker::PhantomData, ops::Deref};

use crate::{
    lock::Part,
    state::{State, StateMachine},
};

/// A hold on a state that derefs to a part of the state's data: made by
/// [`InState::map`](crate::InState::map).
///
/// As long as it lives, the machine stays in `A`. Dropping it lets go.
///
/// ```
/// # use statemachine_example::*;
/// let slot = SlotMachine::from_state(Slot::Full("a long text".to_owned()));
/// let word = slot.in_full().now()?.map(|text| text.split(' ').next().unwrap_or_default());
/// assert_eq!(&*word, "a");
/// assert!(slot.full_to_empty().now().is_err());
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[must_use = "dropping a hold lets go of the state; bind it to a name, as in `let _held = ..`"]
pub struct MappedInState<'a, A: State, U: ?Sized> {
    part: Part<'a, A::Enum, U>,
    state: PhantomData<fn() -> A>,
}

impl<'a, A: State, U: ?Sized> MappedInState<'a, A, U> {
    pub(super) fn of(part: Part<'a, A::Enum, U>) -> Self {
        Self { part, state: PhantomData }
    }

    /// The same hold, seen as a part of this part.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
    /// let first = slot.in_full().now()?.map(|text| text.as_bytes()).map(|bytes| &bytes[0]);
    /// assert_eq!(*first, b't');
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn map<V: ?Sized>(
        self,
        find: impl for<'x> FnOnce(&'x U) -> &'x V,
    ) -> MappedInState<'a, A, V> {
        MappedInState::of(self.part.map(find))
    }
}

impl<A: State, U: ?Sized> Deref for MappedInState<'_, A, U> {
    type Target = U;

    #[inline]
    fn deref(&self) -> &U {
        self.part.get()
    }
}

/// As the part prints itself.
///
/// ```
/// # use statemachine_example::*;
/// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
/// assert_eq!(slot.in_full().now()?.map(|text| &text[1..]).to_string(), "ext");
/// # Ok::<(), statemachine::Refused>(())
/// ```
impl<A: State, U: ?Sized + fmt::Display> fmt::Display for MappedInState<'_, A, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<A: State, U: ?Sized> fmt::Debug for MappedInState<'_, A, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::show(f, "MappedInState", A::Enum::NAME, A::NAME)
    }
}
