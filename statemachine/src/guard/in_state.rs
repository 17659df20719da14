//! The shared right to a state.

use std::{fmt, marker::PhantomData, ops::Deref};

use crate::{
    handle::Upgrade,
    lock::Shared,
    state::{Newtype, State, StateMachine, TransitionTo},
};

/// The machine is in `A`, and stays there while this lives: a hold, shared with any number of others.
///
/// Derefs to the data where the variant has exactly one unnamed field; a hold on whatever state the
/// machine is in derefs to the enum. Dropping it lets go. It may be sent to another thread, and may
/// live across an `.await`.
///
/// Who holds a state must let go of it before asking for a transition out of it, or trade the hold
/// with [`to`](Self::to): a transition waits for all holders, the one who asks included.
///
/// Forgetting it (`mem::forget`) keeps the machine in the state for good: others may still hold it, and
/// none leaves it. Nothing else is lost; [`into_state`](crate::Machine::into_state) gives it back.
///
/// ```
/// use statemachine::StateMachine;
///
/// #[derive(StateMachine)]
/// enum Slot {
///     #[state(to(Full))]
///     Empty,
///     #[state(to(Empty))]
///     Full(String),
/// }
///
/// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
/// let full = slot.in_full().now()?;
/// assert_eq!(full.len(), 4);
/// assert!(slot.full_to_empty().now().is_err());
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[must_use = "dropping a hold lets go of the state"]
pub struct InState<'a, A: State> {
    right: Shared<'a, A::Enum>,
    state: PhantomData<fn() -> A>,
}

impl<'a, A: State> InState<'a, A> {
    #[inline]
    pub(crate) fn of(right: Shared<'a, A::Enum>) -> Self {
        Self { right, state: PhantomData }
    }

    #[inline]
    pub(crate) fn into_right(self) -> Shared<'a, A::Enum> {
        self.right
    }

    /// The data of the state. Never blocks.
    ///
    /// ```
    /// # use statemachine::StateMachine;
    /// # #[derive(StateMachine)]
    /// # enum Shape {
    /// #     #[state(to(Shape))]
    /// #     None,
    /// #     #[state(to(None))]
    /// #     Shape { width: u32, height: u32 },
    /// # }
    /// # let shape = ShapeMachine::from_state(Shape::Shape { width: 2, height: 3 });
    /// let held = shape.in_shape().now()?;
    /// let ShapeShapeRef { width, height } = held.view();
    /// assert_eq!(width * height, 6);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[inline]
    pub fn view(&self) -> A::View<'_> {
        A::same(A::view(self.right.view()))
    }

    /// A handle that trades this hold for the transition to `B` in one step, so that nobody can slip
    /// in between.
    ///
    /// It waits for the other holders to leave, and nobody new may hold the state meanwhile. Of two
    /// that try at once, one is refused with `InUse` and gets its hold back; when it lets go of
    /// that, the other proceeds.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let door = DoorMachine::new();
    /// let open = door.in_open().now()?;
    /// open.to::<door::Closed>().now()?.commit();
    /// assert!(door.is_closed());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[inline]
    pub fn to<B>(self) -> Upgrade<'a, A, B>
    where
        A: TransitionTo<B>,
        B: State<Enum = A::Enum>,
    {
        Upgrade::new(self)
    }
}

impl<A: State> Clone for InState<'_, A> {
    /// One hold more, even where a transition waits for the holders to leave.
    ///
    /// # Panics
    ///
    /// Where the state is held by as many as can be counted: 262,143.
    #[inline]
    fn clone(&self) -> Self {
        match self.right.try_clone() {
            Some(right) => Self::of(right),
            None => panic!("too many holders of {} of {}", A::NAME, A::Enum::NAME),
        }
    }
}

impl<A: Newtype> Deref for InState<'_, A> {
    type Target = A::Field;

    #[inline]
    fn deref(&self) -> &A::Field {
        A::field(self.right.view())
    }
}

impl<A: State> fmt::Debug for InState<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InState")
            .field("machine", &format_args!("{}", A::Enum::NAME))
            .field("state", &format_args!("{}", A::NAME))
            .finish()
    }
}
