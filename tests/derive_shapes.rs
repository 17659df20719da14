//! Every shape of enum that the derive takes, under the lints that a strict user has.

#![deny(warnings, missing_docs, unreachable_pub, unused_qualifications, clippy::pedantic)]

use std::{borrow::Cow, fmt::Debug, str::FromStr};

use statemachine::{Kind, StateMachine};

#[cfg(feature = "sqlite")]
#[path = "derive_shapes/stored.rs"]
mod stored;

/// No data at all: the enum is its own kind.
#[derive(StateMachine, Debug, Clone, Copy, PartialEq)]
enum Plain {
    #[state(to(Parens))]
    Unit,
    #[state(to(Braces))]
    Parens(),
    #[state(to(Unit))]
    Braces {},
}

static PLAIN: PlainMachine = PlainMachine::new();

#[test]
fn variants_without_fields_have_no_data() {
    assert_eq!(PLAIN.state(), Plain::Unit);
    assert!(PLAIN.is_unit() && !PLAIN.is_parens());
    assert_eq!(Plain::STATES, ["Unit", "Parens", "Braces"]);
    assert_eq!(Plain::MACHINE, "Plain");
    assert_eq!(PlainMachine::from_state(Plain::Braces {}).into_state(), Plain::Braces {});
    assert_eq!(PlainMachine::default().into_state(), Plain::Unit);
}

#[test]
fn a_field_of_the_unit_type_is_data() {
    #[derive(StateMachine)]
    enum Signal {
        #[state(to(Given))]
        Off,
        #[state(to(Off))]
        Given(()),
    }
    let signal = SignalMachine::new();
    assert!(signal.off_to_given().try_commit_with(()).is_ok());
    assert_eq!(signal.state(), SignalKind::Given);
}

/// One of each with data.
#[derive(StateMachine, Debug, PartialEq)]
#[machine(name = Link, states = links, kind = LinkState)]
enum Mixed {
    /// The one.
    #[state(to(Pair))]
    One(String),
    #[state(to(Named))]
    Pair(u8, String),
    /// Has fields.
    #[state(terminal, name = finished)]
    Named {
        /// A field with docs.
        error: String,
        r#type: u8,
    },
}

static LINK: Link = Link::new(String::new());

#[test]
fn data_is_owned_and_borrowed() {
    assert!(LINK.is_one());
    let one = LINK.in_one().now().expect("the state is `One`");
    assert_eq!(*one.view(), String::new());

    let pair = Link::from(Mixed::Pair(1, "two".to_owned()));
    let pair = pair.in_pair().now().expect("the state is `Pair`");
    let (left, right) = pair.view();
    assert_eq!((*left, right.as_str()), (1, "two"));

    let named = Link::from_state(Mixed::Named { error: "lost".to_owned(), r#type: 3 });
    assert!(named.is_finished());
    let named = named.in_finished().now().expect("the state is `Named`");
    let view: MixedNamedRef<'_> = named.view();
    let copy = view;
    assert_eq!((copy.error.as_str(), *view.r#type), ("lost", 3));
    let MixedNamed { error, r#type } = MixedNamed { error: String::new(), r#type: 0 };
    assert_eq!((error.as_str(), r#type), ("", 0));
}

#[test]
fn the_kind_reads_and_prints() {
    assert_eq!(LINK.state(), LinkState::One);
    assert_eq!(format!("{:>5}", LinkState::One), "  One");
    assert_eq!(LinkState::from_str("Named").ok(), Some(LinkState::Named));
    assert!(LinkState::from_str("finished").is_err());
    assert!(LinkState::One < LinkState::Pair);
}

#[test]
fn new_takes_the_data_of_the_initial_state() {
    #[derive(StateMachine)]
    enum Tuple {
        #[state(initial, terminal)]
        Start(u8, u8),
    }
    #[derive(StateMachine)]
    enum Named {
        #[state(restored, to(Start))]
        Old,
        #[state(initial, terminal)]
        Start { left: u8 },
    }
    assert!(TupleMachine::new((1, 2)).is_start());
    assert!(NamedMachine::new(NamedStart { left: 1 }).is_start());
}

/// Every kind of parameter, with bounds in both places and a default.
#[derive(StateMachine)]
#[machine(reset)]
pub(crate) enum Generic<'a, 'view, T: Debug + ?Sized, U = u8, const N: usize = 2>
where
    U: Clone + 'view,
{
    /// Starts.
    #[state(to(Lent, Many, Named))]
    Empty,
    /// Lends, which implies `T: 'a`.
    #[state(to(Empty))]
    Lent(&'a T),
    Cow(Cow<'view, [U]>),
    Many([U; N], Box<T>),
    /// Uses some of the parameters only.
    #[state(to(Cow))]
    Named {
        first: &'a U,
        rest: Vec<&'a U>,
    },
}

static GENERIC: GenericMachine<'static, 'static, str, u8, 3> = GenericMachine::new();

#[test]
fn parameters_of_every_kind_are_kept() {
    let machine: GenericMachine<'_, '_, str> = GenericMachine::from_state(Generic::Lent("text"));
    let lent = machine.in_lent().now().expect("the state is `Lent`");
    assert_eq!(**lent.view(), *"text");
    let _ = machine.reset();
    let _ = machine.empty_to_lent();
    let _ = machine.to_lent();
    let first = 1;
    let named: GenericNamed<'_, u8> = GenericNamed { first: &first, rest: Vec::new() };
    let GenericNamed { first, rest } = named;
    let view: GenericNamedRef<'_, '_, u8> = GenericNamedRef { first: &first, rest: &rest };
    assert_eq!(**view.first, 1);
    assert_eq!(GENERIC.state(), GenericKind::Empty);
}

/// Refers to itself, and to an associated constant of itself.
#[derive(StateMachine)]
enum List<T> {
    #[state(to(Node))]
    End,
    #[state(to(End))]
    Node(T, Box<Self>),
    #[state(restored, to(End))]
    Block([u8; List::<()>::WIDTH]),
}

impl<T> List<T> {
    const WIDTH: usize = 4;
}

#[test]
fn an_enum_may_hold_itself() {
    let list = ListMachine::from_state(List::Node(1, Box::new(List::End)));
    assert!(list.is_node());
    assert_eq!(List::<u8>::WIDTH, 4);
}

mod visibility {
    //! Declares machines that are seen from outside in several measures.

    /// For everybody.
    pub(crate) mod inner {
        use statemachine::StateMachine;

        /// Seen one module up.
        #[derive(StateMachine)]
        pub(super) enum Up {
            #[state(to(B))]
            A(u8),
            #[state(to(A))]
            B { field: u8 },
        }

        /// Seen two modules up.
        #[derive(StateMachine)]
        pub(in super::super) enum UpUp {
            #[state(to(B))]
            A(u8),
            #[state(to(A))]
            B { field: u8 },
        }

        /// Seen by path.
        #[derive(StateMachine)]
        pub(in crate::visibility) enum Path {
            #[state(to(B))]
            A(u8),
            #[state(to(A))]
            B { field: u8 },
        }
    }

    pub(super) fn all() -> bool {
        let up: inner::UpMachine = inner::UpMachine::new(1);
        let path = inner::PathMachine::new(1);
        let data = inner::UpB { field: 1 };
        let _ = up.transition::<inner::up::A, inner::up::B>();
        let _ = path.transition::<inner::path::A, inner::path::B>();
        up.is_a() && path.is_a() && data.field == 1
    }
}

#[test]
fn the_machine_is_as_visible_as_the_enum() {
    assert!(visibility::all());
    let machine = visibility::inner::UpUpMachine::new(2);
    let _ = machine.transition::<visibility::inner::up_up::A, visibility::inner::up_up::B>();
    assert_eq!(machine.state(), visibility::inner::UpUpKind::A);
}

/// The `HTTP` of old.
#[derive(StateMachine)]
enum Acronym {
    #[state(to(FinWait1))]
    HTTPReady,
    #[state(to(r#Type, HTTPReady))]
    FinWait1,
    #[state(to(Self_))]
    r#Type,
    #[state(to(_1))]
    Self_,
    #[state(terminal)]
    _1,
}

#[test]
fn words_come_of_names() {
    let machine = AcronymMachine::new();
    assert!(machine.is_http_ready());
    let _ = machine.http_ready_to_fin_wait1();
    let _ = machine.fin_wait1_to_type();
    let _ = machine.type_to_self();
    let _ = machine.self_to_1();
    let _ = machine.in_1();
    assert_eq!(Acronym::STATES, ["HTTPReady", "FinWait1", "Type", "Self_", "_1"]);
}

#[allow(non_camel_case_types)]
mod raw {
    //! Names that are keywords.

    use statemachine::StateMachine;

    #[derive(StateMachine)]
    #[machine(states = r#mod)]
    pub(crate) enum r#type {
        #[state(to(r#else))]
        r#if,
        #[state(to(r#if))]
        r#else { r#match: u8 },
    }

    #[derive(StateMachine)]
    pub(crate) enum Super {
        #[state(to(Crate))]
        Self_,
        #[state(to(Self_))]
        Crate,
    }
}

#[test]
fn keywords_may_be_names() {
    let machine = raw::typeMachine::new();
    let _ = machine.if_to_else();
    let _ = machine.transition::<raw::r#mod::r#if, raw::r#mod::r#else>();
    assert_eq!(raw::typeelse { r#match: 1 }.r#match, 1);
    assert_eq!(machine.state().to_string(), "if");
    let _ = raw::SuperMachine::new().transition::<raw::super_::Self_, raw::super_::Crate>();
}

/// Attributes of the enum and its variants that mean something to the compiler.
#[derive(StateMachine, Debug, Clone, Copy, PartialEq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Attributes {
    /// Starts at three.
    #[state(to(Seven))]
    Three = 3,
    /// Old.
    #[state(to(Next))]
    #[deprecated]
    Seven = if true { 3 + 4 } else { 0 },
    /// Follows.
    #[state(to(Three))]
    Next,
    /// Never there.
    #[cfg(any())]
    Gone,
}

#[test]
fn discriminants_are_not_positions() {
    assert_eq!(Attributes::Next as u8, 8);
    assert_eq!(AttributesMachine::from_state(Attributes::Next).state(), Attributes::Next);
}

/// Non-exhaustive, with data.
#[derive(StateMachine)]
#[non_exhaustive]
pub enum NonExhaustive {
    /// Has [`Cow`] in its docs, which the states' module does not know.
    #[state(to(B))]
    #[non_exhaustive]
    A {
        /// A field.
        field: u8,
    },
    /// Goes back.
    #[state(to(A))]
    B,
}

#[test]
fn an_enum_may_be_local() {
    /// Local.
    #[derive(StateMachine)]
    enum Local<'a> {
        #[state(to(Data))]
        Start,
        #[state(to(Named))]
        Data(&'a Hidden),
        #[state(to(Start))]
        Named { hidden: &'a Hidden },
    }
    #[derive(Debug, PartialEq)]
    struct Hidden(u8);
    let hidden = Hidden(1);
    let machine = LocalMachine::from_state(Local::Data(&hidden));
    let data = machine.in_data().now().expect("the state is `Data`");
    assert_eq!(**data.view(), Hidden(1));
    let named = LocalNamed { hidden: &hidden };
    assert_eq!(*named.hidden, hidden);
    let _ = machine.transition::<local::Start, local::Data>();
}

#[test]
fn a_value_that_cannot_be_is_no_obstacle() {
    #[derive(StateMachine)]
    enum Never {
        #[state(to(Gone))]
        Here,
        #[state(to(Here))]
        Gone(std::convert::Infallible),
    }
    assert!(NeverMachine::new().is_here());
}

#[test]
fn a_fieldless_enum_with_a_parameter_is_its_own_kind() {
    #[derive(StateMachine, Debug, PartialEq)]
    #[machine(kind = Pin)]
    enum Port<const N: usize> {
        #[state(to(High))]
        Low,
        #[state(to(Low))]
        High,
    }
    let machine: PortMachine<7> = PortMachine::new();
    let pin: Pin<7> = machine.state();
    assert_eq!(pin, Port::Low);
}

#[test]
fn machines_stand_side_by_side() {
    #[derive(StateMachine)]
    enum A {
        #[state(terminal)]
        Only,
    }
    #[derive(StateMachine)]
    enum B {
        #[state(terminal)]
        Only,
    }
    assert!(AMachine::new().is_only() && BMachine::new().is_only());
}

mod data_as_the_enum {
    //! The data of a struct variant has what the enum and its fields have, and shows no more.

    use std::{collections::HashSet, fmt::Debug, hash::Hash};

    use statemachine::StateMachine;

    #[derive(StateMachine, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    enum Line<T> {
        #[state(initial, to(Idle))]
        Busy { number: u32, r#type: &'static str, any: T },
        #[state(to(Busy))]
        Idle,
    }

    #[test]
    fn it_has_what_is_derived() {
        fn has_all<T: Debug + Copy + Ord + Hash>(_: T) {}
        let data = LineBusy { number: 7, r#type: "t", any: 'x' };
        has_all(data);
        assert_eq!(format!("{data:?}"), "LineBusy { number: 7, type: \"t\", any: 'x' }");
        assert!(data < LineBusy { any: 'y', ..data } && data > LineBusy { number: 6, ..data });
        assert_eq!(HashSet::from([data, data]).len(), 1);
        let line = LineMachine::new(data);
        let held = line.in_busy().now().unwrap();
        assert_eq!(
            format!("{:?}", held.view()),
            "LineBusyRef { number: 7, type: \"t\", any: 'x' }"
        );
        drop(held);
        assert!(line.idle_to_busy().now().is_err());
        assert!(line.busy_to_idle().try_commit().is_ok());
    }

    /// Nothing is derived, so that the data has nothing either.
    #[derive(StateMachine)]
    enum Login {
        #[state(initial, to(In))]
        Out,
        #[state(to(Out))]
        In { password: String },
    }

    #[test]
    fn it_has_nothing_else() {
        static_assertions::assert_not_impl_any!(LoginIn: Debug, Clone, PartialEq, PartialOrd, Hash, Default);
        static_assertions::assert_not_impl_any!(LoginInRef<'static>: Debug);
        static_assertions::assert_not_impl_any!(LoginInMut<'static>: Debug);
        let login = LoginMachine::new();
        login.out_to_in().try_commit_with(LoginIn { password: "x".to_owned() }).unwrap();
        assert_eq!(login.in_in().now().unwrap().view().password, "x");
    }

    #[derive(StateMachine, Default)]
    enum Count {
        #[default]
        #[state(to(Done))]
        Idle,
        #[state(to(Idle))]
        Done { all: u32 },
    }

    #[test]
    fn it_has_a_default_if_the_enum_has_one() {
        assert_eq!(CountDone::default().all, 0);
        let count = CountMachine::new();
        count.idle_to_done().try_commit_with(CountDone::default()).unwrap();
        let mut done = count.in_done().exclusive().now().unwrap();
        *done.view_mut().all += 1;
        drop(done);
        assert_eq!(count.done_to_idle().try_commit().unwrap().all, 1);
    }
}

mod kinds {
    //! What a kind has beside its name.

    use statemachine::{Kind, StateMachine};

    /// A kind keeps the numbers, which a protocol may give a meaning.
    #[derive(StateMachine)]
    #[repr(u8)]
    #[machine(kind_attr(must_use))]
    enum Frame {
        #[state(initial, to(Open))]
        Idle = 3,
        #[state(to(Idle, Reset), data = OpenStream)]
        Open { id: u32 } = 7,
        #[state(terminal)]
        Reset(u32) = 0x0a,
    }

    /// `C` and a number lay out data, and cannot stand together where there is none.
    #[derive(StateMachine)]
    #[repr(C, i16)]
    enum Tagged {
        #[state(to(Full))]
        Empty = -1,
        #[state(to(Empty))]
        Full(u64) = 300,
    }

    #[test]
    fn a_kind_has_of_the_layout_what_it_can_have() {
        assert_eq!(size_of::<TaggedKind>(), 2);
        assert_eq!(TaggedKind::Full as i16, 300);
        assert!(TaggedMachine::new().empty_to_full().try_commit_with(1).is_ok());
    }

    impl FrameKind {
        const FIRST: Self = Self::Idle;
    }

    #[test]
    fn a_kind_keeps_numbers_and_knows_all_states() {
        assert_eq!(FrameKind::Open as u8, 7);
        assert_eq!(size_of::<FrameKind>(), 1);
        assert_eq!(FrameKind::ALL, [FrameKind::FIRST, FrameKind::Open, FrameKind::Reset]);
        assert_eq!(FrameKind::from(&Frame::Reset(1)), FrameKind::Reset);
        assert!(FrameKind::Reset.is_terminal() && !FrameKind::Open.is_terminal());
        let frame = FrameMachine::new();
        frame.idle_to_open().try_commit_with(OpenStream { id: 1 }).unwrap();
        assert_eq!(frame.in_open().now().unwrap().view().id, &1);
        assert!(frame.open_to_idle().try_commit().is_ok());
        assert!(frame.open_to_reset().now().is_err());
    }

    #[derive(StateMachine, Clone, Copy, PartialEq, Debug)]
    enum Light {
        #[state(to(Green))]
        Red,
        #[state(to(Red))]
        Green,
    }

    #[test]
    fn the_kind_of_an_enum_without_data_can_be_named_too() {
        let kind: LightKind = LightMachine::new().state();
        assert_eq!(kind, Light::Red);
        assert_eq!(Light::ALL, [Light::Red, Light::Green]);
    }
}

mod generic_views {
    //! Code that does not know the state can name what a guard shows.

    use statemachine::{InState, InTransition, State, StateMachine};

    #[derive(StateMachine)]
    enum Slot {
        #[state(to(Full))]
        Empty,
        #[state(to(Empty))]
        Full(u32),
    }

    fn of_hold<'v, A: State>(hold: &'v InState<'_, A>) -> A::View<'v> {
        hold.view()
    }

    fn of_transition<'v, A: State, B: State>(begun: &'v InTransition<'_, A, B>) -> A::View<'v> {
        begun.view()
    }

    #[test]
    fn guards_show_the_view_of_the_state() {
        let slot = SlotMachine::from_state(Slot::Full(5));
        assert_eq!(*of_hold(&slot.in_full().now().unwrap()), 5);
        assert_eq!(*of_transition(&slot.full_to_empty().now().unwrap()), 5);
    }
}

mod deprecated {
    //! What is deprecated may be a machine: only who uses it by its own name is warned.

    use statemachine::StateMachine;

    /// Used by the machine alone.
    #[deprecated]
    pub(crate) trait Old {}

    #[allow(deprecated)]
    impl Old for u8 {}

    #[deprecated]
    #[allow(deprecated)]
    #[derive(StateMachine)]
    #[machine(reset)]
    pub(crate) enum Door<T: Old> {
        #[state(to(Ajar))]
        Open,
        #[state(to(Closed))]
        Ajar(T),
        #[state(to(Open))]
        Closed { by: Option<T> },
    }

    #[deprecated = "stays open"]
    #[derive(StateMachine)]
    #[machine(kind = GateKind)]
    enum Gate {
        #[state(terminal)]
        Open,
    }

    #[derive(StateMachine)]
    enum Lamp {
        #[deprecated]
        #[state(to(Dimmed))]
        Lit(u8),
        #[state(to(Dark))]
        #[allow(deprecated)]
        Dimmed(Option<Box<dyn Old + Send + Sync>>, u8),
        #[state(to(Dark))]
        Dark {
            #[deprecated]
            r#for: u8,
        },
    }

    #[test]
    fn a_deprecated_enum_is_a_machine() {
        let door: DoorMachine<u8> = DoorMachine::new();
        assert!(door.open_to_ajar().try_commit_with(1).is_ok());
        assert!(door.ajar_to_closed().try_commit_with(DoorClosed { by: None }).is_ok());
        assert_eq!(door.state(), DoorKind::Closed);
        assert!(GateMachine::new().is_open());
        assert!(LampMachine::new(1).is_lit());
    }
}

mod silenced {
    //! What is silenced in the declaration is silent in what is copied from it.

    use std::{collections::LinkedList, rc::Rc};

    use statemachine::StateMachine;

    #[derive(StateMachine)]
    #[expect(non_upper_case_globals, reason = "the standard's name")]
    #[allow(clippy::type_complexity)]
    pub(crate) enum Table<const width: usize> {
        #[state(to(Lists))]
        #[allow(clippy::redundant_allocation)]
        Rows([u8; width], Rc<Box<Vec<(u8, Option<Result<u8, Box<dyn Fn(u8) -> Option<u16>>>>)>>>),
        #[state(terminal)]
        #[expect(non_snake_case)]
        #[expect(clippy::linkedlist)]
        Lists { perRow: LinkedList<u8> },
    }

    #[test]
    fn silenced_lints_stay_silent() {
        let table: TableMachine<2> = TableMachine::new(([1, 2], Rc::new(Box::default())));
        let lists = TableLists { perRow: LinkedList::new() };
        assert!(table.rows_to_lists().try_commit_with(lists).is_ok());
    }
}

/// A variant that is hidden in the docs is no attempt at `#[non_exhaustive]`.
#[derive(StateMachine)]
pub enum Hidden {
    /// Leads on.
    #[state(to(Open))]
    Closed(u8),
    /// Leads back.
    #[state(to(Closed))]
    Open(u8),
    #[doc(hidden)]
    #[state(restored, to(Open))]
    Kicked(u8),
}

#[test]
fn a_state_may_be_hidden() {
    let door = HiddenMachine::from_state(Hidden::Kicked(1));
    assert_eq!(door.state().to_string(), "Kicked");
}

#[deny(rust_2018_idioms)]
mod inferred {
    //! What the compiler infers for the enum it infers for the machine, and has a lint against saying.

    use statemachine::StateMachine;

    #[derive(StateMachine)]
    pub(crate) enum Loan<'a, T> {
        #[state(to(Lent))]
        Returned,
        #[state(to(Returned))]
        Lent(&'a T),
    }

    #[test]
    fn a_bound_need_not_be_said() {
        let loan: LoanMachine<'_, u8> = LoanMachine::new();
        assert!(loan.returned_to_lent().try_commit_with(&1).is_ok());
    }
}

#[test]
fn parameters_may_have_the_names_of_generated_ones() {
    #[derive(StateMachine)]
    enum Whatever<View, Whatever_, Never> {
        #[state(to(Never, Whatever_))]
        View(View),
        #[state(to(Whatever_))]
        Never { whatever: Never },
        #[state(terminal)]
        Whatever_(Whatever_),
    }
    let machine = WhateverMachine::<u8, u8, u8>::new(1);
    let never = WhateverNever { whatever: 2 };
    assert!(machine.view_to_never().try_commit_with(never).is_ok());
}

#[test]
fn lists_in_several_attributes_add_up() {
    #[derive(StateMachine)]
    #[machine(can_always_reach(Closed))]
    #[cfg_attr(all(), machine(can_always_reach(Open)))]
    enum Door {
        #[state(to(Closed))]
        #[cfg_attr(all(), state(to(Bolted, Closed)))]
        #[cfg_attr(any(), state(to(Welded)))]
        Open,
        #[state(to(Open))]
        Closed,
        #[state(to(Closed))]
        Bolted,
    }
    assert_eq!(Door::TRANSITIONS.len(), 4);
    let door = DoorMachine::new();
    assert!(door.open_to_bolted().try_commit().is_ok());
}

#[allow(non_upper_case_globals, dead_code)]
mod items_named_as_generated_code_might {
    //! A parameter may not have the name of a static, and is taken for a constant of its name.

    macro_rules! beside {
        ($name:ident: $($item:tt)*) => {
            mod $name {
                use statemachine::StateMachine;

                $($item)*

                #[derive(StateMachine, Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
                #[machine(reset)]
                enum Door {
                    #[state(to(Open))]
                    Closed,
                    #[state(to(Ajar))]
                    Open(u8),
                    #[state(to(Locked))]
                    Ajar { wide: u8, by: u8 },
                    #[state(to(Closed))]
                    Locked(u8, u8),
                }
            }
        };
    }

    beside!(statics:
        static data: u8 = 1;
        static f: u8 = 1;
        static index: u8 = 1;
        static kind: u8 = 1;
        static machine: u8 = 1;
        static name: u8 = 1;
        static other: u8 = 1;
        static position: u8 = 1;
        static state: u8 = 1;
        static view: u8 = 1;
    );
    beside!(constants:
        const data: u8 = 1;
        const different: u8 = 1;
        const f: u8 = 1;
        const index: u8 = 1;
        const kind: u8 = 1;
        const machine: u8 = 1;
        const name: u8 = 1;
        const other: u8 = 1;
        const position: u8 = 1;
        const state: u8 = 1;
        const view: u8 = 1;
    );
    // Methods that everything has, and which come before those by reference.
    beside!(traits:
        trait Everything: Sized {
            fn debug_struct(self) {}
            fn eq(self) {}
            fn field(self) {}
            fn finish(self) {}
            fn in_state(self) {}
            fn pad(self) {}
            fn shown(&self) {}
            fn transition(self) {}
        }

        impl<T> Everything for T {}
    );
}

mod bounds_that_name_more_than_a_struct_has {
    //! The struct of a variant has the parameters that its fields use, and what is said of those.

    use std::{iter::Peekable, vec};

    use statemachine::StateMachine;

    trait Key {}

    impl Key for u8 {}

    struct Keyed<T: Key>(T);

    #[derive(StateMachine)]
    enum Store<T: Key + Into<U>, U> {
        #[state(to(Full))]
        Empty,
        #[state(to(Raw))]
        Full { keyed: Keyed<T> },
        #[state(to(Empty))]
        Raw(U),
    }

    #[derive(StateMachine)]
    enum Source<T, I>
    where
        I: Iterator<Item = T> + AsRef<[T]>,
    {
        #[state(to(Done))]
        Running { iter: Peekable<I> },
        #[state(terminal)]
        Done(T),
    }

    #[derive(StateMachine)]
    enum Same<T: ?Sized + PartialEq<U>, U> {
        #[state(to(Other))]
        One { boxed: Box<T> },
        #[state(terminal)]
        Other(U),
    }

    #[test]
    fn what_is_left_of_the_bounds_suffices() {
        let store = StoreMachine::<u8, u16>::new();
        assert!(store.empty_to_full().try_commit_with(StoreFull { keyed: Keyed(1) }).is_ok());
        let store = store.into_state();
        assert!(matches!(store, Store::Full { keyed: Keyed(1) }));
        let mut iter = Vec::<u8>::new().into_iter().peekable();
        assert!(iter.next().is_none());
        let source = SourceMachine::<u8, vec::IntoIter<u8>>::new(SourceRunning { iter });
        assert!(source.running_to_done().try_commit_with(1).is_ok());
        let same = SameMachine::<str, String>::new(SameOne { boxed: "a".into() });
        assert!(same.one_to_other().try_commit_with(String::new()).is_ok());
    }
}

#[test]
fn lengths_may_be_any_expression() {
    const WIDTH: usize = 2;

    #[derive(StateMachine)]
    enum Buffer<
        const N: usize = {
            const ONE: usize = 1;
            ONE
        },
    > {
        #[state(to(Full))]
        Empty([u8; if WIDTH > 1 { 1 } else { 2 }]),
        #[state(to(Over))]
        Full {
            bytes: [u8; match WIDTH {
                2 => 3,
                _ => 4,
            }],
        },
        #[state(to(Empty))]
        Over(
            [u8; {
                let one = 1;
                one + 1
            }],
            [u8; N],
        ),
    }
    let buffer = BufferMachine::<1>::new([1]);
    assert!(buffer.empty_to_full().try_commit_with(BufferFull { bytes: [1, 2, 3] }).is_ok());
    assert!(buffer.full_to_over().try_commit_with(([1, 2], [3])).is_ok());
}

mod connection {
    //! The states' types are in a module of the name that the file has.

    #[derive(statemachine::StateMachine)]
    pub(crate) enum Connection {
        #[state(to(Up))]
        Down,
        #[state(to(Down))]
        Up,
    }
}

#[test]
fn an_enum_may_be_named_as_its_module() {
    assert!(connection::ConnectionMachine::new().is_down());
}

#[test]
fn objects_may_be_data() {
    #[derive(StateMachine)]
    enum Pointer {
        #[state(to(Raw))]
        Unnamed(*mut dyn Debug),
        #[state(to(Boxed))]
        Raw { pointer: *const dyn Debug, other: *mut (dyn Debug + Send) },
        #[state(to(Unnamed))]
        Boxed { boxed: Box<u8>, function: fn(u8) -> u8 },
    }
    #[derive(StateMachine)]
    enum Error {
        #[state(to(Failed))]
        Fine,
        #[state(to(Fine))]
        Failed { cause: Box<dyn std::error::Error + Send + Sync> },
    }
    let error = ErrorMachine::new();
    let failed = ErrorFailed { cause: "a cause".into() };
    assert!(error.fine_to_failed().try_commit_with(failed).is_ok());
    let pointer = PointerMachine::new(std::ptr::null_mut::<u8>());
    assert!(pointer.is_unnamed());
}
