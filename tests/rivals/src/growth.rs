//! How the cost of an operation grows with what is there.

use std::{
    collections::VecDeque,
    future::{Future, IntoFuture},
    hint::black_box,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use seq_macro::seq;
use statemachine::StateMachine;

use crate::{
    contest::{Repeat, Spread},
    contestants::{
        games::{Game, GameMachine},
        ours::LinkMachine,
    },
};

/// One curve.
pub struct Growth {
    /// What is done.
    pub operation: &'static str,
    /// What there is more of.
    pub of: &'static str,
    /// Why it grows, or does not.
    pub reason: &'static str,
    /// How many, and what one operation costs, in nanoseconds.
    pub points: Vec<(u64, f64)>,
}

impl Growth {
    /// The exponent of the power law that fits best: 0 where the cost is constant, 1 where it is
    /// proportional.
    ///
    /// From the larger half of the curve, where what is constant in the cost matters less.
    pub fn exponent(&self) -> f64 {
        let larger = &self.points[self.points.len() / 2 - 1..];
        let logs = larger.iter().map(|&(count, cost)| ((count as f64).ln(), cost.ln()));
        let (xs, ys): (Vec<f64>, Vec<f64>) = logs.unzip();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (x, y) = (mean(&xs), mean(&ys));
        let covariance: f64 = xs.iter().zip(&ys).map(|(a, b)| (a - x) * (b - y)).sum();
        let variance: f64 = xs.iter().map(|a| (a - x).powi(2)).sum();
        covariance / variance
    }
}

/// An operation, done so many times.
type Operation = Box<dyn FnMut(u64)>;

/// A curve to be measured: for each number, what to repeat.
struct Curve {
    operation: &'static str,
    of: &'static str,
    reason: &'static str,
    points: Vec<(u64, Repeat<Operation>)>,
}

impl Curve {
    fn new<F: FnMut(u64) + 'static>(
        operation: &'static str,
        of: &'static str,
        reason: &'static str,
        counts: &[u64],
        make: impl Fn(u64) -> F,
    ) -> Self {
        let point = |&count| (count, Repeat::new(Box::new(make(count)) as Operation));
        Self { operation, of, reason, points: counts.iter().map(point).collect() }
    }

    fn run(mut self, rounds: usize) -> Growth {
        let mut samples = vec![Vec::new(); self.points.len()];
        for _ in 0..rounds {
            for ((_, repeat), samples) in self.points.iter_mut().zip(&mut samples) {
                samples.push(repeat.nanoseconds());
            }
        }
        let points = self.points.iter().zip(samples);
        Growth {
            operation: self.operation,
            of: self.of,
            reason: self.reason,
            points: points.map(|((count, _), own)| (*count, Spread::of(own).median)).collect(),
        }
    }
}

/// All curves.
pub fn growths(rounds: usize) -> Vec<Growth> {
    let curves = [
        uninterested_waiters(),
        waiters_for_the_same_transition(),
        waiters_for_a_hold(),
        watchers(),
        holders(),
        observers(),
        other_handlers(),
        machines(),
        states(),
        states_with_a_waiter(),
    ];
    curves.into_iter().map(|curve| curve.run(rounds)).collect()
}

const COUNTS: [u64; 5] = [1, 10, 100, 1_000, 10_000];

type Waiting<F> = Pin<Box<F>>;

/// A task that takes a place in the queue, and is woken for nothing.
fn wait<H: IntoFuture>(handle: H) -> Waiting<H::IntoFuture> {
    let mut waiting = Box::pin(handle.into_future());
    assert!(poll(&mut waiting).is_none());
    waiting
}

fn poll<F: Future>(waiting: &mut Waiting<F>) -> Option<F::Output> {
    match waiting.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// For the rest of the program, so that what waits for it may outlive the function.
fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn round_trip(game: &GameMachine) {
    game.ping_to_pong().try_commit().expect("it is ping");
    game.pong_to_ping().try_commit().expect("it is pong");
}

fn uninterested_waiters() -> Curve {
    Curve::new(
        "two commits",
        "waiters for another state",
        "a commit looks only at those who wait for the state that it enters",
        &COUNTS,
        |count| {
            let game = leak(GameMachine::new());
            let waiters: Vec<_> = (0..count).map(|_| wait(game.in_over())).collect();
            move |count| {
                black_box(&waiters);
                (0..count).for_each(|_| round_trip(game));
            }
        },
    )
}

fn waiters_for_the_same_transition() -> Curve {
    Curve::new(
        "a commit that hands over, the waiter's, and its new wait",
        "waiters for the same transition",
        "the first in the list gets the right; nobody else is looked at",
        &COUNTS,
        |count| {
            let game = leak(GameMachine::new());
            game.ping_to_pong().try_commit().expect("it is ping");
            let mut waiters: VecDeque<_> = (0..count).map(|_| wait(game.ping_to_pong())).collect();
            move |count| {
                for _ in 0..count {
                    game.pong_to_ping().try_commit().expect("it is pong");
                    let mut first = waiters.pop_front().expect("some wait");
                    poll(&mut first).expect("it was woken").expect("it has the right").commit();
                    waiters.push_back(wait(game.ping_to_pong()));
                }
            }
        },
    )
}

fn waiters_for_a_hold() -> Curve {
    Curve::new(
        "a commit that lets them in, their leaving, a commit back, their new waits",
        "waiters to hold the state that is entered",
        "each gets its hold and is woken",
        &COUNTS[..4],
        |count| {
            let game = leak(GameMachine::new());
            let mut waiters: Vec<_> = (0..count).map(|_| wait(game.in_pong())).collect();
            move |repeats| {
                for _ in 0..repeats {
                    game.ping_to_pong().try_commit().expect("it is ping");
                    for mut waiter in waiters.drain(..) {
                        drop(poll(&mut waiter).expect("it was woken").expect("it has the hold"));
                    }
                    game.pong_to_ping().try_commit().expect("it is pong");
                    waiters.extend((0..count).map(|_| wait(game.in_pong())));
                }
            }
        },
    )
}

fn watchers() -> Curve {
    Curve::new(
        "two commits",
        "waiters for any of several states (`when`, `to_b`)",
        "they stand in a list of each state that they want; a commit looks only at the one that it enters",
        &COUNTS,
        |count| {
            let game = leak(GameMachine::new());
            let is_over = |state| state == Game::Over;
            let waiters: Vec<_> = (0..count).map(|_| wait(game.when(is_over))).collect();
            move |count| {
                black_box(&waiters);
                (0..count).for_each(|_| round_trip(game));
            }
        },
    )
}

fn holders() -> Curve {
    Curve::new("a hold, and its drop", "holders", "holders are a number", &COUNTS, |count| {
        let link = leak(LinkMachine::new());
        let hold = || link.in_disconnected().now().expect("it is there");
        let held: Vec<_> = (0..count).map(|_| hold()).collect();
        move |count| {
            black_box(&held);
            (0..count).for_each(|_| drop(hold()));
        }
    })
}

fn observers() -> Curve {
    Curve::new("two commits", "observers", "each is called", &COUNTS[..4], |count| {
        let game = leak(GameMachine::new());
        for _ in 0..count {
            game.observe(|change| _ = black_box(change.sequence));
        }
        move |count| (0..count).for_each(|_| round_trip(game))
    })
}

fn other_handlers() -> Curve {
    Curve::new(
        "two commits",
        "handlers of another transition",
        "what is to be run for a transition is found out once, and kept until a handler is added or removed",
        &COUNTS,
        |count| {
            let game = leak(GameMachine::new());
            for _ in 0..count {
                game.ping_to_over().after(|change| _ = black_box(change.sequence));
            }
            move |count| (0..count).for_each(|_| round_trip(game))
        },
    )
}

fn machines() -> Curve {
    Curve::new(
        "a commit",
        "machines, used in random order",
        "machines share nothing; what is seen is the processor's caches, 16 bytes a machine",
        &[1, 10, 100, 1_000, 10_000, 100_000, 1_000_000],
        |machines| {
            let links: Vec<_> = (0..machines).map(|_| LinkMachine::new()).collect();
            let mut order: Vec<usize> = (0..links.len()).collect();
            order.shuffle(&mut StdRng::seed_from_u64(1));
            let mut turns = (0..links.len()).cycle();
            move |count| {
                for _ in 0..count {
                    let link = black_box(&links[order[turns.next().expect("it is endless")]]);
                    // Whichever it is in, one of three succeeds.
                    let changed = link.disconnected_to_connecting().try_commit().is_ok()
                        || link.connecting_to_connected().try_commit().is_ok()
                        || link.connected_to_disconnected().try_commit().is_ok();
                    assert!(changed);
                }
            }
        },
    )
}

macro_rules! hubs {
    ($($name:ident $machine:ident $count:literal)*) => {
        $(seq!(N in 0..$count {
            #[derive(StateMachine)]
            enum $name {
                #[state(to(#(Spoke~N,)*))]
                Hub,
                #(
                    #[state(to(Hub))]
                    Spoke~N,
                )*
            }
        });)*
    };
}

hubs! {
    Hub3 Hub3Machine 2
    Hub10 Hub10Machine 9
    Hub50 Hub50Machine 49
    Hub200 Hub200Machine 199
    Hub1000 Hub1000Machine 999
}

macro_rules! per_hub {
    ($count:ident, $body:ident) => {
        match $count {
            3 => $body!(Hub3Machine),
            10 => $body!(Hub10Machine),
            50 => $body!(Hub50Machine),
            200 => $body!(Hub200Machine),
            1000 => $body!(Hub1000Machine),
            _ => unreachable!("there is no such hub"),
        }
    };
}

const HUBS: [u64; 5] = [3, 10, 50, 200, 1000];

fn states() -> Curve {
    Curve::new(
        "two commits, one of them from whichever source (`to_b`)",
        "states",
        "the sources are one bit each",
        &HUBS,
        |count| {
            macro_rules! repeat {
                ($machine:ident) => {{
                    let hub = $machine::new();
                    Box::new(move |count: u64| {
                        for _ in 0..count {
                            black_box(&hub).hub_to_spoke1().try_commit().expect("it is the hub");
                            black_box(&hub).to_hub().try_commit().expect("it is a spoke");
                        }
                    }) as Operation
                }};
            }
            per_hub!(count, repeat)
        },
    )
}

fn states_with_a_waiter() -> Curve {
    Curve::new(
        "two commits, beside a waiter for another state",
        "states",
        "whether the waiter's state can still be reached is one row of bits against another",
        &HUBS,
        |count| {
            macro_rules! repeat {
                ($machine:ident) => {{
                    let hub = leak($machine::new());
                    let waiter = wait(hub.in_spoke0());
                    Box::new(move |count: u64| {
                        black_box(&waiter);
                        for _ in 0..count {
                            hub.hub_to_spoke1().try_commit().expect("it is the hub");
                            hub.to_hub().try_commit().expect("it is a spoke");
                        }
                    }) as Operation
                }};
            }
            per_hub!(count, repeat)
        },
    )
}
