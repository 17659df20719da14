//! Any number of handles as one.

use std::{
    fmt,
    task::Waker,
    time::{Duration, Instant},
};

use super::{
    both::{ROUNDS, at_once, share_a_machine},
    deadline_of,
};
use crate::{
    graph::StateId,
    id::MachineId,
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

    fn machines(&self, found: &mut Vec<MachineId>) {
        self.handles.iter().for_each(|handle| handle.machines(found));
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
            Some(rights) => Err(place.answer(rights)),
            None => Ok(place),
        }
    }

    fn accept(self, rights: Vec<Granted<H>>, waited: Waited) -> Result<Vec<H::Output>, Refused> {
        // A veto of one lets go of all.
        let guards = self.handles.into_iter().zip(rights);
        guards.map(|(handle, right)| handle.accept(right, waited)).collect()
    }

    fn refuse(self, refusal: Refusal, held: Option<RefusedBy>, waited: Duration) -> Refused {
        let RefusedBy(position) = held.unwrap_or(RefusedBy(self.refused_by));
        let mut handles = self.handles.into_iter();
        let handle = handles.nth(position).expect("of none there is no refusal");
        handle.refuse(refusal, None, waited)
    }
}

/// Whose refusal it is.
pub(crate) struct RefusedBy(usize);

/// A place in the queue of one of them, without the others.
pub(crate) struct AllPlace<H: Handle> {
    all: All<H>,
    notify: Notify,
    waiting: Option<H::Place>,
}

type Rights<H> = Result<Vec<Granted<H>>, Refusal>;

impl<H: Handle<Error = Refused> + Clone> AllPlace<H> {
    /// Takes a place for the one that was refused last, unless there is an answer. If its right is there
    /// at once and another is not, lets go of it and waits for the other: unless it was itself in the way.
    fn wait(&mut self) -> Option<Rights<H>> {
        for round in 1_u32.. {
            let position = self.all.refused_by;
            let Some(handle) = self.all.handles.get_mut(position) else {
                return Some(self.all.beside(None));
            };
            let right = match handle.enter(self.notify.clone()) {
                Ok(place) => {
                    self.waiting = Some(place);
                    return None;
                }
                Err(Ok(right)) => right,
                Err(Err((refusal, _))) => return Some(Err(refusal)),
            };
            match self.all.beside(Some((position, right))) {
                Err(_) if round != ROUNDS || !share_a_machine(&self.all) => {}
                rights => return Some(rights),
            }
        }
        unreachable!("it goes round until it has an answer or a place")
    }

    /// Goes on from what the place has come to.
    fn go_on(&mut self, answer: AnswerAt<H::Place>) -> Option<Rights<H>> {
        let right = match answer {
            Ok(right) => right,
            Err((refusal, _)) => return Some(Err(refusal)),
        };
        match self.all.beside(Some((self.all.refused_by, right))) {
            Ok(rights) => Some(Ok(rights)),
            Err(_) => self.wait(),
        }
    }

    fn answer(&self, rights: Rights<H>) -> AnswerAt<Self> {
        rights.map_err(|refusal| (refusal, Some(RefusedBy(self.all.refused_by))))
    }

    /// What the place comes to when it is given back: without all, nothing is kept.
    fn last(
        &mut self,
        answer: Option<AnswerAt<H::Place>>,
        refusal: impl FnOnce(&H) -> Refusal,
    ) -> AnswerAt<Self> {
        let rights = match answer {
            Some(Ok(right)) => self.all.beside(Some((self.all.refused_by, right))),
            Some(Err((refusal, _))) => return self.answer(Err(refusal)),
            None => Err(Refusal::Interrupted),
        };
        let rights = rights.map_err(|_| refusal(&self.all.handles[self.all.refused_by]));
        self.answer(rights)
    }
}

impl<H: Handle<Error = Refused> + Clone> Queued for AllPlace<H> {
    type Granted = Vec<Granted<H>>;
    type Held = RefusedBy;

    fn check(&mut self) -> Option<AnswerAt<Self>> {
        let answer = self.waiting.as_mut()?.check()?;
        let rights = self.go_on(answer)?;
        Some(self.answer(rights))
    }

    fn poll(&mut self, waker: &Waker) -> Option<AnswerAt<Self>> {
        let answer = self.waiting.as_mut()?.poll(waker)?;
        self.notify = Notify::Task(waker.clone());
        let rights = self.go_on(answer)?;
        Some(self.answer(rights))
    }

    fn give_up(&mut self, refusal: Refusal) -> AnswerAt<Self> {
        let answer = self.waiting.as_mut().map(|place| place.give_up(refusal));
        self.last(answer, |_| refusal)
    }

    fn time_out(&mut self) -> AnswerAt<Self> {
        let answer = self.waiting.as_mut().map(Queued::time_out);
        self.last(answer, deadline_of)
    }
}

impl<H: fmt::Debug> fmt::Debug for All<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("All").field(&self.handles).finish()
    }
}
