//! What needs no process of its own: one file a section of the description of the public interface,
//! under the same names, and one a subject that runs through several of them.

mod actions;
mod autotraits;
mod data_moves;
mod declaring;
mod diagrams;
mod executors;
mod failures;
mod foreign;
mod generated;
mod give_way;
mod groups;
mod handlers;
mod handlers_reentrant;
mod handlers_routes;
mod handles;
#[cfg(feature = "history")]
mod history;
mod in_state;
mod in_transition;
mod interrupt;
mod linearizable;
mod load;
mod machine;
mod model;
mod refused;
mod semantics;
#[cfg(feature = "serde")]
mod serde;
mod several;
mod starvation;
#[cfg(feature = "sqlite")]
mod stored;
mod transition;
mod waiting;
mod wakers;
mod wakeups;
mod walkthrough;

use std::{panic::AssertUnwindSafe, time::Duration};

use statemachine::StateMachine;

/// No data, and every state can be left again.
#[derive(StateMachine, Debug, Clone, Copy, PartialEq, Eq)]
#[machine(reset)]
pub(crate) enum Door {
    #[state(initial, to(Closed))]
    Open,
    #[state(to(Open, Locked))]
    Closed,
    #[state(to(Closed))]
    Locked,
}

/// Data in one state, a self-loop there, and an end from which there is no way back.
#[derive(StateMachine, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    #[state(initial, to(Up, Over))]
    Down,
    #[state(to(Down, Up, Over))]
    Up(String),
    #[state(terminal)]
    Over,
}

/// A link that is up.
pub(crate) fn up(data: &str) -> LinkMachine {
    LinkMachine::from_state(Link::Up(data.to_owned()))
}

/// Long enough that only what hangs takes it.
pub(crate) const LONG: Duration = statemachine_tests::hang::LONG;

/// Short enough to be waited out.
pub(crate) const SHORT: Duration = Duration::from_millis(5);

/// What the panic of `work` says.
#[track_caller]
pub(crate) fn panic_of<R>(work: impl FnOnce() -> R) -> String {
    // What is half done is looked at afterwards: that is what such a test is for.
    match std::panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(_) => panic!("no panic"),
        Err(panic) => match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => (*panic.downcast::<&str>().expect("a panic with a text")).to_owned(),
        },
    }
}
