//! Blocking a thread.

use std::time::Duration;

use super::{AnswerAt, Handle, Queued, conclude};
use crate::{
    lock::{Notify, Refusal, Word},
    sync::{Instant, Thread, with_current},
    trace::{Start, Waited},
};

/// When a blocking wait ends.
#[derive(Clone, Copy)]
pub(crate) enum Limit {
    Within(Duration),
    Until(Instant),
}

impl Limit {
    /// None if it is too far away for the clock.
    fn deadline(self, now: Instant) -> Option<Instant> {
        match self {
            Self::Within(duration) => now.checked_add(duration),
            Self::Until(deadline) => Some(deadline),
        }
    }
}

/// Blocks this thread, until the limit at most.
#[inline(always)]
pub(crate) fn block<H: Handle>(mut handle: H, limit: Limit) -> Result<H::Output, H::Error> {
    match handle.attempt() {
        Ok(granted) => handle.accept(granted, Waited::NOT),
        Err(seen) => block_slowly(handle, seen, limit),
    }
}

#[cold]
fn block_slowly<H: Handle>(mut handle: H, seen: Word, limit: Limit) -> Result<H::Output, H::Error> {
    match handle.insist(seen) {
        Ok(granted) => handle.accept(granted, Waited::NOT),
        Err(refusal) => queue(handle, refusal, limit),
    }
}

fn queue<H: Handle>(mut handle: H, refusal: Refusal, limit: Limit) -> Result<H::Output, H::Error> {
    let (start, traced) = (Instant::now(), Start::now());
    let deadline = limit.deadline(start);
    if deadline.is_some_and(|deadline| deadline <= start) {
        return Err(handle.refuse(refusal, None, Duration::ZERO));
    }
    let slept = with_current(|thread| {
        // Before the place is taken: what wakes the thread from then on keeps it from sleeping,
        // whatever else has run on it meanwhile.
        let seen = thread.wakes();
        let place = handle.enter(Notify::Thread(thread.clone(), start))?;
        Ok(sleep(place, thread, seen, deadline))
    });
    let answer = match slept {
        Ok(answer) => answer,
        Err(answer) => return conclude(handle, answer, Duration::ZERO),
    };
    let waited = match answer {
        Ok(_) => traced.elapsed(),
        Err(_) => Instant::now().saturating_duration_since(start),
    };
    conclude(handle, answer, waited)
}

fn sleep<P: Queued>(
    mut place: P,
    thread: &Thread,
    mut seen: u32,
    deadline: Option<Instant>,
) -> AnswerAt<P> {
    loop {
        thread.park_until(seen, deadline);
        seen = thread.wakes();
        if let Some(answer) = place.check() {
            return answer;
        }
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return place.time_out();
        }
    }
}
