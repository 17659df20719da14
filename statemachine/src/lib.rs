//! State machines that many threads and tasks share.
//!
//! Annotate an enum, and the transitions that you declare become methods. A transition that was not
//! declared does not compile. At run time exactly one caller makes each move; the others are told why
//! not, or wait.
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
//! A generated method such as `queued_to_running()` gives a **handle**, which does nothing by itself.
//! A **verb** on the handle says how long to wait: [`now`](Transition::now),
//! [`within`](Transition::within) a duration, [`until`](Transition::until) an instant, or `.await`.
//! What it gives is a **guard**:
//!
//! | handle | from | guard |
//! |---|---|---|
//! | [`Transition`] | `a_to_b()`, `to_b()`, `reset()` | [`InTransition`]: the exclusive right to make the move |
//! | [`Hold`] | `in_a()`, [`hold`](Machine::hold) | [`InState`]: a shared hold on the state |
//! | [`Join`] | [`Transition::or_join`] | [`Joined`]: either of the two |
//! | [`Upgrade`] | [`InState::to`] | [`InTransition`], in trade for the hold |
//! | [`When`] | [`when`](Machine::when) | none, only the state that was seen |
//!
//! # What you can rely on
//!
//! - **Rights.** There is at most one [`InTransition`] a machine, and never one beside an [`InState`].
//!   Dropping a guard lets go; an error, a panic or a dropped future rolls a transition back. Nothing
//!   is ever poisoned.
//! - **Order.** Those who wait are served in order of arrival. A transition that waits for the holders
//!   of a state lets no new ones in. Who does not wait may overtake, but each time the right is let go
//!   of it goes to one who waits, so nobody starves.
//! - **Wake-ups.** A waiter sleeps until it has what it wants. It is woken for nothing else, but where
//!   the machine comes to a state from which none that it wants can be reached: then it is refused
//!   with [`Refused::Unreachable`] instead of sleeping to its deadline.
//! - **Bounds.** No call blocks without a deadline, and an [`Interrupt`] ends it sooner. A zero limit or
//!   a deadline that has passed is a try, refused as by `now`. Nobody spins until somebody else acts:
//!   who loses a race to hold a state pauses, for a microsecond at the most, before it tries again.
//!   There is no background thread.
//! - **Memory.** What a thread wrote before it committed is seen by whoever takes a right in, or looks
//!   at, the state that it entered. Every commit, hold and refusal takes effect at one instant.
//! - **Cost.** Uncontended, a move between two states without data is one atomic instruction, a
//!   guarded move or a hold is two, and a look is a load. None of them allocates or makes a system
//!   call. A machine of states without data is 16 bytes.
//!
//! # What to look out for
//!
//! A transition waits for *all* holders of its source, the caller included: who holds a state lets go
//! first, or trades its hold by [`InState::to`]. A thread that waits for a right which it has itself
//! waits until its deadline.
//!
//! What [`state`](Machine::state) and `is_a()` say is out of date as soon as they have said it. To act
//! on a state, hold it.
//!
//! A task that waits is given its right before it is woken: poll its [future](Wait) then, or drop it.
//!
//! A task that waits for a right which it has itself waits for ever, since a task has no deadline but
//! the one that its runtime gives it: put the runtime's timeout around the `.await`.
//! [`waiting`](Machine::waiting) shows such a task.
//!
//! A handler that listens runs when the commit is done and the right is let go of, on the thread that
//! committed. So two threads that commit one after the other may run it at the same time, or the later
//! one first: [`Change::sequence`] gives the order. A handler that makes the next move returns before
//! the handlers hear of that move; they run on the same thread, in the order of the commits. Handlers
//! of different machines that move one another nest once for each machine.
//!
//! A stream of holders that trade their holds ([`InState::to`]) and enter the next state with a hold
//! never lets go. If a transition waits for such a holder, its next trade is refused with
//! [`InTransition`](Refused::InTransition) after 16 trades: let go of the hold then.
//!
//! Forgetting a guard or a future ([`std::mem::forget`]) leaks the right for good, and nothing else.
//!
//! # Seeing a machine
//!
//! [`Machine::waiting`] says who waits, for what and since when; a machine's `Debug` shows it too, so
//! a dump of a program that is stuck explains itself. [`mermaid`](StateMachine::mermaid) and
//! [`dot`](StateMachine::dot) draw the machine, a live one with the state that it is in.
//!
//! # The examples
//!
//! Those of one method are short, and take their machine from here:
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
//! None is on by default. Without them the crate depends on `parking_lot` and its own derive.
//!
//! | feature | what it adds |
//! |---|---|
//! | `history` | `History`: the last changes of a machine, with their times |
//! | `serde` | kinds as their names, machines as their states where the enum is `Serialize` and `Deserialize`, and `by_name` for machines whose enum is neither |
//! | `svg` | `svg()` beside `mermaid()` and `dot()`, and the picture in the docs of the generated machine; it is drawn when the declaration is compiled, and brings no dependency at run time |
//! | `tracing` | see below |
//!
//! With `tracing`, each transition that is begun and not committed in the same step is a span named
//! `transition`. It is entered where this crate calls the work ([`run`](InTransition::run),
//! [`perform`](InTransition::perform), [`Joined::enter`], `before` handlers); other work may enter
//! `InTransition::span`. An event says `committed`, `rolled back`, `vetoed` or `refused`. All are of
//! the target `statemachine` and of the level `DEBUG`, with these fields:
//!
//! | field | |
//! |---|---|
//! | `machine` | the name of the enum |
//! | `machine_id` | [`Machine::id`], to tell machines of one enum apart |
//! | `from`, `to` | the names of the states; of a refusal, what was asked for |
//! | `waited` | how long the right was waited for |
//! | `held` | how long the right was held; not for a refusal |
//! | `reason` | of a veto or a refusal |
//! | `outcome` | only of the span, at its end: the event's word |
//!
//! Where nobody listens, nothing is formatted, and no clock is read for it.

#![deny(unsafe_code)]

// The derive names this crate by its name, in the crate's own tests too.
extern crate self as statemachine;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod change;
mod diagram;
mod graph;
mod guard;
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
/// | `ConnectionKind` | where some variant has data: the enum without its data |
/// | `ConnectionFailed`, `ConnectionFailedRef<'_>` | for a struct variant `Failed`: its data, owned and borrowed |
///
/// and on `ConnectionMachine`:
///
/// | method | |
/// |---|---|
/// | `new()`, `new(data)` | in the initial state; a `const fn` where that has no data or one unnamed field |
/// | `from_state(connection)`, `From<Connection>` | in a given state |
/// | `into_state()` | takes the machine apart |
/// | `a_to_b()` | one a declared transition |
/// | `to_b()` | one a state with a way in: from whichever declared source the machine is in |
/// | `in_a()`, `is_a()` | one a state |
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
/// Lints that an attribute in the declaration allows or expects are allowed in what is generated.
///
/// # On a variant: `#[state(...)]`
///
/// | key | meaning |
/// |---|---|
/// | `initial` | the machine starts here; where none is marked, the first variant is initial |
/// | `to(A, B)` | the transitions out of this state; itself is allowed |
/// | `terminal` | no way out, on purpose |
/// | `restored` | no way in, on purpose: only entered through `from_state` |
/// | `name = word` | the word for this state in method names |
///
/// # On the enum: `#[machine(...)]`
///
/// | key | meaning | default |
/// |---|---|---|
/// | `name = Link` | the machine's type | `{Enum}Machine` |
/// | `states = link` | the module of the states' types | the enum's name in snake case |
/// | `kind = LinkKind` | the enum without its data | `{Enum}Kind` |
/// | `reset` | every state may go back to the initial one: `reset()` | off |
/// | `can_always_reach(Closed, ...)` | from every reachable state there is a path to each of these | none |
/// | `crate = path` | where `statemachine` is found | `::statemachine` |
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
/// And a declaration that cannot be meant: an unknown target, the same target twice, two initial
/// states, a state that nothing reaches (unless `restored`) or that nothing leaves (unless
/// `terminal`), `can_always_reach` where it does not hold, two methods of one name. All mistakes are
/// reported in one go, each where it is to be mended.
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

pub use self::{
    change::Change,
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
    state::{Any, Dataless, Kind, Newtype, Single, State, StateMachine, TransitionTo, View},
    wait::{Handle, Interrupt, Interruptible, Raised, Wait},
    waiting::{Waiter, Waiting, WaitsFor, Who},
};

// The examples of the readme are tested with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
