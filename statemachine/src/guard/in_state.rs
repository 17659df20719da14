//! The shared right to a state.

use std::{fmt, marker::PhantomData, ops::Deref};

use super::MappedInState;
use crate::{
    handle::Upgrade,
    lock::{Part, Shared},
    state::{Any, Kind, Located, Newtype, State, StateMachine, TransitionTo, View},
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
#[must_use = "dropping a hold lets go of the state; bind it to a name, as in `let _held = ..`"]
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

    /// The same hold, seen as a part of the state's data: of what [`view`](Self::view) gives.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
    /// let bytes = slot.in_full().now()?.map(|text| text.as_bytes());
    /// assert_eq!(bytes.len(), 4);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the closure does. The hold is let go of.
    pub fn map<U: ?Sized>(
        self,
        find: impl for<'x> FnOnce(&'x View<'x, A>) -> &'x U,
    ) -> MappedInState<'a, A, U> {
        MappedInState::of(Part::of::<A>(self.right, find))
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

impl<'a, S: StateMachine> InState<'a, Any<S>> {
    /// Which state it is that is held. Never blocks.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::new();
    /// let held = slot.hold().now()?;
    /// assert_eq!(held.kind(), SlotKind::Empty);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn kind(&self) -> S::Kind {
        S::Kind::at(self.right.position().get())
    }

    /// The same hold, as one on that state.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
    /// let held = slot.hold().now()?;
    /// match held.narrow::<slot::Full>() {
    ///     Ok(full) => assert_eq!(full.len(), 4),
    ///     Err(other) => println!("{:?}", other.kind()),
    /// }
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The same hold, if it is on another state.
    pub fn narrow<A: State<Enum = S>>(self) -> Result<InState<'a, A>, Self> {
        if A::SET.contains(self.right.position()) { Ok(InState::of(self.right)) } else { Err(self) }
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
            None => super::too_many_holders(A::Enum::NAME, A::NAME),
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
        super::show(f, "InState", A::Enum::NAME, A::NAME)
    }
}
