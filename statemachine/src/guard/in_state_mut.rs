//! The exclusive right to a state.

use std::{
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
};

use super::{InState, InTransition};
use crate::{
    handle::Wanted,
    lock::{Exclusive, Wish},
    refused::RefusedWith,
    state::{Kind, Located, Newtype, Several, Single, State, StateMachine, TransitionTo},
    trace::Waited,
};

/// The machine is in `A`, and nobody else has a right to it while this lives: an exclusive hold.
///
/// For work on the state's data, and for work whose outcome decides where the machine goes next: ask
/// for a transition with [`to`](Self::to) when that is known. Derefs to the data if the variant has
/// exactly one unnamed field. It may be sent to another thread and may live across an `.await`.
///
/// Dropping it lets go, and what was written stays. That is no commit: no handler runs and no number is
/// counted. Others are refused with [`InUse`](crate::Refused::InUse), or wait.
///
/// Forgetting it (`mem::forget`) keeps everybody else out for good. Nothing else is lost:
/// [`into_state`](crate::Machine::into_state) gives the state back.
///
/// ```
/// use statemachine::StateMachine;
///
/// #[derive(StateMachine)]
/// enum Breaker {
///     #[state(to(Open))]
///     Closed,
///     #[state(to(HalfOpen))]
///     Open,
///     #[state(to(Closed, Open))]
///     HalfOpen { attempts: u32 },
/// }
///
/// # fn probe() -> bool { true }
/// let breaker = BreakerMachine::from_state(Breaker::HalfOpen { attempts: 0 });
/// let mut half_open = breaker.in_half_open().exclusive().now()?;
/// *half_open.view_mut().attempts += 1;
/// if probe() {
///     half_open.to::<breaker::Closed>()?.commit();
/// } else {
///     half_open.to::<breaker::Open>()?.commit();
/// }
/// assert!(breaker.is_closed());
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[must_use = "dropping an exclusive hold lets go of the state; bind it to a name, as in `let _held = ..`"]
pub struct InStateMut<'a, A: State> {
    right: Exclusive<'a, A::Enum>,
    state: PhantomData<fn() -> A>,
}

impl<'a, A: State> InStateMut<'a, A> {
    #[inline]
    pub(crate) fn of(right: Exclusive<'a, A::Enum>) -> Self {
        Self { right, state: PhantomData }
    }

    pub(super) fn into_right(self) -> Exclusive<'a, A::Enum> {
        self.right
    }

    /// The data of the state. Never blocks.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
    /// assert_eq!(slot.in_full().exclusive().now()?.view(), "text");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[inline]
    pub fn view(&self) -> A::View<'_> {
        A::same(A::view(self.right.view()))
    }

    /// The data of the state, for writing. Never blocks. What is written stays.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
    /// slot.in_full().exclusive().now()?.view_mut().push('!');
    /// assert_eq!(*slot.in_full().now()?, "text!");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[inline]
    pub fn view_mut(&mut self) -> A::ViewMut<'_>
    where
        A: Single,
    {
        A::view_mut(self.right.view_mut())
    }

    /// Whether somebody waits for the state, or for a way out of it. Never blocks for long.
    ///
    /// It may have changed by the time you read it. To hear of it, wait for [`wanted`](Self::wanted).
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # use std::{pin::pin, task::{Context, Waker}};
    /// let door = DoorMachine::new();
    /// let open = door.in_open().exclusive().now()?;
    /// assert!(!open.is_wanted());
    /// let mut other = pin!(door.in_open().into_future());
    /// assert!(other.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    /// assert!(open.is_wanted());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.right.lock().is_wanted(Wish::Any(self.right.position()))
    }

    /// A handle that waits until somebody waits for the state, or for a way out of it: see [`Wanted`].
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # use std::{pin::pin, task::{Context, Waker}};
    /// let door = DoorMachine::new();
    /// let open = door.in_open().exclusive().now()?;
    /// assert!(open.wanted().now().is_err());
    /// let mut closing = pin!(door.open_to_closed().into_future());
    /// assert!(closing.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    /// open.wanted().now()?;
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted::of::<A::Enum>(self.right.lock().wishes(Wish::Any(self.right.position())))
    }

    /// Goes on to the transition to `B`, at once: nobody can be in the way.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
    /// let full = slot.in_full().exclusive().now()?;
    /// let text = full.to::<slot::Empty>()?.commit();
    /// assert_eq!(text, "text");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `Vetoed` if a [`before`](crate::Transition::before) handler refuses. The exclusive hold comes
    /// back.
    ///
    /// # Panics
    ///
    /// If a `before` handler does. The hold is released.
    pub fn to<B>(self) -> Result<InTransition<'a, A, B>, RefusedWith<Self>>
    where
        A: TransitionTo<B>,
        B: State<Enum = A::Enum>,
    {
        InTransition::begin(self.right.begin(), Waited::NOT)
            .map_err(|(refused, right)| RefusedWith { refused, data: Self::of(right.use_again()) })
    }

    /// Lets others hold the state too, in one step, so that nobody can leave it in between. Never waits.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let door = DoorMachine::new();
    /// let open = door.in_open().exclusive().now()?.share();
    /// assert!(door.in_open().now().is_ok());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the waker of a task that is woken does. The hold is released.
    pub fn share(self) -> InState<'a, A> {
        InState::of(self.right.step_down())
    }
}

impl<'a, A: State> InStateMut<'a, A> {
    /// Which state is held. Never blocks.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::new();
    /// let held = slot.hold().exclusive().now()?;
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

    /// The same exclusive hold, as an exclusive hold on that state, which can write the data. Never blocks.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
    /// let held = slot.hold().exclusive().now()?;
    /// match held.narrow::<slot::Full>() {
    ///     Ok(mut full) => full.push('!'),
    ///     Err(other) => println!("{:?}", other.kind()),
    /// }
    /// assert_eq!(*slot.in_full().now()?, "text!");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The same exclusive hold, if it is on another state.
    pub fn narrow<B: State<Enum = A::Enum>>(self) -> Result<InStateMut<'a, B>, Self>
    where
        A: Several,
    {
        if B::SET.contains(self.right.position()) {
            Ok(InStateMut::of(self.right))
        } else {
            Err(self)
        }
    }
}

impl<A: Newtype> Deref for InStateMut<'_, A> {
    type Target = A::Field;

    #[inline]
    fn deref(&self) -> &A::Field {
        A::field(self.right.view())
    }
}

impl<A: Newtype + Single> DerefMut for InStateMut<'_, A> {
    #[inline]
    fn deref_mut(&mut self) -> &mut A::Field {
        A::field_mut(self.right.view_mut().expect("a state with a field has data"))
    }
}

/// As the data prints itself.
///
/// ```
/// # use statemachine_example::*;
/// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
/// assert_eq!(slot.in_full().exclusive().now()?.to_string(), "text");
/// # Ok::<(), statemachine::Refused>(())
/// ```
impl<A: Newtype<Field: fmt::Display>> fmt::Display for InStateMut<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<A: State> fmt::Debug for InStateMut<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::show(f, "InStateMut", A::Enum::NAME, A::NAME)
    }
}
