use std::hint::black_box;

use crate::{
    contest::{Contest, Contestant, Role},
    contestants::{
        Hold, State,
        channels::Watch,
        locks::{ParkingLot, ReadWrite, StdReadWrite},
        ours::LinkMachine,
    },
};

pub fn contest() -> Contest {
    Contest {
        id: "hold",
        title: "A hold",
        about: "Keep it in this state and let go: `in_a().now()` and its drop, by one thread and by \
                two at once.",
        measures: &["ns, 1 thread", "ns, 2 threads"],
        charted: 1,
        rounds: None,
        contestants: vec![
            contestant::<ReadWrite>("`parking_lot` read-write lock", Role::Rival),
            contestant::<LinkMachine>("statemachine", Role::Ours),
            contestant::<StdReadWrite>("`std` read-write lock", Role::Rival),
            contestant::<ParkingLot>("`parking_lot` mutex", Role::Rival),
            contestant::<Watch>("tokio `watch`", Role::Rival),
        ],
    }
}

fn contestant<M: Hold + Default + 'static>(name: &'static str, role: Role) -> Contestant {
    let machine = M::default();
    Contestant::timed_on(&[1, 2], name, role, move |count| {
        let machine = black_box(&machine);
        for _ in 0..count {
            assert!(machine.hold(State::Disconnected, || _ = black_box(1)));
        }
    })
}
