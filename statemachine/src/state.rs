//! What a declaration becomes: the machine's description, one type for each state, and one impl for each
//! transition.
//!
//! `#[derive(StateMachine)]` implements all of it. The traits are sealed. The lock relies on positions and
//! variants, and an impl written by hand could lie about them.

use std::{convert::Infallible, marker::PhantomData};

use crate::{
    diagram::Picture,
    graph::{Graph, StateId, StateSet},
    private::{DerivedEnum, DerivedKind, DerivedNewtype, DerivedState, DerivedTransition, Drawing},
};

/// An enum whose variants are the states of a machine.
///
/// Derived, never written by hand: see [the derive](macro@crate::StateMachine).
///
/// ```
/// use statemachine::StateMachine;
///
/// #[derive(StateMachine)]
/// enum Door {
///     #[state(to(Closed))]
///     Open,
///     #[state(to(Open))]
///     Closed,
/// }
///
/// assert_eq!(Door::NAME, "Door");
/// assert_eq!(Door::STATES, ["Open", "Closed"]);
/// assert_eq!(Door::TRANSITIONS, [("Open", "Closed"), ("Closed", "Open")]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the enum of a state machine",
    label = "not a state machine",
    note = "put `#[derive(StateMachine)]` on the enum"
)]
pub trait StateMachine: Sized + DerivedEnum {
    /// The enum's name.
    const NAME: &'static str;

    /// The names of the states, in the order in which they are declared.
    const STATES: &'static [&'static str];

    /// The declared transitions, source first, in the order in which they are declared.
    ///
    /// Going back by `reset` is not among them.
    const TRANSITIONS: &'static [(&'static str, &'static str)];

    /// The groups, each with the names of its states, in the order in which they are declared.
    const GROUPS: &'static [(&'static str, &'static [&'static str])];

    /// A state without its data: the enum itself if no variant has data. If one has, a generated enum with
    /// the same variants and no data.
    type Kind: Kind;

    /// The machine's picture, in Mermaid's language for state diagrams, which GitHub, GitLab and
    /// many editors draw.
    ///
    /// An arrow from a dot shows the initial state, and an arrow to a ringed dot shows a terminal one. The
    /// name of a state with data is followed by `(..)`. Arrows that are not declared transitions are named
    /// `reset` and `restored`. [`Machine::mermaid`](crate::Machine::mermaid) marks a machine's current
    /// state.
    ///
    /// ```
    /// use statemachine::StateMachine;
    /// # use statemachine_example::*;
    /// assert_eq!(
    ///     Job::mermaid(),
    ///     r#"stateDiagram-v2
    ///     state "Running(..)" as Running
    ///     [*] --> Queued
    ///     Queued --> Running
    ///     Running --> [*]
    /// "#
    /// );
    /// ```
    #[must_use]
    fn mermaid() -> String {
        Picture::of::<Self>(None).mermaid()
    }

    /// The machine's picture, in the language of Graphviz.
    ///
    /// The marks are those of [`mermaid`](Self::mermaid), but a terminal state is drawn with a double line.
    ///
    /// ```
    /// use statemachine::StateMachine;
    /// # use statemachine_example::*;
    /// assert!(Job::dot().contains(r#""Queued" -> "Running""#));
    /// ```
    #[must_use]
    fn dot() -> String {
        Picture::of::<Self>(None).dot()
    }

    /// The machine's picture, as an SVG file: legible on light and dark pages, and drawn without any other
    /// tool.
    ///
    /// The marks are those of [`dot`](Self::dot). The derive draws the picture when the declaration is
    /// compiled, and puts it into the docs of the generated machine too. Nobody could read the picture of a
    /// machine of more than 64 states or 256 transitions. For such a machine the file is empty, and says so.
    ///
    /// ```
    /// use statemachine::StateMachine;
    /// # use statemachine_example::*;
    /// let svg = Job::svg();
    /// assert!(svg.starts_with("<svg") && svg.contains("Running(..)"));
    /// ```
    #[cfg(feature = "svg")]
    #[must_use]
    fn svg() -> String {
        Picture::of::<Self>(None).svg()
    }

    #[doc(hidden)]
    const GRAPH: &'static Graph;

    #[doc(hidden)]
    const DRAWING: &'static Drawing = &Drawing::NONE;

    /// The position of this value's variant.
    #[doc(hidden)]
    fn index(&self) -> u16;

    /// The state at that position. It must be a state without data.
    #[doc(hidden)]
    fn dataless(index: u16) -> Self;

    /// The state at that position, borrowed from the program's constants. It must be a state without data.
    #[doc(hidden)]
    fn dataless_ref<'a>(index: u16) -> &'a Self
    where
        Self: 'a;
}

/// A state without its data: the answer of [`Machine::state`](crate::Machine::state).
///
/// A generated kind is `Copy`, can be compared, ordered and hashed, and has `Debug`, `Display` and `FromStr`.
/// An enum without data is its own kind, and has only what it derives.
///
/// ```
/// use statemachine::{Kind, StateMachine};
///
/// #[derive(StateMachine)]
/// enum Job {
///     #[state(to(Running))]
///     Queued,
///     #[state(terminal)]
///     Running(u32),
/// }
///
/// let job = JobMachine::new();
/// assert_eq!(job.state(), JobKind::Queued);
/// assert_eq!(job.state().name(), "Queued");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the kind of a machine",
    label = "not a kind",
    note = "kinds are derived: put `#[derive(StateMachine)]` on the enum"
)]
pub trait Kind: Sized + Send + Sync + DerivedKind + 'static {
    /// The name of the machine's enum.
    const MACHINE: &'static str;

    /// The names of the states, in the order in which they are declared.
    const NAMES: &'static [&'static str];

    /// The states, in the order in which they are declared.
    ///
    /// ```
    /// use statemachine::Kind;
    /// # use statemachine_example::*;
    /// assert_eq!(SlotKind::ALL, [SlotKind::Empty, SlotKind::Full]);
    /// ```
    const ALL: &'static [Self];

    #[doc(hidden)]
    const TERMINAL: &'static [bool];

    /// The state's name.
    #[must_use]
    fn name(&self) -> &'static str {
        Self::NAMES[usize::from(self.position())]
    }

    /// Whether no declared transition leads out of the state.
    ///
    /// ```
    /// use statemachine::Kind;
    /// # use statemachine_example::*;
    /// assert!(JobKind::Running.is_terminal() && !JobKind::Queued.is_terminal());
    /// ```
    #[must_use]
    fn is_terminal(&self) -> bool {
        Self::TERMINAL[usize::from(self.position())]
    }

    #[doc(hidden)]
    fn position(&self) -> u16;

    #[doc(hidden)]
    fn at(position: u16) -> Self;
}

/// The data of a state for one lifetime, of which [`State::View`] is made.
///
/// It exists beside `State::View` because a bound over every lifetime ("a closure that takes any view") on
/// a generic associated type would demand that the data be `'static`. The second parameter avoids that: it
/// lets the compiler assume `Self: 'a`. Write [`View`](crate::View) for it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a state of a machine",
    label = "not a state",
    note = "the states' types are in the module that `#[derive(StateMachine)]` generates, by default the enum's name in snake case"
)]
pub trait Viewed<'a, Bound = &'a Self> {
    /// The data of the state, borrowed.
    type Borrowed;
}

/// The data of state `A`, borrowed for `'a`: the argument of the closures of `run`, `enter` and the handlers.
///
/// For a given state it is the same type as [`A::View<'a>`](State::View), which the guards' `view` returns.
/// Only code that does not know the state must tell the two apart:
///
/// ```
/// use statemachine::{Refused, State, Transition, View};
/// # use statemachine_example::*;
///
/// fn leave<A: State, B: State<Enum = A::Enum, Data = ()>>(
///     transition: Transition<'_, A, B>,
///     see: impl FnOnce(View<'_, A>),
/// ) -> Result<A::Data, Refused> {
///     transition.now()?.run(|view| {
///         see(view);
///         Ok(())
///     })
/// }
///
/// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
/// leave(slot.full_to_empty(), |text| assert_eq!(text, "text"))?;
/// # Ok::<(), Refused>(())
/// ```
pub type View<'a, A> = <A as Viewed<'a>>::Borrowed;

/// The type of one state, such as `connection::Connected`, of a group of states, or of [`Any`] of them.
///
/// It is zero-sized and never instantiated. The derive implements it.
///
/// ```
/// use statemachine::{InState, State, StateMachine};
/// # use statemachine_example::*;
///
/// /// Works for every state of every machine.
/// fn name<A: State>(_: &InState<'_, A>) -> String {
///     format!("{} of {}", A::NAME, <A::Enum as StateMachine>::NAME)
/// }
///
/// let machine = SlotMachine::new();
/// assert_eq!(name(&machine.in_empty().now()?), "Empty of Slot");
///
/// // The same data, owned and borrowed.
/// let owned: <slot::Full as State>::Data = String::from("text");
/// let borrowed: <slot::Full as State>::View<'_> = &owned;
/// # assert_eq!(borrowed, "text");
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a state of a machine",
    label = "not a state",
    note = "the states' types are in the module that `#[derive(StateMachine)]` generates, by default the enum's name in snake case"
)]
pub trait State: Sized + DerivedState + for<'a> Viewed<'a> {
    /// The enum that the state is a variant of.
    type Enum: StateMachine;

    /// The data of the state, owned: `()`, `T` for one unnamed field, a tuple for several, or the
    /// generated struct for named fields. For [`Any`] and for a group it is the enum.
    type Data;

    /// The data of the state, borrowed: `()`, `&T`, a tuple of references, or the generated `Ref`. For [`Any`]
    /// and for a group it is `&` of the enum.
    type View<'a>
    where
        Self: 'a;

    /// The data of the state, borrowed for writing: `()`, `&mut T`, a tuple of references, or the
    /// generated `Mut`. [`Any`] and groups have none, because code could change the variant through it. There
    /// it is a type without values.
    type ViewMut<'a>
    where
        Self: 'a;

    /// The state's name: its variant's.
    const NAME: &'static str = Self::Enum::STATES[Self::INDEX as usize];

    /// The names to expect if this state is asked for.
    #[doc(hidden)]
    const EXPECTED: &'static [&'static str] = &[Self::NAME];

    /// The position of the variant; [`Any`] has none.
    #[doc(hidden)]
    const INDEX: u16;

    /// The states of a group, one bit for each.
    #[doc(hidden)]
    const GROUP: Option<&'static [u64]> = None;

    /// Whether the variant has fields; for [`Any`], whether it may have some.
    #[doc(hidden)]
    const HAS_DATA: bool;

    #[doc(hidden)]
    fn wrap(data: Self::Data) -> Self::Enum;

    #[doc(hidden)]
    fn unwrap(machine: Self::Enum) -> Self::Data;

    #[doc(hidden)]
    fn view(machine: &Self::Enum) -> View<'_, Self>;

    /// The same view by its other name. The compiler knows that they are the same only if it knows the
    /// state.
    #[doc(hidden)]
    fn same<'a>(view: View<'a, Self>) -> Self::View<'a>
    where
        Self: 'a;
}

/// A state whose variant has no fields, so that entering it takes no data.
///
/// It is the bound of `commit` and `enter`:
///
/// ```
/// use std::time::Duration;
/// use statemachine::{Dataless, Refused, State, Transition};
/// # use statemachine_example::*;
///
/// fn soon<A: State, B: Dataless + State<Enum = A::Enum>>(
///     transition: Transition<'_, A, B>,
/// ) -> Result<A::Data, Refused> {
///     Ok(transition.within(Duration::from_secs(1))?.commit())
/// }
///
/// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
/// assert_eq!(soon(slot.full_to_empty())?, "text");
/// # Ok::<(), Refused>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has data, which must be supplied to enter it",
    label = "needs the data of the state it enters",
    note = "use `try_commit_with(data)`, `commit_with(data)`, `enter_with(data)` or `run(|view| Ok(data))`"
)]
pub trait Dataless: DerivedState {
    /// The enum that the state is a variant of.
    #[doc(hidden)]
    type Of: StateMachine;

    #[doc(hidden)]
    const POSITION: u16;
}

/// The type of one state, not of several. If it could be any of several, writing its data could change the
/// variant.
///
/// It is the bound of `view_mut`:
///
/// ```
/// use statemachine::{InTransition, Single, State};
/// # use statemachine_example::*;
///
/// fn shout<A, B>(transition: &mut InTransition<'_, A, B>)
/// where
///     A: Single + for<'a> State<ViewMut<'a> = &'a mut String>,
///     B: State<Enum = A::Enum>,
/// {
///     transition.view_mut().make_ascii_uppercase();
/// }
///
/// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
/// let mut emptying = slot.full_to_empty().now()?;
/// shout(&mut emptying);
/// assert_eq!(emptying.commit(), "TEXT");
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "the data of `{Self}` cannot be written, since it may be any of several states",
    label = "may be several states",
    note = "hold or leave one state to write its data, as in `in_a().exclusive()` or `a_to_b()`"
)]
pub trait Single: State {
    #[doc(hidden)]
    fn view_mut<'a>(machine: Option<&'a mut Self::Enum>) -> Self::ViewMut<'a>
    where
        Self: 'a;
}

impl<A: Dataless> Single for A {
    #[inline]
    fn view_mut<'a>(_: Option<&'a mut A::Of>)
    where
        Self: 'a,
    {
    }
}

/// A type that stands for whichever of several states: [`Any`], or a group.
///
/// It is the bound of `kind` and `narrow` on a hold. A guard of such a type derefs to the enum.
///
/// ```
/// use statemachine::{InState, Kind, Several};
/// # use statemachine_example::*;
///
/// fn name<A: Several>(hold: &InState<'_, A>) -> &'static str {
///     hold.kind().name()
/// }
///
/// assert_eq!(name(&SlotMachine::new().hold().now()?), "Empty");
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is one state",
    label = "not several states",
    note = "a hold on one state needs no `kind` and no `narrow`"
)]
pub trait Several: State {}

impl<S: StateMachine> Several for Any<S> {}

/// The position of a state's type among the states of its enum.
pub(crate) trait Located: State {
    /// None for a type that stands for several states.
    const AT: Option<StateId> = match Self::INDEX {
        Any::<Self::Enum>::INDEX => None,
        position => Some(StateId::new(position)),
    };

    /// The position of a state that can be entered.
    const ID: StateId = StateId::new(Self::INDEX);

    /// All states that it stands for.
    const SET: StateSet = match (Self::AT, Self::GROUP) {
        (Some(state), _) => StateSet::One(state),
        (None, Some(group)) => StateSet::Bits(group),
        (None, None) => StateSet::All,
    };
}

impl<A: State> Located for A {}

// What is no state is not told that it lacks data.
#[diagnostic::do_not_recommend]
impl<A: Dataless> State for A {
    type Enum = A::Of;
    type Data = ();
    type View<'a>
        = ()
    where
        Self: 'a;
    type ViewMut<'a>
        = ()
    where
        Self: 'a;
    const INDEX: u16 = A::POSITION;
    const HAS_DATA: bool = false;

    #[inline]
    fn wrap((): ()) -> A::Of {
        A::Of::dataless(A::POSITION)
    }

    #[inline]
    fn unwrap(_: A::Of) {}

    #[inline]
    fn view(_: &A::Of) {}

    #[inline]
    fn same<'a>((): ())
    where
        Self: 'a,
    {
    }
}

impl<A: Dataless> Viewed<'_> for A {
    type Borrowed = ();
}

/// A state whose data is exactly one unnamed field. A hold on it derefs to the field.
///
/// ```
/// use statemachine::{InState, Newtype};
/// # use statemachine_example::*;
///
/// fn length<A: Newtype<Field = String>>(hold: &InState<'_, A>) -> usize {
///     hold.len()
/// }
///
/// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
/// assert_eq!(length(&slot.in_full().now()?), 4);
/// # Ok::<(), statemachine::Refused>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "a hold on `{Self}` does not deref: its data is not one unnamed field",
    label = "no single field to deref to",
    note = "`view()` gives the data of any state"
)]
pub trait Newtype: State + DerivedNewtype {
    /// The type of the field; for [`Any`], the enum.
    type Field;

    #[doc(hidden)]
    fn field(machine: &Self::Enum) -> &Self::Field;

    #[doc(hidden)]
    fn field_mut(machine: &mut Self::Enum) -> &mut Self::Field;
}

/// Stands for "whichever state it is", in place of a state's type.
///
/// Its data is the enum itself. A [`Transition`](crate::Transition) from `Any` starts in one of several
/// states. An [`InState`](crate::InState) of `Any` holds whichever state is current.
///
/// ```
/// use statemachine::{Any, InTransition, StateMachine};
///
/// #[derive(StateMachine)]
/// enum Job {
///     #[state(to(Running, Over))]
///     Queued,
///     #[state(to(Over))]
///     Running { worker: u32 },
///     #[state(terminal)]
///     Over,
/// }
///
/// let job = JobMachine::new();
/// job.queued_to_running().try_commit_with(JobRunning { worker: 7 })?;
/// let ending: InTransition<'_, Any<Job>, job::Over> = job.to_over().now()?;
/// assert!(matches!(ending.view(), Job::Running { .. }));
/// let left: Job = ending.commit();
/// assert!(matches!(left, Job::Running { worker: 7 }));
/// # Ok::<(), statemachine::Refused>(())
/// ```
pub struct Any<S>(PhantomData<fn() -> *const S>);

impl<'a, S> Viewed<'a> for Any<S> {
    type Borrowed = &'a S;
}

impl<S: StateMachine> DerivedState for Any<S> {}

impl<S: StateMachine> State for Any<S> {
    type Enum = S;
    type Data = S;
    type View<'a>
        = &'a S
    where
        S: 'a;
    type ViewMut<'a>
        = Infallible
    where
        S: 'a;
    const NAME: &'static str = "any state";
    const EXPECTED: &'static [&'static str] = S::STATES;
    const INDEX: u16 = u16::MAX;
    const HAS_DATA: bool = true;

    #[inline]
    fn wrap(data: S) -> S {
        data
    }

    #[inline]
    fn unwrap(machine: S) -> S {
        machine
    }

    #[inline]
    fn view(machine: &S) -> &S {
        machine
    }

    #[inline]
    fn same<'a>(view: &'a S) -> &'a S
    where
        Self: 'a,
    {
        view
    }
}

impl<S: StateMachine> DerivedNewtype for Any<S> {}

impl<S: StateMachine> Newtype for Any<S> {
    type Field = S;

    #[inline]
    fn field(machine: &S) -> &S {
        machine
    }

    #[inline]
    fn field_mut(machine: &mut S) -> &mut S {
        machine
    }
}

/// Marks a declared transition from `Self` to `B`: `to(B)` on the variant `Self`.
///
/// A transition that is not declared does not compile, and the error lists those that are. As a bound, it
/// lets generic code make the transitions that it is given:
///
/// ```
/// use statemachine::{Dataless, Machine, Refused, State, StateMachine, TransitionTo};
///
/// #[derive(StateMachine)]
/// enum Light {
///     #[state(to(Green))]
///     Red,
///     #[state(to(Red))]
///     Green,
/// }
///
/// fn there_and_back<A, B>(machine: &Machine<A::Enum>) -> Result<(), Refused>
/// where
///     A: Dataless + TransitionTo<B>,
///     B: Dataless + State<Enum = A::Enum, Data = ()> + TransitionTo<A>,
/// {
///     machine.transition::<A, B>().try_commit()?;
///     machine.transition::<B, A>().try_commit()
/// }
///
/// there_and_back::<light::Red, light::Green>(&LightMachine::new())?;
/// # Ok::<(), Refused>(())
/// ```
///
/// ```compile_fail
/// # use statemachine_example::*;
/// DoorMachine::new().transition::<door::Open, door::Open>(); // `Open` has no transition to `Open`
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no transition to `{B}`",
    label = "illegal transition"
)]
pub trait TransitionTo<B: State>: State + DerivedTransition<B> {}
