//! A handle on a transition.

use std::{
    fmt,
    marker::PhantomData,
    time::{Duration, Instant},
};

use super::{Asks, Join, explain};
use crate::{
    change::Change,
    graph::StateSet,
    guard::{InState, InTransition},
    handlers::{Action, HandlerId, Making, Route, Veto},
    lock::{Granted, Lock, Refusal, Request, Shared, Word},
    private::{Asked, mismatch},
    refused::{Refused, RefusedWith},
    state::{Any, Dataless, Located, Single, State, StateMachine, View},
    trace::{self, Waited},
    wait::{Interrupt, handle, now, now_slowly},
};

/// A handle on the transition from `A` to `B`.
///
/// Made by the generated `a_to_b()` and `to_b()`. The second starts from whichever declared source is
/// current. A handle costs nothing, and does nothing until one of its verbs is called. The old state's data
/// and `commit` are on the [`InTransition`] that `now()`, `within(..)`, `until(..)` or `.await` give.
///
/// A wait goes on in the wrong state too: until the machine is in `A`, for all of its limit, or until `A` cannot
/// be reached any more. That is so if the machine is in `B` already: [`or_join`](Self::or_join) accepts `B`, and
/// [`now`](Self::now) is refused at once.
///
/// | to | write |
/// |---|---|
/// | commit if the machine is in `A` and free | [`try_commit`](Self::try_commit), [`try_commit_with`](Self::try_commit_with), [`try_commit_map`](Self::try_commit_map) |
/// | take the right first, then do the work | [`now`](Self::now), [`within`](Self::within), [`until`](Self::until), `.await` |
/// | accept that another caller makes the transition | [`or_join`](Self::or_join) |
/// | let the registered action do the work | [`perform`](Self::perform) |
///
/// ```
/// use std::{thread, time::Duration};
/// use statemachine::Refused;
/// # use statemachine_example::*;
///
/// let door = DoorMachine::new();
/// let closing = door.open_to_closed(); // `Copy`, and may be used again
/// let open = door.in_open().now()?;
/// assert!(matches!(closing.now(), Err(Refused::InUse { holders: 1, .. })));
/// thread::scope(|scope| {
///     scope.spawn(move || drop(open));
///     closing.within(Duration::from_secs(60))?.commit(); // when the holder has left
///     Ok::<(), Refused>(())
/// })?;
/// assert!(door.is_closed());
/// # Ok::<(), Refused>(())
/// ```
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct Transition<'a, A: State, B> {
    lock: &'a Lock<A::Enum>,
    flags: Flags,
    to: PhantomData<fn() -> (A, B)>,
}

/// In one byte: a handle of two fields is passed on in registers. In memory, it would be written there before
/// the exchange, which then waits for that.
#[derive(Clone, Copy)]
struct Flags(u8);

impl Flags {
    const NONE: Self = Self(0);
    /// It starts in every state, also in those that have no such transition.
    const FROM_ANYWHERE: Self = Self(1);
    const URGENT: Self = Self(2);

    #[inline]
    fn with(self, flag: Self) -> Self {
        Self(self.0 | flag.0)
    }

    #[inline]
    fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }
}

handle! {
    impl['a, A: State, B: State<Enum = A::Enum>] Transition<'a, A, B>: InTransition<'a, A, B>, Refused;
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "Callers that wait are served in order of arrival, the [urgent](Self::urgent) ones first. \
        They are woken only for a state that they wait for, or if none of these can be reached \
        any more.",
    "`TimedOut` at the limit. `Unreachable` as soon as waiting is in vain. `Vetoed` if a \
        [`before`](Self::before) handler refuses.",
    "# use statemachine_example::*;
let door = DoorMachine::new();
let closing = door.open_to_closed().now()?;
assert!(door.open_to_closed().now().is_err());
closing.commit();
assert!(door.is_closed());
# Ok::<(), statemachine::Refused>(())"
}

impl<'a, A: State, B: State<Enum = A::Enum>> Transition<'a, A, B> {
    #[inline]
    pub(crate) fn declared(lock: &'a Lock<A::Enum>) -> Self {
        Self { lock, flags: Flags::NONE, to: PhantomData }
    }

    /// Begins and commits in one step, if the new state has no data. Never blocks.
    ///
    /// It is refused while anybody holds the state, even for a look. If a look must not stop the move, wait
    /// for the right: `within(limit)?.commit()`.
    ///
    /// Returns the old state's data. Between two states without data, and if nobody waits, this is one
    /// atomic instruction.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let door = DoorMachine::new();
    /// assert!(door.open_to_closed().try_commit().is_ok());
    /// assert!(door.open_to_closed().try_commit().is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`now`](Self::now).
    ///
    /// # Panics
    ///
    /// As [`InTransition::commit_with`].
    #[inline]
    pub fn try_commit(self) -> Result<A::Data, Refused>
    where
        B: Dataless,
    {
        let lock = self.lock;
        if A::HAS_DATA {
            return now(self).map(InTransition::commit);
        }
        match lock.leap(A::ID, B::ID) {
            Ok(()) => {
                trace::leapt(lock.id(), A::Enum::NAME, A::NAME, B::NAME);
                Ok(A::unwrap(A::Enum::dataless(A::INDEX)))
            }
            Err(word) if word.state() != A::ID => {
                Err(self.refuse(Refusal::WrongState(word.state()), None, Duration::ZERO))
            }
            Err(word) => self.commit_slowly(word),
        }
    }

    /// Begins and commits in one step, with the new state's data. Never blocks.
    ///
    /// Returns the old state's data. If it is refused, the error gives the new data back.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::new();
    /// slot.empty_to_full().try_commit_with("first".to_owned())?;
    /// let refused = slot.empty_to_full().try_commit_with("second".to_owned()).unwrap_err();
    /// assert_eq!(refused.into_data(), "second");
    /// # Ok::<(), statemachine::RefusedWith<String>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`now`](Self::now), with the data.
    ///
    /// # Panics
    ///
    /// As [`InTransition::commit_with`].
    #[inline]
    pub fn try_commit_with(self, data: B::Data) -> Result<A::Data, RefusedWith<B::Data>> {
        match now(self) {
            Ok(transition) => Ok(transition.commit_with(data)),
            Err(refused) => Err(RefusedWith { refused, data }),
        }
    }

    /// Makes the transition with data that the closure makes of the old state's, by value: at once or not
    /// at all.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
    /// slot.full_to_full().try_commit_map(|text| text.to_uppercase())?;
    /// assert_eq!(*slot.in_full().now()?, "TEXT");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`now`](Self::now). The closure was not called.
    ///
    /// # Panics
    ///
    /// As [`InTransition::commit_map`].
    ///
    /// # Aborts
    ///
    /// If the closure panics: see [`InTransition::commit_map`].
    #[inline]
    pub fn try_commit_map(self, map: impl FnOnce(A::Data) -> B::Data) -> Result<(), Refused> {
        now(self).map(|transition| transition.commit_map(map))
    }

    /// Begins, runs the registered action, and commits what it makes. Never waits for the right.
    ///
    /// ```
    /// # use std::convert::Infallible;
    /// # use statemachine_example::*;
    /// let number = NumberMachine::new();
    /// number.unknown_to_known().action(|()| "5".parse());
    /// number.unknown_to_known().perform()?;
    /// assert_eq!(*number.in_known().now()?, 5);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`now`](Self::now) and [`InTransition::perform`].
    ///
    /// # Panics
    ///
    /// As [`InTransition::perform`].
    pub fn perform(self) -> Result<A::Data, Refused> {
        now(self)?.perform()
    }

    /// Begins, runs the registered action, async or not, and commits what it makes. Never waits for the
    /// right. Dropping the future rolls back.
    ///
    /// ```
    /// # use std::pin::pin;
    /// # use std::task::{Context, Waker};
    /// # use statemachine_example::*;
    /// # let mut test = pin!(async {
    /// let slot = SlotMachine::new();
    /// slot.empty_to_full().action_async(|()| async { Ok::<_, &str>("text".to_owned()) });
    /// slot.empty_to_full().perform_async().await?;
    /// assert!(slot.is_full());
    /// # Ok::<(), statemachine::Refused>(())
    /// # });
    /// # assert!(test.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`now`](Self::now) and [`InTransition::perform_async`].
    pub async fn perform_async(self) -> Result<A::Data, Refused> {
        now(self)?.perform_async().await
    }

    /// The same transition, whose waits go first.
    ///
    /// It stands in the queue before all that are not urgent. If a transition out of the same state is
    /// under way, its caller is asked to give up: see [`InTransition::wanted`]. If that caller rolls back,
    /// the right goes to the urgent one. No right is taken from a caller that keeps it. `now` does not wait,
    /// so this changes nothing for it.
    ///
    /// With [`or_join`](Self::or_join) behind it, the wait is as urgent. If the machine is in `B`, it also
    /// goes before a transition that waits for the holders to leave: it holds `B` with them.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # use std::{pin::pin, task::{Context, Waker}};
    /// let door = DoorMachine::new();
    /// let closing = door.open_to_closed().now()?;
    /// assert!(!closing.is_wanted());
    /// let mut urgent = pin!(door.open_to_closed().urgent().into_future());
    /// assert!(urgent.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    /// assert!(closing.is_wanted());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn urgent(self) -> Self {
        Self { flags: self.flags.with(Flags::URGENT), ..self }
    }

    /// A handle that also succeeds if another caller makes the transition. It gives the right to make it
    /// or, as soon as the machine is in `B`, a hold on `B`.
    ///
    /// ```
    /// # use statemachine::{Joined, StateMachine};
    /// # use statemachine_example::*;
    /// let door = DoorMachine::new();
    /// assert!(matches!(door.open_to_closed().or_join().now()?, Joined::Mine(_)));
    /// door.open_to_closed().try_commit()?;
    /// assert!(matches!(door.open_to_closed().or_join().now()?, Joined::There(_)));
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[inline]
    pub fn or_join(self) -> Join<'a, A, B> {
        Join::new(self)
    }

    /// Registers a handler that is called when the caller has the right, before the caller's work, and
    /// that may veto. The first error rolls back and reaches the caller as [`Refused::Vetoed`].
    ///
    /// Handlers of one transition are called in order of registration. A handler on `to_b()` is called for
    /// the transition from each of `B`'s sources. A handler on `reset()` is called for every transition to
    /// the initial state.
    ///
    /// Calls that the handler makes on this machine get no special treatment: they are refused or wait as
    /// usual. It runs in the middle of a transition, so no other one can begin before it returns. It runs
    /// on the caller's thread; for a task, that is inside its poll. The limit of the wait does not count
    /// its time. A panic in it rolls back and reaches the caller, and a hold that was to be traded is
    /// released.
    ///
    /// ```
    /// # use statemachine::{Refused, StateMachine};
    /// # use statemachine_example::*;
    /// let door = DoorMachine::new();
    /// let id = door.open_to_closed().before(|()| Err("somebody stands in it"));
    /// assert!(matches!(door.open_to_closed().try_commit(), Err(Refused::Vetoed { .. })));
    /// door.remove_handler(id);
    /// assert!(door.open_to_closed().try_commit().is_ok());
    /// ```
    ///
    /// One that never objects still has to name a type of error:
    ///
    /// ```
    /// # use std::convert::Infallible;
    /// # use statemachine_example::*;
    /// # let door = DoorMachine::new();
    /// door.open_to_closed().before(|()| Ok::<_, Infallible>(println!("closing")));
    /// ```
    pub fn before<E>(
        self,
        handler: impl Fn(View<'_, A>) -> Result<(), E> + Send + Sync + 'static,
    ) -> HandlerId
    where
        // The compiler shows the next line if it cannot infer the error.
        E: Into<Veto>, // If it cannot fail, write `Ok::<_, std::convert::Infallible>(..)`.
    {
        let handler = move |state: &A::Enum| handler(A::view(state)).map_err(Into::into);
        self.lock.register(|handlers| handlers.before(self.route(), handler))
    }

    /// Registers the action that [`perform`](Self::perform) runs: it makes the new state's data.
    ///
    /// A transition has one action, and a later one replaces it. An action on `to_b()` is used from those
    /// of `B`'s sources that have none of their own.
    ///
    /// ```
    /// # use std::convert::Infallible;
    /// # use statemachine_example::*;
    /// let number = NumberMachine::new();
    /// number.unknown_to_known().action(|()| "not a number".parse());
    /// assert!(number.unknown_to_known().perform().is_err());
    /// assert!(number.is_unknown());
    /// // An action that cannot fail still has to name a type of error.
    /// number.unknown_to_known().action(|()| Ok::<_, Infallible>(5));
    /// assert!(number.unknown_to_known().perform().is_ok());
    /// ```
    pub fn action<E>(
        self,
        handler: impl Fn(View<'_, A>) -> Result<B::Data, E> + Send + Sync + 'static,
    ) -> HandlerId
    where
        // The compiler shows the next line if it cannot infer the error.
        E: Into<Veto>, // If it cannot fail, write `Ok::<_, std::convert::Infallible>(..)`.
    {
        let handler = move |state: &A::Enum| match handler(A::view(state)) {
            Ok(data) => Ok(B::wrap(data)),
            Err(error) => Err(error.into()),
        };
        let action = Action::Sync(Box::new(handler));
        self.lock.register(|handlers| handlers.action(self.route(), action))
    }

    /// Registers an async action, which makes the new state's data when
    /// [`perform_async`](InTransition::perform_async) is called.
    ///
    /// A transition has one action, and a later one, async or not, replaces it. The closure gets the old
    /// state's data and makes a future, which does not borrow from that data. Dropping the future of
    /// `perform_async` drops it, and rolls back.
    ///
    /// ```
    /// # use std::pin::pin;
    /// # use std::task::{Context, Waker};
    /// # use statemachine_example::*;
    /// # let mut test = pin!(async {
    /// let slot = SlotMachine::new();
    /// slot.empty_to_full().action_async(|()| async { Ok::<_, &str>("text".to_owned()) });
    /// slot.empty_to_full().await?.perform_async().await?;
    /// assert!(slot.is_full());
    /// # Ok::<(), statemachine::Refused>(())
    /// # });
    /// # assert!(test.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    /// ```
    pub fn action_async<E, F>(
        self,
        handler: impl Fn(View<'_, A>) -> F + Send + Sync + 'static,
    ) -> HandlerId
    where
        A::Enum: 'static,
        F: Future<Output = Result<B::Data, E>> + Send + 'static,
        // The compiler shows the next line if it cannot infer the error.
        E: Into<Veto>, // If it cannot fail, write `Ok::<_, std::convert::Infallible>(..)`.
    {
        let handler = move |state: &A::Enum| -> Making<A::Enum> {
            let making = handler(A::view(state));
            Box::pin(async move { making.await.map(B::wrap).map_err(Into::into) })
        };
        let action = Action::Async(Box::new(handler));
        self.lock.register(|handlers| handlers.action(self.route(), action))
    }

    /// Registers a handler that is called after each commit of the transition, on the thread that
    /// committed, when the right is released.
    ///
    /// The handlers of one commit are called in this order: `after`, `on_exit`, `on_enter`,
    /// [`observe`](crate::Machine::observe). Handlers of the same kind are called in order of
    /// registration. A panic in one reaches the caller that committed after the others have run. The
    /// commit stands.
    ///
    /// A handler may use the machine, which may be in another state by then. If a handler commits itself,
    /// the handlers hear of that commit when all of them have heard of the present one. Another thread may
    /// tell them of its own commits meanwhile; [`Change::sequence`] says which came first.
    ///
    /// After [`enter`](InTransition::enter), the new state is held while the handlers run. So a handler
    /// that waits to leave it waits until its deadline. A handler that owns the machine, such as by an
    /// `Arc` of it, keeps the machine alive for good: give it a `Weak`.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let door = DoorMachine::new();
    /// door.open_to_closed().after(|change| assert_eq!(change.sequence, 1));
    /// door.open_to_closed().try_commit()?;
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn after(
        self,
        handler: impl Fn(&Change<<A::Enum as StateMachine>::Kind>) + Send + Sync + 'static,
    ) -> HandlerId {
        self.lock.register(|handlers| handlers.after(self.route(), handler))
    }

    /// Begins and commits if a caller waits or a handler listens, or says why not.
    #[cold]
    fn commit_slowly(self, word: Word) -> Result<A::Data, Refused>
    where
        B: Dataless,
    {
        now_slowly(self, word).map(InTransition::commit)
    }

    fn route(&self) -> Route {
        Route { from: self.from(), to: B::ID }
    }

    /// The states that it starts in.
    #[inline]
    pub(super) fn from(&self) -> StateSet {
        let sources = || A::Enum::GRAPH.sources_of(B::ID);
        match (A::AT, A::GROUP) {
            (Some(state), _) => StateSet::One(state),
            (None, _) if self.flags.has(Flags::FROM_ANYWHERE) => StateSet::All,
            (None, Some(group)) => StateSet::Both(group, sources()),
            (None, None) => StateSet::Bits(sources()),
        }
    }

    #[inline]
    pub(super) fn is_urgent(&self) -> bool {
        self.flags.has(Flags::URGENT)
    }

    /// The names of the states that it starts in.
    pub(super) fn expected(&self) -> &'static [&'static str] {
        if A::AT.is_none() && A::GROUP.is_none() && !self.flags.has(Flags::FROM_ANYWHERE) {
            A::Enum::GRAPH.nodes[B::ID.index()].sources
        } else {
            A::EXPECTED
        }
    }
}

/// What only the guard has: called here, the compiler says that the handle has to be asked first.
impl<'a, A: State, B: State<Enum = A::Enum>> Transition<'a, A, B> {
    #[doc(hidden)]
    pub fn view(&self) -> A::View<'_>
    where
        Self: Asked,
    {
        mismatch()
    }

    #[doc(hidden)]
    pub fn view_mut(&mut self) -> A::ViewMut<'_>
    where
        A: Single,
        Self: Asked,
    {
        mismatch()
    }

    #[doc(hidden)]
    pub fn commit(self) -> A::Data
    where
        Self: Asked,
    {
        mismatch()
    }

    #[doc(hidden)]
    pub fn commit_with(self, _: B::Data) -> A::Data
    where
        Self: Asked,
    {
        mismatch()
    }

    #[doc(hidden)]
    pub fn commit_map(self, _: impl FnOnce(A::Data) -> B::Data)
    where
        Self: Asked,
    {
        mismatch()
    }

    #[doc(hidden)]
    pub fn enter(self) -> InState<'a, B>
    where
        Self: Asked,
    {
        mismatch()
    }

    #[doc(hidden)]
    pub fn enter_with(self, _: B::Data) -> InState<'a, B>
    where
        Self: Asked,
    {
        mismatch()
    }

    #[doc(hidden)]
    pub fn run<E>(self, _: impl FnOnce(View<'_, A>) -> Result<B::Data, E>) -> Result<A::Data, E>
    where
        Self: Asked,
    {
        mismatch()
    }
}

impl<'a, B: State> Transition<'a, Any<B::Enum>, B> {
    /// From whichever declared source is current.
    #[inline]
    pub(crate) fn from_sources(lock: &'a Lock<B::Enum>) -> Self {
        Self { lock, flags: Flags::NONE, to: PhantomData }
    }

    /// From anywhere.
    #[inline]
    pub(crate) fn from_anywhere(lock: &'a Lock<B::Enum>) -> Self {
        Self { lock, flags: Flags::FROM_ANYWHERE, to: PhantomData }
    }
}

impl<'a, A: State, B: State<Enum = A::Enum>> Asks for Transition<'a, A, B> {
    type Site = &'a Lock<A::Enum>;
    type Given = InTransition<'a, A, B>;
    type Denied = Refused;

    #[inline]
    fn site(&self) -> &'a Lock<A::Enum> {
        self.lock
    }

    #[inline(always)]
    fn request(&self) -> Request {
        Request::Transition {
            from: self.from(),
            to: B::ID,
            is_urgent: self.flags.has(Flags::URGENT),
        }
    }

    #[inline(always)]
    fn accept(
        self,
        granted: Granted<'a, A::Enum>,
        waited: Waited,
    ) -> Result<InTransition<'a, A, B>, Refused> {
        match granted {
            Granted::Exclusive(right) => {
                InTransition::begin(right, waited).map_err(|(refused, _)| refused)
            }
            Granted::Shared(_) | Granted::Watched(_) => {
                unreachable!("an exclusive right was asked for")
            }
        }
    }

    #[inline(always)]
    fn refuse(self, refusal: Refusal, _: Option<Shared<'a, A::Enum>>, waited: Duration) -> Refused {
        explain::<A::Enum>(self.lock.id(), refusal, self.expected(), Some(B::NAME), waited)
    }
}

impl<A: State, B> Clone for Transition<'_, A, B> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<A: State, B> Copy for Transition<'_, A, B> {}

impl<A: State, B: State> fmt::Debug for Transition<'_, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transition")
            .field("machine", self.lock)
            .field("from", &format_args!("{}", A::NAME))
            .field("to", &format_args!("{}", B::NAME))
            .finish()
    }
}
