use std::{
    sync::Barrier,
    thread::{self, Scope},
};

use crate::{
    contest::{Contest, Contestant, Role},
    contestants::games::{
        CondvarEach,
        Game::{Ping, Pong},
        GameMachine, Listened, OneCondvar, Threads, Watch,
    },
    usage::{Usage, await_asleep, on_one_core},
};

/// How many wait, and how often what they do not wait for is done meanwhile.
const HERDS: [(usize, u32); 3] = [(0, 1000), (64, 300), (500, 100)];

/// How many want the same transition, and how often it is offered.
const RIVALS: [(usize, u32); 3] = [(1, 1000), (8, 500), (64, 200)];

pub fn uninterested() -> Contest {
    Contest {
        id: "herd",
        title: "A herd: N threads that wait for another state",
        about: "Two threads hand off as above, on one core, beside N that wait for the end. What a \
                transition costs.",
        measures: &[
            "switches, N = 0",
            "switches, N = 64",
            "switches, N = 500",
            "µs of CPU, N = 0",
            "µs of CPU, N = 64",
            "µs of CPU, N = 500",
        ],
        charted: 2,
        rounds: Some(7),
        contestants: vec![
            beside::<CondvarEach>("`parking_lot` mutex, condition variable a state", Role::Limit),
            beside::<GameMachine>("statemachine", Role::Ours),
            beside::<OneCondvar>("`parking_lot` mutex, condition variable", Role::Rival),
            beside::<Watch>("tokio `watch`", Role::Rival),
            beside::<Listened>("`AtomicU8`, event-listener", Role::Rival),
        ],
    }
}

pub fn same_transition() -> Contest {
    Contest {
        id: "same",
        title: "N threads that wait for the same transition",
        about: "One thread offers it, on one core; one of the N gets it. Context switches for the \
                two transitions of a round: one wake-up each is the least.",
        measures: &["switches, N = 1", "switches, N = 8", "switches, N = 64"],
        charted: 2,
        rounds: Some(7),
        contestants: vec![
            among::<CondvarEach>("`parking_lot` mutex, condition variable a state", Role::Limit),
            among::<GameMachine>("statemachine", Role::Ours),
            among::<OneCondvar>("`parking_lot` mutex, condition variable", Role::Rival),
            among::<Watch>("tokio `watch`", Role::Rival),
            among::<Listened>("`AtomicU8`, event-listener", Role::Rival),
        ],
    }
}

fn beside<G: Threads + Default>(name: &'static str, role: Role) -> Contestant {
    Contestant::new(name, role, || {
        let usages = HERDS.map(|(herd, turns)| {
            let game = G::default();
            on_one_core(|| {
                thread::scope(|scope| {
                    start(scope, herd, || game.await_over());
                    let barrier = Barrier::new(2);
                    let usage = Usage::of(|| {
                        thread::scope(|scope| {
                            scope.spawn(|| {
                                barrier.wait();
                                (0..turns).for_each(|_| _ = game.pass(Pong, Ping));
                            });
                            barrier.wait();
                            (0..turns).for_each(|_| _ = game.pass(Ping, Pong));
                        });
                    });
                    game.end();
                    (usage, f64::from(2 * turns))
                })
            })
        });
        let switches = usages.iter().map(|(usage, passes)| usage.switches / passes);
        let cpu = usages.iter().map(|(usage, passes)| usage.cpu_microseconds / passes);
        switches.chain(cpu).collect()
    })
}

fn among<G: Threads + Default>(name: &'static str, role: Role) -> Contestant {
    Contestant::new(name, role, || {
        let switches = RIVALS.map(|(rivals, turns)| {
            let game = G::default();
            on_one_core(|| {
                thread::scope(|scope| {
                    // So that all of them have to wait.
                    game.pass(Ping, Pong);
                    start(scope, rivals, || while game.pass(Ping, Pong) {});
                    let usage = Usage::of(|| {
                        (0..turns).for_each(|_| _ = game.pass(Pong, Ping));
                    });
                    game.end();
                    usage.switches / f64::from(turns)
                })
            })
        });
        switches.into()
    })
}

/// Starts so many threads, and comes back when they are asleep.
fn start<'scope>(
    scope: &'scope Scope<'scope, '_>,
    threads: usize,
    run: impl Fn() + Copy + Send + 'scope,
) {
    for _ in 0..threads {
        scope.spawn(run);
    }
    await_asleep(threads);
}
