//! Many threads at once on one machine: the rights exclude each other, no data is torn, leaked or
//! dropped twice, and at the end every right is accounted for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use rand::{RngExt, SeedableRng, rngs::SmallRng};
use statemachine::{InState, InTransition, Joined, StateMachine};
use statemachine_tests::hang;

/// A number many times over, which a reader must find all the same, and a count of those alive.
struct Payload {
    copies: [usize; 16],
    alive: Arc<AtomicUsize>,
}

impl Payload {
    fn new(number: usize, alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, SeqCst);
        Self { copies: [number; 16], alive: Arc::clone(alive) }
    }

    fn number(&self) -> usize {
        assert!(self.copies.iter().all(|copy| *copy == self.copies[0]), "torn: {:?}", self.copies);
        self.copies[0]
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        let before = self.alive.fetch_sub(1, SeqCst);
        assert!(before > 0, "dropped twice");
        self.copies = [usize::MAX; 16];
    }
}

#[derive(StateMachine)]
enum Slot {
    #[state(to(Full))]
    Empty,
    #[state(to(Empty, Full))]
    Full(Payload),
}

/// Who is inside, as far as they say so themselves.
#[derive(Default)]
struct Inside {
    transition: AtomicBool,
    holders: AtomicUsize,
}

impl Inside {
    fn alone<R>(&self, work: impl FnOnce() -> R) -> R {
        assert!(!self.transition.swap(true, SeqCst), "two transitions at once");
        assert_eq!(self.holders.load(SeqCst), 0, "a transition beside a holder");
        let result = work();
        assert!(self.transition.swap(false, SeqCst));
        result
    }

    fn together<R>(&self, work: impl FnOnce() -> R) -> R {
        self.holders.fetch_add(1, SeqCst);
        assert!(!self.transition.load(SeqCst), "a holder beside a transition");
        let result = work();
        self.holders.fetch_sub(1, SeqCst);
        result
    }
}

struct Load {
    slot: SlotMachine,
    inside: Inside,
    alive: Arc<AtomicUsize>,
    /// Incremented under the exclusive right only, by a load and a store.
    steps: AtomicUsize,
    counted: AtomicUsize,
}

/// The number of a payload that was put in without counting a step.
const UNCOUNTED: usize = 0;

const SOON: Duration = Duration::from_micros(50);

impl Load {
    /// Counts one commit, in a way that loses some where two do it at once.
    fn step(&self) -> usize {
        self.counted.fetch_add(1, SeqCst);
        let number = self.steps.load(SeqCst) + 1;
        self.steps.store(number, SeqCst);
        number
    }

    fn fill(&self, right: InTransition<'_, slot::Empty, slot::Full>, hold: bool) {
        let payload = self.inside.alone(|| Payload::new(self.step(), &self.alive));
        if hold {
            self.look(&right.enter_with(payload));
        } else {
            right.commit_with(payload);
        }
    }

    fn refill(&self, right: InTransition<'_, slot::Full, slot::Full>, rolls_back: bool) {
        let number = self.inside.alone(|| {
            self.check(right.view());
            (!rolls_back).then(|| self.step())
        });
        match number {
            Some(number) => {
                let old = right.commit_with(Payload::new(number, &self.alive));
                assert!(old.number() < number);
            }
            None => right.rollback(),
        }
    }

    fn empty(&self, right: InTransition<'_, slot::Full, slot::Empty>) {
        self.inside.alone(|| self.check(right.view()));
        right.commit().number();
    }

    fn look(&self, held: &InState<'_, slot::Full>) {
        self.inside.together(|| self.check(held));
    }

    /// Nobody can count a step while the payload is looked at under a right.
    fn check(&self, payload: &Payload) {
        let number = payload.number();
        assert!(number == UNCOUNTED || number == self.steps.load(SeqCst));
    }

    fn work(&self, random: &mut SmallRng) {
        let slot = &self.slot;
        match random.random_range(0..14) {
            0 => drop(slot.empty_to_full().now().map(|right| self.fill(right, false))),
            1 => drop(slot.empty_to_full().within(SOON).map(|right| self.fill(right, true))),
            2 => drop(slot.full_to_empty().now().map(|right| self.empty(right))),
            3 => drop(slot.full_to_empty().within(SOON).map(|right| self.empty(right))),
            4 => drop(slot.full_to_full().now().map(|right| self.refill(right, false))),
            5 => drop(slot.full_to_full().within(SOON).map(|right| self.refill(right, true))),
            6 => drop(slot.in_full().now().map(|held| self.look(&held))),
            7 => drop(slot.in_full().within(SOON).map(|held| self.look(&held.clone()))),
            8 => match slot.empty_to_full().or_join().within(SOON) {
                Ok(Joined::Mine(right)) => self.fill(right, true),
                Ok(Joined::There(held)) => self.look(&held),
                Err(_) => {}
            },
            9 => {
                if let Ok(held) = slot.in_full().now() {
                    match held.to::<slot::Full>().now() {
                        Ok(right) => self.refill(right, false),
                        Err(refused) => self.look(&refused.into_data()),
                    }
                }
            }
            10 => {
                if let Ok(held) = slot.in_full().within(SOON) {
                    match held.to::<slot::Empty>().within(SOON) {
                        Ok(right) => self.empty(right),
                        Err(refused) => self.look(&refused.into_data()),
                    }
                }
            }
            11 => {
                if let Ok(held) = slot.hold().now()
                    && let Slot::Full(payload) = &*held
                {
                    self.inside.together(|| self.check(payload));
                }
            }
            12 => {
                let payload = Payload::new(UNCOUNTED, &self.alive);
                if let Err(refused) = slot.empty_to_full().try_commit_with(payload) {
                    assert_eq!(refused.into_data().number(), UNCOUNTED);
                }
            }
            _ => drop(slot.full_to_full().now().map(|right| {
                let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    right.run::<()>(|_| std::panic::resume_unwind(Box::new(())))
                }));
                assert!(panicked.is_err());
            })),
        }
    }
}

fn load(threads: u64, rounds: usize) {
    let _hang = hang::detector("load");
    let enough = rounds / 10 + 1;
    let load = Load {
        slot: SlotMachine::new(),
        inside: Inside::default(),
        alive: Arc::default(),
        steps: AtomicUsize::new(0),
        counted: AtomicUsize::new(0),
    };
    thread::scope(|scope| {
        for seed in 0..threads {
            let load = &load;
            scope.spawn(move || {
                let mut random = SmallRng::seed_from_u64(seed);
                (0..rounds).for_each(|_| load.work(&mut random));
                // On a machine that is busy few get in. If nobody does, the detector ends it.
                while load.steps.load(SeqCst) < enough {
                    load.work(&mut random);
                }
            });
        }
    });
    assert_eq!(load.steps.load(SeqCst), load.counted.load(SeqCst), "a step was lost");
    assert!(!load.slot.is_in_transition());
    load.slot.to_full().now().expect("nobody holds or waits any more").rollback();
    assert_eq!(load.alive.load(SeqCst), usize::from(load.slot.is_full()), "leaked");
    drop(load.slot);
    assert_eq!(load.alive.load(SeqCst), 0);
}

#[test]
fn two_threads() {
    load(2, 20_000);
}

#[test]
fn many_threads() {
    load(16, 4_000);
}
