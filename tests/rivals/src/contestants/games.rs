//! Two that hand a machine back and forth, each waiting for its turn, and others that wait beside
//! them.

use std::{
    cell::RefCell,
    sync::{
        self, OnceLock,
        atomic::{AtomicU8, Ordering::SeqCst},
    },
    thread::{self, Thread},
    time::Duration,
};

use event_listener::{Event, Listener, listener};
use parking_lot::{Condvar, Mutex};
use statemachine::{Refused, StateMachine};
use tokio::{
    runtime::{Builder, Runtime},
    sync::{Notify, watch},
};

/// The states. For the contestants that keep a plain enum, the enum.
#[derive(StateMachine, Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Game {
    #[state(to(Pong, Over))]
    Ping,
    #[state(to(Ping, Over))]
    Pong,
    #[state(terminal)]
    Over,
}

use Game::{Over, Ping, Pong};

/// How long each wait may take, and none does: there is no waiting without a limit here, so the rivals
/// have one too.
const LONG: Duration = Duration::from_secs(600);

/// Threads that play.
pub trait Threads: Sync {
    /// Called by the only one who waits for that side, if there is only one, before the game.
    fn enter(&self, _: Game) {}

    /// Waits for one side, and makes it the other; false where the game is over.
    fn pass(&self, from: Game, to: Game) -> bool;

    /// Waits for the end.
    fn await_over(&self);

    fn end(&self);
}

/// Tasks that play.
pub trait Tasks: Send + Sync + 'static {
    fn pass(&self, from: Game, to: Game) -> impl Future<Output = ()> + Send;
}

impl Threads for GameMachine {
    fn pass(&self, from: Game, to: Game) -> bool {
        let begun = match (from, to) {
            (Ping, Pong) => self.ping_to_pong().within(LONG).map(|begun| begun.commit()),
            (Pong, Ping) => self.pong_to_ping().within(LONG).map(|begun| begun.commit()),
            _ => unreachable!("not played"),
        };
        match begun {
            Ok(()) => true,
            Err(Refused::Unreachable { .. }) => false,
            Err(other) => panic!("{other}"),
        }
    }

    fn await_over(&self) {
        drop(self.in_over().within(LONG).expect("it ends"));
    }

    fn end(&self) {
        self.to_over().within(LONG).expect("it ends").commit();
    }
}

impl Tasks for GameMachine {
    async fn pass(&self, from: Game, to: Game) {
        match (from, to) {
            (Ping, Pong) => self.ping_to_pong().await.expect("it goes on").commit(),
            (Pong, Ping) => self.pong_to_ping().await.expect("it goes on").commit(),
            _ => unreachable!("not played"),
        }
    }
}

/// The least that a hand-off between two threads could cost: each knows the other.
pub struct Unpark {
    state: AtomicU8,
    players: [OnceLock<Thread>; 2],
}

impl Default for Unpark {
    fn default() -> Self {
        Self { state: AtomicU8::new(Ping as u8), players: Default::default() }
    }
}

impl Threads for Unpark {
    fn enter(&self, side: Game) {
        self.players[side as usize].set(thread::current()).expect("one a side");
    }

    fn pass(&self, from: Game, to: Game) -> bool {
        while self.state.load(SeqCst) != from as u8 {
            thread::park_timeout(LONG);
        }
        self.state.store(to as u8, SeqCst);
        self.players[to as usize].get().expect("both have entered").unpark();
        true
    }

    fn await_over(&self) {
        unreachable!("a game for two");
    }

    fn end(&self) {}
}

/// A mutex and one condition variable, on which every transition notifies all.
pub struct OneCondvar {
    state: Mutex<Game>,
    changed: Condvar,
}

impl Default for OneCondvar {
    fn default() -> Self {
        Self { state: Mutex::new(Ping), changed: Condvar::new() }
    }
}

impl OneCondvar {
    fn set(&self, wanted: impl Fn(Game) -> bool, to: Game) -> bool {
        let mut state = self.state.lock();
        self.changed.wait_while_for(&mut state, |state| !wanted(*state) && *state != Over, LONG);
        let goes_on = *state != Over;
        if goes_on {
            *state = to;
            drop(state);
            self.changed.notify_all();
        }
        goes_on
    }
}

impl Threads for OneCondvar {
    fn pass(&self, from: Game, to: Game) -> bool {
        self.set(|state| state == from, to)
    }

    fn await_over(&self) {
        let mut state = self.state.lock();
        self.changed.wait_while_for(&mut state, |state| *state != Over, LONG);
    }

    fn end(&self) {
        self.set(|_| true, Over);
    }
}

/// Likewise with what is in `std`.
pub struct StdCondvar {
    state: sync::Mutex<Game>,
    changed: sync::Condvar,
}

impl Default for StdCondvar {
    fn default() -> Self {
        Self { state: sync::Mutex::new(Ping), changed: sync::Condvar::new() }
    }
}

impl Threads for StdCondvar {
    fn pass(&self, from: Game, to: Game) -> bool {
        let state = self.state.lock().expect("nothing panics");
        let waits = |state: &mut Game| *state != from && *state != Over;
        let (mut state, _) =
            self.changed.wait_timeout_while(state, LONG, waits).expect("nothing panics");
        let goes_on = *state != Over;
        if goes_on {
            *state = to;
            drop(state);
            self.changed.notify_all();
        }
        goes_on
    }

    fn await_over(&self) {
        let state = self.state.lock().expect("nothing panics");
        let waits = |state: &mut Game| *state != Over;
        drop(self.changed.wait_timeout_while(state, LONG, waits).expect("nothing panics"));
    }

    fn end(&self) {
        *self.state.lock().expect("nothing panics") = Over;
        self.changed.notify_all();
    }
}

/// A mutex and one condition variable a state, on which one is notified: the least that waiting in
/// the kernel could cost, where each waits for one state and wants to leave it.
pub struct CondvarEach {
    state: Mutex<Game>,
    entered: [Condvar; 3],
}

impl Default for CondvarEach {
    fn default() -> Self {
        Self { state: Mutex::new(Ping), entered: [const { Condvar::new() }; 3] }
    }
}

impl Threads for CondvarEach {
    fn pass(&self, from: Game, to: Game) -> bool {
        let mut state = self.state.lock();
        let entered = &self.entered[from as usize];
        entered.wait_while_for(&mut state, |state| *state != from && *state != Over, LONG);
        let goes_on = *state != Over;
        if goes_on {
            *state = to;
            drop(state);
            self.entered[to as usize].notify_one();
        }
        goes_on
    }

    fn await_over(&self) {
        let mut state = self.state.lock();
        self.entered[Over as usize].wait_while_for(&mut state, |state| *state != Over, LONG);
    }

    fn end(&self) {
        *self.state.lock() = Over;
        for entered in &self.entered {
            entered.notify_all();
        }
    }
}

/// An atomic byte, and an event that every transition notifies.
pub struct Listened {
    state: AtomicU8,
    changed: Event,
}

impl Default for Listened {
    fn default() -> Self {
        Self { state: AtomicU8::new(Ping as u8), changed: Event::new() }
    }
}

impl Listened {
    /// Whether it is done, one way or the other.
    fn try_pass(&self, from: Game, to: Game) -> Option<bool> {
        match self.state.compare_exchange(from as u8, to as u8, SeqCst, SeqCst) {
            Ok(_) => {
                self.changed.notify(usize::MAX);
                Some(true)
            }
            Err(actual) => (actual == Over as u8).then_some(false),
        }
    }
}

impl Threads for Listened {
    fn pass(&self, from: Game, to: Game) -> bool {
        loop {
            if let Some(passed) = self.try_pass(from, to) {
                return passed;
            }
            listener!(self.changed => listener);
            if let Some(passed) = self.try_pass(from, to) {
                return passed;
            }
            listener.wait_timeout(LONG);
        }
    }

    fn await_over(&self) {
        loop {
            listener!(self.changed => listener);
            if self.state.load(SeqCst) == Over as u8 {
                return;
            }
            listener.wait_timeout(LONG);
        }
    }

    fn end(&self) {
        self.state.store(Over as u8, SeqCst);
        self.changed.notify(usize::MAX);
    }
}

impl Tasks for Listened {
    async fn pass(&self, from: Game, to: Game) {
        loop {
            if self.try_pass(from, to).is_some() {
                return;
            }
            let listener = self.changed.listen();
            if self.try_pass(from, to).is_some() {
                return;
            }
            listener.await;
        }
    }
}

/// A watch channel; for threads, with a runtime in each.
pub struct Watch(watch::Sender<Game>);

impl Default for Watch {
    fn default() -> Self {
        Self(watch::Sender::new(Ping))
    }
}

impl Watch {
    fn block_on<T>(work: impl Future<Output = T>) -> T {
        thread_local! {
            static RUNTIME: RefCell<Runtime> =
                RefCell::new(Builder::new_current_thread().build().expect("needs no resources"));
        }
        RUNTIME.with_borrow(|runtime| runtime.block_on(work))
    }

    async fn pass_or_over(&self, from: Game, to: Game) -> bool {
        loop {
            let mut was = Ping;
            let passed = self.0.send_if_modified(|state| {
                was = *state;
                if was == from {
                    *state = to;
                }
                was == from
            });
            if passed || was == Over {
                return passed;
            }
            let mut state = self.0.subscribe();
            let wanted = state.wait_for(|state| *state == from || *state == Over).await;
            drop(wanted.expect("the sender is here"));
        }
    }
}

impl Threads for Watch {
    fn pass(&self, from: Game, to: Game) -> bool {
        Self::block_on(self.pass_or_over(from, to))
    }

    fn await_over(&self) {
        let mut state = self.0.subscribe();
        drop(Self::block_on(state.wait_for(|state| *state == Over)).expect("the sender is here"));
    }

    fn end(&self) {
        self.0.send_replace(Over);
    }
}

impl Tasks for Watch {
    async fn pass(&self, from: Game, to: Game) {
        self.pass_or_over(from, to).await;
    }
}

/// A mutex and one `Notify` a state: the least that waiting in a runtime could cost.
pub struct NotifyEach {
    state: Mutex<Game>,
    entered: [Notify; 2],
}

impl Default for NotifyEach {
    fn default() -> Self {
        Self { state: Mutex::new(Ping), entered: [const { Notify::const_new() }; 2] }
    }
}

impl Tasks for NotifyEach {
    async fn pass(&self, from: Game, to: Game) {
        loop {
            {
                let mut state = self.state.lock();
                if *state == from {
                    *state = to;
                    break;
                }
            }
            self.entered[from as usize].notified().await;
        }
        self.entered[to as usize].notify_one();
    }
}
