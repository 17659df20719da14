//! The machine, whatever its enum.

use std::{
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

use crate::{
    change::Change,
    diagram::Picture,
    graph::StateId,
    handle::{Hold, Transition, When},
    handlers::HandlerId,
    id::MachineId,
    lock::Lock,
    refused::NeedsData,
    state::{Any, Kind, State, StateMachine, TransitionTo},
    sync::const_fn,
    waiting::Waiting,
};

/// A machine whose states are the variants of `S`, shared by any number of threads and tasks.
///
/// The derive generates a type such as `ConnectionMachine`. It derefs to this one, and adds a method for
/// each declared transition and each state. All methods take `&self`.
///
/// Handles, guards and futures borrow the machine, so none outlives it. There are three ways to share it:
///
/// - A `static`: the borrow is `'static`, so a guard may be kept anywhere. `new` is a `const fn` if the
///   initial state has no data or one unnamed field; otherwise use a [`LazyLock`](std::sync::LazyLock).
/// - An [`Arc`](std::sync::Arc): each thread or task owns a clone and takes its guards from that. A guard
///   that must outlive the borrow owns a clone too: see [`into_owned`](crate::InState::into_owned).
/// - A machine on the stack, which scoped threads borrow.
///
/// ```
/// use std::{sync::Arc, thread, time::Duration};
/// use statemachine::{InState, Refused, StateMachine};
///
/// #[derive(StateMachine)]
/// enum Door {
///     #[state(to(Closed))]
///     Open,
///     #[state(to(Open))]
///     Closed,
/// }
///
/// static FRONT: DoorMachine = DoorMachine::new();
///
/// // A guard of a `static` may be returned, stored and sent.
/// fn keep_open() -> Result<InState<'static, door::Open>, Refused> {
///     FRONT.in_open().now()
/// }
///
/// let kept = keep_open()?;
/// thread::spawn(move || drop(kept)).join().unwrap();
///
/// // A guard of an `Arc` lives beside the `Arc`.
/// let back = Arc::new(DoorMachine::new());
/// let closer = thread::spawn({
///     let back = Arc::clone(&back);
///     move || back.open_to_closed().try_commit()
/// });
/// let closed = back.in_closed().within(Duration::from_secs(60))?;
/// assert!(closer.join().unwrap().is_ok());
/// # drop(closed);
/// # Ok::<(), Refused>(())
/// ```
///
/// A machine of states without data is 16 bytes, and allocates nothing until a caller waits or
/// registers a handler.
pub struct Machine<S: StateMachine> {
    lock: Lock<S>,
}

impl<S: StateMachine> Machine<S> {
    const_fn! {
        pub(crate) const fn at(state: StateId, data: Option<S>) -> Self {
            Self { lock: Lock::new(state, data) }
        }
    }

    /// A machine in that state.
    ///
    /// Restores a machine. The state need not be one that can be reached.
    ///
    /// ```
    /// use statemachine::{Machine, StateMachine};
    ///
    /// #[derive(StateMachine)]
    /// enum Slot {
    ///     #[state(to(Full))]
    ///     Empty,
    ///     #[state(to(Empty))]
    ///     Full(String),
    /// }
    ///
    /// let slot = Machine::from_state(Slot::Full("restored".to_owned()));
    /// assert!(matches!(slot.into_state(), Slot::Full(text) if text == "restored"));
    /// ```
    #[must_use]
    pub fn from_state(state: S) -> Self {
        let index = state.index();
        let has_data = S::GRAPH.nodes[usize::from(index)].data;
        Self::at(StateId::new(index), has_data.then_some(state))
    }

    /// A machine in the state of that kind, if the state has no data. Never blocks.
    ///
    /// Restores a machine when only the name of its state was stored. The kind's `FromStr` makes a kind
    /// of the name, as does its `Deserialize` with the feature `serde`.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// assert!(SlotMachine::from_kind("Empty".parse()?)?.is_empty());
    /// assert!(SlotMachine::from_kind("Full".parse()?).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the state has data. The error lists the states that have none.
    pub fn from_kind(kind: S::Kind) -> Result<Self, NeedsData> {
        NeedsData::check::<S>(&kind)?;
        Ok(Self::at(StateId::new(kind.position()), None))
    }

    /// Takes the machine apart: its state, with the data. Handlers are dropped.
    ///
    /// Never blocks: nobody else can use the machine any more, so nothing is under way. If a transition
    /// was forgotten ([`std::mem::forget`]), this is the state that it would have left.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// let slot = SlotMachine::new();
    /// assert!(matches!(slot.into_state(), Slot::Empty));
    /// ```
    #[must_use]
    pub fn into_state(self) -> S {
        let (state, data) = self.lock.into_inner();
        data.unwrap_or_else(|| S::dataless(state.get()))
    }

    // The methods from here on are on the page of every generated machine too, in this order. There, a
    // reader would look for the machine of an example in their own crate. So hidden lines make it, and
    // it is called `machine`.

    /// The current state. While a transition is under way, this is the state that it would leave.
    ///
    /// A look: it never blocks. The answer may be stale by the time you read it. To act on a state, hold it.
    /// A caller that sees a state sees all that was written before the state was entered.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let machine = SlotMachine::new();
    /// println!("{:?}", machine.state());
    /// # assert_eq!(machine.state(), SlotKind::Empty);
    /// ```
    #[inline]
    pub fn state(&self) -> S::Kind {
        S::Kind::at(self.position().get())
    }

    /// Whether a transition is under way. A look, as [`state`](Self::state).
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let machine = DoorMachine::new();
    /// # let _transition = machine.open_to_closed().now()?;
    /// if machine.is_in_transition() {
    ///     println!("on the way out of {:?}", machine.state());
    /// }
    /// # assert!(machine.is_in_transition());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[inline]
    #[must_use]
    pub fn is_in_transition(&self) -> bool {
        self.lock.look().is_in_transition()
    }

    /// A handle on whichever state is current. Its guard derefs to the enum.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let machine = SlotMachine::new();
    /// let held = machine.hold().now()?;
    /// assert_eq!(held.kind(), machine.state()); // as long as `held` lives
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[inline]
    pub fn hold(&self) -> Hold<'_, Any<S>> {
        Hold::new(&self.lock)
    }

    /// A handle on whichever of the states the predicate likes. Its guard derefs to the enum.
    ///
    /// The predicate is called here, once for each state. If the enum has more than 64 states, each set of
    /// states that a program asks for is kept for good, in a bit for each state.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let (machine, limit) = (JobMachine::new(), std::time::Duration::from_secs(60));
    /// use statemachine::Kind;
    ///
    /// let busy = machine.in_any(|state| !state.is_terminal()).within(limit)?;
    /// println!("{:?}", busy.kind());
    /// # assert_eq!(busy.kind(), JobKind::Queued);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the predicate does.
    #[doc(alias = "in_any_of")]
    pub fn in_any(&self, mut predicate: impl FnMut(S::Kind) -> bool) -> Hold<'_, Any<S>> {
        Hold::of_any(&self.lock, |state| predicate(S::Kind::at(state.get())))
    }

    /// A handle that waits for a state that the predicate likes. It gives the state, and does not hold it.
    ///
    /// The predicate is called here, once for each state. The caller is woken for these states only. A
    /// state that was entered and left while it slept counts as seen.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let machine = JobMachine::from_state(Job::Running(1));
    /// # let limit = std::time::Duration::from_secs(60);
    /// use statemachine::Kind;
    ///
    /// let last = machine.when(|state| state.is_terminal()).within(limit)?;
    /// println!("{last:?}");
    /// # assert_eq!(last, JobKind::Running);
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If the predicate does.
    #[doc(alias("wait_for", "watch"))]
    pub fn when(&self, mut predicate: impl FnMut(S::Kind) -> bool) -> When<'_, S> {
        When::new(&self.lock, |state| predicate(S::Kind::at(state.get())))
    }

    /// Registers a handler for every change, called after each commit on the thread that made it.
    ///
    /// Never waits for a right: it blocks no longer than others take to register or remove a handler.
    ///
    /// It runs when the right is released, after the handlers of the transition and of the states.
    /// [`Transition::after`] says what it may do, and what a panic in it does.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let machine = DoorMachine::new();
    /// machine.observe(|change| println!("{:?} to {:?}", change.from, change.to));
    /// # machine.open_to_closed().try_commit()?;
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[doc(alias = "subscribe")]
    pub fn observe(&self, handler: impl Fn(&Change<S::Kind>) + Send + Sync + 'static) -> HandlerId {
        self.lock.register(|handlers| handlers.observe(handler))
    }

    /// Removes a handler. Returns `false` if it was not registered.
    ///
    /// A handler may call this, even to remove itself. A commit that has begun to call handlers calls all
    /// that it found, so the removed one may be called once more. What the handler captured is dropped here
    /// or, if the handler is being called, when that call has returned.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let machine = DoorMachine::new();
    /// let id = machine.observe(|change| println!("{:?}", change.to));
    /// assert!(machine.remove_handler(id));
    /// ```
    pub fn remove_handler(&self, id: HandlerId) -> bool {
        self.lock.look().has_handlers() && self.lock.handlers().remove(id)
    }

    /// The callers that wait for the machine, what they wait for, since when, and how many hold it.
    ///
    /// Blocks no longer than it takes others to enter or leave the queue. The machine's `Debug` shows the
    /// same.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let machine = DoorMachine::new();
    /// eprintln!("{}", machine.waiting());
    /// # assert!(machine.waiting().waiters.is_empty());
    /// ```
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        Waiting::of(&self.lock)
    }

    /// The picture of the states, with the current one marked, in Mermaid's language: see
    /// [`StateMachine::mermaid`]. A look, as [`state`](Self::state).
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let machine = DoorMachine::new();
    /// println!("{}", machine.mermaid());
    /// # assert!(machine.mermaid().ends_with("class Open current\n"));
    /// ```
    #[must_use]
    pub fn mermaid(&self) -> String {
        Picture::of::<S>(Some(self.position().get())).mermaid()
    }

    /// The picture of the states, with the current one marked, in the language of Graphviz: see
    /// [`StateMachine::dot`]. A look, as [`state`](Self::state).
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let machine = DoorMachine::new();
    /// println!("{}", machine.dot());
    /// # assert!(machine.dot().contains(r#""Open" [penwidth=3]"#));
    /// ```
    #[must_use]
    pub fn dot(&self) -> String {
        Picture::of::<S>(Some(self.position().get())).dot()
    }

    /// The picture of the states, with the current one marked, as an SVG file: see
    /// [`StateMachine::svg`]. A look, as [`state`](Self::state).
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let machine = DoorMachine::new();
    /// # let file = std::env::temp_dir().join(format!("statemachine-{}.svg", std::process::id()));
    /// std::fs::write(&file, machine.svg())?;
    /// # assert!(std::fs::read_to_string(&file)?.contains("state current"));
    /// # std::fs::remove_file(file)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[cfg(feature = "svg")]
    #[must_use]
    pub fn svg(&self) -> String {
        Picture::of::<S>(Some(self.position().get())).svg()
    }

    /// Tells this machine from others that live: see [`MachineId`].
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # let (machine, other) = (DoorMachine::new(), DoorMachine::new());
    /// assert_ne!(machine.id(), other.id());
    /// ```
    #[inline]
    #[must_use]
    pub fn id(&self) -> MachineId {
        self.lock.id()
    }

    /// A handle on the transition from `A` to `B`: the generic spelling of `a_to_b()`.
    ///
    /// A transition that is not declared does not compile: see [`TransitionTo`].
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # use door::{Closed as B, Open as A};
    /// # let machine = DoorMachine::new();
    /// machine.transition::<A, B>().try_commit()?;
    /// # assert!(machine.is_closed());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[inline]
    pub fn transition<A, B>(&self) -> Transition<'_, A, B>
    where
        A: State<Enum = S> + TransitionTo<B>,
        B: State<Enum = S>,
    {
        Transition::declared(&self.lock)
    }

    /// A handle on state `A`: the generic spelling of `in_a()`.
    ///
    /// ```
    /// # use statemachine_example::*;
    /// # use door::Open as A;
    /// # let machine = DoorMachine::new();
    /// let held = machine.in_state::<A>().now()?;
    /// # assert!(machine.open_to_closed().try_commit().is_err());
    /// # drop(held);
    /// # assert!(machine.open_to_closed().try_commit().is_ok());
    /// # Ok::<(), statemachine::Refused>(())
    /// ```
    #[inline]
    pub fn in_state<A: State<Enum = S>>(&self) -> Hold<'_, A> {
        Hold::new(&self.lock)
    }

    #[inline]
    pub(crate) fn position(&self) -> StateId {
        self.lock.look().state()
    }

    #[inline]
    pub(crate) fn lock(&self) -> &Lock<S> {
        &self.lock
    }
}

// A panic leaves a machine as consistent as it found it: what it interrupts is rolled back.
impl<S: StateMachine + RefUnwindSafe> RefUnwindSafe for Machine<S> {}
impl<S: StateMachine + UnwindSafe> UnwindSafe for Machine<S> {}

impl<S: StateMachine> From<S> for Machine<S> {
    fn from(state: S) -> Self {
        Self::from_state(state)
    }
}

impl<S: StateMachine> fmt::Debug for Machine<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock.fmt(f)
    }
}
