//! Foreign code at the worst moment: between what the machine decides and what owns the decision.
//! Wakers and payloads that panic when they are dropped, wakers that block or drop other tasks, and
//! handlers that move on. Whatever it does, each right has an owner and each that was chosen is told.

use std::{
    future::IntoFuture,
    panic::{AssertUnwindSafe, catch_unwind, panic_any},
    sync::{
        Arc, Mutex,
        atomic::{
            AtomicBool, AtomicU64, AtomicUsize,
            Ordering::{Relaxed, SeqCst},
        },
    },
    task::Waker,
    thread,
    time::{Duration, Instant},
};

use statemachine::{
    InState, InTransition, Interrupt, Refused, RefusedWith, StateMachine, Transition, Wait,
};
use statemachine_tests::{
    hang::{self, LONG},
    hooks::Hooks,
    polling::{Task, poll_with},
};

#[derive(StateMachine, Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    #[state(to(Closed))]
    Open,
    #[state(to(Open))]
    Closed,
}

#[derive(StateMachine, Debug)]
enum Slot {
    #[state(to(Full))]
    Empty,
    #[state(to(Empty))]
    Full(String),
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn panics(run: impl FnOnce()) -> bool {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(()) => false,
        Err(payload) => {
            std::mem::forget(payload);
            true
        }
    }
}

/// Panics when it is dropped, as a waker or as the payload of a panic.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(thread::panicking(), "a bomb is dropped");
    }
}

/// A waker that panics the first time that it is dropped while armed.
fn panics_when_dropped(
    is_armed: &'static AtomicBool,
    cloned: impl Fn() + Send + Sync + 'static,
) -> Waker {
    Hooks {
        clone: Box::new(move || {
            if is_armed.load(SeqCst) {
                cloned();
            }
        }),
        drop: Box::new(move || assert!(!is_armed.swap(false, SeqCst), "a waker is dropped")),
        ..Hooks::default()
    }
    .waker()
}

#[test]
fn a_right_that_is_given_while_a_waker_is_cloned_survives_the_waker_s_drop() {
    static IS_ARMED: AtomicBool = AtomicBool::new(false);
    let door = leak(DoorMachine::new());
    let waker = panics_when_dropped(&IS_ARMED, || door.open_to_closed().try_commit().unwrap());
    let mut wait = door.in_closed().into_future();
    assert!(poll_with(&mut wait, Waker::noop()).is_none());
    IS_ARMED.store(true, SeqCst);
    assert!(panics(|| drop(poll_with(&mut wait, &waker))));
    drop(wait);
    assert_eq!(door.waiting().holders, 0);
    assert!(door.closed_to_open().try_commit().is_ok());
}

#[test]
fn a_trade_that_is_granted_while_a_waker_is_cloned_leaves_no_hold_beside_it() {
    static IS_ARMED: AtomicBool = AtomicBool::new(false);
    static OTHER: Mutex<Option<InState<'static, slot::Full>>> = Mutex::new(None);
    let slot = leak(SlotMachine::from_state(Slot::Full("a text on the heap".to_owned())));
    let interrupt = Interrupt::new();
    let waker = panics_when_dropped(&IS_ARMED, || drop(OTHER.lock().unwrap().take()));
    *OTHER.lock().unwrap() = Some(slot.in_full().now().unwrap());
    let trade = slot.in_full().now().unwrap().to::<slot::Empty>().interruptible(&interrupt);
    let mut trade = trade.into_future();
    assert!(poll_with(&mut trade, Waker::noop()).is_none());
    IS_ARMED.store(true, SeqCst);
    assert!(panics(|| drop(poll_with(&mut trade, &waker))));
    interrupt.interrupt();
    // Nothing is left to be given: neither the transition, which was let go of, nor the hold.
    assert!(panics(|| drop(poll_with(&mut trade, Waker::noop()))));
    drop(trade);
    let waiting = slot.waiting();
    assert!(waiting.holders == 0 && !waiting.in_transition);
    assert_eq!(slot.full_to_empty().try_commit().unwrap(), "a text on the heap");
}

#[test]
fn the_next_in_line_is_woken_though_the_waker_of_one_that_gives_up_panics_when_dropped() {
    static IS_ARMED: AtomicBool = AtomicBool::new(false);
    let door = leak(DoorMachine::new());
    let hold = door.in_open().now().unwrap();
    let waker = panics_when_dropped(&IS_ARMED, || {});
    let mut closing = door.open_to_closed().into_future();
    assert!(poll_with(&mut closing, &waker).is_none());
    let next = Task::waiting(door.in_open());
    IS_ARMED.store(true, SeqCst);
    assert!(panics(|| drop(closing)));
    assert_eq!(next.wakes(), 1);
    drop(hold);
    drop(next.output().unwrap());
    assert!(door.open_to_closed().try_commit().is_ok());
}

#[test]
fn all_are_woken_though_the_payloads_of_panics_panic_when_dropped() {
    let door = DoorMachine::new();
    let mut waits: Vec<_> = (0..2).map(|_| door.in_closed().into_future()).collect();
    for wait in &mut waits {
        let waker = Hooks { wake: Box::new(|| panic_any(Bomb)), ..Hooks::default() }.waker();
        assert!(poll_with(wait, &waker).is_none());
    }
    let third = Task::waiting(door.in_closed());
    assert!(panics(|| drop(door.open_to_closed().try_commit())));
    assert_eq!(third.wakes(), 1);
}

#[test]
fn all_handlers_are_called_though_the_payloads_of_panics_panic_when_dropped() {
    let door = DoorMachine::new();
    let third = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&third);
    door.observe(|_| panic_any(Bomb));
    door.observe(|_| panic_any(Bomb));
    door.observe(move |_| _ = count.fetch_add(1, SeqCst));
    assert!(panics(|| drop(door.open_to_closed().try_commit())));
    assert_eq!(third.load(SeqCst), 1);
}

#[test]
fn the_old_data_may_panic_when_dropped_while_a_handler_s_panic_goes_on() {
    #[derive(StateMachine)]
    enum Mine {
        #[state(to(Laid))]
        Laid(Bomb),
    }
    let mine = MineMachine::from_state(Mine::Laid(Bomb));
    mine.observe(|_| panic!("a handler"));
    assert!(panics(|| drop(mine.laid_to_laid().now().unwrap().commit_with(Bomb))));
    assert!(panics(|| drop(mine.laid_to_laid().now().unwrap().enter_with(Bomb))));
    assert!(!mine.is_in_transition());
    std::mem::forget(mine);
}

#[test]
fn wakers_that_drop_the_next_task_do_not_pile_up_on_the_stack() {
    type Opening = Wait<Transition<'static, door::Closed, door::Open>>;
    const TASKS: usize = 3_000;
    let small = thread::Builder::new().stack_size(256 << 10);
    let thread = small.spawn(|| {
        let door = leak(DoorMachine::new());
        let tasks: &'static [Mutex<Option<Opening>>] = leak(
            (0..TASKS)
                .map(|_| Mutex::new(Some(door.closed_to_open().into_future())))
                .collect::<Vec<_>>(),
        );
        for task in tasks {
            let give_up = move || drop(task.lock().unwrap().take());
            let waker = Hooks { wake: Box::new(give_up), ..Hooks::default() }.waker();
            assert!(poll_with(task.lock().unwrap().as_mut().unwrap(), &waker).is_none());
        }
        door.open_to_closed().try_commit().unwrap();
        assert!(tasks.iter().all(|task| task.lock().unwrap().is_none()));
        assert!(door.closed_to_open().try_commit().is_ok());
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn handlers_that_move_on_do_not_pile_up_on_the_stack() {
    const MOVES: u64 = 20_000;
    let small = thread::Builder::new().stack_size(256 << 10);
    let thread = small.spawn(|| {
        let door = leak(DoorMachine::new());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heard);
        door.observe(move |change| log.lock().unwrap().push(change.sequence));
        door.in_closed().on_enter(|_| door.closed_to_open().try_commit().unwrap());
        door.in_open().on_enter(|change| {
            if change.sequence < MOVES {
                door.open_to_closed().try_commit().unwrap();
            }
        });
        door.open_to_closed().try_commit().unwrap();
        // Each in the order of the commits, though each was made in a handler of the one before.
        assert!(heard.lock().unwrap().iter().copied().eq(1..=MOVES));
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn a_panic_in_a_handler_of_a_handler_s_move_reaches_the_first_committer() {
    let door = leak(DoorMachine::new());
    let heard = leak(AtomicUsize::new(0));
    door.in_closed().on_enter(|_| door.closed_to_open().try_commit().unwrap());
    door.in_open().on_enter(|_| panic!("a handler of the second move"));
    door.observe(|_| _ = heard.fetch_add(1, SeqCst));
    assert!(panics(|| door.open_to_closed().try_commit().unwrap()));
    assert_eq!(heard.load(SeqCst), 2);
    assert!(door.is_open());
}

#[test]
fn a_wait_gives_back_the_park_token_that_was_somebody_else_s() {
    let _hang = hang::detector("a park token that a wait has swallowed");
    let door = DoorMachine::new();
    thread::current().unpark();
    assert!(door.in_closed().within(Duration::from_millis(5)).is_err());
    // Without a token this is until the detector ends the test.
    thread::park();
    // One that has not slept has not touched it.
    thread::current().unpark();
    assert!(door.in_open().within(LONG).is_ok());
    thread::park();
}

#[test]
fn a_stream_of_trades_starves_nobody() {
    let _hang = hang::detector("waiters for a state that is held, left and entered by trades");
    let (door, is_over, cycles) =
        (leak(DoorMachine::new()), AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Relaxed) {
                let Ok(opening) = door.closed_to_open().within(Duration::from_millis(1)) else {
                    drop(door.open_to_closed().try_commit());
                    continue;
                };
                let mut open = opening.enter();
                // Enters each state with a hold, until a trade is refused: then lets go.
                while let Ok(closing) = open.to::<door::Closed>().within(LONG) {
                    cycles.fetch_add(1, Relaxed);
                    match closing.enter().to::<door::Open>().within(LONG) {
                        Ok(opening) => open = opening.enter(),
                        Err(RefusedWith { refused, .. }) => {
                            assert!(matches!(refused, Refused::InTransition { .. }), "{refused}");
                            break;
                        }
                    }
                    if is_over.load(Relaxed) {
                        return;
                    }
                }
            }
        });
        while cycles.load(Relaxed) < 100 {
            thread::yield_now();
        }
        for _ in 0..20 {
            // The hold stands behind the transition, whose door is shut.
            let closing =
                scope.spawn(|| door.open_to_closed().within(LONG).map(InTransition::commit));
            let hold = scope.spawn(|| door.in_open().within(LONG).map(drop));
            closing.join().unwrap().unwrap();
            hold.join().unwrap().unwrap();
        }
        is_over.store(true, Relaxed);
    });
}

#[test]
fn trades_that_wait_for_another_holder_pass_no_more_often() {
    let door = DoorMachine::new();
    let mut open = door.in_open().now().unwrap();
    let closing = Task::waiting(door.open_to_closed());
    for trades in 0.. {
        assert!(trades < 100, "a transition that waits is passed for ever");
        let other = open.clone();
        let mut trade = Task::new(open.to::<door::Closed>());
        if let Some(answer) = trade.poll() {
            let RefusedWith { refused, .. } = answer.unwrap_err();
            assert!(matches!(refused, Refused::InTransition { .. }), "{refused}");
            break;
        }
        // Hands over to the one that waits to trade its hold, past the one that came before it.
        drop(other);
        let closed = trade.output().unwrap().enter();
        open = closed.to::<door::Open>().now().unwrap().enter();
    }
    drop(closing);
    assert!(door.open_to_closed().try_commit().is_ok());
}

#[test]
fn a_grant_that_came_before_an_interrupt_counts() {
    let door = DoorMachine::new();
    let interrupt = Interrupt::new();
    let mut closed = Task::waiting(door.in_closed().interruptible(&interrupt));
    door.open_to_closed().try_commit().unwrap();
    interrupt.interrupt();
    assert!(closed.poll().unwrap().is_ok());
}

#[test]
fn numbers_have_no_gap_beside_those_that_come_and_go() {
    #[derive(StateMachine)]
    enum Gate {
        #[state(to(Closed, Gone))]
        Open,
        #[state(to(Open))]
        Closed,
        #[state(terminal)]
        Gone,
    }
    let door = leak(GateMachine::new());
    let (heard, last, is_over) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let (heard, last, is_over) = (leak(heard), leak(last), leak(is_over));
    door.observe(|change| {
        heard.fetch_add(1, Relaxed);
        last.fetch_max(change.sequence, Relaxed);
    });
    let rounds = 1_000 * (1 + 1_000 * seconds());
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Relaxed) {
                drop(Task::waiting(door.in_gone()));
            }
        });
        for _ in 0..rounds {
            door.open_to_closed().try_commit().unwrap();
            door.closed_to_open().try_commit().unwrap();
        }
        is_over.store(true, Relaxed);
    });
    assert_eq!(heard.load(Relaxed), 2 * rounds);
    assert_eq!(last.load(Relaxed), 2 * rounds);
}

/// How long a test goes on that finds more the longer it runs.
fn seconds() -> u64 {
    let seconds = std::env::var("STATEMACHINE_SOAK_SECONDS");
    seconds.map_or(0, |seconds| seconds.parse().expect("a number of seconds"))
}

#[test]
fn a_time_out_never_names_the_state_that_was_waited_for() {
    let door = leak(DoorMachine::new());
    let is_over = AtomicBool::new(false);
    let end = Instant::now() + Duration::from_millis(100) + Duration::from_secs(seconds());
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Relaxed) {
                drop(door.open_to_closed().try_commit());
                drop(door.closed_to_open().try_commit());
                thread::sleep(Duration::from_micros(20));
            }
        });
        while Instant::now() < end {
            let closed = door.when(|state| state == Door::Closed);
            if let Err(refused) = closed.within(Duration::from_micros(10)) {
                let is_named = matches!(refused, Refused::TimedOut { actual: "Closed", .. });
                assert!(!is_named, "{refused}");
            }
        }
        is_over.store(true, Relaxed);
    });
}
