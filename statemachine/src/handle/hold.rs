//! A handle on a state.

use std::{fmt, future::IntoFuture, time::Duration};

use crate::{
    change::Change,
    graph::StateSet,
    guard::InState,
    handlers::HandlerId,
    lock::{Answer, Granted, Notify, Place, Refusal, Request, Shared, Word},
    machine::Machine,
    refused::Refused,
    state::{Any, State, StateMachine},
    trace::Waited,
    wait::{Ask, Handle, Wait, explain, verbs},
};

/// A handle on state `A`, or with [`Any`] on whatever state the machine is in.
///
/// Made by the generated `in_a()`, and by [`Machine::hold`]. It does nothing until one of its verbs
/// is called, and costs nothing.
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
    machine: &'a Machine<A::Enum>,
}

impl<'a, A: State> Hold<'a, A> {
    verbs!(InState<'a, A>, Refused;
        "# use statemachine::StateMachine;
# use statemachine_example::*;
let door = DoorMachine::new();
let open = door.in_open().now()?;
assert!(door.in_closed().now().is_err());
# Ok::<(), statemachine::Refused>(())");

    #[inline]
    pub(crate) fn new(machine: &'a Machine<A::Enum>) -> Self {
        Self { machine }
    }

    /// Registers a handler that is called after each commit that leaves the state, on the thread
    /// that committed, when the right has been let go of.
    ///
    /// What it may do, and what a panic in it does, is said at
    /// [`Transition::after`](crate::Transition::after).
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
        self.machine.register(|handlers| handlers.on_exit(Self::position(), handler))
    }

    /// Registers a handler that is called after each commit that enters the state, on the thread
    /// that committed, when the right has been let go of.
    ///
    /// By then the machine may be in another state again. What it may do, and what a panic in it does,
    /// is said at [`Transition::after`](crate::Transition::after).
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
        self.machine.register(|handlers| handlers.on_enter(Self::position(), handler))
    }

    /// None where any state is meant.
    #[inline]
    fn position() -> Option<u16> {
        (A::INDEX != Any::<A::Enum>::INDEX).then_some(A::INDEX)
    }

    #[inline(always)]
    fn states() -> StateSet {
        Self::position().map_or(StateSet::All, StateSet::One)
    }

    fn request() -> Request {
        Request::Hold(Self::states())
    }
}

impl<'a, A: State> Handle for Hold<'a, A> {
    type Output = InState<'a, A>;
    type Error = Refused;
}

impl<'a, A: State> Ask for Hold<'a, A> {
    type Place = Place<'a, A::Enum>;

    #[inline]
    fn look(&self) -> Word {
        self.machine.lock().look()
    }

    #[inline(always)]
    fn attempt(&mut self) -> Result<Granted<'a, A::Enum>, Word> {
        let lock = self.machine.lock();
        lock.try_hold(Self::states(), lock.look())
    }

    #[inline(always)]
    fn wants(&self, state: u16) -> bool {
        Self::states().contains(state)
    }

    fn insist(&mut self, seen: Word) -> Result<Granted<'a, A::Enum>, Refusal> {
        self.machine.lock().acquire(&Self::request(), seen)
    }

    fn enter(&mut self, notify: Notify) -> Result<Place<'a, A::Enum>, Answer<'a, A::Enum>> {
        Place::take(self.machine.lock(), Self::request(), None, notify)
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
        explain::<A::Enum>(refusal, A::EXPECTED, None, waited)
    }
}

impl<'a, A: State> IntoFuture for Hold<'a, A> {
    type Output = Result<InState<'a, A>, Refused>;
    type IntoFuture = Wait<'static, Self>;

    fn into_future(self) -> Self::IntoFuture {
        Wait::new(self, None)
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
            .field("machine", self.machine)
            .field("state", &format_args!("{}", A::NAME))
            .finish()
    }
}
