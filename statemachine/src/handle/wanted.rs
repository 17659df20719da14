//! A handle on somebody's wanting a right.

use std::{
    fmt,
    task::Waker,
    time::{Duration, Instant},
};

use crate::{
    graph::StateId,
    lock::{self, Notify, Refusal, WishPlace, Wished, Wishes, Word},
    refused::{Blocker, Refused},
    state::StateMachine,
    trace::Waited,
    wait::{Ask, Interrupt, Queued, handle},
};

/// A handle that waits until another caller wants the right of a guard: made by `wanted` on each guard.
///
/// With it, a caller learns that it is in the way, and can let go.
///
/// | guard | another caller wants its right if |
/// |---|---|
/// | [`InTransition`](crate::InTransition) | an [urgent](crate::Transition::urgent) wait would be over if this transition were rolled back |
/// | [`InState`](crate::InState) | a transition or an exclusive hold waits for the holders to leave |
/// | [`InStateMut`](crate::InStateMut) | anybody waits for the state, or for a way out of it |
///
/// It gives `()`. The right stays with the guard, which it borrows.
#[derive(Clone, Copy)]
#[must_use = "a handle does nothing until it is asked with `now`, `within`, `until` or `.await`"]
pub struct Wanted<'g> {
    wishes: Wishes<'g>,
    machine: &'static str,
    states: &'static [&'static str],
}

handle! {
    impl['g] Wanted<'g>: (), Refused;
    now(self),
    within(self, limit: Duration),
    until(self, deadline: Instant),
    interruptible(self, interrupt: &Interrupt);
    "The caller is woken as soon as another one wants the right.",
    "`TimedOut` at the limit.",
    "use std::{thread, time::Duration};
# use statemachine_example::*;
let door = DoorMachine::new();
let closing = door.open_to_closed().now()?;
assert!(closing.wanted().now().is_err());
thread::scope(|scope| {
    let urgent = scope.spawn(|| {
        drop(door.open_to_closed().urgent().within(Duration::from_secs(60)));
    });
    closing.wanted().within(Duration::from_secs(60))?;
    closing.rollback(); // hands the right to the urgent one
    urgent.join().unwrap();
    Ok::<(), statemachine::Refused>(())
})?;
# Ok::<(), statemachine::Refused>(())"
}

impl<'g> Wanted<'g> {
    pub(crate) fn of<S: StateMachine>(wishes: Wishes<'g>) -> Self {
        Self { wishes, machine: S::NAME, states: S::STATES }
    }
}

impl<'g> Ask for Wanted<'g> {
    type Place = WishPlace<'g>;
    type Given = ();
    type Denied = Refused;

    fn look(&self) -> Word {
        self.wishes.look()
    }

    fn attempt(&mut self) -> Result<(), Word> {
        if self.wishes.is_wanted() { Ok(()) } else { Err(self.look()) }
    }

    fn wants(&self, _: StateId) -> bool {
        true
    }

    fn insist(&mut self, _: Word) -> Result<(), Refusal> {
        self.attempt().map_err(|word| Refusal::WrongState(word.state()))
    }

    fn enter(&mut self, notify: Notify) -> Result<WishPlace<'g>, Wished> {
        self.wishes.enter(notify)
    }

    fn accept(self, (): (), _: Waited) -> Result<(), Refused> {
        Ok(())
    }

    fn refuse(self, refusal: Refusal, _: Option<()>, waited: Duration) -> Refused {
        let machine = self.machine;
        // The right keeps the machine in its state.
        let actual = self.states[self.look().state().index()];
        match refusal {
            Refusal::TimedOut { .. } => {
                Refused::TimedOut { machine, waited, actual, blocker: Blocker::State }
            }
            Refusal::Interrupted => Refused::Interrupted { machine },
            _ => Refused::WrongState { machine, expected: &["wanted"], actual },
        }
    }
}

impl Queued for WishPlace<'_> {
    type Granted = ();
    type Held = ();

    fn check(&mut self) -> Option<Wished> {
        self.check()
    }

    fn poll(&mut self, waker: &Waker) -> Option<Wished> {
        self.poll(waker)
    }

    fn give_up(&mut self, refusal: Refusal) -> Wished {
        self.give_up(refusal)
    }

    fn time_out(&mut self) -> Wished {
        let state = self.state().state();
        self.give_up(Refusal::TimedOut { state, blocker: lock::Blocker::State })
    }
}

impl fmt::Debug for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted")
            .field("machine", &format_args!("{}", self.machine))
            .field("is_wanted", &self.wishes.is_wanted())
            .finish_non_exhaustive()
    }
}
