//! The shared right to a state.

use std::{fmt, marker::PhantomData, ops::Deref};

use super::MappedInState;
use crate::{
    handle::{Upgrade, Wanted},
    lock::{Part, Shared, Wish},
    state::{Kind, Located, Newtype, Several, State, StateMachine, TransitionTo, View},
};

/// The machine is in `A`, and stays there while this lives: a hold, shared with any number of others.
///
/// Derefs to the data if the variant has exactly one unnamed field. A hold on whichever state is current
/// derefs to the enum. Dropping the hold lets go of the state. It may be sent to another thread, and may
/// live across an `.await`.
///
/// A transition waits for all holders, the caller included. So let go of the hold before you ask for a
/// transition out of the state, or trade it with [`to`](Self::to).
///
/// Forgetting it (`mem::forget`) keeps the machine in the state for good. Others may still hold the state,
/// and none leaves it. Nothing else is lost: [`into_state`](crate::Machine::into_state) gives the state
/// back.
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

    /// Whether a transition or an exclusive hold waits for the holders to leave. Never blocks.
    ///
    /// It may have changed by the time you read it. To hear of it, wait for [`wanted`](Self::wanted).
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # use std::{pin::pin, task::{Context, Waker}};
    /// let door = DoorMachine::new();
    /// let open = door.in_open().now()?;
    /// let mut closing = pin!(door.open_to_closed().into_future());
    /// assert!(closing.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    /// assert!(open.is_wanted());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.right.lock().look().is_door_shut()
    }

    /// A handle that waits until a transition or an exclusive hold waits for the holders to leave: see
    /// [`Wanted`].
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # use std::{pin::pin, task::{Context, Waker}};
    /// let door = DoorMachine::new();
    /// let open = door.in_open().now()?;
    /// assert!(open.wanted().now().is_err());
    /// let mut closing = pin!(door.open_to_closed().into_future());
    /// assert!(closing.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    /// open.wanted().now()?;
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted::of::<A::Enum>(self.right.lock().wishes(Wish::Leave))
    }

    /// The same hold, which derefs to a part of the state's data: to a part of what [`view`](Self::view)
    /// gives.
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
    /// If the closure does. The hold is released.
    pub fn map<U: ?Sized>(
        self,
        find: impl for<'x> FnOnce(&'x View<'x, A>) -> &'x U,
    ) -> MappedInState<'a, A, U> {
        MappedInState::of(Part::of::<A>(self.right, find))
    }

    /// A handle that trades this hold for the transition to `B` in one step, so that nobody can slip in
    /// between.
    ///
    /// It waits for the other holders to leave, and lets no new ones in meanwhile. If two holders try this
    /// at once, one is refused with `InUse` and gets its hold back. When it lets go of that, the other
    /// proceeds.
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

impl<'a, A: State> InState<'a, A> {
    /// Which state is held. Never blocks.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::new();
    /// let held = slot.hold().now()?;
    /// assert_eq!(held.kind(), SlotKind::Empty);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn kind(&self) -> <A::Enum as StateMachine>::Kind
    where
        A: Several,
    {
        Kind::at(self.right.position().get())
    }

    /// The same hold, as a hold on that state. Never blocks.
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
    pub fn narrow<B: State<Enum = A::Enum>>(self) -> Result<InState<'a, B>, Self>
    where
        A: Several,
    {
        if B::SET.contains(self.right.position()) { Ok(InState::of(self.right)) } else { Err(self) }
    }
}

impl<A: State> Clone for InState<'_, A> {
    /// One more hold, even if a transition waits for the holders to leave. This does not clone the data:
    /// `String::clone(&hold)` does that for a `String`.
    ///
    /// # Panics
    ///
    /// If the maximum number of holders is reached: 262,143.
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

/// As the data prints itself.
///
/// ```
/// # use statemachine_example::*;
/// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
/// assert_eq!(slot.in_full().now()?.to_string(), "text");
/// # Ok::<(), statemachine::Refused>(())
/// ```
impl<A: Newtype<Field: fmt::Display>> fmt::Display for InState<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<A: State> fmt::Debug for InState<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::show(f, "InState", A::Enum::NAME, A::NAME)
    }
}
