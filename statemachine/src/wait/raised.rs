//! A handle on an interrupt.

use std::{
    fmt,
    task::Waker,
    time::{Duration, Instant},
};

use super::{AnswerAt, Ask, Interrupt, Queued, handle, interrupt::Enlisted};
use crate::{
    graph::StateId,
    lock::{Notify, Refusal, Word},
    refused::{Blocker, Refused},
    trace::Waited,
};

/// A handle that waits until an interrupt is raised: made by [`Interrupt::raised`].
///
/// With it, work that does not wait for a machine can end together with the waits. It gives `()`. Its
/// refusals name a machine `Interrupt` that is `Clear` and not `Raised`.
#[derive(Clone, Copy)]
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct Raised<'i> {
    interrupt: &'i Interrupt,
}

handle! {
    impl['i] Raised<'i>: (), Refused;
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "The caller is woken as soon as the interrupt is raised.",
    "`TimedOut` at the limit.",
    "use std::time::Duration;
use statemachine::{Interrupt, Refused};
let shutdown = Interrupt::new();
assert!(matches!(shutdown.raised().now(), Err(Refused::WrongState { .. })));
let soon = Duration::from_millis(1);
assert!(matches!(shutdown.raised().within(soon), Err(Refused::TimedOut { .. })));
shutdown.interrupt();
assert!(shutdown.raised().now().is_ok());"
}

impl<'i> Raised<'i> {
    pub(super) fn of(interrupt: &'i Interrupt) -> Self {
        Self { interrupt }
    }
}

/// Stands for the word of a machine, of which there is none.
fn clear() -> Word {
    Word::idle(StateId::new(0))
}

impl<'i> Ask for Raised<'i> {
    type Place = Enlisted<'i>;
    type Given = ();
    type Denied = Refused;

    fn look(&self) -> Word {
        clear()
    }

    fn attempt(&mut self) -> Result<(), Word> {
        if self.interrupt.is_interrupted() { Ok(()) } else { Err(clear()) }
    }

    fn wants(&self, _: StateId) -> bool {
        true
    }

    fn insist(&mut self, seen: Word) -> Result<(), Refusal> {
        self.attempt().map_err(|_| Refusal::WrongState(seen.state()))
    }

    fn enter(&mut self, notify: Notify) -> Result<Enlisted<'i>, AnswerAt<Enlisted<'i>>> {
        self.interrupt.enlist(notify).ok_or(Ok(()))
    }

    fn accept(self, (): (), _: Waited) -> Result<(), Refused> {
        Ok(())
    }

    fn refuse(self, refusal: Refusal, _: Option<()>, waited: Duration) -> Refused {
        let (machine, actual) = ("Interrupt", "Clear");
        match refusal {
            Refusal::TimedOut { .. } => {
                Refused::TimedOut { machine, waited, actual, blocker: Blocker::State }
            }
            Refusal::Interrupted => Refused::Interrupted { machine },
            _ => Refused::WrongState { machine, expected: &["Raised"], actual },
        }
    }
}

impl Queued for Enlisted<'_> {
    type Granted = ();
    type Held = ();

    fn check(&mut self) -> Option<AnswerAt<Self>> {
        self.is_hit().then_some(Ok(()))
    }

    fn poll(&mut self, waker: &Waker) -> Option<AnswerAt<Self>> {
        let goes_on = self.renew(Notify::Task(waker.clone()));
        (!goes_on).then_some(Ok(()))
    }

    fn give_up(&mut self, refusal: Refusal) -> AnswerAt<Self> {
        if self.is_hit() { Ok(()) } else { Err((refusal, None)) }
    }

    fn time_out(&mut self) -> AnswerAt<Self> {
        self.give_up(Refusal::TimedOut {
            state: clear().state(),
            blocker: crate::lock::Blocker::State,
        })
    }
}

impl fmt::Debug for Raised<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Raised").field(self.interrupt).finish()
    }
}
