//! Spans and events. Nothing is measured where nobody listens, and nothing is formatted by whom
//! nobody listens to.

use std::{
    error::Error,
    time::{Duration, Instant},
};

use tracing::{Instrument as _, Level, Span, debug, debug_span, enabled, field};

use crate::{
    id::MachineId,
    panics::Panics,
    refused::{OneOf, Refused},
};

/// The target of all spans and events.
const TARGET: &str = "statemachine";

fn is_heard() -> bool {
    enabled!(target: TARGET, Level::DEBUG)
}

/// How long was waited for a right.
#[derive(Clone, Copy)]
pub(crate) struct Waited(Duration);

impl Waited {
    pub(crate) const NOT: Self = Self(Duration::ZERO);

    pub(crate) fn for_that_long(duration: Duration) -> Self {
        Self(duration)
    }
}

/// When a task began to wait, if anybody wants to know.
#[derive(Clone, Copy)]
pub(crate) struct Start(Option<Instant>);

impl Start {
    pub(crate) const NEVER: Self = Self(None);

    pub(crate) fn now() -> Self {
        Self(is_heard().then(Instant::now))
    }

    pub(crate) fn elapsed(self) -> Duration {
        self.0.map_or(Duration::ZERO, |start| start.elapsed())
    }
}

/// A transition that is under way; dropped, it is rolled back.
pub(crate) struct Work {
    span: Span,
    /// None where nobody listens, or all has been told.
    untold: Option<Untold>,
}

struct Untold {
    id: MachineId,
    machine: &'static str,
    from: &'static str,
    to: &'static str,
    waited: Duration,
    begun: Instant,
}

impl Work {
    #[inline]
    pub(crate) fn begin(
        id: MachineId,
        machine: &'static str,
        from: impl FnOnce() -> &'static str,
        to: &'static str,
        Waited(waited): Waited,
    ) -> Self {
        if is_heard() {
            let begun = Instant::now();
            Self::of(Untold { id, machine, from: from(), to, waited, begun })
        } else {
            Self::unheard()
        }
    }

    fn unheard() -> Self {
        Self { span: Span::none(), untold: None }
    }

    #[cold]
    fn of(untold: Untold) -> Self {
        let Untold { id, machine, from, to, waited, begun: _ } = untold;
        let span = debug_span!(
            target: TARGET,
            "transition",
            machine,
            machine_id = %id,
            from,
            to,
            ?waited,
            held = field::Empty,
            outcome = field::Empty,
        );
        Self { span, untold: Some(untold) }
    }

    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    pub(crate) fn instrument<F: Future>(
        &self,
        work: F,
    ) -> impl Future<Output = F::Output> + use<F> {
        work.instrument(self.span.clone())
    }

    #[inline]
    pub(crate) fn in_scope<R>(&self, work: impl FnOnce() -> R) -> R {
        self.span.in_scope(work)
    }

    /// The panic of a subscriber goes on when the handlers have been told as well.
    #[inline]
    pub(crate) fn committed(mut self) -> Panics {
        let mut panics = Panics::none();
        if self.untold.is_some() {
            panics.catch(|| {
                self.tell("committed", |Untold { id, machine, from, to, waited, .. }, held| {
                    debug!(target: TARGET, machine, machine_id = %id, from, to, ?waited, ?held, "committed");
                });
            });
            // With the span goes what the subscriber knows of it.
            panics.catch(|| drop(self));
        }
        panics
    }

    pub(crate) fn vetoed(&mut self, refused: &Refused) {
        self.tell("vetoed", |Untold { id, machine, from, to, waited, .. }, held| {
            let reason = refused.source().map(field::display);
            debug!(target: TARGET, machine, machine_id = %id, from, to, ?waited, ?held, reason, "vetoed");
        });
    }

    #[inline]
    fn tell(&mut self, outcome: &str, event: impl FnOnce(&Untold, Duration)) {
        if let Some(untold) = self.untold.take() {
            let held = untold.begun.elapsed();
            self.span.record("held", field::debug(held)).record("outcome", outcome);
            self.span.in_scope(|| event(&untold, held));
        }
    }
}

impl Drop for Work {
    #[inline]
    fn drop(&mut self) {
        if self.untold.is_some() {
            let mut panics = Panics::none();
            panics.catch(|| {
                self.tell("rolled back", |Untold { id, machine, from, to, waited, .. }, held| {
                    debug!(target: TARGET, machine, machine_id = %id, from, to, ?waited, ?held, "rolled back");
                });
            });
            panics.go_on();
        }
    }
}

/// A transition that was begun and committed in one step.
#[inline]
pub(crate) fn leapt(id: MachineId, machine: &'static str, from: &'static str, to: &'static str) {
    let none = Duration::ZERO;
    debug!(target: TARGET, machine, machine_id = %id, from, to, waited = ?none, held = ?none, "committed");
}

/// A refusal: `from` are the states that were asked for, `to` is where a transition would lead.
#[inline]
pub(crate) fn refused(
    id: MachineId,
    refused: &Refused,
    from: &'static [&'static str],
    to: Option<&str>,
    waited: Duration,
) {
    debug!(
        target: TARGET,
        machine = refused.machine(),
        machine_id = %id,
        from = OneOf(from).to_string(),
        to,
        ?waited,
        reason = %refused,
        "refused"
    );
}
