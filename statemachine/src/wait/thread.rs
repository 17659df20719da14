//! Blocking a thread.

use std::time::Duration;

use super::{AnswerAt, Handle, Queued, conclude};
use crate::{
    lock::{Notify, Refusal, Word},
    sync::{Instant, current, park_until},
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
    if has_passed(deadline, start) {
        return Err(handle.refuse(refusal, None, Duration::ZERO));
    }
    let answer = match handle.enter(Notify::Thread(current())) {
        Ok(place) => sleep(place, deadline),
        Err(answer) => return conclude(handle, answer, Duration::ZERO),
    };
    let waited = match answer {
        Ok(_) => traced.elapsed(),
        Err(_) => Instant::now().saturating_duration_since(start),
    };
    conclude(handle, answer, waited)
}

fn has_passed(deadline: Option<Instant>, now: Instant) -> bool {
    deadline.is_some_and(|deadline| deadline <= now)
}

fn sleep<P: Queued>(mut place: P, deadline: Option<Instant>) -> AnswerAt<P> {
    let mut has_parked = false;
    let answer = loop {
        // Before the first sleep as well: a waker that ran when the place was taken may have blocked this
        // thread. That would have used up the token that was meant for here.
        if let Some(answer) = place.check() {
            break answer;
        }
        let now = Instant::now();
        if has_passed(deadline, now) {
            break place.time_out();
        }
        park_until(deadline, now);
        has_parked = true;
    };
    if has_parked {
        // One of the tokens that ended the sleep may have been meant for another sleep. One token too
        // many only makes a later sleep look once more.
        current().unpark();
    }
    answer
}
