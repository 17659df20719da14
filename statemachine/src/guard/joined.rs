//! The outcome of joining a transition.

use std::fmt;

use super::{InState, InTransition};
use crate::state::{State, View};

/// The outcome of [`or_join`](crate::Transition::or_join): the caller makes the transition, or another
/// caller has made it.
///
/// [`enter`](Self::enter) and [`enter_with`](Self::enter_with) make a hold of either. Dropping this rolls the transition back, or lets go of
/// the hold. If the work of one caller fails, the next one works; [`Failures`](crate::Failures) shares the
/// failure with all that waited.
///
/// In a `match`, give the guard a name: `Joined::There(hold) => drop(hold)`. With `Joined::There(_)` the
/// state is held until the end of the `match`. If the arm then waits to leave the state, it waits for
/// itself. [`mine`](Self::mine) is the shorter way if only the transition is of interest.
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
/// drop(slot.empty_to_full().or_join().now()?); // it was ours, and is rolled back
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
    /// Makes the transition if that is for the caller to do. Holds the new state in both cases.
    ///
    /// The work is run only for [`Mine`](Self::Mine). The old state's data is then dropped, outside the
    /// machine.
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
    /// Work that cannot fail has to name a type of error, as in `enter(|()| Ok::<_, Infallible>(5))`. If the
    /// data is there already, use [`enter_with`](Self::enter_with).
    ///
    /// # Errors
    ///
    /// The error of the work. The transition is rolled back.
    ///
    /// # Panics
    ///
    /// If the work does; the transition is rolled back. Also as
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

    /// Makes the transition with that data if that is for the caller to do. Holds the new state in both
    /// cases. Never blocks.
    ///
    /// If another caller has made the transition, the data is dropped, and the hold shows the other
    /// caller's data. To keep the data, `match` this instead. The old state's data is dropped, outside the
    /// machine. For a state without data, the data is `()`.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::new();
    /// let first = slot.empty_to_full().or_join().now()?.enter_with("first".to_owned());
    /// let second = slot.empty_to_full().or_join().now()?.enter_with("second".to_owned());
    /// assert_eq!((first.as_str(), second.as_str()), ("first", "first"));
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`enter_with`](crate::InTransition::enter_with), and if the `Drop` of data that is not needed
    /// does. The hold is then released.
    pub fn enter_with(self, data: B::Data) -> InState<'a, B> {
        match self {
            Self::Mine(transition) => transition.enter_with(data),
            Self::There(state) => {
                drop(data);
                state
            }
        }
    }
}

impl<'a, A: State, B: State<Enum = A::Enum>> Joined<'a, A, B> {
    /// Makes the transition by async work if that is for the caller to do. Holds the new state in both
    /// cases. Dropping the future rolls back, or lets go of the state.
    ///
    /// The closure takes no argument, so that a runtime may send the future to another thread. If the work
    /// needs something of the old state's data, `match` this, and take it from
    /// [`view`](crate::InTransition::view) first.
    ///
    /// ```
    /// # use std::pin::pin;
    /// # use std::task::{Context, Waker};
    /// # use statemachine_example::*;
    /// # let mut test = pin!(async {
    /// let slot = SlotMachine::new();
    /// let full = slot.empty_to_full().or_join().await?;
    /// let full = full.enter_async(async || Ok::<_, statemachine::Refused>("text".to_owned())).await?;
    /// assert_eq!(*full, "text");
    /// # Ok::<(), statemachine::Refused>(())
    /// # });
    /// # assert!(test.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the work. The transition is rolled back.
    ///
    /// # Panics
    ///
    /// If the work does; the transition is rolled back. Also as
    /// [`enter_with`](crate::InTransition::enter_with).
    pub async fn enter_async<E>(
        self,
        work: impl AsyncFnOnce() -> Result<B::Data, E>,
    ) -> Result<InState<'a, B>, E> {
        match self {
            Self::Mine(transition) => {
                let data = transition.instrument(work()).await?;
                Ok(transition.enter_with(data))
            }
            Self::There(state) => Ok(state),
        }
    }

    /// The transition, if it is for the caller to make. Otherwise the hold on `B` is released.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let door = DoorMachine::new();
    /// if let Some(closing) = door.open_to_closed().or_join().now()?.mine() {
    ///     closing.commit();
    /// }
    /// assert!(door.is_closed());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the waker of a task that is woken does. The hold is released.
    #[must_use = "dropping a transition rolls it back"]
    pub fn mine(self) -> Option<InTransition<'a, A, B>> {
        match self {
            Self::Mine(transition) => Some(transition),
            Self::There(_) => None,
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
