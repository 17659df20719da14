//! The state-machine crates. Those that are for one owner are shared by a mutex, `parking_lot`'s.

use std::sync::LazyLock;

use parking_lot::Mutex;
use qubit_atomic::AtomicRef;
use qubit_state_machine::{DenseCode, StateMachine, TypedFastState, TypedFastStateMachine};

use super::{
    Change, Look,
    State::{self, Connected, Connecting, Disconnected},
};

mod rust_fsm_link {
    rust_fsm::state_machine! {
        #[derive(PartialEq, Eq)]
        pub link(Disconnected)

        Disconnected(Dial) => Connecting,
        Connecting(Establish) => Connected,
        Connected(HangUp) => Disconnected
    }
}

mod smlang_link {
    smlang::statemachine! {
        name: Link,
        transitions: {
            *Disconnected + Dial = Connecting,
            Connecting + Establish = Connected,
            Connected + HangUp = Disconnected,
        },
    }

    pub struct Context;

    impl LinkStateMachineContext for Context {}
}

mod statig_link {
    use statig::prelude::*;

    #[derive(Default)]
    pub struct Link;

    pub enum Event {
        Dial,
        Establish,
        HangUp,
    }

    #[state_machine(initial = "State::disconnected()", state(derive(PartialEq, Eq)))]
    impl Link {
        #[state]
        fn disconnected(event: &Event) -> Outcome<State> {
            match event {
                Event::Dial => Transition(State::connecting()),
                _ => Super,
            }
        }

        #[state]
        fn connecting(event: &Event) -> Outcome<State> {
            match event {
                Event::Establish => Transition(State::connected()),
                _ => Super,
            }
        }

        #[state]
        fn connected(event: &Event) -> Outcome<State> {
            match event {
                Event::HangUp => Transition(State::disconnected()),
                _ => Super,
            }
        }
    }
}

/// What the machine is told to leave that state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Event {
    Dial,
    Establish,
    HangUp,
}

impl Event {
    #[inline(always)]
    fn leaving(state: State) -> Self {
        match state {
            Disconnected => Self::Dial,
            Connecting => Self::Establish,
            Connected => Self::HangUp,
        }
    }
}

pub struct RustFsm(Mutex<rust_fsm_link::link::StateMachine>);

impl Default for RustFsm {
    fn default() -> Self {
        Self(Mutex::new(rust_fsm_link::link::StateMachine::new()))
    }
}

impl Change for RustFsm {
    #[inline]
    fn change(&self, from: State, _: State) -> bool {
        use rust_fsm_link::link::Input;
        let input = match Event::leaving(from) {
            Event::Dial => Input::Dial,
            Event::Establish => Input::Establish,
            Event::HangUp => Input::HangUp,
        };
        self.0.lock().consume(&input).is_ok()
    }
}

pub struct Smlang(Mutex<smlang_link::LinkStateMachine<smlang_link::Context>>);

impl Default for Smlang {
    fn default() -> Self {
        Self(Mutex::new(smlang_link::LinkStateMachine::new(smlang_link::Context)))
    }
}

impl Change for Smlang {
    #[inline]
    fn change(&self, from: State, _: State) -> bool {
        use smlang_link::LinkEvents;
        let event = match Event::leaving(from) {
            Event::Dial => LinkEvents::Dial,
            Event::Establish => LinkEvents::Establish,
            Event::HangUp => LinkEvents::HangUp,
        };
        self.0.lock().process_event(event).is_ok()
    }
}

pub struct Statig(Mutex<statig::blocking::StateMachine<statig_link::Link>>);

impl Default for Statig {
    fn default() -> Self {
        use statig::prelude::IntoStateMachineExt as _;
        Self(Mutex::new(statig_link::Link.state_machine()))
    }
}

impl Change for Statig {
    #[inline]
    fn change(&self, from: State, to: State) -> bool {
        use statig_link::{Event as Told, State as Statig};
        let event = match Event::leaving(from) {
            Event::Dial => Told::Dial,
            Event::Establish => Told::Establish,
            Event::HangUp => Told::HangUp,
        };
        let mut link = self.0.lock();
        link.handle(&event);
        match to {
            Disconnected => matches!(link.state(), Statig::Disconnected {}),
            Connecting => matches!(link.state(), Statig::Connecting {}),
            Connected => matches!(link.state(), Statig::Connected {}),
        }
    }
}

impl DenseCode for State {
    const VALUES: &'static [Self] = &[Disconnected, Connecting, Connected];

    fn code(self) -> u64 {
        self as u64
    }
}

impl DenseCode for Event {
    const VALUES: &'static [Self] = &[Self::Dial, Self::Establish, Self::HangUp];

    fn code(self) -> u64 {
        self as u64
    }
}

/// qubit-state-machine's own compare-exchange.
pub struct QubitFast {
    rules: &'static TypedFastStateMachine<State, Event>,
    state: TypedFastState<State>,
}

impl Default for QubitFast {
    fn default() -> Self {
        static RULES: LazyLock<TypedFastStateMachine<State, Event>> = LazyLock::new(|| {
            TypedFastStateMachine::builder()
                .initial_state(Disconnected)
                .transition(Disconnected, Event::Dial, Connecting)
                .transition(Connecting, Event::Establish, Connected)
                .transition(Connected, Event::HangUp, Disconnected)
                .build()
                .expect("the rules are valid")
        });
        Self { rules: &RULES, state: RULES.create_state() }
    }
}

impl Change for QubitFast {
    #[inline]
    fn change(&self, from: State, _: State) -> bool {
        self.rules.trigger(&self.state, Event::leaving(from)).is_ok()
    }
}

impl Look for QubitFast {
    #[inline]
    fn is(&self, state: State) -> bool {
        self.state.load() == state
    }
}

/// qubit-state-machine's general machine.
pub struct QubitStandard {
    rules: &'static StateMachine<State, Event>,
    state: AtomicRef<State>,
}

impl Default for QubitStandard {
    fn default() -> Self {
        static RULES: LazyLock<StateMachine<State, Event>> = LazyLock::new(|| {
            StateMachine::builder()
                .add_states(State::VALUES)
                .initial_state(Disconnected)
                .transition(Disconnected, Event::Dial, Connecting)
                .transition(Connecting, Event::Establish, Connected)
                .transition(Connected, Event::HangUp, Disconnected)
                .build()
                .expect("the rules are valid")
        });
        Self { rules: &RULES, state: RULES.create_state() }
    }
}

impl Change for QubitStandard {
    #[inline]
    fn change(&self, from: State, _: State) -> bool {
        self.rules.trigger(&self.state, Event::leaving(from)).is_ok()
    }
}
