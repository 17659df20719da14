use std::hint::black_box;

use crate::{
    contest::{Contest, Contestant, Role},
    contestants::{
        Look, State,
        atomics::Exchange,
        channels::Watch,
        crates::QubitFast,
        locks::{ParkingLot, ReadWrite, StdMutex},
        ours::LinkMachine,
    },
};

pub fn contest() -> Contest {
    Contest {
        id: "look",
        title: "A look",
        about: "Is it in this state? `is_a()`, by one thread and by two at once.",
        measures: &["ns, 1 thread", "ns, 2 threads"],
        charted: 0,
        rounds: None,
        contestants: vec![
            contestant::<Exchange>("`AtomicU8::load`", Role::Limit),
            contestant::<LinkMachine>("statemachine", Role::Ours),
            contestant::<QubitFast>("qubit-state-machine, fast", Role::Rival),
            contestant::<StdMutex>("`std` mutex", Role::Rival),
            contestant::<ParkingLot>("`parking_lot` mutex", Role::Rival),
            contestant::<ReadWrite>("`parking_lot` read-write lock", Role::Rival),
            contestant::<Watch>("tokio `watch`", Role::Rival),
        ],
    }
}

fn contestant<M: Look + Default + Send + 'static>(name: &'static str, role: Role) -> Contestant {
    let machine = M::default();
    Contestant::timed_on(&[1, 2], name, role, move |count| {
        let machine = black_box(&machine);
        // Eight a turn: where so short a loop happens to lie would cost as much as a look.
        macro_rules! look {
            ($($time:tt)*) => { $( _ = $time; black_box(machine.is(State::Connected)); )* };
        }
        for _ in 0..count.div_ceil(8) {
            look!(1 2 3 4 5 6 7 8);
        }
    })
}
