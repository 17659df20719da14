//! Two handles as one.

use std::{
    fmt,
    task::Waker,
    time::{Duration, Instant},
};

use super::deadline_of;
use crate::{
    graph::StateId,
    id::MachineId,
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
/// Two rights of one machine that exclude each other, such as two transitions, are refused at once, also in
/// a wait. The error is [`InTransition`](crate::Refused::InTransition) or [`InUse`](crate::Refused::InUse).
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

/// Whether two of the rights are of one machine.
pub(super) fn share_a_machine(handle: &impl Ask) -> bool {
    let mut machines = Vec::new();
    handle.machines(&mut machines);
    machines.sort_unstable();
    machines.windows(2).any(|two| two[0] == two[1])
}

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

    fn machines(&self, found: &mut Vec<MachineId>) {
        self.a.machines(found);
        self.b.machines(found);
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
            Some(answer) => Err(place.answer(answer)),
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

    fn refuse(self, refusal: Refusal, held: Option<RefusedBy>, waited: Duration) -> Refused {
        match held.map_or(self.refused_by, |RefusedBy(side)| side) {
            Side::A => self.a.refuse(refusal, None, waited),
            Side::B => self.b.refuse(refusal, None, waited),
        }
    }
}

/// Whose refusal it is.
pub(crate) struct RefusedBy(Side);

/// A place in the queue of one of the two, without the other.
pub(crate) struct BothPlace<A: Handle, B: Handle> {
    both: Both<A, B>,
    notify: Notify,
    waiting: Waiting<A, B>,
}

enum Waiting<A: Handle, B: Handle> {
    ForA(A::Place),
    ForB(B::Place),
    Nowhere,
}

type Rights<A, B> = Result<(Granted<A>, Granted<B>), Refusal>;

impl<A, B> BothPlace<A, B>
where
    A: Handle<Error = Refused> + Clone,
    B: Handle<Error = Refused> + Clone,
{
    /// Takes a place for the right on that side, unless there is an answer. If the right is there at
    /// once and the other is not, lets go of it and waits for the other: unless it was itself in the way.
    fn wait_for(&mut self, mut side: Side) -> Option<Rights<A, B>> {
        for round in 1_u32.. {
            self.both.refused_by = side;
            let notify = self.notify.clone();
            let rights = match side {
                Side::A => match self.both.a.enter(notify) {
                    Ok(place) => {
                        self.waiting = Waiting::ForA(place);
                        return None;
                    }
                    Err(Ok(a)) => self.both.beside_a(a),
                    Err(Err((refusal, _))) => return Some(Err(refusal)),
                },
                Side::B => match self.both.b.enter(notify) {
                    Ok(place) => {
                        self.waiting = Waiting::ForB(place);
                        return None;
                    }
                    Err(Ok(b)) => self.both.beside_b(b),
                    Err(Err((refusal, _))) => return Some(Err(refusal)),
                },
            };
            match rights {
                Ok(rights) => return Some(Ok(rights)),
                Err(refusal) if round == ROUNDS && share_a_machine(&self.both) => {
                    return Some(Err(refusal));
                }
                Err(_) => side = self.both.refused_by,
            }
        }
        unreachable!("it goes round until it has an answer or a place")
    }

    /// Goes on from what has become of the place.
    fn go_on(&mut self, told: Told<A, B>) -> Option<Rights<A, B>> {
        let rights = match told {
            Told::Nothing => return None,
            Told::Refused(refusal) => return Some(Err(refusal)),
            Told::A(a) => self.both.beside_a(a),
            Told::B(b) => self.both.beside_b(b),
        };
        match rights {
            Ok(rights) => Some(Ok(rights)),
            Err(_) => self.wait_for(self.both.refused_by),
        }
    }

    fn answer(&self, rights: Rights<A, B>) -> AnswerAt<Self> {
        rights.map_err(|refusal| (refusal, Some(RefusedBy(self.both.refused_by))))
    }

    /// What the place comes to when it is given back: without both, nothing is kept.
    fn last(&mut self, told: Told<A, B>, refusal: impl FnOnce(&Self) -> Refusal) -> AnswerAt<Self> {
        let rights = match told {
            Told::A(a) => self.both.beside_a(a).map_err(|_| refusal(self)),
            Told::B(b) => self.both.beside_b(b).map_err(|_| refusal(self)),
            Told::Refused(refusal) => Err(refusal),
            Told::Nothing => Err(refusal(self)),
        };
        self.answer(rights)
    }
}

/// What has become of a place.
enum Told<A: Handle, B: Handle> {
    Nothing,
    A(Granted<A>),
    B(Granted<B>),
    Refused(Refusal),
}

impl<A: Handle, B: Handle> Told<A, B> {
    fn of_a(answer: AnswerAt<A::Place>) -> Self {
        answer.map_or_else(|(refusal, _)| Self::Refused(refusal), Self::A)
    }

    fn of_b(answer: AnswerAt<B::Place>) -> Self {
        answer.map_or_else(|(refusal, _)| Self::Refused(refusal), Self::B)
    }
}

impl<A, B> Queued for BothPlace<A, B>
where
    A: Handle<Error = Refused> + Clone,
    B: Handle<Error = Refused> + Clone,
{
    type Granted = (Granted<A>, Granted<B>);
    type Held = RefusedBy;

    fn check(&mut self) -> Option<AnswerAt<Self>> {
        let told = match &mut self.waiting {
            Waiting::ForA(place) => place.check().map_or(Told::Nothing, Told::of_a),
            Waiting::ForB(place) => place.check().map_or(Told::Nothing, Told::of_b),
            Waiting::Nowhere => Told::Nothing,
        };
        let rights = self.go_on(told)?;
        Some(self.answer(rights))
    }

    fn poll(&mut self, waker: &Waker) -> Option<AnswerAt<Self>> {
        let told = match &mut self.waiting {
            Waiting::ForA(place) => place.poll(waker).map_or(Told::Nothing, Told::of_a),
            Waiting::ForB(place) => place.poll(waker).map_or(Told::Nothing, Told::of_b),
            Waiting::Nowhere => unreachable!("polled after it was ready"),
        };
        if let Told::Nothing = told {
            return None;
        }
        self.notify = Notify::Task(waker.clone());
        let rights = self.go_on(told)?;
        Some(self.answer(rights))
    }

    fn give_up(&mut self, refusal: Refusal) -> AnswerAt<Self> {
        let told = match &mut self.waiting {
            Waiting::ForA(place) => Told::of_a(place.give_up(refusal)),
            Waiting::ForB(place) => Told::of_b(place.give_up(refusal)),
            Waiting::Nowhere => Told::Nothing,
        };
        self.last(told, |_| refusal)
    }

    fn time_out(&mut self) -> AnswerAt<Self> {
        let told = match &mut self.waiting {
            Waiting::ForA(place) => Told::of_a(place.time_out()),
            Waiting::ForB(place) => Told::of_b(place.time_out()),
            Waiting::Nowhere => Told::Nothing,
        };
        self.last(told, |place| match place.both.refused_by {
            Side::A => deadline_of(&place.both.a),
            Side::B => deadline_of(&place.both.b),
        })
    }
}

impl<A: fmt::Debug, B: fmt::Debug> fmt::Debug for Both<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Both").field(&self.a).field(&self.b).finish()
    }
}
