use std::{
    sync::{Arc, Barrier},
    thread,
    time::Duration,
};

use tokio::runtime::Builder;

use crate::{
    contest::{Contest, Contestant, Role, time},
    contestants::games::{
        CondvarEach,
        Game::{self, Ping, Pong},
        GameMachine, Listened, NotifyEach, OneCondvar, StdCondvar, Tasks, Threads, Unpark, Watch,
    },
    usage::{Usage, on_one_core},
};

pub fn between_threads() -> Contest {
    Contest {
        id: "threads",
        title: "Hand-off between two threads, on one core",
        about: "Each waits for its state, with a limit (but for `watch`), and goes to the other's. \
                With what a hand-off costs in context switches.",
        measures: &["µs", "switches"],
        charted: 0,
        rounds: None,
        contestants: vec![
            threads::<Unpark>("`AtomicU8`, `unpark`", Role::Limit),
            threads::<GameMachine>("statemachine", Role::Ours),
            threads::<CondvarEach>("`parking_lot` mutex, condition variable a state", Role::Rival),
            threads::<OneCondvar>("`parking_lot` mutex, condition variable", Role::Rival),
            threads::<StdCondvar>("`std` mutex, condition variable", Role::Rival),
            threads::<Watch>("tokio `watch`, a runtime a thread", Role::Rival),
            threads::<Listened>("`AtomicU8`, event-listener", Role::Rival),
        ],
    }
}

pub fn between_tasks() -> Contest {
    Contest {
        id: "tasks",
        title: "Hand-off between two tasks, on one runtime",
        about: "The same with `.await`, on tokio's current-thread runtime.",
        measures: &["µs"],
        charted: 0,
        rounds: None,
        contestants: vec![
            tasks::<NotifyEach>("`parking_lot` mutex, tokio `Notify` a state", Role::Limit),
            tasks::<GameMachine>("statemachine", Role::Ours),
            tasks::<Watch>("tokio `watch`", Role::Rival),
            tasks::<Listened>("`AtomicU8`, event-listener", Role::Rival),
        ],
    }
}

const TURNS: u32 = 3000;

fn threads<G: Threads + Default>(name: &'static str, role: Role) -> Contestant {
    Contestant::new(name, role, || {
        let game = G::default();
        let barrier = Barrier::new(2);
        let play = |from, to| {
            game.enter(from);
            barrier.wait();
            for _ in 0..TURNS {
                game.pass(from, to);
            }
        };
        let mut taken = Duration::ZERO;
        let usage = Usage::of(|| {
            on_one_core(|| {
                taken = time(|| {
                    thread::scope(|scope| {
                        scope.spawn(|| play(Pong, Ping));
                        play(Ping, Pong);
                    });
                });
            });
        });
        let passes = f64::from(2 * TURNS);
        vec![taken.as_secs_f64() * 1e6 / passes, usage.switches / passes]
    })
}

fn tasks<G: Tasks + Default>(name: &'static str, role: Role) -> Contestant {
    async fn play<G: Tasks>(game: Arc<G>, from: Game, to: Game) {
        for _ in 0..10 * TURNS {
            game.pass(from, to).await;
        }
    }
    Contestant::new(name, role, || {
        let game = Arc::new(G::default());
        let runtime = Builder::new_current_thread().build().expect("needs no resources");
        let taken = time(|| {
            let second = runtime.spawn(play(Arc::clone(&game), Pong, Ping));
            let first = runtime.spawn(play(game, Ping, Pong));
            runtime.block_on(async {
                first.await.expect("it ends");
                second.await.expect("it ends");
            });
        });
        vec![taken.as_secs_f64() * 1e6 / f64::from(20 * TURNS)]
    })
}
