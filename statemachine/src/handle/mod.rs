//! Handles on transitions and states, each with the verbs of [`crate::wait`].
//!
//! A handle does nothing by itself. It says what the caller wants, and the verb says how long to wait. A
//! handle is a lock, a [`Request`], and two constructors: of the guard and of the refusal.

mod all;
mod both;
mod claims;
mod exclusive_hold;
mod hold;
mod join;
mod owned_upgrade;
mod transition;
mod upgrade;
mod wanted;
mod when;

use std::{mem::ManuallyDrop, time::Duration};

use crate::{
    graph::{Graph, StateId, StateSet},
    id::MachineId,
    lock::{self, Answer, Granted, Lock, Notify, Place, Refusal, Request, Shared, Word},
    refused::{Blocker, Refused},
    state::{Located as _, State, StateMachine},
    trace::{self, Waited},
    wait::{AnswerAt, Ask, Queued},
};

pub(crate) use self::claims::Claim;
pub use self::{
    all::{All, all},
    both::{Both, both},
    exclusive_hold::ExclusiveHold,
    hold::Hold,
    join::Join,
    owned_upgrade::OwnedUpgrade,
    transition::Transition,
    upgrade::Upgrade,
    wanted::Wanted,
    when::When,
};

/// A handle on one machine.
pub(crate) trait Asks: Sized {
    /// See [`Ask::IS_LOOK`].
    const IS_LOOK: bool = false;

    type Site: Site;
    type Given;
    type Denied;

    /// The lock that is asked.
    fn site(&self) -> Self::Site;

    fn request(&self) -> Request;

    /// Where the hold is that is to be traded, if the handle trades one.
    #[inline(always)]
    fn held(&mut self) -> Option<&mut Option<HeldAt<Self>>> {
        None
    }

    /// Makes the guard of what was granted. A handler may still veto it.
    fn accept(self, granted: GrantedAt<Self>, waited: Waited) -> Result<Self::Given, Self::Denied>;

    /// Makes the error, with the hold that was to be traded.
    fn refuse(self, refusal: Refusal, held: Option<HeldAt<Self>>, waited: Duration)
    -> Self::Denied;
}

type PlaceAt<H> = <<H as Asks>::Site as Site>::Place;
type GrantedAt<H> = <PlaceAt<H> as Queued>::Granted;
type HeldAt<H> = <PlaceAt<H> as Queued>::Held;

/// A lock that is asked, without its lifetime: inside a task the compiler does not know that two
/// lifetimes are the same.
pub(crate) trait Site: Copy {
    type Place: Queued;

    fn machine(self) -> MachineId;
    fn graph(self) -> &'static Graph;
    fn look(self) -> Word;
    fn attempt(self, request: &Request) -> Result<<Self::Place as Queued>::Granted, Word>;
    fn acquire(
        self,
        request: &Request,
        held: Option<&mut Option<<Self::Place as Queued>::Held>>,
        seen: Word,
    ) -> Result<<Self::Place as Queued>::Granted, Refusal>;
    fn enter(
        self,
        request: Request,
        held: Option<<Self::Place as Queued>::Held>,
        notify: Notify,
    ) -> Result<Self::Place, AnswerAt<Self::Place>>;
}

impl<'a, S: StateMachine> Site for &'a Lock<S> {
    type Place = Place<'a, S>;

    fn machine(self) -> MachineId {
        self.id()
    }

    fn graph(self) -> &'static Graph {
        S::GRAPH
    }

    #[inline]
    fn look(self) -> Word {
        self.look()
    }

    #[inline(always)]
    fn attempt(self, request: &Request) -> Result<Granted<'a, S>, Word> {
        self.attempt(request)
    }

    #[inline]
    fn acquire(
        self,
        request: &Request,
        held: Option<&mut Option<Shared<'a, S>>>,
        seen: Word,
    ) -> Result<Granted<'a, S>, Refusal> {
        let Some(place) = held else {
            return self.acquire(request, seen);
        };
        match place.take().expect(ASKED_ONCE).try_upgrade(request, seen) {
            Ok(right) => Ok(Granted::Exclusive(right)),
            Err((refusal, held)) => {
                *place = Some(held);
                Err(refusal)
            }
        }
    }

    #[inline]
    fn enter(
        self,
        request: Request,
        held: Option<Shared<'a, S>>,
        notify: Notify,
    ) -> Result<Place<'a, S>, Answer<'a, S>> {
        Place::take(self, request, held, notify)
    }
}

/// The names of these states, if they are what `A` stands for; none of a choice of them.
#[inline(always)]
fn expected<A: State>(states: StateSet) -> &'static [&'static str] {
    if states == A::SET { A::EXPECTED } else { &[] }
}

const ASKED_ONCE: &str = "a handle is asked once";

#[diagnostic::do_not_recommend]
impl<H: Asks> Ask for H {
    const IS_LOOK: bool = H::IS_LOOK;

    type Place = PlaceAt<H>;
    type Given = H::Given;
    type Denied = H::Denied;

    fn claims(&self, found: &mut Vec<Claim>) {
        let (site, request) = (self.site(), self.request());
        let (machine, graph, word) = (site.machine(), site.graph(), site.look());
        found.push(Claim { machine, graph, request, word });
    }

    fn deadline(&self) -> Refusal {
        let word = self.look();
        Refusal::TimedOut { state: word.state(), blocker: self.request().blocker(word) }
    }

    #[inline]
    fn look(&self) -> Word {
        self.site().look()
    }

    #[inline(always)]
    fn attempt(&mut self) -> Result<GrantedAt<H>, Word> {
        let request = ManuallyDrop::new(self.request());
        let answer = self.site().attempt(&request);
        done_with::<H>(request);
        answer
    }

    #[inline(always)]
    fn wants(&self, state: StateId) -> bool {
        let request = ManuallyDrop::new(self.request());
        let wants = request.wants(state).is_some();
        done_with::<H>(request);
        wants
    }

    fn insist(&mut self, seen: Word) -> Result<GrantedAt<H>, Refusal> {
        self.site().acquire(&self.request(), self.held(), seen)
    }

    fn enter(&mut self, notify: Notify) -> Result<PlaceAt<H>, AnswerAt<PlaceAt<H>>> {
        let held = self.held().map(|held| held.take().expect(ASKED_ONCE));
        self.site().enter(self.request(), held, notify)
    }

    #[inline(always)]
    fn accept(self, granted: GrantedAt<H>, waited: Waited) -> Result<H::Given, H::Denied> {
        Asks::accept(self, granted, waited)
    }

    #[inline(always)]
    fn refuse(self, refusal: Refusal, held: Option<HeldAt<H>>, waited: Duration) -> H::Denied {
        Asks::refuse(self, refusal, held, waited)
    }
}

/// Only what a look asks for has something to drop. If the compiler does not know that of the others, it
/// writes what they ask for to memory before the exchange, which waits for it, and reads it back afterwards.
#[inline(always)]
fn done_with<H: Asks>(request: ManuallyDrop<Request>) {
    if H::IS_LOOK {
        drop(ManuallyDrop::into_inner(request));
    }
}

/// The error for a refused request: for a transition to that state, or for a state.
///
/// The commonest one is inlined: if the caller does not read it, the compiler does not make it.
#[inline(always)]
fn explain<S: StateMachine>(
    id: MachineId,
    refusal: Refusal,
    expected: &'static [&'static str],
    to: Option<&'static str>,
    waited: Duration,
) -> Refused {
    let Refusal::WrongState(state) = refusal else {
        return explain_rare::<S>(id, refusal, expected, to, waited);
    };
    // Without a panic: a panic is an effect, so the compiler would have to keep it.
    let actual = S::STATES.get(state.index()).copied().unwrap_or_default();
    let refused = Refused::WrongState { machine: S::NAME, expected, actual };
    trace::refused(id, &refused, expected, to, waited);
    refused
}

#[cold]
fn explain_rare<S: StateMachine>(
    id: MachineId,
    refusal: Refusal,
    expected: &'static [&'static str],
    to: Option<&'static str>,
    waited: Duration,
) -> Refused {
    let machine = S::NAME;
    let name = |state: StateId| S::STATES[state.index()];
    let refused = match refusal {
        Refusal::WrongState(state) => {
            Refused::WrongState { machine, expected, actual: name(state) }
        }
        Refusal::InTransition => Refused::InTransition { machine },
        Refusal::InUse { state, holders } => {
            Refused::InUse { machine, state: name(state), holders: holders as usize }
        }
        Refusal::Unreachable(state) => {
            Refused::Unreachable { machine, expected, actual: name(state) }
        }
        Refusal::TimedOut { state, blocker } => {
            let blocker = match blocker {
                lock::Blocker::State => Blocker::State,
                lock::Blocker::Transition => Blocker::Transition,
                lock::Blocker::Holders(holders) => Blocker::Holders(holders as usize),
            };
            Refused::TimedOut { machine, waited, actual: name(state), blocker }
        }
        Refusal::Interrupted => Refused::Interrupted { machine },
    };
    trace::refused(id, &refused, expected, to, waited);
    refused
}
