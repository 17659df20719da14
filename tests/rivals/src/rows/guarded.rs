use std::hint::black_box;

use crate::{
    contest::{Contest, Contestant, Role},
    contestants::{
        ChangeWith,
        State::{Connected, Connecting, Disconnected},
        atomics::Busy,
        locks::{ParkingLot, ReadWrite, StdMutex},
        ours::LinkMachine,
    },
};

pub fn contest() -> Contest {
    Contest {
        id: "guarded",
        title: "A transition with work",
        about: "Take the right, add to a number, commit: `a_to_b().now()` … `commit()`. The atomic \
                lets go by a plain store, which only does where nobody can wait.",
        measures: &["ns"],
        charted: 0,
        rounds: None,
        contestants: vec![
            contestant::<ParkingLot>("`parking_lot` mutex", Role::Rival),
            contestant::<LinkMachine>("statemachine", Role::Ours),
            contestant::<StdMutex>("`std` mutex", Role::Rival),
            contestant::<ReadWrite>("`parking_lot` read-write lock, upgraded", Role::Rival),
            contestant::<Busy>("`AtomicU8` to busy, and a store back", Role::Limit),
        ],
    }
}

fn contestant<M: ChangeWith + Default + 'static>(name: &'static str, role: Role) -> Contestant {
    let machine = M::default();
    let mut number = 0_u64;
    Contestant::timed(name, role, move |count| {
        let machine = black_box(&machine);
        for _ in 0..count / 3 {
            let mut work = || *black_box(&mut number) += 1;
            assert!(machine.change_with(Disconnected, Connecting, &mut work));
            assert!(machine.change_with(Connecting, Connected, &mut work));
            assert!(machine.change_with(Connected, Disconnected, &mut work));
        }
    })
}
