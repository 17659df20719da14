//! The exclusive right to a transition.

use std::{fmt, marker::PhantomData, sync::Arc};

use super::InState;
use crate::{
    graph::StateId,
    handle::Wanted,
    handlers::{Action, Commit, Veto},
    lock::{Aftermath, Exclusive, Left, Lock, Move, Wish},
    panics::Panics,
    refused::Refused,
    state::{Dataless, Kind, Located, Several, Single, State, StateMachine, View},
    trace::{Waited, Work},
};

/// A transition from `A` to `B` that is under way: the exclusive right to make it.
///
/// While it lives, nobody else can leave or hold the state. Dropping it rolls back: the machine stays in
/// the state. An early return, a panic and the end of an aborted task drop it too. It may be sent to
/// another thread and may live across an `.await`.
///
/// Forgetting it (`mem::forget`) leaves the machine in transition for good: every other transition and
/// hold is refused or waits in vain. Nothing else is lost:
/// [`into_state`](crate::Machine::into_state) gives back the state that it would have left.
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
/// let slot = SlotMachine::new();
/// let filling = slot.empty_to_full().now()?;
/// filling.commit_with("text".to_owned());
/// assert!(slot.is_full());
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[must_use = "dropping a transition rolls it back; end it with a verb such as `commit`"]
pub struct InTransition<'a, A: State, B> {
    right: Exclusive<'a, A::Enum>,
    /// After the right: it reports the end of the transition when the right is released.
    work: Work,
    to: PhantomData<fn() -> (A, B)>,
}

impl<'a, A: State, B: State<Enum = A::Enum>> InTransition<'a, A, B> {
    /// The transition, unless a handler vetoes it; then the right comes back.
    #[inline(always)]
    pub(crate) fn begin(
        right: Exclusive<'a, A::Enum>,
        waited: Waited,
    ) -> Result<Self, (Refused, Exclusive<'a, A::Enum>)> {
        let from = || A::Enum::STATES[position::<A>(&right).index()];
        let work = Work::begin(right.lock().id(), A::Enum::NAME, from, B::NAME, waited);
        let mut transition = Self { right, work, to: PhantomData };
        if transition.right.has_handlers()
            && let Err(refused) = transition.ask_handlers()
        {
            return Err((refused, transition.right));
        }
        Ok(transition)
    }

    pub(super) fn into_parts(self) -> (Exclusive<'a, A::Enum>, Work) {
        (self.right, self.work)
    }

    pub(super) fn from_parts(right: Exclusive<'a, A::Enum>, work: Work) -> Self {
        Self { right, work, to: PhantomData }
    }

    #[cold]
    fn ask_handlers(&mut self) -> Result<(), Refused> {
        let handlers = self.right.lock().handlers();
        let run = || handlers.run_before(self.from(), B::ID, self.right.view());
        let answer = self.work.in_scope(run);
        answer.map_err(|source| self.vetoed(source))
    }

    #[cold]
    fn vetoed(&mut self, source: Veto) -> Refused {
        let refused = Refused::Vetoed { machine: A::Enum::NAME, source };
        self.work.vetoed(&refused);
        refused
    }

    /// The position of the state to be left.
    #[inline]
    fn from(&self) -> StateId {
        position::<A>(&self.right)
    }

    /// Does the work, as the transition's.
    #[inline]
    pub(super) fn on_view<R>(&self, work: impl FnOnce(View<'_, A>) -> R) -> R {
        self.work.in_scope(|| work(A::view(self.right.view())))
    }

    /// Enters the new state with that data. Returns the old state's data.
    ///
    /// Never waits and cannot fail. Callers that wait for the new state are woken. The old data belongs to
    /// the caller, so it is dropped outside the machine.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let slot = SlotMachine::from_state(Slot::Full("old".to_owned()));
    /// let old = slot.full_to_full().now()?.commit_with("new".to_owned());
    /// assert_eq!(old, "old");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If an `after`, `on_exit`, `on_enter` or `observe` handler does, or the waker of a task that is woken.
    /// All of them run first. The commit stands, and the old state's data is dropped.
    #[inline]
    pub fn commit_with(self, data: B::Data) -> A::Data {
        self.finish(B::HAS_DATA.then(|| B::wrap(data)))
    }

    /// Enters the new state, which has no data. Returns the old state's data.
    ///
    /// Never waits and cannot fail; see [`commit_with`](Self::commit_with) for a state with data.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
    /// let old: String = slot.full_to_empty().now()?.commit();
    /// assert_eq!(old, "text");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`commit_with`](Self::commit_with).
    #[inline]
    pub fn commit(self) -> A::Data
    where
        B: Dataless,
    {
        self.finish(None)
    }

    /// Enters the new state with data that the closure makes of the old state's, by value.
    ///
    /// Never waits and cannot fail: see [`commit_with`](Self::commit_with).
    ///
    /// ```
    /// # use statemachine::StateMachine;
    /// #[derive(StateMachine)]
    /// enum Link {
    ///     #[state(to(Closing))]
    ///     Up(Vec<u8>),
    ///     #[state(terminal)]
    ///     Closing { unsent: Vec<u8> },
    /// }
    ///
    /// let link = LinkMachine::from_state(Link::Up(b"bye".to_vec()));
    /// link.up_to_closing().now()?.commit_map(|unsent| LinkClosing { unsent });
    /// assert_eq!(link.in_closing().now()?.view().unsent, b"bye");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`commit_with`](Self::commit_with), when the closure has returned.
    ///
    /// # Aborts
    ///
    /// If the closure panics, the process aborts. The old data is gone and there is no new data, so no
    /// state would be true of the machine. If the work may fail, do it first, with
    /// [`view_mut`](Self::view_mut) or [`view`](Self::view), or use [`run`](Self::run).
    #[inline]
    pub fn commit_map(self, map: impl FnOnce(A::Data) -> B::Data) {
        drop(self.finish_map(false, map));
    }

    /// The same as [`commit_map`](Self::commit_map), and holds the new state, in one step.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
    /// let full = slot.full_to_full().now()?.enter_map(|text| text.repeat(2));
    /// assert_eq!(*full, "texttext");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`enter_with`](Self::enter_with), when the closure has returned.
    ///
    /// # Aborts
    ///
    /// If the closure panics: see [`commit_map`](Self::commit_map).
    #[inline]
    pub fn enter_map(self, map: impl FnOnce(A::Data) -> B::Data) -> InState<'a, B> {
        self.finish_map(true, map).expect("a hold was asked for")
    }

    /// Enters the new state with that data and holds it, in one step, so that nobody can leave it in
    /// between. Drops the old state's data, outside the machine.
    ///
    /// Never waits and cannot fail.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let slot = SlotMachine::new();
    /// let full = slot.empty_to_full().now()?.enter_with("text".to_owned());
    /// assert_eq!(full.len(), 4);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`commit_with`](Self::commit_with), and if the old data's `Drop` does. The commit stands, and the
    /// hold is released.
    #[inline]
    pub fn enter_with(self, data: B::Data) -> InState<'a, B> {
        self.finish_and_hold(B::HAS_DATA.then(|| B::wrap(data)))
    }

    /// Enters the new state, which has no data, and holds it, in one step. Drops the old state's data,
    /// outside the machine.
    ///
    /// Never waits and cannot fail; see [`enter_with`](Self::enter_with) for a state with data.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let door = DoorMachine::new();
    /// let closed = door.open_to_closed().now()?.enter();
    /// assert!(door.closed_to_open().try_commit().is_err());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// As [`enter_with`](Self::enter_with).
    #[inline]
    pub fn enter(self) -> InState<'a, B>
    where
        B: Dataless,
    {
        self.finish_and_hold(None)
    }

    /// Does the work and commits what it makes. An error or a panic of the work rolls back.
    ///
    /// Returns the old state's data. If the work cannot fail, use [`commit_with`](Self::commit_with): from
    /// `Ok(data)` alone, the compiler does not know the type of the error.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let number = NumberMachine::new();
    /// assert!(number.unknown_to_known().now()?.run(|()| "no number".parse()).is_err());
    /// assert!(number.is_unknown());
    /// number.unknown_to_known().now()?.run(|()| "5".parse())?;
    /// assert!(number.is_known());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Work that cannot fail needs no `run`: see [`commit_with`](Self::commit_with) and
    /// [`commit_map`](Self::commit_map). If it is `run`, it has to name a type of error, as in
    /// `run(|()| Ok::<_, Infallible>(5))`.
    ///
    /// # Errors
    ///
    /// The error of the work.
    ///
    /// # Panics
    ///
    /// If the work does, and as [`commit_with`](Self::commit_with).
    #[inline]
    pub fn run<E>(
        self,
        work: impl FnOnce(View<'_, A>) -> Result<B::Data, E>,
    ) -> Result<A::Data, E> {
        let data = self.on_view(work)?;
        Ok(self.commit_with(data))
    }

    /// Does async work and commits what it makes. An error or a panic of the work rolls back, and so
    /// does dropping the future.
    ///
    /// Returns the old state's data. The closure takes no argument, so that a runtime may send the future
    /// to another thread. If the work needs something of the old data, take it from [`view`](Self::view)
    /// first.
    ///
    /// ```
    /// # use std::pin::pin;
    /// # use std::task::{Context, Waker};
    /// # use statemachine_example::*;
    /// # let mut test = pin!(async {
    /// let number = NumberMachine::new();
    /// number.unknown_to_known().await?.run_async(async || "5".parse()).await?;
    /// assert!(number.is_known());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # });
    /// # assert!(test.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    /// ```
    ///
    /// Work that cannot fail has to name a type of error, as in `Ok::<_, Infallible>(5)`.
    ///
    /// # Errors
    ///
    /// The error of the work.
    ///
    /// # Panics
    ///
    /// If the work does, and as [`commit_with`](Self::commit_with).
    pub async fn run_async<E>(
        self,
        work: impl AsyncFnOnce() -> Result<B::Data, E>,
    ) -> Result<A::Data, E> {
        let data = self.instrument(work()).await?;
        Ok(self.commit_with(data))
    }

    /// The same future, in the span of the transition.
    pub(super) fn instrument<F: Future>(
        &self,
        work: F,
    ) -> impl Future<Output = F::Output> + use<'a, F, A, B> {
        self.work.instrument(work)
    }

    /// Runs the action that is registered for the transition, and commits what it makes.
    ///
    /// If no action is registered and the new state has no data, it simply commits. Returns the old
    /// state's data.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let number = NumberMachine::new();
    /// number.unknown_to_known().action(|()| "5".parse());
    /// number.unknown_to_known().now()?.perform()?;
    /// assert!(number.is_known());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `Vetoed` if the action fails, and if no action is registered but the new state has data. The
    /// transition is rolled back.
    ///
    /// # Panics
    ///
    /// If the action does; the transition is rolled back. Also as [`commit_with`](Self::commit_with).
    pub fn perform(self) -> Result<A::Data, Refused> {
        let made = match self.find_action().as_deref() {
            None => None,
            Some(Action::Sync(action)) => Some(self.work.in_scope(|| action(self.right.view()))),
            Some(Action::Async(_)) => {
                Some(Err("the action that is registered is async; call `perform_async`".into()))
            }
        };
        self.finish_made(made)
    }

    /// Runs the action that is registered for the transition, async or not, and commits what it makes.
    /// Dropping the future rolls back.
    ///
    /// If no action is registered and the new state has no data, it simply commits. Returns the old
    /// state's data.
    ///
    /// ```
    /// # use std::pin::pin;
    /// # use std::task::{Context, Waker};
    /// # use statemachine_example::*;
    /// # let mut test = pin!(async {
    /// let number = NumberMachine::new();
    /// number.unknown_to_known().action_async(|()| async { "5".parse() });
    /// number.unknown_to_known().await?.perform_async().await?;
    /// assert!(number.is_known());
    /// # Ok::<(), statemachine::Refused>(())
    /// # });
    /// # assert!(test.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
    /// ```
    ///
    /// # Errors
    ///
    /// As [`perform`](Self::perform).
    ///
    /// # Panics
    ///
    /// As [`perform`](Self::perform).
    pub async fn perform_async(self) -> Result<A::Data, Refused> {
        let made = match self.find_action().as_deref() {
            None => None,
            Some(Action::Sync(action)) => Some(self.work.in_scope(|| action(self.right.view()))),
            Some(Action::Async(action)) => {
                let making = self.work.in_scope(|| action(self.right.view()));
                Some(self.instrument(making).await)
            }
        };
        self.finish_made(made)
    }

    fn find_action(&self) -> Option<Arc<Action<A::Enum>>> {
        Self::action_of(&self.right)
    }

    pub(super) fn action_of(right: &Exclusive<'_, A::Enum>) -> Option<Arc<Action<A::Enum>>> {
        let lock = right.lock();
        if lock.look().has_handlers() {
            lock.handlers().find_action(position::<A>(right), B::ID)
        } else {
            None
        }
    }

    pub(super) fn finish_made(
        mut self,
        made: Option<Result<A::Enum, Veto>>,
    ) -> Result<A::Data, Refused> {
        let data = match made {
            Some(made) => Some(made.map_err(|source| self.vetoed(source))?),
            None if B::HAS_DATA => {
                let message = format!("no action is registered that makes the data of {}", B::NAME);
                return Err(self.vetoed(message.into()));
            }
            None => None,
        };
        Ok(self.finish(data.filter(|_| B::HAS_DATA)))
    }

    /// The span of the transition, for work that this crate does not call.
    ///
    /// The crate enters it itself around the work of [`run`](Self::run), [`perform`](Self::perform) and
    /// [`Joined::enter`](crate::Joined::enter), also if that is async, and around `before` handlers.
    ///
    /// It lasts until the transition is committed or rolled back.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let door = DoorMachine::new();
    /// let closing = door.open_to_closed().now()?;
    /// closing.span().in_scope(|| tracing::info!("pushing"));
    /// closing.commit();
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[cfg(feature = "tracing")]
    #[must_use]
    pub fn span(&self) -> &tracing::Span {
        self.work.span()
    }

    /// Leaves the machine in the old state, as dropping does.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let door = DoorMachine::new();
    /// door.open_to_closed().now()?.rollback();
    /// assert!(door.is_open());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the waker of a task that is woken does. The right is released.
    pub fn rollback(self) {
        drop(self);
    }

    #[inline]
    fn step(&self) -> Move {
        Move { to: B::ID, moves_data: A::HAS_DATA || B::HAS_DATA }
    }

    #[inline]
    fn finish(self, data: Option<A::Enum>) -> A::Data {
        let (lock, from, step) = (self.right.lock(), self.from(), self.step());
        let Left { data, aftermath } = self.right.commit(step, data);
        let mut panics = self.work.committed();
        if let Some(aftermath) = aftermath {
            tell(lock, from, step.to, aftermath, &mut panics);
        }
        let data = data.unwrap_or_else(|| A::Enum::dataless(from.get()));
        if panics.must_go_on() {
            panics.resume_without(data);
        }
        A::unwrap(data)
    }

    #[inline]
    fn finish_map(
        self,
        hold: bool,
        map: impl FnOnce(A::Data) -> B::Data,
    ) -> Option<InState<'a, B>> {
        let (lock, from) = (self.right.lock(), self.from());
        let (aftermath, hold) = self.right.commit_map(B::ID, hold, |old| {
            let old = old.unwrap_or_else(|| A::Enum::dataless(from.get()));
            let data = map(A::unwrap(old));
            B::HAS_DATA.then(|| B::wrap(data))
        });
        // From here on a panic lets go of the hold.
        let hold = hold.map(InState::of);
        let mut panics = self.work.committed();
        if let Some(aftermath) = aftermath {
            tell(lock, from, B::ID, aftermath, &mut panics);
        }
        panics.go_on();
        hold
    }

    #[inline]
    fn finish_and_hold(self, data: Option<A::Enum>) -> InState<'a, B> {
        let (lock, from, step) = (self.right.lock(), self.from(), self.step());
        let (Left { data, aftermath }, hold) = self.right.commit_and_hold(step, data);
        // From here on a panic lets go of the hold.
        let hold = InState::of(hold);
        let mut panics = self.work.committed();
        if let Some(aftermath) = aftermath {
            tell(lock, from, step.to, aftermath, &mut panics);
        }
        if panics.must_go_on() {
            panics.resume_without(data);
        }
        drop(data);
        hold
    }
}

impl<A: State, B> InTransition<'_, A, B> {
    /// The data of the state to be left.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
    /// let emptying = slot.full_to_empty().now()?;
    /// assert_eq!(emptying.view(), "text");
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[inline]
    pub fn view(&self) -> A::View<'_> {
        A::same(A::view(self.right.view()))
    }

    /// Whether somebody's [urgent](crate::Transition::urgent) wait would be over if this transition were
    /// rolled back. Never blocks for long.
    ///
    /// It may have changed by the time you read it. To hear of it, wait for [`wanted`](Self::wanted).
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # use std::{pin::pin, task::{Context, Waker}};
    /// let door = DoorMachine::new();
    /// let closing = door.open_to_closed().now()?;
    /// let mut other = pin!(door.open_to_closed().into_future());
    /// assert!(other.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    /// assert!(!closing.is_wanted()); // the other waits, and is not urgent
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.right.lock().is_wanted(Wish::Urgent(position::<A>(&self.right)))
    }

    /// A handle that waits until somebody's [urgent](crate::Transition::urgent) wait would be over if this
    /// transition were rolled back: see [`Wanted`].
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # use std::{pin::pin, task::{Context, Waker}};
    /// let door = DoorMachine::new();
    /// let closing = door.open_to_closed().now()?;
    /// assert!(closing.wanted().now().is_err());
    /// let mut urgent = pin!(door.open_to_closed().urgent().into_future());
    /// assert!(urgent.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    /// closing.wanted().now()?;
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    pub fn wanted(&self) -> Wanted<'_> {
        Wanted::of::<A::Enum>(self.right.lock().wishes(Wish::Urgent(position::<A>(&self.right))))
    }

    /// The data of the state to be left, for writing. What you write stays, even if the transition is then
    /// rolled back.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
    /// let mut emptying = slot.full_to_empty().now()?;
    /// emptying.view_mut().push('!');
    /// emptying.rollback();
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
}

impl<A: State, B: State<Enum = A::Enum>> InTransition<'_, A, B> {
    /// Which state is to be left. Never blocks.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
    /// let refilling = slot.to_full().now()?; // from whichever declared source
    /// assert_eq!(refilling.kind(), SlotKind::Full);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[must_use]
    pub fn kind(&self) -> <A::Enum as StateMachine>::Kind
    where
        A: Several,
    {
        Kind::at(self.from().get())
    }
}

/// The position of the state to be left.
#[inline]
fn position<A: State>(right: &Exclusive<'_, A::Enum>) -> StateId {
    match A::AT {
        Some(state) => state,
        None => right.position(),
    }
}

/// Tells the handlers of a commit, if there are any.
#[cold]
fn tell<S: StateMachine>(
    lock: &Lock<S>,
    from: StateId,
    to: StateId,
    aftermath: Aftermath,
    panics: &mut Panics,
) {
    panics.append(aftermath.panics);
    if let Some(sequence) = aftermath.sequence {
        panics.append(lock.handlers().tell(Commit { from, to, sequence }));
    }
}

impl<A: State, B: State> fmt::Debug for InTransition<'_, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InTransition")
            .field("machine", &format_args!("{}", A::Enum::NAME))
            .field("from", &format_args!("{}", A::NAME))
            .field("to", &format_args!("{}", B::NAME))
            .finish()
    }
}
