//! Two handles as one.

use std::{
    fmt,
    task::Waker,
    time::{Duration, Instant},
};

use super::claims::{Claim, count, in_vain, share_a_machine};
use crate::{
    graph::StateId,
    lock::{Notify, Refusal, Word},
    refused::Refused,
    trace::Waited,
    wait::{AnswerAt, Ask, Handle, Interrupt, Queued, handle},
};

/// A handle that gives both guards or neither, for two handles on different machines.
///
/// It takes every handle that can be cloned: [`Transition`](crate::Transition), [`Join`](crate::Join),
/// [`Hold`](crate::Hold), [`ExclusiveHold`](crate::ExclusiveHold), [`When`](crate::When), and the handles
/// that `both` and [`all`](crate::all) give.
///
/// No two calls deadlock, in whatever order they name the machines. While a call waits for one right, it
/// does not have the other. If the first right comes and the second is taken, the call lets go of the first
/// and waits for the second. So others may come in between. The two machines have two queues: a long stream
/// of callers that want one of them can keep the call waiting.
///
/// If both are committed, one after the other, no caller that takes rights on both sees one move without
/// the other. A look at the states takes no right, so it may see one without the other.
///
/// A wait is refused with [`Unreachable`](crate::Refused::Unreachable) if one of the rights can never be had,
/// whatever the state of the other machine is. This is looked at when the wait begins, and each time that
/// one of the rights comes. If a right becomes unreachable while the call waits for the other right, the
/// refusal comes with the other right, or the wait ends at its deadline.
///
/// Two rights of one machine that exclude each other, such as two transitions, are refused at once, also in
/// a wait. The error is [`InTransition`](crate::Refused::InTransition) or [`InUse`](crate::Refused::InUse).
/// If they need different states, it is [`WrongState`](crate::Refused::WrongState).
///
/// ```
/// use statemachine::both;
/// # use statemachine_example::*;
///
/// let (from, to) = (SlotMachine::from_state(Slot::Full("text".to_owned())), SlotMachine::new());
/// let (emptying, filling) = both(from.full_to_empty(), to.empty_to_full()).now()?;
/// filling.commit_with(emptying.commit());
/// assert!(from.is_empty() && to.is_full());
/// # Ok::<(), statemachine::Refused>(())
/// ```
///
/// For three handles, nest the calls, as in `both(a, both(b, c))`. The guards are nested likewise. Handles of one
/// type go into [`all`](crate::all), as in `all([a, b, c])`.
pub fn both<A, B>(a: A, b: B) -> Both<A, B>
where
    A: Handle<Error = Refused> + Clone,
    B: Handle<Error = Refused> + Clone,
{
    Both { a, b, refused_by: Side::A }
}

/// A handle on two rights at once: made by [`both`].
///
/// A time limit is for both together. If the wait ends without both, neither is kept.
#[derive(Clone, Copy)]
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct Both<A, B> {
    a: A,
    b: B,
    /// Which of the two was refused last, whose words the refusal is in.
    refused_by: Side,
}

#[derive(Clone, Copy)]
enum Side {
    A,
    B,
}

handle! {
    impl[A: Handle<Error = Refused> + Clone, B: Handle<Error = Refused> + Clone]
    Both<A, B>: (A::Output, B::Output), Refused;
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "The limit is for both together.",
    "Those of the two handles. `InTransition` or `InUse` if the two rights are of one machine \
        and exclude each other.",
    "use statemachine::both;
# use statemachine_example::*;
let (front, back) = (DoorMachine::new(), DoorMachine::new());
let (front_closing, back_closing) = both(front.open_to_closed(), back.open_to_closed()).now()?;
front_closing.commit();
back_closing.commit();
assert!(both(front.in_open(), back.in_closed()).now().is_err());
# Ok::<(), statemachine::Refused>(())"
}

type Granted<H> = <<H as Ask>::Place as Queued>::Granted;

impl<A, B> Both<A, B>
where
    A: Handle<Error = Refused> + Clone,
    B: Handle<Error = Refused> + Clone,
{
    fn refused(&self) -> RefusedBy<A, B> {
        match self.refused_by {
            Side::A => RefusedBy::A(self.a.clone(), None),
            Side::B => RefusedBy::B(self.b.clone(), None),
        }
    }

    /// The other right, when the one is there; with neither, the refusal.
    fn beside_a(&mut self, a: Granted<A>) -> Result<(Granted<A>, Granted<B>), Refusal> {
        match at_once(&mut self.b) {
            Ok(b) => Ok((a, b)),
            Err(refusal) => {
                self.refused_by = Side::B;
                Err(refusal)
            }
        }
    }

    fn beside_b(&mut self, b: Granted<B>) -> Result<(Granted<A>, Granted<B>), Refusal> {
        match at_once(&mut self.a) {
            Ok(a) => Ok((a, b)),
            Err(refusal) => {
                self.refused_by = Side::A;
                Err(refusal)
            }
        }
    }
}

/// After so many rounds in which each right was there and then stood in the way, it is asked whether they
/// are of one machine. Rights of different machines go on: each round, somebody else took one.
pub(super) const ROUNDS: u32 = 8;

/// The right, at once or not at all.
pub(super) fn at_once<H: Handle>(handle: &mut H) -> Result<Granted<H>, Refusal> {
    handle.attempt().or_else(|seen| handle.insist(seen))
}

impl<A, B> Ask for Both<A, B>
where
    A: Handle<Error = Refused> + Clone,
    B: Handle<Error = Refused> + Clone,
{
    type Place = BothPlace<A, B>;
    type Given = (A::Output, B::Output);
    type Denied = Refused;

    fn look(&self) -> Word {
        self.a.look()
    }

    fn claims(&self, found: &mut Vec<Claim>) {
        self.a.claims(found);
        self.b.claims(found);
    }

    fn blame(&mut self, position: usize) {
        match position.checked_sub(count(&self.a)) {
            None => {
                self.refused_by = Side::A;
                self.a.blame(position);
            }
            Some(position) => {
                self.refused_by = Side::B;
                self.b.blame(position);
            }
        }
    }

    fn deadline(&self) -> Refusal {
        match self.refused_by {
            Side::A => self.a.deadline(),
            Side::B => self.b.deadline(),
        }
    }

    fn attempt(&mut self) -> Result<(Granted<A>, Granted<B>), Word> {
        let a = self.a.attempt()?;
        let b = self.b.attempt()?;
        Ok((a, b))
    }

    /// Whatever the one's state is, the other may be in the way.
    fn wants(&self, _: StateId) -> bool {
        true
    }

    fn insist(&mut self, _: Word) -> Result<(Granted<A>, Granted<B>), Refusal> {
        self.refused_by = Side::A;
        let a = at_once(&mut self.a)?;
        self.beside_a(a)
    }

    fn enter(&mut self, notify: Notify) -> Result<BothPlace<A, B>, AnswerAt<BothPlace<A, B>>> {
        let mut place = BothPlace { both: self.clone(), notify, waiting: Waiting::Nowhere };
        // For the one that was refused last, since the other was there.
        match place.wait_for(self.refused_by) {
            Some(answer) => Err(answer),
            None => Ok(place),
        }
    }

    fn accept(
        self,
        (a, b): (Granted<A>, Granted<B>),
        waited: Waited,
    ) -> Result<(A::Output, B::Output), Refused> {
        // A veto of the second lets go of the first.
        let a = self.a.accept(a, waited)?;
        let b = self.b.accept(b, waited)?;
        Ok((a, b))
    }

    fn refuse(self, refusal: Refusal, held: Option<RefusedBy<A, B>>, waited: Duration) -> Refused {
        match held.unwrap_or_else(|| self.refused()) {
            RefusedBy::A(a, held) => a.refuse(refusal, held, waited),
            RefusedBy::B(b, held) => b.refuse(refusal, held, waited),
        }
    }
}

type Held<H> = <<H as Ask>::Place as Queued>::Held;

/// The handle whose refusal it is, as it was then: the refusal is in its words.
pub(crate) enum RefusedBy<A: Handle, B: Handle> {
    A(A, Option<Held<A>>),
    B(B, Option<Held<B>>),
}

/// A place in the queue of one of the two, without the other.
pub(crate) struct BothPlace<A: Handle, B: Handle> {
    both: Both<A, B>,
    notify: Notify,
    waiting: Waiting<A, B>,
}

enum Waiting<A: Handle, B: Handle> {
    ForA(A::Place),
    ForB(B::Place),
    /// It has been answered. So it is too if foreign code panicked on the way to the next place: that is
    /// then taken by whoever asks again.
    Nowhere,
}

/// What the place for one of them came to.
enum Told<A: Handle, B: Handle> {
    A(AnswerAt<A::Place>),
    B(AnswerAt<B::Place>),
}

impl<A, B> BothPlace<A, B>
where
    A: Handle<Error = Refused> + Clone,
    B: Handle<Error = Refused> + Clone,
{
    /// Takes a place for the right on that side, unless there is an answer. If the right is there at
    /// once and the other is not, lets go of it and waits for the other: unless it was itself in the way.
    fn wait_for(&mut self, mut side: Side) -> Option<AnswerAt<Self>> {
        if let Some(refusal) = in_vain(&mut self.both) {
            return Some(Err((refusal, Some(self.both.refused()))));
        }
        for round in 1_u32.. {
            self.both.refused_by = side;
            let notify = self.notify.clone();
            let told = match side {
                Side::A => match self.both.a.enter(notify) {
                    Ok(place) => {
                        self.waiting = Waiting::ForA(place);
                        return None;
                    }
                    Err(answer) => Told::A(answer),
                },
                Side::B => match self.both.b.enter(notify) {
                    Ok(place) => {
                        self.waiting = Waiting::ForB(place);
                        return None;
                    }
                    Err(answer) => Told::B(answer),
                },
            };
            match self.complete(told) {
                Ok(answer) => return Some(answer),
                Err(refusal) if round == ROUNDS && share_a_machine(&self.both) => {
                    return Some(Err((refusal, Some(self.both.refused()))));
                }
                Err(_) => side = self.both.refused_by,
            }
        }
        unreachable!("it goes round until it has an answer or a place")
    }

    /// Both rights, or the refusal of the one; else why the other is not there, and neither.
    fn complete(&mut self, told: Told<A, B>) -> Result<AnswerAt<Self>, Refusal> {
        let Self { both, .. } = self;
        match told {
            Told::A(Ok(a)) => both.beside_a(a).map(Ok),
            Told::B(Ok(b)) => both.beside_b(b).map(Ok),
            Told::A(Err((refusal, held))) => {
                Ok(Err((refusal, Some(RefusedBy::A(both.a.clone(), held)))))
            }
            Told::B(Err((refusal, held))) => {
                Ok(Err((refusal, Some(RefusedBy::B(both.b.clone(), held)))))
            }
        }
    }

    /// Goes on from what the place has come to.
    fn go_on(&mut self, told: Told<A, B>) -> Option<AnswerAt<Self>> {
        self.waiting = Waiting::Nowhere;
        match self.complete(told) {
            Ok(answer) => Some(answer),
            Err(_) => self.wait_for(self.both.refused_by),
        }
    }

    /// What the place comes to when it is given back: without both, nothing is kept.
    fn last(
        &mut self,
        told: Option<Told<A, B>>,
        refusal: impl FnOnce(&Both<A, B>) -> Refusal,
    ) -> AnswerAt<Self> {
        match told.map(|told| self.complete(told)) {
            Some(Ok(answer)) => answer,
            Some(Err(_)) | None => Err((refusal(&self.both), Some(self.both.refused()))),
        }
    }
}

impl<A, B> Queued for BothPlace<A, B>
where
    A: Handle<Error = Refused> + Clone,
    B: Handle<Error = Refused> + Clone,
{
    type Granted = (Granted<A>, Granted<B>);
    type Held = RefusedBy<A, B>;

    fn check(&mut self) -> Option<AnswerAt<Self>> {
        let told = match &mut self.waiting {
            Waiting::ForA(place) => Told::A(place.check()?),
            Waiting::ForB(place) => Told::B(place.check()?),
            Waiting::Nowhere => return self.wait_for(self.both.refused_by),
        };
        self.go_on(told)
    }

    fn poll(&mut self, waker: &Waker) -> Option<AnswerAt<Self>> {
        // Before anything is decided: a waker that panics when it is cloned changes nothing.
        self.notify.renew(waker);
        let told = match &mut self.waiting {
            Waiting::ForA(place) => Told::A(place.poll(waker)?),
            Waiting::ForB(place) => Told::B(place.poll(waker)?),
            Waiting::Nowhere => return self.wait_for(self.both.refused_by),
        };
        self.go_on(told)
    }

    fn give_up(&mut self, refusal: Refusal) -> AnswerAt<Self> {
        let told = match &mut self.waiting {
            Waiting::ForA(place) => Some(Told::A(place.give_up(refusal))),
            Waiting::ForB(place) => Some(Told::B(place.give_up(refusal))),
            Waiting::Nowhere => None,
        };
        self.last(told, |_| refusal)
    }

    fn time_out(&mut self) -> AnswerAt<Self> {
        let told = match &mut self.waiting {
            Waiting::ForA(place) => Some(Told::A(place.time_out())),
            Waiting::ForB(place) => Some(Told::B(place.time_out())),
            Waiting::Nowhere => None,
        };
        self.last(told, Both::deadline)
    }
}

impl<A: fmt::Debug, B: fmt::Debug> fmt::Debug for Both<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Both").field(&self.a).field(&self.b).finish()
    }
}
