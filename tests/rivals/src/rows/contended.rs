use std::{
    sync::{
        Barrier,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    contest::{Contest, Contestant, Role},
    contestants::{
        Change,
        State::{Connected, Connecting, Disconnected},
        atomics::{Exchange, LoadFirst},
        crates::QubitFast,
        locks::{ParkingLot, StdMutex},
        ours::LinkMachine,
    },
};

const THREADS: [usize; 3] = [2, 8, 32];

/// Several time slices for each of the threads.
const WINDOW: Duration = Duration::from_millis(150);

pub fn contest() -> Contest {
    Contest {
        id: "contended",
        title: "Contended: transitions won a second, where more is better",
        about: "Each thread tries one transition after the other for a while; how many are won, by \
                all together.",
        measures: &["M/s, 2 threads", "M/s, 8 threads", "M/s, 32 threads"],
        charted: 0,
        rounds: None,
        contestants: vec![
            contestant::<Exchange>("`AtomicU8::compare_exchange`", Role::Limit),
            contestant::<LoadFirst>("`AtomicU8`, load first", Role::Limit),
            contestant::<LinkMachine>("statemachine", Role::Ours),
            contestant::<StdMutex>("`std` mutex", Role::Rival),
            contestant::<ParkingLot>("`parking_lot` mutex", Role::Rival),
            contestant::<QubitFast>("qubit-state-machine, fast", Role::Rival),
        ],
    }
}

fn contestant<M: Change + Default + 'static>(name: &'static str, role: Role) -> Contestant {
    let machine = M::default();
    Contestant::new(name, role, move || THREADS.map(|threads| won(&machine, threads)).into())
}

/// Millions a second.
fn won(machine: &impl Change, threads: usize) -> f64 {
    let barrier = Barrier::new(threads + 1);
    let over = AtomicBool::new(false);
    let compete = || {
        let mut won = 0_u64;
        barrier.wait();
        while !over.load(Relaxed) {
            for _ in 0..16 {
                won += u64::from(machine.change(Disconnected, Connecting));
                won += u64::from(machine.change(Connecting, Connected));
                won += u64::from(machine.change(Connected, Disconnected));
            }
        }
        won
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(compete)).collect();
        barrier.wait();
        let start = Instant::now();
        thread::sleep(WINDOW);
        over.store(true, Relaxed);
        let won: u64 = threads.into_iter().map(|thread| thread.join().expect("it ends")).sum();
        won as f64 / start.elapsed().as_secs_f64() / 1e6
    })
}
