use std::hint::black_box;

use crate::{
    contest::{Contest, Contestant, Role},
    contestants::{
        Change, State,
        atomics::{Exchange, LoadFirst},
        channels::Watch,
        crates::{QubitFast, RustFsm, Smlang},
        locks::{ParkingLot, StdMutex},
        ours::{LinkMachine, Refusing},
    },
};

pub fn contest() -> Contest {
    Contest {
        id: "refused",
        title: "A refusal",
        about: "The transition is asked for in another state. What is read of the error: whether it \
                is one; in the row \"with the reason\", the names of the states in it.",
        measures: &["ns"],
        charted: 0,
        rounds: None,
        contestants: vec![
            contestant::<Exchange>("`AtomicU8::compare_exchange`", Role::Limit),
            contestant::<LoadFirst>("`AtomicU8`, load first", Role::Limit),
            contestant::<LinkMachine>("statemachine", Role::Ours),
            contestant::<Refusing>("statemachine, with the reason", Role::Ours),
            contestant::<StdMutex>("`std` mutex", Role::Rival),
            contestant::<ParkingLot>("`parking_lot` mutex", Role::Rival),
            contestant::<RustFsm>("rust-fsm in a mutex", Role::Rival),
            contestant::<Smlang>("smlang in a mutex", Role::Rival),
            contestant::<QubitFast>("qubit-state-machine, fast", Role::Rival),
            contestant::<Watch>("tokio `watch`", Role::Rival),
        ],
    }
}

fn contestant<M: Change + Default + 'static>(name: &'static str, role: Role) -> Contestant {
    let machine = M::default();
    Contestant::timed(name, role, move |count| {
        let machine = black_box(&machine);
        for _ in 0..count {
            assert!(!machine.change(State::Connected, State::Disconnected));
        }
    })
}
