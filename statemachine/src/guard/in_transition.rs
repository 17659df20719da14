//! The exclusive right to a transition.

use std::{fmt, marker::PhantomData};

use super::InState;
use crate::{
    graph::StateId,
    handlers::{Commit, Veto},
    lock::{Aftermath, Exclusive, Left, Lock, Move},
    panics::Panics,
    refused::Refused,
    state::{Dataless, Located, Single, State, StateMachine, View},
    trace::{Waited, Work},
};

/// A transition from `A` to `B` that is under way: the exclusive right to make it.
///
/// While it lives, nobody else can leave or hold the state. Dropping it, by an early return, a panic
/// or the end of an aborted task, rolls back: the machine stays where it was. It may be sent to
/// another thread and may live across an `.await`.
///
/// Forgetting it (`mem::forget`) leaves the machine in transition for good: every other transition and
/// hold is refused or waits in vain. Nothing else is lost;
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
    /// Behind the right: what is told of it is told when it has been let go of.
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
        let work = Work::begin(A::Enum::NAME, from, B::NAME, waited);
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

    /// Enters the new state with that data. The old state's data comes back.
    ///
    /// Never waits and cannot fail. Those who wait for the new state are woken. The old data is
    /// dropped by the caller, outside the machine.
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
    /// Where an `after`, `on_exit`, `on_enter` or `observe` handler does, or the waker of a task that is
    /// woken, when all have run. The commit stands, and the old state's data is dropped.
    #[inline]
    pub fn commit_with(self, data: B::Data) -> A::Data {
        self.finish(B::HAS_DATA.then(|| B::wrap(data)))
    }

    /// Enters the new state, which has no data. The old state's data comes back.
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

    /// Enters the new state with data that is made of the old state's, by value.
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
    /// If the closure panics, the process aborts: the old data is gone, there is no new, and so the
    /// machine is in no state that would be true. Do what may fail before, through
    /// [`view_mut`](Self::view_mut) or [`view`](Self::view), or in [`run`](Self::run).
    #[inline]
    pub fn commit_map(self, map: impl FnOnce(A::Data) -> B::Data) {
        drop(self.finish_map(false, map));
    }

    /// The same, and holds the new state, in one step.
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
    /// between. The old state's data is dropped, outside the machine.
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
    /// As [`commit_with`](Self::commit_with), and where the old data's `Drop` does; the commit
    /// stands and the hold is let go of.
    #[inline]
    pub fn enter_with(self, data: B::Data) -> InState<'a, B> {
        self.finish_and_hold(B::HAS_DATA.then(|| B::wrap(data)))
    }

    /// Enters the new state, which has no data, and holds it, in one step. The old state's data is
    /// dropped, outside the machine.
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

    /// Does the work and commits what it makes; an error or a panic of the work rolls back.
    ///
    /// The old state's data comes back.
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
    /// # Errors
    ///
    /// What the work says.
    ///
    /// # Panics
    ///
    /// Where the work does, and as [`commit_with`](Self::commit_with).
    #[inline]
    pub fn run<E>(
        self,
        work: impl FnOnce(View<'_, A>) -> Result<B::Data, E>,
    ) -> Result<A::Data, E> {
        let data = self.on_view(work)?;
        Ok(self.commit_with(data))
    }

    /// Runs the action that was registered for the transition, and commits what it makes.
    ///
    /// With none, and a new state without data, just commits. The old state's data comes back.
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
    /// `Vetoed`, rolled back, where the action fails; and where there is none although the new state
    /// has data, which nobody then makes.
    ///
    /// # Panics
    ///
    /// Where the action does, rolled back; and as [`commit_with`](Self::commit_with).
    pub fn perform(mut self) -> Result<A::Data, Refused> {
        let lock = self.right.lock();
        let action = if lock.look().has_handlers() {
            lock.handlers().find_action(self.from(), B::ID)
        } else {
            None
        };
        let data = match action {
            Some(action) => {
                let made = self.work.in_scope(|| action(self.right.view()));
                Some(made.map_err(|source| self.vetoed(source))?)
            }
            None if B::HAS_DATA => {
                let message = format!("no action is registered that makes the data of {}", B::NAME);
                return Err(self.vetoed(message.into()));
            }
            None => None,
        };
        Ok(self.finish(data.filter(|_| B::HAS_DATA)))
    }

    /// The span of the transition, for what is done in it outside [`run`](Self::run) and
    /// [`perform`](Self::perform), which enter it themselves.
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

    /// Leaves the machine where it was: says aloud what dropping does.
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
    /// Where the waker of a task that is woken does; the machine has been let go of.
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

    /// The data of the state to be left, for writing. What is written stays, whether the transition is
    /// then committed or rolled back.
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
