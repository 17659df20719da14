//! This library.

use std::hint::black_box;

use statemachine::{Refused, StateMachine};

use super::{
    Change, ChangeWith, Hold, Look,
    State::{self, Connected, Connecting, Disconnected},
};

#[derive(StateMachine, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    #[state(to(Connecting))]
    Disconnected,
    #[state(to(Connected))]
    Connecting,
    #[state(to(Disconnected))]
    Connected,
}

impl Change for LinkMachine {
    #[inline(always)]
    fn change(&self, from: State, to: State) -> bool {
        match (from, to) {
            (Disconnected, Connecting) => self.disconnected_to_connecting().try_commit().is_ok(),
            (Connecting, Connected) => self.connecting_to_connected().try_commit().is_ok(),
            (Connected, Disconnected) => self.connected_to_disconnected().try_commit().is_ok(),
            _ => unreachable!("not declared"),
        }
    }
}

impl ChangeWith for LinkMachine {
    #[inline(always)]
    fn change_with(&self, from: State, to: State, work: impl FnOnce()) -> bool {
        macro_rules! change {
            ($handle:expr) => {
                match $handle.now() {
                    Ok(transition) => {
                        work();
                        transition.commit();
                        true
                    }
                    Err(_) => false,
                }
            };
        }
        match (from, to) {
            (Disconnected, Connecting) => change!(self.disconnected_to_connecting()),
            (Connecting, Connected) => change!(self.connecting_to_connected()),
            (Connected, Disconnected) => change!(self.connected_to_disconnected()),
            _ => unreachable!("not declared"),
        }
    }
}

impl Look for LinkMachine {
    #[inline(always)]
    fn is(&self, state: State) -> bool {
        match state {
            Disconnected => self.is_disconnected(),
            Connecting => self.is_connecting(),
            Connected => self.is_connected(),
        }
    }
}

impl Hold for LinkMachine {
    #[inline(always)]
    fn hold(&self, state: State, work: impl FnOnce()) -> bool {
        macro_rules! hold {
            ($handle:expr) => {
                match $handle.now() {
                    Ok(held) => {
                        work();
                        drop(held);
                        true
                    }
                    Err(_) => false,
                }
            };
        }
        match state {
            Disconnected => hold!(self.in_disconnected()),
            Connecting => hold!(self.in_connecting()),
            Connected => hold!(self.in_connected()),
        }
    }
}

/// The same, where the caller reads why it is refused.
#[derive(Default)]
pub struct Refusing(LinkMachine);

impl Change for Refusing {
    #[inline(always)]
    fn change(&self, from: State, to: State) -> bool {
        let refused = match (from, to) {
            (Disconnected, Connecting) => self.0.disconnected_to_connecting().try_commit(),
            (Connecting, Connected) => self.0.connecting_to_connected().try_commit(),
            (Connected, Disconnected) => self.0.connected_to_disconnected().try_commit(),
            _ => unreachable!("not declared"),
        };
        match refused {
            Ok(()) => true,
            Err(Refused::WrongState { expected, actual, .. }) => {
                black_box((expected, actual));
                false
            }
            Err(other) => unreachable!("{other}"),
        }
    }
}
