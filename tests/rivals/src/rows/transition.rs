use std::hint::black_box;

use crate::{
    contest::{Contest, Contestant, Role},
    contestants::{
        Change,
        State::{Connected, Connecting, Disconnected},
        atomics::{Exchange, LoadFirst},
        channels::{Listened, Watch},
        crates::{QubitFast, QubitStandard, RustFsm, Smlang, Statig},
        locks::{Notifying, ParkingLot, ReadWrite, StdMutex},
        ours::LinkMachine,
    },
};

pub fn contest() -> Contest {
    Contest {
        id: "transition",
        title: "A transition",
        about: "Round the three states, one thread, nobody else: `a_to_b().try_commit()`.",
        measures: &["ns"],
        charted: 0,
        rounds: None,
        contestants: vec![
            contestant::<Exchange>("`AtomicU8::compare_exchange`", Role::Limit),
            contestant::<LoadFirst>("`AtomicU8`, load first", Role::Limit),
            contestant::<LinkMachine>("statemachine", Role::Ours),
            contestant::<StdMutex>("`std` mutex", Role::Rival),
            contestant::<ParkingLot>("`parking_lot` mutex", Role::Rival),
            contestant::<Notifying>("`parking_lot` mutex, condition variable", Role::Rival),
            contestant::<ReadWrite>("`parking_lot` read-write lock", Role::Rival),
            contestant::<RustFsm>("rust-fsm in a mutex", Role::Rival),
            contestant::<Smlang>("smlang in a mutex", Role::Rival),
            contestant::<Statig>("statig in a mutex", Role::Rival),
            contestant::<QubitFast>("qubit-state-machine, fast", Role::Rival),
            contestant::<QubitStandard>("qubit-state-machine, standard", Role::Rival),
            contestant::<Listened>("`AtomicU8`, event-listener", Role::Rival),
            contestant::<Watch>("tokio `watch`", Role::Rival),
        ],
    }
}

fn contestant<M: Change + Default + 'static>(name: &'static str, role: Role) -> Contestant {
    let machine = M::default();
    Contestant::timed(name, role, move |count| {
        let machine = black_box(&machine);
        for _ in 0..count / 3 {
            assert!(machine.change(Disconnected, Connecting));
            assert!(machine.change(Connecting, Connected));
            assert!(machine.change(Connected, Disconnected));
        }
    })
}
