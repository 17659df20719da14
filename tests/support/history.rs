//! What several threads asked of a machine and were told, and whether that can be explained.
//!
//! A history is explained (linearizable) if each call can be given one instant between its begin
//! and its end, such that the plain machine, asked at these instants in their order, gives the same
//! answers. Two calls may take two instants: a commit that moves data, which begins before it
//! commits, and a future that was given something and dropped before it was told. The search is that of Wing and Gong: of all calls that began before any unexplained one
//! ended, try each as the next, and remember what was tried.

use std::{
    collections::HashSet,
    sync::{
        Barrier, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::SmallRng, seq::IndexedRandom};

use crate::{
    driver::{Answer, BoxAsk, BoxHold, BoxRight, Driven, Had},
    plain::{self, No, Plain, Shape, Source, What},
    polling::Task,
};

/// How it was asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// `now()`.
    Now,
    /// `within(..)`.
    Within,
}

/// What one call was, and what it was told.
#[derive(Clone, PartialEq, Debug)]
#[expect(missing_docs, reason = "named like the calls")]
pub enum Call {
    Ask(Way, What, Result<plain::Had, No>),
    /// A future that was dropped without an answer. It may have been given something meanwhile.
    GiveUp(What),
    /// `a_to_b().try_commit()`.
    CommitAtOnce(Source, &'static str, u32, Result<Option<u32>, No>),
    Commit(&'static str, u32, Option<u32>),
    Enter(&'static str, u32, Option<u32>),
    RollBack,
    Again(Option<u32>),
    LetGo,
    State(&'static str),
    IsInTransition(bool),
}

/// One call of one thread.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// When it began, by a clock that counts all begins and ends.
    pub began: u64,
    /// When it ended.
    pub ended: u64,
    /// What it was.
    pub call: Call,
}

impl Event {
    /// Whether it may have shut the door of that state to those who want to hold it.
    fn shuts_door(&self, machine: &Plain) -> bool {
        let (Call::Ask(Way::Within, what, _) | Call::GiveUp(what)) = &self.call else {
            return false;
        };
        machine.wants(what, machine.state()) == Some(true)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.began < other.ended && other.began < self.ended
    }
}

/// Whether the history can be explained for a machine that begins like that.
pub fn is_explained(start: &Plain, events: &[Event]) -> bool {
    assert!(events.len() <= 64, "one bit a call");
    Search { events, tried: HashSet::new() }.explain(0, 0, start)
}

struct Search<'e> {
    events: &'e [Event],
    /// Which calls were explained, which are between their first instant and their second, and the
    /// machine.
    tried: HashSet<(u64, u64, Plain)>,
}

impl Search<'_> {
    fn explain(&mut self, done: u64, given: u64, machine: &Plain) -> bool {
        let events = self.events;
        let is_open = |position: usize| done >> position & 1 == 0;
        let open = || events.iter().enumerate().filter(|&(position, _)| is_open(position));
        let Some(end) = open().map(|(_, event)| event.ended).min() else { return true };
        if !self.tried.insert((done, given, machine.clone())) {
            return false;
        }
        open().filter(|(_, event)| event.began < end).any(|(position, event)| {
            let bit = 1 << position;
            match &event.call {
                Call::GiveUp(what) => self.explain_giving_up(done, given, bit, what, machine),
                Call::CommitAtOnce(from, to, data, Ok(old)) => {
                    let commit = |machine: &mut Plain| machine.commit(to, *data) == *old;
                    let what = What::Transition(*from, to);
                    self.explain_commit(done, given, bit, &what, machine, commit)
                }
                _ => {
                    let next = self.after(event, machine);
                    next.is_some_and(|next| self.explain(done | bit, given, &next))
                }
            }
        })
    }

    /// Data is moved under the right, so others may see the transition under way.
    fn explain_commit(
        &mut self,
        done: u64,
        given: u64,
        bit: u64,
        what: &What,
        machine: &Plain,
        commit: impl Fn(&mut Plain) -> bool,
    ) -> bool {
        let mut next = machine.clone();
        if given & bit == 0 {
            return next.take(what, false).is_ok()
                && (self.explain(done, given | bit, &next)
                    || commit(&mut next) && self.explain(done | bit, given, &next));
        }
        machine.is_in_transition() && commit(&mut next) && self.explain(done | bit, given, &next)
    }

    fn explain_giving_up(
        &mut self,
        done: u64,
        given: u64,
        bit: u64,
        what: &What,
        machine: &Plain,
    ) -> bool {
        let mut next = machine.clone();
        if given & bit != 0 {
            // It passes on what it was given; a hold that was traded is gone.
            if machine.is_in_transition() {
                next.roll_back()
            } else {
                next.let_go()
            }
            return self.explain(done | bit, given, &next);
        }
        if matches!(next.take(what, false), Ok(plain::Had::Right(_) | plain::Had::Hold(_)))
            && self.explain(done, given | bit, &next)
        {
            return true;
        }
        next = machine.clone();
        if matches!(what, What::Upgrade(_)) {
            next.let_go();
        }
        self.explain(done | bit, given, &next)
    }

    /// The machine after the call, if its answer is right at this instant.
    fn after(&self, event: &Event, machine: &Plain) -> Option<Plain> {
        let mut next = machine.clone();
        let is_right = match &event.call {
            Call::Ask(_, what, Ok(had)) => next.take(what, false) == Ok(*had),
            Call::Ask(way, what, Err(no)) => self.is_true(event, *way, what, *no, machine),
            Call::CommitAtOnce(from, to, _, Err(no)) => {
                self.is_true(event, Way::Now, &What::Transition(*from, to), *no, machine)
            }
            Call::CommitAtOnce(.., Ok(_)) | Call::GiveUp(_) => {
                unreachable!("these may take two instants")
            }
            Call::Commit(to, data, old) => {
                machine.is_in_transition() && next.commit(to, *data) == *old
            }
            Call::Enter(to, data, seen) => {
                machine.is_in_transition() && {
                    next.commit(to, *data);
                    next.hold_once_more();
                    next.data() == *seen
                }
            }
            Call::RollBack => {
                machine.is_in_transition() && {
                    next.roll_back();
                    true
                }
            }
            Call::Again(seen) => {
                machine.holders() > 0 && {
                    next.hold_once_more();
                    next.data() == *seen
                }
            }
            Call::LetGo => {
                machine.holders() > 0 && {
                    next.let_go();
                    true
                }
            }
            Call::State(state) => machine.state() == *state,
            Call::IsInTransition(answer) => machine.is_in_transition() == *answer,
        };
        is_right.then_some(next)
    }

    /// Whether the refusal is true at this instant.
    fn is_true(&self, event: &Event, way: Way, what: &What, no: No, machine: &Plain) -> bool {
        let refusal = machine.clone().take(what, false).err();
        // The door is shut while a transition waits; for how long of its call is not known.
        let is_door_shut = || {
            machine.wants(what, machine.state()) == Some(false)
                && self
                    .events
                    .iter()
                    .any(|other| other.overlaps(event) && other.shuts_door(machine))
        };
        match (way, no) {
            (Way::Now, No::InTransition) => refusal == Some(no) || is_door_shut(),
            (Way::Now, No::WrongState(_) | No::InUse(..)) => refusal == Some(no),
            // Two who trade their holds would wait for each other.
            (Way::Within, No::InUse(..)) => {
                refusal == Some(no)
                    && matches!(what, What::Upgrade(_))
                    && self.events.iter().any(|other| {
                        other != event
                            && other.overlaps(event)
                            && matches!(
                                &other.call,
                                Call::Ask(Way::Within, What::Upgrade(_), _)
                                    | Call::GiveUp(What::Upgrade(_))
                            )
                    })
            }
            (Way::Within, No::TimedOut(state)) => {
                machine.state() == state && (refusal.is_some() || is_door_shut())
            }
            (Way::Within, No::Unreachable(state)) => {
                machine.state() == state && !machine.is_hopeful(what)
            }
            _ => false,
        }
    }
}

/// What a run is made of.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Decides what is asked; who is faster it does not.
    pub seed: u64,
    /// How many threads ask.
    pub threads: u32,
    /// How much each of them asks, beside letting go of all it has at the end.
    pub operations: u32,
    /// How long one waits at most.
    pub limit: Duration,
}

/// Lets threads ask a machine at random; the machine as it began, and the history.
pub fn record<D: Driven>(run: Run) -> (Plain, Vec<Event>) {
    let mut random = SmallRng::seed_from_u64(run.seed);
    let state = *D::SHAPE.states.choose(&mut random).expect("a machine has states");
    let machine = D::Machine::from(D::make(state, 0));
    let (clock, events) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let begin = Barrier::new(run.threads as usize);
    thread::scope(|scope| {
        for number in 1..=run.threads {
            let random = SmallRng::seed_from_u64(random.random());
            let (machine, clock, events, begin) = (&machine, &clock, &events, &begin);
            scope.spawn(move || {
                begin.wait();
                let mut asker = Asker::<D> {
                    machine,
                    clock,
                    random,
                    limit: run.limit,
                    next_data: number * 1000,
                    right: None,
                    holds: Vec::new(),
                    events: Vec::new(),
                };
                (0..run.operations).for_each(|_| asker.ask_something());
                asker.let_go_of_all();
                events.lock().expect("no asker panics with it").append(&mut asker.events);
            });
        }
    });
    // Nothing may be left over: neither a right nor a door that is shut.
    let left = D::ask(&machine, &What::Hold(None)).expect("always there").now();
    assert!(left.is_ok(), "{run:?}: {:?}", left.err().map(|(refused, _)| refused));
    drop(left);
    (Plain::new(D::SHAPE, state, 0), events.into_inner().expect("no asker panics with it"))
}

struct Asker<'m, D: Driven> {
    machine: &'m D::Machine,
    clock: &'m AtomicU64,
    random: SmallRng,
    limit: Duration,
    next_data: u32,
    right: Option<(BoxRight<'m>, &'static str)>,
    holds: Vec<BoxHold<'m>>,
    events: Vec<Event>,
}

impl<'m, D: Driven> Asker<'m, D> {
    /// Makes a call and writes it down.
    fn call<R>(&mut self, call: impl FnOnce() -> R, describe: impl FnOnce(&R) -> Call) -> R {
        if self.random.random_ratio(1, 4) {
            thread::yield_now();
        }
        let began = self.clock.fetch_add(1, SeqCst);
        let result = call();
        let ended = self.clock.fetch_add(1, SeqCst);
        self.events.push(Event { began, ended, call: describe(&result) });
        result
    }

    fn ask_something(&mut self) {
        let machine = self.machine;
        self.next_data += 1;
        let data = self.next_data;
        if self.right.is_some() && self.random.random_ratio(1, 2) {
            return self.end_transition();
        }
        match self.random.random_range(0..12) {
            0 => {
                self.call(|| D::state(machine), |state| Call::State(state));
            }
            1 => {
                self.call(|| D::is_in_transition(machine), |answer| Call::IsInTransition(*answer));
            }
            2..=3 => {
                let (from, to) = self.step();
                if D::ask(machine, &What::Transition(from, to)).is_some() {
                    let _ = self.call(
                        || D::commit(machine, from, to, data).expect("declared"),
                        |answer| Call::CommitAtOnce(from, to, data, *answer),
                    );
                }
            }
            4 if let Some(hold) = self.holds.pop() => {
                let again = self.call(|| hold.again(), |again| Call::Again(again.seen()));
                self.holds.extend([hold, again]);
            }
            5..=6 if let Some(hold) = self.holds.pop() => {
                let to = self.state();
                match hold.leave(to) {
                    Ok(handle) => self.ask(handle, What::Upgrade(to)),
                    Err(hold) => self.holds.push(hold),
                }
            }
            7 if let Some(hold) = self.holds.pop() => {
                self.call(|| drop(hold), |()| Call::LetGo);
            }
            _ => {
                let what = self.what();
                if let Some(handle) = D::ask(machine, &what) {
                    self.ask(handle, what);
                }
            }
        }
    }

    fn ask(&mut self, handle: BoxAsk<'m>, what: What) {
        let limit = self.limit;
        let describe = |way| {
            let what = what.clone();
            move |answer: &Answer<'m>| {
                let answer = match answer {
                    Ok(had) => Ok(had.plain()),
                    Err((refused, _)) => Err(No::from(refused)),
                };
                Call::Ask(way, what, answer)
            }
        };
        let answer = match self.random.random_range(0..4) {
            0 | 1 => self.call(|| handle.now(), describe(Way::Now)),
            2 => self.call(|| handle.within(limit), describe(Way::Within)),
            _ => {
                let mut task = Task::new(handle.wait());
                let polls = self.random.random_range(1..4);
                let answer = self.call(
                    || {
                        (0..polls)
                            .find_map(|_| {
                                thread::yield_now();
                                task.poll()
                            })
                            .or_else(|| {
                                drop(task);
                                None
                            })
                    },
                    |answer| match answer {
                        Some(answer) => describe(Way::Within)(answer),
                        None => Call::GiveUp(what.clone()),
                    },
                );
                let Some(answer) = answer else { return };
                answer
            }
        };
        match answer {
            Ok(Had::Right(right)) => {
                let (What::Transition(_, to) | What::Join(_, to) | What::Upgrade(to)) = what else {
                    panic!("a right for {what:?}");
                };
                assert!(self.right.replace((right, to)).is_none(), "two rights at once");
            }
            Ok(Had::Hold(hold)) => self.holds.push(hold),
            Ok(Had::Seen(_)) => {}
            Err((_, held)) => self.holds.extend(held),
        }
    }

    fn end_transition(&mut self) {
        let Some((right, to)) = self.right.take() else { return };
        let data = self.next_data;
        match self.random.random_range(0..3) {
            0 => {
                self.call(|| right.commit(data), |old| Call::Commit(to, data, *old));
            }
            1 => {
                let hold =
                    self.call(|| right.enter(data), |hold| Call::Enter(to, data, hold.seen()));
                self.holds.push(hold);
            }
            _ => self.call(|| drop(right), |()| Call::RollBack),
        }
    }

    fn let_go_of_all(&mut self) {
        self.end_transition();
        while let Some(hold) = self.holds.pop() {
            self.call(|| drop(hold), |()| Call::LetGo);
        }
    }

    fn state(&mut self) -> &'static str {
        shape::<D>().states.choose(&mut self.random).expect("a machine has states")
    }

    fn step(&mut self) -> (Source, &'static str) {
        let shape = shape::<D>();
        match self.random.random_range(0..8) {
            0 if let Some(initial) = shape.reset => (Source::Anywhere, initial),
            0..=2 => (Source::Declared, self.state()),
            _ => {
                let steps = shape.transitions;
                let &(from, to) = steps.choose(&mut self.random).expect("a machine has some");
                (Source::One(from), to)
            }
        }
    }

    fn what(&mut self) -> What {
        match self.random.random_range(0..10) {
            0..=3 => {
                let (from, to) = self.step();
                What::Transition(from, to)
            }
            4..=5 => {
                let (from, to) = self.step();
                What::Join(from, to)
            }
            6..=7 => What::Hold(Some(self.state())),
            8 => What::Hold(None),
            _ => What::When(vec![self.state(), self.state()]),
        }
    }
}

fn shape<D: Driven>() -> &'static Shape {
    D::SHAPE
}

/// Records a run and explains it, else panics with the history.
pub fn check<D: Driven>(run: Run) {
    let (start, mut events) = record::<D>(run);
    if !is_explained(&start, &events) {
        events.sort_by_key(|event| event.began);
        let lines: Vec<String> = events
            .iter()
            .map(|event| format!("{:>4} to {:>4}: {:?}", event.began, event.ended, event.call))
            .collect();
        panic!("{run:?} cannot be explained, from {start:?}:\n{}", lines.join("\n"));
    }
}
