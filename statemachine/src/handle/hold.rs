//! A handle on a state.

use std::{
    fmt,
    time::{Duration, Instant},
};

use super::{Asks, ExclusiveHold, Upgrade, expected, explain};
use crate::{
    change::Change,
    graph::{StateId, StateSet},
    guard::{InState, MappedInState},
    handlers::HandlerId,
    lock::{Granted, Lock, Refusal, Request, Shared},
    private::{Asked, mismatch},
    refused::Refused,
    state::{Any, Located, Several, State, StateMachine, View},
    trace::Waited,
    wait::{Interrupt, handle},
};

/// A handle on state `A`, or with [`Any`](crate::Any) on whichever state is current.
///
/// Made by the generated `in_a()`, and by [`Machine::hold`](crate::Machine::hold). It costs nothing, does
/// nothing, and has no data until one of its verbs is called: `now()`, `within(..)`, `until(..)` or `.await`
/// give the [`InState`] that has.
///
/// ```
/// use std::{thread, time::{Duration, Instant}};
/// # use statemachine_example::*;
///
/// let slots = [SlotMachine::new(), SlotMachine::new()];
/// thread::scope(|scope| {
///     scope.spawn(|| slots.each_ref().map(|slot| slot.empty_to_full().try_commit_with("text".into())));
///     // One deadline for all the waits.
///     let deadline = Instant::now() + Duration::from_secs(60);
///     for slot in &slots {
///         assert_eq!(slot.in_full().until(deadline)?.as_str(), "text");
///     }
///     Ok::<(), statemachine::Refused>(())
/// })?;
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct Hold<'a, A: State> {
    lock: &'a Lock<A::Enum>,
    states: StateSet,
}

handle! {
    impl['a, A: State] Hold<'a, A>: InState<'a, A>, Refused;
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "Callers that wait are served in order of arrival. They are woken only for a state that \
        they wait for, or if none of these can be reached any more.",
    "`TimedOut` at the limit. `Unreachable` as soon as waiting is in vain. `InUse` if no more \
        holders can be counted.",
    "# use statemachine_example::*;
let door = DoorMachine::new();
let open = door.in_open().now()?;
assert!(door.in_closed().now().is_err());
# Ok::<(), statemachine::Refused>(())"
}

impl<'a, A: State> Hold<'a, A> {
    #[inline]
    pub(crate) fn new(lock: &'a Lock<A::Enum>) -> Self {
        Self { lock, states: A::SET }
    }

    /// Registers a handler that is called after each commit that leaves the state, on the thread that
    /// committed, when the right is released.
    ///
    /// On a group it is called for moves inside the group too: each of them leaves a state of the group.
    ///
    /// [`Transition::after`](crate::Transition::after) says what it may do, and what a panic in it does.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let door = DoorMachine::new();
    /// door.in_open().on_exit(|change| println!("change {}", change.sequence));
    /// door.open_to_closed().try_commit()?;
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn on_exit(
        self,
        handler: impl Fn(&Change<<A::Enum as StateMachine>::Kind>) + Send + Sync + 'static,
    ) -> HandlerId {
        self.lock.register(|handlers| handlers.on_exit(self.states, handler))
    }

    /// Registers a handler that is called after each commit that enters the state, on the thread that
    /// committed, when the right is released.
    ///
    /// On a group it is called for moves inside the group too: each of them enters a state of the group.
    ///
    /// By then the machine may be in another state again.
    /// [`Transition::after`](crate::Transition::after) says what the handler may do, and what a panic in
    /// it does.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let door = DoorMachine::new();
    /// door.in_closed().on_enter(|change| println!("change {}", change.sequence));
    /// door.open_to_closed().try_commit()?;
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn on_enter(
        self,
        handler: impl Fn(&Change<<A::Enum as StateMachine>::Kind>) + Send + Sync + 'static,
    ) -> HandlerId {
        self.lock.register(|handlers| handlers.on_enter(self.states, handler))
    }

    /// A handle on the exclusive use of the state: to work on its data, or to decide where the machine
    /// goes next while nobody else can.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
    /// let mut full = slot.in_full().exclusive().now()?;
    /// full.push('!');
    /// drop(full);
    /// assert_eq!(*slot.in_full().now()?, "text!");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[inline]
    pub fn exclusive(self) -> ExclusiveHold<'a, A> {
        ExclusiveHold::new(self.lock, self.states)
    }
}

/// What only the guard has: called here, the compiler says that the handle has to be asked first.
impl<'a, A: State> Hold<'a, A> {
    #[doc(hidden)]
    pub fn view(&self) -> A::View<'_>
    where
        Self: Asked,
    {
        mismatch()
    }

    #[doc(hidden)]
    pub fn kind(&self) -> <A::Enum as StateMachine>::Kind
    where
        A: Several,
        Self: Asked,
    {
        mismatch()
    }

    #[doc(hidden)]
    pub fn to<B: State<Enum = A::Enum>>(self) -> Upgrade<'a, A, B>
    where
        Self: Asked,
    {
        mismatch()
    }

    #[doc(hidden)]
    pub fn map<U: ?Sized>(
        self,
        _: impl for<'x> FnOnce(&'x View<'x, A>) -> &'x U,
    ) -> MappedInState<'a, A, U>
    where
        Self: Asked,
    {
        mismatch()
    }
}

impl<'a, S: StateMachine> Hold<'a, Any<S>> {
    /// On whichever of the states the predicate likes.
    pub(crate) fn of_any(lock: &'a Lock<S>, likes: impl FnMut(StateId) -> bool) -> Self {
        Self { lock, states: StateSet::of(S::STATES.len(), likes) }
    }
}

impl<'a, A: State> Asks for Hold<'a, A> {
    type Site = &'a Lock<A::Enum>;
    type Given = InState<'a, A>;
    type Denied = Refused;

    #[inline]
    fn site(&self) -> &'a Lock<A::Enum> {
        self.lock
    }

    #[inline(always)]
    fn request(&self) -> Request {
        Request::Hold(self.states)
    }

    #[inline(always)]
    fn accept(self, granted: Granted<'a, A::Enum>, _: Waited) -> Result<InState<'a, A>, Refused> {
        match granted {
            Granted::Shared(right) => Ok(InState::of(right)),
            Granted::Exclusive(_) | Granted::Watched(_) => {
                unreachable!("a shared right was asked for")
            }
        }
    }

    #[inline(always)]
    fn refuse(self, refusal: Refusal, _: Option<Shared<'a, A::Enum>>, waited: Duration) -> Refused {
        explain::<A::Enum>(self.lock.id(), refusal, expected::<A>(self.states), None, waited)
    }
}

impl<A: State> Clone for Hold<'_, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: State> Copy for Hold<'_, A> {}

impl<A: State> fmt::Debug for Hold<'_, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hold")
            .field("machine", self.lock)
            .field("state", &format_args!("{}", A::NAME))
            .finish()
    }
}
