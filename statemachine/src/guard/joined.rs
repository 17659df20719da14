//! What came of joining a transition.

use std::fmt;

use super::{InState, InTransition};
use crate::state::{State, View};

/// What came of [`or_join`](crate::Transition::or_join): the transition is the caller's to make, or
/// somebody else has made it.
///
/// [`enter`](Self::enter) makes a hold of either. Dropping it rolls back the one and lets go of the
/// other.
///
/// ```
/// use statemachine::{Joined, StateMachine};
///
/// #[derive(StateMachine)]
/// enum Slot {
///     #[state(to(Full))]
///     Empty,
///     #[state(to(Empty))]
///     Full(u32),
/// }
///
/// let slot = SlotMachine::new();
/// drop(slot.empty_to_full().or_join().now()?); // it was ours, and is left for the next
/// for _ in 0..2 {
///     match slot.empty_to_full().or_join().now()? {
///         Joined::Mine(filling) => _ = filling.enter_with(5),
///         Joined::There(full) => assert_eq!(*full, 5),
///     }
/// }
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[must_use = "dropping it rolls back the transition, or lets go of the state; bind it to a name"]
pub enum Joined<'a, A: State, B: State<Enum = A::Enum>> {
    /// The right to make the transition.
    Mine(InTransition<'a, A, B>),
    /// A hold on the state that it leads to.
    There(InState<'a, B>),
}

impl<'a, A: State, B: State<Enum = A::Enum>> Joined<'a, A, B> {
    /// Makes the new state where that is for the caller to do, and holds it either way.
    ///
    /// The work is run only for [`Mine`](Self::Mine); the old state's data is then dropped, outside
    /// the machine.
    ///
    /// ```
    /// use statemachine::StateMachine;
    ///
    /// #[derive(StateMachine)]
    /// enum Slot {
    ///     #[state(to(Full))]
    ///     Empty,
    ///     #[state(to(Empty))]
    ///     Full(u32),
    /// }
    ///
    /// let slot = SlotMachine::new();
    /// let first = slot.empty_to_full().or_join().now()?.enter(|()| "5".parse())?;
    /// let second = slot.empty_to_full().or_join().now()?.enter(|()| "7".parse())?;
    /// assert_eq!((*first, *second), (5, 5));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What the work says; the transition is rolled back.
    ///
    /// # Panics
    ///
    /// Where the work does, rolled back; and as
    /// [`enter_with`](crate::InTransition::enter_with).
    pub fn enter<E>(
        self,
        work: impl FnOnce(View<'_, A>) -> Result<B::Data, E>,
    ) -> Result<InState<'a, B>, E> {
        match self {
            Self::Mine(transition) => {
                let data = transition.on_view(work)?;
                Ok(transition.enter_with(data))
            }
            Self::There(state) => Ok(state),
        }
    }
}

impl<A: State, B: State<Enum = A::Enum>> fmt::Debug for Joined<'_, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mine(transition) => f.debug_tuple("Mine").field(transition).finish(),
            Self::There(state) => f.debug_tuple("There").field(state).finish(),
        }
    }
}
