use std::hint::black_box;

use crate::{
    contest::{Contest, Contestant, Role},
    contestants::{
        Change,
        State::{self, Connected, Connecting, Disconnected},
        atomics::Exchange,
        ours::LinkMachine,
    },
};

pub fn contest() -> Contest {
    Contest {
        id: "alone",
        title: "A single owner",
        about: "The same transitions where nobody else has the machine, so that none is needed to \
                share it: each step is a value in a register, kept from being optimized away.",
        measures: &["ns"],
        charted: 0,
        rounds: None,
        contestants: vec![
            Contestant::timed("plain enum", Role::Limit, plain),
            Contestant::timed("typestate", Role::Limit, typestate),
            shared::<Exchange>("`AtomicU8::compare_exchange`", Role::Limit),
            shared::<LinkMachine>("statemachine", Role::Ours),
        ],
    }
}

fn shared<M: Change + Default + 'static>(name: &'static str, role: Role) -> Contestant {
    let machine = M::default();
    Contestant::timed(name, role, move |count| {
        for _ in 0..count / 3 {
            assert!(black_box(&machine).change(Disconnected, Connecting));
            assert!(black_box(&machine).change(Connecting, Connected));
            assert!(black_box(&machine).change(Connected, Disconnected));
        }
    })
}

fn plain(count: u64) {
    let change = |state: &mut State, from, to| {
        let is_there = *state == from;
        if is_there {
            *state = to;
        }
        is_there
    };
    let mut state = Disconnected;
    for _ in 0..count / 3 {
        assert!(change(black_box(&mut state), Disconnected, Connecting));
        assert!(change(black_box(&mut state), Connecting, Connected));
        assert!(change(black_box(&mut state), Connected, Disconnected));
    }
}

fn typestate(count: u64) {
    struct Idle(u64);
    struct Dialling(u64);
    struct Up(u64);

    impl Idle {
        fn dial(self) -> Dialling {
            Dialling(self.0)
        }
    }

    impl Dialling {
        fn establish(self) -> Up {
            Up(self.0)
        }
    }

    impl Up {
        fn hang_up(self) -> Idle {
            Idle(self.0)
        }
    }

    let mut idle = Idle(0);
    for _ in 0..count / 3 {
        let dialling = black_box(idle).dial();
        let up = black_box(dialling).establish();
        idle = black_box(up).hang_up();
    }
    black_box(idle.0);
}
