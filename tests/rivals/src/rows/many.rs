use std::hint::black_box;

use crate::{
    contest::{Contest, Contestant, Role, time},
    contestants::{
        atomics::Exchange,
        channels::{Listened, Watch},
        crates::{QubitFast, QubitStandard, RustFsm},
        locks::{Notifying, ParkingLot, ReadWrite, StdMutex},
        ours::LinkMachine,
    },
    usage::allocated,
};

const MILLION: usize = 1_000_000;

pub fn contest() -> Contest {
    Contest {
        id: "many",
        title: "A million machines",
        about: "What one takes, with what it allocates; and how long it takes to make them.",
        measures: &["bytes each", "ms"],
        charted: 0,
        rounds: None,
        contestants: vec![
            contestant::<Exchange>("`AtomicU8`", Role::Limit),
            contestant::<LinkMachine>("statemachine", Role::Ours),
            contestant::<ParkingLot>("`parking_lot` mutex", Role::Rival),
            contestant::<StdMutex>("`std` mutex", Role::Rival),
            contestant::<Notifying>("`parking_lot` mutex, condition variable", Role::Rival),
            contestant::<ReadWrite>("`parking_lot` read-write lock", Role::Rival),
            contestant::<RustFsm>("rust-fsm in a mutex", Role::Rival),
            contestant::<QubitFast>("qubit-state-machine, fast", Role::Rival),
            contestant::<QubitStandard>("qubit-state-machine, standard", Role::Rival),
            contestant::<Listened>("`AtomicU8`, event-listener", Role::Rival),
            contestant::<Watch>("tokio `watch`", Role::Rival),
        ],
    }
}

fn contestant<M: Default + 'static>(name: &'static str, role: Role) -> Contestant {
    Contestant::new(name, role, || {
        let before = allocated();
        let mut machines = Vec::new();
        let taken = time(|| {
            machines = (0..MILLION).map(|_| M::default()).collect::<Vec<M>>();
            black_box(&machines);
        });
        let bytes = (allocated() - before) as f64 / MILLION as f64;
        vec![bytes, taken.as_secs_f64() * 1e3]
    })
}
