//! Any number of handles as one.

use std::{
    fmt,
    task::Waker,
    time::{Duration, Instant},
};

use super::{
    both::{ROUNDS, at_once},
    claims::{Claim, count, in_vain, share_a_machine},
};
use crate::{
    graph::StateId,
    lock::{Notify, Refusal, Word},
    refused::Refused,
    trace::Waited,
    wait::{AnswerAt, Ask, Handle, Interrupt, Queued, handle},
};

/// A handle that gives all guards or none, for any number of handles of one type on different machines.
///
/// [`both`](crate::both) says what two rights mean for others; the same is true of any number here. If
/// there are no handles, the outcome is an empty list at once.
///
/// ```
/// use statemachine::all;
/// # use statemachine_example::*;
///
/// let doors = [DoorMachine::new(), DoorMachine::new(), DoorMachine::new()];
/// let closing = all(doors.iter().map(|door| door.open_to_closed())).now()?;
/// closing.into_iter().for_each(|closing| closing.commit());
/// assert!(doors.iter().all(|door| door.is_closed()));
/// # Ok::<(), statemachine::Refused>(())
/// ```
pub fn all<H>(handles: impl IntoIterator<Item = H>) -> All<H>
where
    H: Handle<Error = Refused> + Clone,
{
    All { handles: handles.into_iter().collect(), refused_by: 0 }
}

/// A handle on any number of rights at once: made by [`all`].
///
/// A time limit is for all together. If the wait ends without all, none is kept. The guards are in the
/// order of the handles.
#[derive(Clone)]
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct All<H> {
    handles: Vec<H>,
    /// Which was refused last, whose words the refusal is in.
    refused_by: usize,
}

handle! {
    impl[H: Handle<Error = Refused> + Clone] All<H>: Vec<H::Output>, Refused;
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "The limit is for all together.",
    "Those of the handles. `InTransition` or `InUse` if two of the rights are of one machine \
        and exclude each other.",
    "use statemachine::all;
# use statemachine_example::*;
let doors = [DoorMachine::new(), DoorMachine::new()];
let holds = all(doors.iter().map(|door| door.in_open())).now()?;
assert_eq!(holds.len(), 2);
assert!(all(doors.iter().map(|door| door.open_to_closed())).now().is_err());
# Ok::<(), statemachine::Refused>(())"
}

type Granted<H> = <<H as Ask>::Place as Queued>::Granted;

impl<H: Handle<Error = Refused> + Clone> All<H> {
    fn refused(&self) -> RefusedBy<H> {
        let handle = self.handles.get(self.refused_by).expect("of none there is no refusal");
        RefusedBy(handle.clone(), None)
    }

    /// All rights, where one is there already; else the refusal of one, and none.
    fn beside(&mut self, had: Option<(usize, Granted<H>)>) -> Result<Vec<Granted<H>>, Refusal> {
        let (place, mut had) = had.unzip();
        let mut rights = Vec::with_capacity(self.handles.len());
        for (position, handle) in self.handles.iter_mut().enumerate() {
            let right = match had.take() {
                Some(right) if place == Some(position) => Ok(right),
                other => {
                    had = other;
                    at_once(handle)
                }
            };
            match right {
                Ok(right) => rights.push(right),
                Err(refusal) => {
                    self.refused_by = position;
                    return Err(refusal);
                }
            }
        }
        Ok(rights)
    }
}

impl<H: Handle<Error = Refused> + Clone> Ask for All<H> {
    type Place = AllPlace<H>;
    type Given = Vec<H::Output>;
    type Denied = Refused;

    fn look(&self) -> Word {
        self.handles.first().map_or(Word::idle(StateId::new(0)), Ask::look)
    }

    fn claims(&self, found: &mut Vec<Claim>) {
        self.handles.iter().for_each(|handle| handle.claims(found));
    }

    fn blame(&mut self, mut position: usize) {
        for (place, handle) in self.handles.iter_mut().enumerate() {
            match position.checked_sub(count(handle)) {
                Some(left) => position = left,
                None => {
                    self.refused_by = place;
                    return handle.blame(position);
                }
            }
        }
    }

    fn deadline(&self) -> Refusal {
        self.handles[self.refused_by].deadline()
    }

    fn attempt(&mut self) -> Result<Vec<Granted<H>>, Word> {
        self.beside(None).map_err(|_| self.look())
    }

    /// Whatever the state of one is, another may be in the way.
    fn wants(&self, _: StateId) -> bool {
        true
    }

    fn insist(&mut self, _: Word) -> Result<Vec<Granted<H>>, Refusal> {
        self.beside(None)
    }

    fn enter(&mut self, notify: Notify) -> Result<AllPlace<H>, AnswerAt<AllPlace<H>>> {
        let mut place = AllPlace { all: self.clone(), notify, waiting: None };
        match place.wait() {
            Some(answer) => Err(answer),
            None => Ok(place),
        }
    }

    fn accept(self, rights: Vec<Granted<H>>, waited: Waited) -> Result<Vec<H::Output>, Refused> {
        // A veto of one lets go of all.
        let guards = self.handles.into_iter().zip(rights);
        guards.map(|(handle, right)| handle.accept(right, waited)).collect()
    }

    fn refuse(self, refusal: Refusal, held: Option<RefusedBy<H>>, waited: Duration) -> Refused {
        let RefusedBy(handle, held) = held.unwrap_or_else(|| self.refused());
        handle.refuse(refusal, held, waited)
    }
}

type Held<H> = <<H as Ask>::Place as Queued>::Held;

/// The handle whose refusal it is, as it was then: the refusal is in its words.
pub(crate) struct RefusedBy<H: Handle>(H, Option<Held<H>>);

/// A place in the queue of one of them, without the others.
pub(crate) struct AllPlace<H: Handle> {
    all: All<H>,
    notify: Notify,
    /// None when it has been answered. So it is too if foreign code panicked on the way to the next place:
    /// that is then taken by whoever asks again.
    waiting: Option<H::Place>,
}

impl<H: Handle<Error = Refused> + Clone> AllPlace<H> {
    /// Takes a place for the one that was refused last, unless there is an answer. If its right is there
    /// at once and another is not, lets go of it and waits for the other: unless it was itself in the way.
    fn wait(&mut self) -> Option<AnswerAt<Self>> {
        if let Some(refusal) = in_vain(&mut self.all) {
            return Some(Err((refusal, Some(self.all.refused()))));
        }
        for round in 1_u32.. {
            let notify = self.notify.clone();
            let answer = match self.all.handles.get_mut(self.all.refused_by) {
                Some(handle) => match handle.enter(notify) {
                    Ok(place) => {
                        self.waiting = Some(place);
                        return None;
                    }
                    Err(answer) => answer,
                },
                None => return Some(Ok(Vec::new())),
            };
            match self.complete(answer) {
                Ok(answer) => return Some(answer),
                Err(refusal) if round == ROUNDS && share_a_machine(&self.all) => {
                    return Some(Err((refusal, Some(self.all.refused()))));
                }
                Err(_) => {}
            }
        }
        unreachable!("it goes round until it has an answer or a place")
    }

    /// All rights, or the refusal of the one; else why another is not there, and none.
    fn complete(&mut self, answer: AnswerAt<H::Place>) -> Result<AnswerAt<Self>, Refusal> {
        match answer {
            Ok(right) => self.all.beside(Some((self.all.refused_by, right))).map(Ok),
            Err((refusal, held)) => {
                let RefusedBy(handle, _) = self.all.refused();
                Ok(Err((refusal, Some(RefusedBy(handle, held)))))
            }
        }
    }

    /// Goes on from what the place has come to.
    fn go_on(&mut self, answer: AnswerAt<H::Place>) -> Option<AnswerAt<Self>> {
        self.waiting = None;
        match self.complete(answer) {
            Ok(answer) => Some(answer),
            Err(_) => self.wait(),
        }
    }

    /// What the place comes to when it is given back: without all, nothing is kept.
    fn last(
        &mut self,
        answer: Option<AnswerAt<H::Place>>,
        refusal: impl FnOnce(&All<H>) -> Refusal,
    ) -> AnswerAt<Self> {
        match answer.map(|answer| self.complete(answer)) {
            Some(Ok(answer)) => answer,
            Some(Err(_)) | None => Err((refusal(&self.all), Some(self.all.refused()))),
        }
    }
}

impl<H: Handle<Error = Refused> + Clone> Queued for AllPlace<H> {
    type Granted = Vec<Granted<H>>;
    type Held = RefusedBy<H>;

    fn check(&mut self) -> Option<AnswerAt<Self>> {
        let Some(place) = &mut self.waiting else {
            return self.wait();
        };
        let answer = place.check()?;
        self.go_on(answer)
    }

    fn poll(&mut self, waker: &Waker) -> Option<AnswerAt<Self>> {
        // Before anything is decided: a waker that panics when it is cloned changes nothing.
        self.notify.renew(waker);
        let Some(place) = &mut self.waiting else {
            return self.wait();
        };
        let answer = place.poll(waker)?;
        self.go_on(answer)
    }

    fn give_up(&mut self, refusal: Refusal) -> AnswerAt<Self> {
        let answer = self.waiting.as_mut().map(|place| place.give_up(refusal));
        self.last(answer, |_| refusal)
    }

    fn time_out(&mut self) -> AnswerAt<Self> {
        let answer = self.waiting.as_mut().map(Queued::time_out);
        self.last(answer, All::deadline)
    }
}

impl<H: fmt::Debug> fmt::Debug for All<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("All").field(&self.handles).finish()
    }
}
