//! Guards that own an `Arc` of their machine, so that they fit into a struct.

use std::{
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    sync::Arc,
};

use super::{InState, InStateMut, InTransition};
use crate::{
    handle::{OwnedUpgrade, Wanted},
    handlers::Action,
    lock::{Exclusive, Owned, Shared, Wish},
    machine::Machine,
    refused::{Refused, RefusedWith},
    state::{
        Dataless, Kind, Located, Newtype, Several, Single, State, StateMachine, TransitionTo, View,
    },
    trace::Work,
};

/// What the `Arc` of an owned guard may hold: the generated machine of `S`, a type that derefs to that, or
/// a [`Machine`].
///
/// ```
/// use std::{ops::Deref, sync::Arc};
/// use statemachine::OwnedInState;
/// # use statemachine_example::*;
///
/// /// A machine, and what belongs to it.
/// struct Shelf {
///     slot: SlotMachine,
///     label: String,
/// }
///
/// impl Deref for Shelf {
///     type Target = SlotMachine;
///
///     fn deref(&self) -> &SlotMachine {
///         &self.slot
///     }
/// }
///
/// let shelf = Arc::new(Shelf { slot: SlotMachine::new(), label: "left".to_owned() });
/// let empty: OwnedInState<Shelf, slot::Empty> = shelf.in_empty().now()?.into_owned(Arc::clone(&shelf));
/// assert_eq!(empty.machine().label, "left");
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not deref to a machine of `{S}`",
    label = "not the owner of such a machine",
    note = "an `Arc` of the generated machine, or of a type that derefs to it, can own a guard"
)]
pub trait Owner<S: StateMachine> {
    #[doc(hidden)]
    fn machine(&self) -> &Machine<S>;
}

impl<S: StateMachine> Owner<S> for Machine<S> {
    fn machine(&self) -> &Machine<S> {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<S: StateMachine, M: Deref<Target: HasMachine<S>>> Owner<S> for M {
    fn machine(&self) -> &Machine<S> {
        (**self).get()
    }
}

/// A machine, generic or generated.
pub trait HasMachine<S: StateMachine> {
    /// The generic one.
    fn get(&self) -> &Machine<S>;
}

impl<S: StateMachine> HasMachine<S> for Machine<S> {
    fn get(&self) -> &Machine<S> {
        self
    }
}

/// An [`InState`] that owns an `Arc` of its machine: made by [`InState::into_owned`].
///
/// It is `'static`, so it fits into a struct, a map or a task that outlives the caller. It does what an
/// `InState` does, and what it gives is owned too. None of its methods waits. Dropping it lets go of the
/// state. If it is the last owner of the machine, it then drops the machine.
///
/// ```
/// use std::sync::Arc;
/// use statemachine::OwnedInState;
/// # use statemachine_example::*;
///
/// /// A lease of the text.
/// struct Lease {
///     text: OwnedInState<SlotMachine, slot::Full>,
/// }
///
/// let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
/// let lease = Lease { text: slot.in_full().now()?.into_owned(Arc::clone(&slot)) };
/// assert!(slot.full_to_empty().now().is_err());
/// drop(slot);
/// assert_eq!(*lease.text, "text");
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[must_use = "dropping a hold lets go of the state; bind it to a name, as in `let _held = ..`"]
pub struct OwnedInState<M, A: State<Enum: 'static>> {
    right: Owned<M, Shared<'static, A::Enum>>,
    state: PhantomData<fn() -> A>,
}

/// An [`InStateMut`] that owns an `Arc` of its machine: made by [`InStateMut::into_owned`].
///
/// It is `'static`, does what an `InStateMut` does, and what it gives is owned too. None of its methods
/// waits. Dropping it lets go of the state.
///
/// ```
/// use std::sync::Arc;
/// # use statemachine_example::*;
/// let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
/// let mut full = slot.in_full().exclusive().now()?.into_owned(Arc::clone(&slot));
/// full.push('!');
/// assert_eq!(full.to::<slot::Empty>()?.commit(), "text!");
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[must_use = "dropping an exclusive hold lets go of the state; bind it to a name, as in `let _held = ..`"]
pub struct OwnedInStateMut<M, A: State<Enum: 'static>> {
    right: Owned<M, Exclusive<'static, A::Enum>>,
    state: PhantomData<fn() -> A>,
}

/// An [`InTransition`] that owns an `Arc` of its machine: made by [`InTransition::into_owned`].
///
/// It is `'static`, does what an `InTransition` does, and what it gives is owned too. None of its methods
/// waits for a right. Dropping it rolls back.
///
/// ```
/// use std::{sync::Arc, thread};
/// # use statemachine_example::*;
/// let slot = Arc::new(SlotMachine::new());
/// let filling = slot.empty_to_full().now()?.into_owned(Arc::clone(&slot));
/// thread::spawn(move || filling.commit_with("text".to_owned())).join().unwrap();
/// assert!(slot.is_full());
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[must_use = "dropping a transition rolls it back; end it with a verb such as `commit`"]
pub struct OwnedInTransition<M, A: State<Enum: 'static>, B> {
    right: Owned<M, Exclusive<'static, A::Enum>>,
    work: Work,
    to: PhantomData<fn() -> (A, B)>,
}

impl<'a, A: State<Enum: 'static>> InState<'a, A> {
    /// The same hold, which owns the machine too.
    ///
    /// ```
    /// use std::sync::Arc;
    /// # use statemachine_example::*;
    /// let door = Arc::new(DoorMachine::new());
    /// let open = door.in_open().now()?.into_owned(Arc::clone(&door));
    /// assert!(door.open_to_closed().try_commit().is_err());
    /// # drop(open);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the `Arc` is another machine's. The hold is released.
    #[track_caller]
    #[doc(alias("read_owned", "write_owned"))]
    pub fn into_owned<M: Owner<A::Enum>>(self, machine: Arc<M>) -> OwnedInState<M, A> {
        let right = Owned::new(self.into_right(), machine, |owner| owner.machine().lock());
        OwnedInState { right, state: PhantomData }
    }
}

impl<'a, A: State<Enum: 'static>> InStateMut<'a, A> {
    /// The same exclusive hold, which owns the machine too.
    ///
    /// ```
    /// use std::sync::Arc;
    /// # use statemachine_example::*;
    /// let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let mut full = slot.in_full().exclusive().now()?.into_owned(Arc::clone(&slot));
    /// full.clear();
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the `Arc` is another machine's. The hold is released.
    #[track_caller]
    #[doc(alias("read_owned", "write_owned"))]
    pub fn into_owned<M: Owner<A::Enum>>(self, machine: Arc<M>) -> OwnedInStateMut<M, A> {
        let right = Owned::new(self.into_right(), machine, |owner| owner.machine().lock());
        OwnedInStateMut { right, state: PhantomData }
    }
}

impl<'a, A: State<Enum: 'static>, B: State<Enum = A::Enum>> InTransition<'a, A, B> {
    /// The same transition, which owns the machine too.
    ///
    /// ```
    /// use std::sync::Arc;
    /// # use statemachine_example::*;
    /// let door = Arc::new(DoorMachine::new());
    /// let closing = door.open_to_closed().now()?.into_owned(Arc::clone(&door));
    /// closing.commit();
    /// assert!(door.is_closed());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the `Arc` is another machine's. The transition is rolled back.
    #[track_caller]
    #[doc(alias("read_owned", "write_owned"))]
    pub fn into_owned<M: Owner<A::Enum>>(self, machine: Arc<M>) -> OwnedInTransition<M, A, B> {
        let (right, work) = self.into_parts();
        let right = Owned::new(right, machine, |owner| owner.machine().lock());
        OwnedInTransition { right, work, to: PhantomData }
    }
}

impl<M: Owner<A::Enum>, A: State<Enum: 'static>> OwnedInState<M, A> {
    pub(crate) fn of(right: Owned<M, Shared<'static, A::Enum>>) -> Self {
        Self { right, state: PhantomData }
    }

    /// The data of the state: see [`InState::view`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let full = slot.in_full().now()?.into_owned(Arc::clone(&slot));
    /// assert_eq!(full.view(), "text");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[inline]
    pub fn view(&self) -> A::View<'_> {
        A::same(A::view(self.right.get().view()))
    }

    /// Whether a transition or an exclusive hold waits for the holders to leave. Never blocks for long.
    ///
    /// It may have changed by the time you read it. To hear of it, wait for [`wanted`](Self::wanted).
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let full = slot.in_full().now()?.into_owned(Arc::clone(&slot));
    /// assert!(!full.is_wanted());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.right.get().lock().is_wanted(Wish::Leave)
    }

    /// A handle that waits until a transition or an exclusive hold waits for the holders to leave: see
    /// [`Wanted`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let full = slot.in_full().now()?.into_owned(Arc::clone(&slot));
    /// assert!(full.wanted().now().is_err()); // nobody waits
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted::of::<A::Enum>(self.right.get().lock().wishes(Wish::Leave))
    }

    /// A handle that trades this hold for the transition to `B` in one step: see [`InState::to`]. What
    /// it gives, and what comes back if it is refused, owns the machine too.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let full = slot.in_full().now()?.into_owned(Arc::clone(&slot));
    /// assert_eq!(full.to::<slot::Empty>().now()?.commit(), "text");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn to<B>(self) -> OwnedUpgrade<M, A, B>
    where
        A: TransitionTo<B>,
        B: State<Enum = A::Enum>,
    {
        OwnedUpgrade::new(self.right)
    }

    /// The machine, and what else the `Arc` holds.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let full = slot.in_full().now()?.into_owned(Arc::clone(&slot));
    /// assert!(full.machine().is_full());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn machine(&self) -> &Arc<M> {
        self.right.owner()
    }
}

impl<M: Owner<A::Enum>, A: State<Enum: 'static>> OwnedInState<M, A> {
    /// Which state is held: see [`InState::kind`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let held = slot.hold().now()?.into_owned(Arc::clone(&slot));
    /// assert_eq!(held.kind(), SlotKind::Full);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn kind(&self) -> <A::Enum as StateMachine>::Kind
    where
        A: Several,
    {
        Kind::at(self.right.get().position().get())
    }

    /// The same hold, as a hold on that state: see [`InState::narrow`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let held = slot.hold().now()?.into_owned(Arc::clone(&slot));
    /// assert!(held.narrow::<slot::Full>().is_ok());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The same hold, if it is on another state.
    pub fn narrow<B: State<Enum = A::Enum>>(self) -> Result<OwnedInState<M, B>, Self>
    where
        A: Several,
    {
        if B::SET.contains(self.right.get().position()) {
            Ok(OwnedInState::of(self.right))
        } else {
            Err(self)
        }
    }
}

impl<M: Owner<A::Enum>, A: State<Enum: 'static>> OwnedInStateMut<M, A> {
    /// The data of the state: see [`InStateMut::view`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let full = slot.in_full().exclusive().now()?.into_owned(Arc::clone(&slot));
    /// assert_eq!(full.view(), "text");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[inline]
    pub fn view(&self) -> A::View<'_> {
        A::same(A::view(self.right.get().view()))
    }

    /// The data of the state, for writing: see [`InStateMut::view_mut`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let mut full = slot.in_full().exclusive().now()?.into_owned(Arc::clone(&slot));
    /// full.view_mut().push('!');
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
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let full = slot.in_full().exclusive().now()?.into_owned(Arc::clone(&slot));
    /// assert!(!full.is_wanted());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.right.get().lock().is_wanted(Wish::Any(self.right.get().position()))
    }

    /// A handle that waits until somebody waits for the state, or for a way out of it: see [`Wanted`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let full = slot.in_full().exclusive().now()?.into_owned(Arc::clone(&slot));
    /// assert!(full.wanted().now().is_err()); // nobody waits
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted::of::<A::Enum>(
            self.right.get().lock().wishes(Wish::Any(self.right.get().position())),
        )
    }

    /// Goes on to the transition to `B`, at once: see [`InStateMut::to`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let full = slot.in_full().exclusive().now()?.into_owned(Arc::clone(&slot));
    /// assert_eq!(full.to::<slot::Empty>()?.commit(), "text");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `Vetoed` if a `before` handler refuses. The exclusive hold comes back.
    ///
    /// # Panics
    ///
    /// If a `before` handler does. The hold is released.
    pub fn to<B>(self) -> Result<OwnedInTransition<M, A, B>, RefusedWith<Self>>
    where
        A: TransitionTo<B>,
        B: State<Enum = A::Enum>,
    {
        self.right.consume(|right, owner| match InStateMut::<A>::of(right).to::<B>() {
            Ok(transition) => Ok(transition.into_owned(Arc::clone(owner))),
            Err(RefusedWith { refused, data }) => {
                Err(RefusedWith { refused, data: data.into_owned(Arc::clone(owner)) })
            }
        })
    }

    /// Lets others hold the state too, in one step: see [`InStateMut::share`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let full = slot.in_full().exclusive().now()?.into_owned(Arc::clone(&slot));
    /// let shared = full.share();
    /// assert!(slot.in_full().now().is_ok());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the waker of a task that is woken does. The hold is released.
    pub fn share(self) -> OwnedInState<M, A> {
        self.right.consume(|right, owner| {
            InStateMut::<A>::of(right).share().into_owned(Arc::clone(owner))
        })
    }

    /// The machine, and what else the `Arc` holds.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let full = slot.in_full().exclusive().now()?.into_owned(Arc::clone(&slot));
    /// assert!(full.machine().is_full());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn machine(&self) -> &Arc<M> {
        self.right.owner()
    }
}

impl<M: Owner<A::Enum>, A: State<Enum: 'static>, B: State<Enum = A::Enum>>
    OwnedInTransition<M, A, B>
{
    fn consume<R>(
        self,
        consume: impl for<'x> FnOnce(InTransition<'x, A, B>, &'x Arc<M>) -> R,
    ) -> R {
        let Self { right, work, to: PhantomData } = self;
        right.consume(|right, owner| consume(InTransition::from_parts(right, work), owner))
    }

    /// The data of the state to be left: see [`InTransition::view`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let emptying = slot.full_to_empty().now()?.into_owned(Arc::clone(&slot));
    /// assert_eq!(emptying.view(), "text");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[inline]
    pub fn view(&self) -> A::View<'_> {
        A::same(A::view(self.right.get().view()))
    }

    /// The data of the state to be left, for writing: see [`InTransition::view_mut`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let mut emptying = slot.full_to_empty().now()?.into_owned(Arc::clone(&slot));
    /// emptying.view_mut().push('!');
    /// assert_eq!(emptying.commit(), "text!");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[inline]
    pub fn view_mut(&mut self) -> A::ViewMut<'_>
    where
        A: Single,
    {
        A::view_mut(self.right.view_mut())
    }

    /// Whether somebody's [urgent](crate::Transition::urgent) wait would be over if this transition were
    /// rolled back. Never blocks for long.
    ///
    /// It may have changed by the time you read it. To hear of it, wait for [`wanted`](Self::wanted).
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let emptying = slot.full_to_empty().now()?.into_owned(Arc::clone(&slot));
    /// assert!(!emptying.is_wanted());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.right.get().lock().is_wanted(Wish::Urgent(self.right.get().position()))
    }

    /// A handle that waits until somebody's [urgent](crate::Transition::urgent) wait would be over if this
    /// transition were rolled back: see [`Wanted`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let emptying = slot.full_to_empty().now()?.into_owned(Arc::clone(&slot));
    /// assert!(emptying.wanted().now().is_err()); // nobody waits
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted::of::<A::Enum>(
            self.right.get().lock().wishes(Wish::Urgent(self.right.get().position())),
        )
    }

    /// Enters the new state with that data: see [`InTransition::commit_with`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let refilling = slot.full_to_full().now()?.into_owned(Arc::clone(&slot));
    /// assert_eq!(refilling.commit_with("new".to_owned()), "text");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`InTransition::commit_with`].
    pub fn commit_with(self, data: B::Data) -> A::Data {
        self.consume(|transition, _| transition.commit_with(data))
    }

    /// Enters the new state, which has no data: see [`InTransition::commit`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let emptying = slot.full_to_empty().now()?.into_owned(Arc::clone(&slot));
    /// assert_eq!(emptying.commit(), "text");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`InTransition::commit`].
    pub fn commit(self) -> A::Data
    where
        B: Dataless,
    {
        self.consume(|transition, _| transition.commit())
    }

    /// Enters the new state with data that is made of the old state's: see
    /// [`InTransition::commit_map`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let refilling = slot.full_to_full().now()?.into_owned(Arc::clone(&slot));
    /// refilling.commit_map(|text| text.repeat(2));
    /// assert_eq!(*slot.in_full().now()?, "texttext");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`InTransition::commit_map`].
    ///
    /// # Aborts
    ///
    /// If the closure panics.
    pub fn commit_map(self, map: impl FnOnce(A::Data) -> B::Data) {
        self.consume(|transition, _| transition.commit_map(map));
    }

    /// Enters the new state with that data and holds it: see [`InTransition::enter_with`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let refilling = slot.full_to_full().now()?.into_owned(Arc::clone(&slot));
    /// assert_eq!(*refilling.enter_with("new".to_owned()), "new");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`InTransition::enter_with`].
    pub fn enter_with(self, data: B::Data) -> OwnedInState<M, B> {
        self.consume(|transition, owner| transition.enter_with(data).into_owned(Arc::clone(owner)))
    }

    /// Enters the new state, which has no data, and holds it: see [`InTransition::enter`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let emptying = slot.full_to_empty().now()?.into_owned(Arc::clone(&slot));
    /// let empty = emptying.enter();
    /// assert!(slot.empty_to_full().now().is_err()); // `empty` holds it
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`InTransition::enter`].
    pub fn enter(self) -> OwnedInState<M, B>
    where
        B: Dataless,
    {
        self.consume(|transition, owner| transition.enter().into_owned(Arc::clone(owner)))
    }

    /// Enters the new state with data that is made of the old state's, and holds it: see
    /// [`InTransition::enter_map`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let refilling = slot.full_to_full().now()?.into_owned(Arc::clone(&slot));
    /// assert_eq!(*refilling.enter_map(|text| text.repeat(2)), "texttext");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`InTransition::enter_map`].
    ///
    /// # Aborts
    ///
    /// If the closure panics.
    pub fn enter_map(self, map: impl FnOnce(A::Data) -> B::Data) -> OwnedInState<M, B> {
        self.consume(|transition, owner| transition.enter_map(map).into_owned(Arc::clone(owner)))
    }

    /// Does the work and commits what it makes: see [`InTransition::run`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let refilling = slot.full_to_full().now()?.into_owned(Arc::clone(&slot));
    /// assert!(refilling.run(|_| Err("no text")).is_err());
    /// assert_eq!(*slot.in_full().now()?, "text");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the work. The transition is rolled back.
    ///
    /// # Panics
    ///
    /// As [`InTransition::run`].
    pub fn run<E>(
        self,
        work: impl FnOnce(View<'_, A>) -> Result<B::Data, E>,
    ) -> Result<A::Data, E> {
        self.consume(|transition, _| transition.run(work))
    }

    /// Does async work and commits what it makes: see [`InTransition::run_async`]. Dropping the future
    /// rolls back. The future is `'static` if the work is.
    ///
    /// ```
    /// # use std::{pin::pin, sync::Arc, task::{Context, Waker}};
    /// # use statemachine::Refused;
    /// # use statemachine_example::*;
    /// # let mut test = pin!(async {
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let refilling = slot.full_to_full().await?.into_owned(Arc::clone(&slot));
    /// refilling.run_async(async || Ok::<_, Refused>("new".to_owned())).await?;
    /// assert_eq!(*slot.in_full().await?, "new");
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
    /// As [`InTransition::run_async`].
    pub async fn run_async<E>(
        self,
        work: impl AsyncFnOnce() -> Result<B::Data, E>,
    ) -> Result<A::Data, E> {
        let data = self.work.instrument(work()).await?;
        Ok(self.commit_with(data))
    }

    /// Runs the action that is registered for the transition, and commits what it makes: see
    /// [`InTransition::perform`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// slot.full_to_full().action(|text| Ok::<_, &str>(text.repeat(2)));
    /// slot.full_to_full().now()?.into_owned(Arc::clone(&slot)).perform()?;
    /// assert_eq!(*slot.in_full().now()?, "texttext");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`InTransition::perform`].
    ///
    /// # Panics
    ///
    /// As [`InTransition::perform`].
    pub fn perform(self) -> Result<A::Data, Refused> {
        self.consume(|transition, _| transition.perform())
    }

    /// Runs the action that is registered for the transition, async or not, and commits what it
    /// makes: see [`InTransition::perform_async`]. Dropping the future rolls back.
    ///
    /// ```
    /// # use std::{pin::pin, sync::Arc, task::{Context, Waker}};
    /// # use statemachine::Refused;
    /// # use statemachine_example::*;
    /// # let mut test = pin!(async {
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// slot.full_to_full().action_async(|_| async { Ok::<_, &str>("new".to_owned()) });
    /// slot.full_to_full().await?.into_owned(Arc::clone(&slot)).perform_async().await?;
    /// assert_eq!(*slot.in_full().await?, "new");
    /// # Ok::<(), statemachine::Refused>(())
    /// # });
    /// # assert!(test.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    /// ```
    ///
    /// # Errors
    ///
    /// As [`InTransition::perform_async`].
    ///
    /// # Panics
    ///
    /// As [`InTransition::perform_async`].
    pub async fn perform_async(self) -> Result<A::Data, Refused> {
        let action = InTransition::<A, B>::action_of(self.right.get());
        let made = match action.as_deref() {
            None => None,
            Some(Action::Sync(action)) => {
                Some(self.work.in_scope(|| action(self.right.get().view())))
            }
            Some(Action::Async(action)) => {
                let making = self.work.in_scope(|| action(self.right.get().view()));
                Some(self.work.instrument(making).await)
            }
        };
        self.consume(|transition, _| transition.finish_made(made))
    }

    /// Leaves the machine in the old state, as dropping does.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// slot.full_to_empty().now()?.into_owned(Arc::clone(&slot)).rollback();
    /// assert!(slot.is_full());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the waker of a task that is woken does. The right is released.
    pub fn rollback(self) {
        drop(self);
    }

    /// The machine, and what else the `Arc` holds.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let emptying = slot.full_to_empty().now()?.into_owned(Arc::clone(&slot));
    /// assert!(emptying.machine().is_in_transition());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn machine(&self) -> &Arc<M> {
        self.right.owner()
    }
}

impl<M: Owner<A::Enum>, A: State<Enum: 'static>> OwnedInStateMut<M, A> {
    /// Which state is held: see [`InStateMut::kind`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let held = slot.hold().exclusive().now()?.into_owned(Arc::clone(&slot));
    /// assert_eq!(held.kind(), SlotKind::Full);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn kind(&self) -> <A::Enum as StateMachine>::Kind
    where
        A: Several,
    {
        Kind::at(self.right.get().position().get())
    }

    /// The same exclusive hold, as an exclusive hold on that state: see [`InStateMut::narrow`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let held = slot.hold().exclusive().now()?.into_owned(Arc::clone(&slot));
    /// assert!(held.narrow::<slot::Full>().is_ok());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The same exclusive hold, if it is on another state.
    pub fn narrow<B: State<Enum = A::Enum>>(self) -> Result<OwnedInStateMut<M, B>, Self>
    where
        A: Several,
    {
        if B::SET.contains(self.right.get().position()) {
            Ok(OwnedInStateMut { right: self.right, state: PhantomData })
        } else {
            Err(self)
        }
    }
}

impl<M: Owner<A::Enum>, A: State<Enum: 'static>, B: State<Enum = A::Enum>>
    OwnedInTransition<M, A, B>
{
    /// Which state is to be left: see [`InTransition::kind`].
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use statemachine_example::*;
    /// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
    /// let refilling = slot.to_full().now()?.into_owned(Arc::clone(&slot));
    /// assert_eq!(refilling.kind(), SlotKind::Full);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn kind(&self) -> <A::Enum as StateMachine>::Kind
    where
        A: Several,
    {
        Kind::at(self.right.get().position().get())
    }
}

impl<M, A: State<Enum: 'static>> Clone for OwnedInState<M, A> {
    /// One more hold, even if a transition waits for the holders to leave.
    ///
    /// # Panics
    ///
    /// If the maximum number of holders is reached: 262,143.
    fn clone(&self) -> Self {
        match self.right.try_clone() {
            Some(right) => Self { right, state: PhantomData },
            None => super::too_many_holders(A::Enum::NAME, A::NAME),
        }
    }
}

impl<M, A: Newtype<Enum: 'static>> Deref for OwnedInState<M, A> {
    type Target = A::Field;

    #[inline]
    fn deref(&self) -> &A::Field {
        A::field(self.right.get().view())
    }
}

impl<M, A: Newtype<Enum: 'static>> Deref for OwnedInStateMut<M, A> {
    type Target = A::Field;

    #[inline]
    fn deref(&self) -> &A::Field {
        A::field(self.right.get().view())
    }
}

impl<M, A: Newtype<Enum: 'static> + Single> DerefMut for OwnedInStateMut<M, A> {
    #[inline]
    fn deref_mut(&mut self) -> &mut A::Field {
        A::field_mut(self.right.view_mut().expect("a state with a field has data"))
    }
}

/// As the data prints itself.
///
/// ```
/// # use std::sync::Arc;
/// # use statemachine_example::*;
/// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
/// let full = slot.in_full().now()?.into_owned(Arc::clone(&slot));
/// assert_eq!(full.to_string(), "text");
/// # Ok::<(), statemachine::Refused>(())
/// ```
impl<M, A: Newtype<Enum: 'static, Field: fmt::Display>> fmt::Display for OwnedInState<M, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// As the data prints itself.
///
/// ```
/// # use std::sync::Arc;
/// # use statemachine_example::*;
/// # let slot = Arc::new(SlotMachine::from_state(Slot::Full("text".to_owned())));
/// let full = slot.in_full().exclusive().now()?.into_owned(Arc::clone(&slot));
/// assert_eq!(full.to_string(), "text");
/// # Ok::<(), statemachine::Refused>(())
/// ```
impl<M, A: Newtype<Enum: 'static, Field: fmt::Display>> fmt::Display for OwnedInStateMut<M, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<M, A: State<Enum: 'static>> fmt::Debug for OwnedInState<M, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::show(f, "OwnedInState", A::Enum::NAME, A::NAME)
    }
}

impl<M, A: State<Enum: 'static>> fmt::Debug for OwnedInStateMut<M, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::show(f, "OwnedInStateMut", A::Enum::NAME, A::NAME)
    }
}

impl<M, A: State<Enum: 'static>, B: State> fmt::Debug for OwnedInTransition<M, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedInTransition")
            .field("machine", &format_args!("{}", A::Enum::NAME))
            .field("from", &format_args!("{}", A::NAME))
            .field("to", &format_args!("{}", B::NAME))
            .finish()
    }
}
