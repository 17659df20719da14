//! State machines that many threads and tasks share.
//!
//! Annotate an enum, and the transitions that you declare become methods. A transition that was not
//! declared does not compile. At run time exactly one caller makes each move. Every other caller waits,
//! or is told why not.
//!
//! ```
//! use std::{thread, time::Duration};
//! use statemachine::{Refused, StateMachine};
//!
//! #[derive(StateMachine)]
//! pub enum Job {
//!     #[state(initial, to(Running))]
//!     Queued,
//!     #[state(to(Done))]
//!     Running { worker: usize },
//!     #[state(terminal)]
//!     Done(String),
//! }
//!
//! static JOB: JobMachine = JobMachine::new();
//!
//! fn main() -> Result<(), Refused> {
//!     thread::scope(|scope| {
//!         for worker in 0..4 {
//!             scope.spawn(move || {
//!                 // One of the four takes the job.
//!                 if JOB.queued_to_running().try_commit_with(JobRunning { worker }).is_ok() {
//!                     let finishing = JOB.running_to_done().now().unwrap();
//!                     assert_eq!(*finishing.view().worker, worker);
//!                     finishing.commit_with(format!("by {worker}"));
//!                 }
//!             });
//!         }
//!     });
//!     // All may read the result at once; the machine stays in `Done` while it is held.
//!     let done = JOB.in_done().within(Duration::from_secs(5))?;
//!     assert!(done.starts_with("by "));
//!     Ok(())
//! }
//! ```
//!
//! # Words
//!
//! A generated method such as `queued_to_running()` gives a **handle**. It does nothing by itself.
//! A **verb** on the handle says how long to wait: [`now`](Transition::now),
//! [`within`](Transition::within) a duration, [`until`](Transition::until) an instant, or `.await`.
//! The verb gives a **guard**:
//!
//! | handle | from | guard |
//! |---|---|---|
//! | [`Transition`] | `a_to_b()`, `to_b()`, `reset()` | [`InTransition`]: the exclusive right to make the move |
//! | [`Hold`] | `in_a()`, [`hold`](Machine::hold) | [`InState`]: a shared hold on the state |
//! | [`ExclusiveHold`] | [`Hold::exclusive`] | [`InStateMut`]: an exclusive hold on the state |
//! | [`Join`] | [`Transition::or_join`] | [`Joined`]: the right to make the move, or a hold on the state that it leads to |
//! | [`Upgrade`] | [`InState::to`] | [`InTransition`], in trade for the hold |
//! | [`When`] | [`when`](Machine::when), `when_a()` | none, only the state that was seen |
//! | [`Wanted`] | `wanted` on each guard | none, only that somebody else could use the right |
//! | [`Raised`] | [`Interrupt::raised`] | none, only that the interrupt was raised |
//! | [`Both`], [`All`] | [`both`], [`all`] | those of several handles, all or none |
//!
//! A guard borrows its machine. With `into_owned` it owns an `Arc` of the machine instead:
//! [`OwnedInTransition`], [`OwnedInState`], [`OwnedInStateMut`].
//!
//! Some methods of a handle take the right and use it in one step, such as
//! [`try_commit_with`](Transition::try_commit_with) above. They never wait.
//!
//! # In async code
//!
//! A handle can be awaited, on any executor. A guard may live across an `.await`, and dropping it or the
//! future that owns it rolls back. Async work has its own methods: [`Joined::enter_async`],
//! [`InTransition::run_async`] and [`Transition::action_async`].
//!
//! ```
//! # use std::{pin::pin, task::{Context, Waker}};
//! use statemachine::{Refused, StateMachine};
//!
//! #[derive(StateMachine)]
//! enum Page {
//!     #[state(initial, to(Loaded))]
//!     Missing,
//!     #[state(terminal)]
//!     Loaded(String),
//! }
//!
//! async fn fetch() -> Result<String, Refused> {
//!     // ..
//! #     Ok("text".to_owned())
//! }
//!
//! /// Many tasks may call this. One fetches, and the others wait for it.
//! async fn length(page: &PageMachine) -> Result<usize, Refused> {
//!     let loaded = page.missing_to_loaded().or_join().await?.enter_async(fetch).await?;
//!     Ok(loaded.len())
//! }
//! # let page = PageMachine::new();
//! # let mut both = pin!(async { (length(&page).await.unwrap(), length(&page).await.unwrap()) });
//! # let done = both.as_mut().poll(&mut Context::from_waker(Waker::noop()));
//! # assert_eq!(done, std::task::Poll::Ready((4, 4)));
//! ```
//!
//! # Handlers
//!
//! | registered by | called |
//! |---|---|
//! | [`a_to_b().before(..)`](Transition::before) | when a caller has the right, before its work; an error vetoes the transition |
//! | [`a_to_b().action(..)`](Transition::action), [`action_async(..)`](Transition::action_async) | by `perform` or `perform_async`, to make the new state's data |
//! | [`a_to_b().after(..)`](Transition::after), [`in_a().on_exit(..)`](Hold::on_exit), [`in_b().on_enter(..)`](Hold::on_enter), [`observe(..)`](Machine::observe) | after a commit, in this order |
//!
//! # The guide
//!
//! The [`guide`] has one task in each chapter, such as [reconnecting](guide::reconnecting),
//! [a pool of workers](guide::workers), [moving data](guide::moving), [saving](guide::saving) or
//! [finding out why a wait hangs](guide::hanging). It also has a table of the calls that
//! [end a transition](guide#how-to-end-a-transition).
//!
//! # What you can rely on
//!
//! - **Rights.** A machine has at most one [`InTransition`] or [`InStateMut`] at a time, and neither while an
//!   [`InState`] exists. Dropping a guard lets go of its right. An error, a panic or a dropped future rolls a
//!   transition back. Nothing is ever poisoned.
//! - **Order.** Callers that wait are served in order of arrival, the [urgent](Transition::urgent) ones
//!   first. A transition that waits for the holders of a state lets no new ones in. A caller that does not
//!   wait may get in first, but a released right always goes to a waiter, so nobody starves.
//! - **Wake-ups.** A waiter sleeps until it has what it wants. The only other wake-up is when none of the
//!   wanted states can be reached any more. The waiter is then refused with [`Refused::Unreachable`]
//!   and does not sleep to its deadline.
//! - **Bounds.** Each call in which a thread waits takes a limit, and an [`Interrupt`] ends the wait sooner.
//!   Only a limit too long for the clock, such as `Duration::MAX`, never passes. The wait of a task ends if
//!   its future is dropped or interrupted. A zero limit or a deadline in the past behaves like `now`. No
//!   caller spins until another one acts: a caller that loses a race to hold a state pauses for a microsecond
//!   at most, and then tries again. There is no background thread.
//! - **Memory.** A caller that takes a right in a state, or looks at it, sees all that was written
//!   before the commit that entered the state. Every commit, hold and refusal takes effect at one
//!   instant.
//! - **Cost.** If nobody else is there, a move between two states without data is one atomic
//!   instruction, a guarded move or a hold is two, and a look is a load. None of them allocates or makes
//!   a system call. A machine of states without data is 16 bytes.
//!
//! # What to look out for
//!
//! A caller that holds a state is in the way of transitions out of it, even if it only looks. `try_commit`
//! and `now` are refused then. To look without a hold, use `is_a()`, `when_a()` or [`when`](Machine::when).
//! If a look must not stop a move, wait for the right: `a_to_b().within(limit)?.commit()`.
//!
//! A transition waits for *all* holders of its source, the caller included. So a caller that holds the
//! state lets go first, or trades its hold with [`InState::to`]. A thread that waits for a right it
//! already holds blocks itself until its deadline.
//!
//! `a_to_b().within(limit)` waits in the wrong state too: until the machine is in `A`, or for all of its limit.
//! That is so if the machine is in `B` already. [`or_join`](Transition::or_join) accepts `B`, and `now` is
//! refused at once.
//!
//! A caller that holds a state does not ask to hold it again. It clones the hold. If a transition waits in
//! between, the second hold waits for the transition, and the transition waits for the first hold.
//!
//! The answer of [`state`](Machine::state) and `is_a()` may be stale by the time you read it. To act on
//! a state, hold it.
//!
//! A task that waits is given its right before it is woken. Poll its [future](Wait) then, or drop it.
//!
//! A task that waits for a right it already holds waits for ever. A task has no deadline but the one
//! that its runtime gives it: put the runtime's timeout around the `.await`.
//! [`waiting`](Machine::waiting) shows such a task.
//!
//! A guard in the expression of a `match` or an `if let` lives until the end of that expression, also if the
//! arm says `_` for it. See [`Joined`].
//!
//! While [`both`] waits for one of its rights, it does not have the other. So others may come in between.
//!
//! A handler that listens runs after the commit, on the thread that committed, when the right is
//! released. So two threads that commit one after the other may run it at the same time, or the later
//! one first. [`Change::sequence`] gives the order. A handler that makes the next move returns before
//! the handlers hear of that move. They run on the same thread, in the order of the commits. If handlers
//! of different machines move one another, they nest once for each machine.
//!
//! Holders that trade their holds ([`InState::to`]) and enter the next state with a hold never let go.
//! If a transition waits for such a holder, the trade after the 16th is refused with
//! [`InTransition`](Refused::InTransition): let go of the hold then.
//!
//! A machine that all share belongs in a `static`. A `const` would be a new machine at each use.
//!
//! `let _ = door.in_open().now()` drops the hold at once. Bind it to a name, as in `let _held = ..`.
//!
//! Forgetting a guard or a future ([`std::mem::forget`]) leaks the right for good, and nothing else.
//!
//! # Seeing a machine
//!
//! [`Machine::waiting`] lists the callers that wait, what they wait for and since when. A machine's
//! `Debug` shows it too, so a dump of a program that is stuck explains itself.
//! [`mermaid`](StateMachine::mermaid) and [`dot`](StateMachine::dot) draw the enum's states. On a machine
//! they mark the current state.
//!
//! # The examples
//!
//! The examples of single methods are short, and take their machine from here. The methods of [`Machine`]
//! are shown on the page of each generated machine, so there it is just called `machine`.
//!
//! ```
//! # use statemachine::StateMachine;
//! #[derive(StateMachine, Clone, Copy, PartialEq, Eq, Hash, Debug)]
//! enum Door {
//!     #[state(initial, to(Closed))]
//!     Open,
//!     #[state(to(Open))]
//!     Closed,
//! }
//!
//! #[derive(StateMachine, Debug)]
//! enum Slot {
//!     #[state(initial, to(Full))]
//!     Empty,
//!     #[state(to(Empty, Full))]
//!     Full(String),
//! }
//!
//! #[derive(StateMachine, Debug)]
//! enum Number {
//!     #[state(initial, to(Known))]
//!     Unknown,
//!     #[state(to(Unknown))]
//!     Known(u32),
//! }
//!
//! #[derive(StateMachine, Debug)]
//! enum Job {
//!     #[state(initial, to(Running))]
//!     Queued,
//!     #[state(terminal)]
//!     Running(u32),
//! }
//! ```
//!
//! # Features
//!
//! None is on by default. Without them the crate depends only on `parking_lot` and its own derive.
//!
//! | feature | what it adds |
//! |---|---|
//! | `history` | `History`: the last changes of a machine, with their times |
//! | `serde` | kinds as their names; machines as their states, if the enum is `Serialize` and `Deserialize`; `by_name` for machines whose enum is neither |
//! | `stored` | machines that are rows of a store of your own |
//! | `svg` | `svg()` beside `mermaid()` and `dot()`, and the picture in the docs of the generated machine; the derive draws it, so there is no new dependency at run time |
//! | `tracing` | see below |
//!
//! With `tracing`, each transition that is begun and not committed in the same step is a span named
//! `transition`. This crate enters the span around the work that it calls: [`run`](InTransition::run),
//! [`perform`](InTransition::perform) and [`Joined::enter`], also if that is async, and `before` handlers.
//! Other work may enter `InTransition::span`. An event says `committed`, `rolled back`, `vetoed` or
//! `refused`. Spans and events have the target `statemachine`, the level `DEBUG`, and these fields:
//!
//! | field | |
//! |---|---|
//! | `machine` | the name of the enum |
//! | `machine_id` | [`Machine::id`], to tell machines of one enum apart |
//! | `from`, `to` | the names of the states; in a refusal, what was asked for |
//! | `waited` | how long the caller waited for the right |
//! | `held` | how long the caller held the right; not in a refusal |
//! | `reason` | only in a veto or a refusal |
//! | `outcome` | only on the span, at its end: the event's word |
//!
//! If nobody listens, nothing is formatted, and no clock is read for it.

#![deny(unsafe_code)]
// The documentation says which feature an item needs. Only docs.rs sets this, which has a nightly compiler.
#![cfg_attr(docsrs, feature(doc_cfg))]

// The derive refers to this crate by its name, in the crate's own tests too.
extern crate self as statemachine;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod change;
mod diagram;
mod failures;
mod graph;
mod guard;
// Only text: it adds nothing to a build.
#[cfg(any(doc, doctest))]
pub mod guide;
mod handle;
mod handlers;
#[cfg(feature = "history")]
mod history;
mod id;
#[expect(unsafe_code, reason = "the one folder that needs it")]
mod lock;
mod machine;
mod panics;
mod refused;
#[cfg(feature = "serde")]
mod serde;
mod state;
#[cfg(feature = "stored")]
pub mod stored;
mod sync;
mod trace;
mod wait;
mod waiting;

use __private as private;

/// Derives a state machine from an enum.
///
/// Each variant is a state, with the variant's fields as its data. For `enum Connection` it
/// generates:
///
/// | item | |
/// |---|---|
/// | `ConnectionMachine` | the machine, which derefs to [`Machine<Connection>`] |
/// | `mod connection` | the types of the states, such as `connection::Connected` |
/// | `ConnectionKind` | the enum without its data; if no variant has data, an alias of the enum, which then should derive `Clone`, `Copy`, `PartialEq`, `Eq`, `Hash` and `Debug` |
/// | `ConnectionStored` | with `#[machine(stored)]`: one machine that is a row of a database |
/// | `ConnectionFailed`, `ConnectionFailedRef<'_>`, `ConnectionFailedMut<'_>` | for a struct variant `Failed`: its data, owned, borrowed, and borrowed for writing |
///
/// and on `ConnectionMachine`:
///
/// | method | |
/// |---|---|
/// | `new()`, `new(data)` | a machine in the initial state; a `const fn` if that state has no data or one unnamed field |
/// | `from_state(connection)`, `From<Connection>` | a machine in a given state |
/// | `into_state()` | takes the machine apart |
/// | `a_to_b()` | one for each declared transition |
/// | `to_b()` | one for each state with an incoming transition: from whichever declared source is current |
/// | `in_a()`, `is_a()`, `when_a()` | one for each state, and one for each group |
/// | `live_to_b()` | one for each state `b` that every state of the group `Live`, but `b` itself, has a transition to |
/// | `reset()` | with `#[machine(reset)]` |
///
/// All of it has the enum's visibility. States are named in snake case: `FinWait1` is `fin_wait1`.
///
/// | variant | its data | to hand over, as in `commit_with` | to look at, as in `view` |
/// |---|---|---|---|
/// | `A`, `A()`, `A {}` | none | `()`, or `commit()` | `()` |
/// | `A(T)`, `A(())` too | one value | `T` | `&T` |
/// | `A(T, U)` | a tuple | `(T, U)` | `(&T, &U)` |
/// | `A { x: T }` | a struct | `EnumA { x: T }` | `EnumARef { x: &T }` |
///
/// If the enum derives `Debug`, `Clone`, `Copy`, `PartialEq`, `Eq`, `PartialOrd`, `Ord`, `Hash` or
/// `Default`, the struct of a variant's fields has it too. The structs that borrow have `Debug` if the
/// enum has it. With the feature `serde`, the struct that owns is `Serialize` and `Deserialize` if the enum is,
/// unless `#[serde(..)]` says something about the variant or its fields.
///
/// A generated `ConnectionKind` has `Debug`, `Clone`, `Copy`, `PartialEq`, `Eq`, `PartialOrd`, `Ord`, `Hash`,
/// `Display` and `FromStr`, so `kind_derive` does not name these again. It keeps the enum's numbers and its
/// `repr`.
///
/// A variant may be behind `#[cfg(..)]`. A transition to it is then in a list of its own:
/// `#[cfg_attr(.., state(to(A)))]`.
///
/// Lints that an attribute in the declaration allows or expects are allowed in the generated code.
///
/// # On a variant: `#[state(...)]`
///
/// | key | meaning |
/// |---|---|
/// | `initial` | the machine starts here; if no variant is marked, the first one is initial |
/// | `to(A, B)` | the transitions out of this state; one to itself is allowed |
/// | `terminal` | no way out, on purpose |
/// | `restored` | no way in, on purpose: only entered through `from_state` |
/// | `name = word` | the word for this state in method names |
/// | `data = Name` | the struct of this variant's fields, by default the enum's name and the variant's |
/// | `stored = "name"` | the name of this state in a database |
///
/// # On the enum: `#[machine(...)]`
///
/// | key | meaning | default |
/// |---|---|---|
/// | `name = Link` | the machine's type | `{Enum}Machine` |
/// | `states = link` | the module of the states' types | the enum's name in snake case |
/// | `kind = LinkKind` | the enum without its data | `{Enum}Kind` |
/// | `kind_derive(A, b::C)` | what the generated kind derives as well | none |
/// | `kind_attr(..)` | attributes on the generated kind, such as `serde(rename_all = "snake_case")` beside `kind_derive(Serialize)` | none |
/// | `reset` | every state may go back to the initial one: `reset()` | off |
/// | `stored`, `stored = "jobs"` | machines that are rows of a database, and their name there: needs a store's feature | off; the enum's name |
/// | `can_always_reach(Closed, ...)` | from every reachable state there is a path to each of these | none |
/// | `group(Live = Open \| Busy)` | a named set of states; repeatable, and sets may overlap | none |
/// | `group(Live = .., to(Closed))` | the same, and transitions that each of its states has, beside its own; one to the state itself is not added | none |
/// | `crate = path` | the path of this library, if your crate has it under another name | `::statemachine` |
///
/// `reset()` from the initial state itself succeeds too, and is counted as any other move. From another state it
/// is the transition from there to the initial one. So the handlers of `up_to_down()` hear of a reset from `Up`
/// if `Down` is the initial state, and a `before` handler may veto it.
///
/// With this library's feature `serde`, a kind has `Serialize` and `Deserialize`, as names. A kind that derives
/// one of the two has only what it derives.
///
/// If the enum has parameters, so have the states' types, without their defaults.
///
/// Where an item of yours has one of these names already, as `mod link;` beside `enum Link`, the compiler
/// says "defined multiple times". The key gives what is generated another name. For the struct of a
/// variant's fields that is `data = Name`.
///
/// # What does not compile
///
/// A transition that is not declared, in each of its spellings:
///
/// ```compile_fail
/// # use statemachine::StateMachine;
/// #[derive(StateMachine)]
/// enum Door {
///     #[state(to(Closed))]
///     Open,
///     #[state(to(Open, Locked))]
///     Closed,
///     #[state(to(Closed))]
///     Locked,
/// }
///
/// DoorMachine::new().open_to_locked(); // `Open` has no transition to `Locked`
/// ```
///
/// Of an enum with more than 32 variants the methods say so for the nearest states only, and of one with more
/// than 64 for none. `transition::<door::Open, door::Locked>()` says so for all.
///
/// Nor does a declaration that contradicts itself: an unknown target, the same target twice, two initial
/// states, an unreachable state (unless it is `restored`), a dead end (unless it is `terminal`),
/// `can_always_reach` if it does not hold, two methods with one name, an empty group, a group with the
/// name of a state, a state twice in one group, a transition declared by a state and by its group. All
/// mistakes are reported at once, each at the place to correct.
///
/// # Examples
///
/// ```
/// use statemachine::StateMachine;
///
/// #[derive(StateMachine)]
/// #[machine(name = Link, reset, can_always_reach(Closed))]
/// enum Connection {
///     #[state(initial, to(Open, Failed))]
///     Closed,
///     #[state(to(Closed, Failed))]
///     Open { peer: String },
///     #[state(to(Closed), name = broken)]
///     Failed(std::io::Error),
/// }
///
/// let link = Link::new();
/// link.closed_to_open().try_commit_with(ConnectionOpen { peer: "here".to_owned() })?;
/// assert_eq!(link.in_open().now()?.view().peer, "here");
/// link.to_broken().now()?.commit_with(std::io::ErrorKind::BrokenPipe.into());
/// link.reset().try_commit()?;
/// assert!(link.is_closed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub use statemachine_derive::StateMachine;

#[cfg(feature = "history")]
pub use self::history::{History, Recorded};
#[cfg(feature = "serde")]
pub use self::serde::by_name;

// What messages name is named without its path if it is here.
#[doc(hidden)]
pub use self::__private::{
    Asked, DerivedEnum, DerivedKind, DerivedNewtype, DerivedState, DerivedTransition, Graph,
    HasMachine, IsLedTo, TakenApart, Viewed, take_apart,
};

pub use self::{
    change::Change,
    failures::{Attempt, Failures},
    guard::{
        InState, InStateMut, InTransition, Joined, MappedInState, OwnedInState, OwnedInStateMut,
        OwnedInTransition, Owner,
    },
    handle::{
        All, Both, ExclusiveHold, Hold, Join, OwnedUpgrade, Transition, Upgrade, Wanted, When, all,
        both,
    },
    handlers::HandlerId,
    id::MachineId,
    machine::Machine,
    refused::{Blocker, NeedsData, Refused, RefusedWith, UnknownState},
    state::{
        Any, Dataless, Kind, Newtype, Several, Single, State, StateMachine, TransitionTo, View,
    },
    wait::{Handle, Interrupt, Interruptible, Raised, Wait},
    waiting::{Waiter, Waiting, WaitsFor, Who},
};

// The examples of the readme are tested with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
