//! Seeing who waits for a machine, and behind what.

#![allow(missing_docs, reason = "the machine is only waited for")]

use std::{
    future::IntoFuture,
    pin::pin,
    task::{Context, Waker},
    thread,
    time::{Duration, Instant},
};

use statemachine::{Interrupt, StateMachine, Waiter, Waiting, WaitsFor, Who};

#[derive(StateMachine)]
enum Link {
    #[state(initial, to(Up, Broken))]
    Down,
    #[state(to(Down, Broken))]
    Up(u32),
    #[state(to(Down))]
    Broken,
}

/// A limit that only a hang reaches.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks again and again until that many wait.
fn until_waiting(link: &LinkMachine, count: usize) -> Waiting {
    let start = Instant::now();
    loop {
        let waiting = link.waiting();
        if waiting.waiters.len() == count {
            return waiting;
        }
        assert!(start.elapsed() < PATIENCE, "{waiting}");
        thread::yield_now();
    }
}

/// Has one more wait in a thread of that name while the rest is done, then interrupts it.
fn with_waiter<T>(
    link: &LinkMachine,
    wait: impl FnOnce(&Interrupt) -> T + Send,
    then: impl FnOnce(&Waiting, &Waiter),
) {
    let before = link.waiting().waiters.len();
    let interrupt = Interrupt::new();
    thread::scope(|scope| {
        let waiter = thread::Builder::new().name("the waiter".to_owned());
        waiter.spawn_scoped(scope, || _ = wait(&interrupt)).unwrap();
        let waiting = until_waiting(link, before + 1);
        then(&waiting, waiting.waiters.last().unwrap());
        interrupt.interrupt();
    });
}

#[test]
fn nobody_waits_for_a_new_machine() {
    let link = LinkMachine::new();
    let waiting = link.waiting();
    assert_eq!((waiting.machine, waiting.state), ("Link", "Down"));
    assert_eq!((waiting.in_transition, waiting.holders), (false, 0));
    assert!(waiting.waiters.is_empty());
    assert_eq!(waiting.to_string(), "Link is Down; nobody waits");
}

#[test]
fn what_is_had_is_counted() {
    let link = LinkMachine::new();
    let hold = link.in_down().now().unwrap();
    let second = hold.clone();
    assert_eq!(link.waiting().holders, 2);
    assert_eq!(link.waiting().to_string(), "Link is Down, held by 2; nobody waits");
    drop((hold, second));
    let breaking = link.down_to_broken().now().unwrap();
    assert_eq!((link.waiting().holders, link.waiting().in_transition), (0, true));
    assert_eq!(link.waiting().to_string(), "Link is Down, in transition; nobody waits");
    breaking.commit();
    assert_eq!(link.waiting().to_string(), "Link is Broken; nobody waits");
}

#[test]
fn a_waiter_says_who_it_is_and_since_when() {
    let link = LinkMachine::new();
    let start = Instant::now();
    with_waiter(
        &link,
        |interrupt| link.in_up().interruptible(interrupt).within(PATIENCE).is_err(),
        |_, waiter| {
            assert!(start <= waiter.since && waiter.since <= Instant::now());
            let Who::Thread { id, name } = &waiter.who else {
                panic!("{:?} is no thread", waiter.who)
            };
            assert_ne!(*id, thread::current().id());
            assert_eq!(name.as_deref(), Some("the waiter"));
        },
    );
    assert!(link.waiting().waiters.is_empty(), "one that gave up does not wait");
}

#[test]
fn a_waiter_says_what_it_waits_for() {
    let link = LinkMachine::new();
    let limit = PATIENCE;
    let is = |expected: WaitsFor, text: &'static str| {
        move |_: &Waiting, waiter: &Waiter| {
            assert_eq!(waiter.waits_for, expected);
            assert_eq!(waiter.waits_for.to_string(), text);
        }
    };
    let (down, up, broken) = ("Down", "Up", "Broken");
    with_waiter(
        &link,
        |interrupt| link.up_to_broken().interruptible(interrupt).within(limit).is_err(),
        is(WaitsFor::Transition { from: vec![up], to: broken }, "the transition from Up to Broken"),
    );
    with_waiter(
        &link,
        |interrupt| link.to_down().interruptible(interrupt).within(limit).is_err(),
        is(
            WaitsFor::Transition { from: vec![up, broken], to: down },
            "the transition from Up or Broken to Down",
        ),
    );
    with_waiter(
        &link,
        |interrupt| link.up_to_broken().or_join().interruptible(interrupt).within(limit).is_err(),
        is(
            WaitsFor::Join { from: vec![up], to: broken },
            "the transition from Up to Broken, or for Broken",
        ),
    );
    with_waiter(
        &link,
        |interrupt| link.in_up().interruptible(interrupt).within(limit).is_err(),
        is(WaitsFor::Hold { states: vec![up] }, "a hold on Up"),
    );
    with_waiter(
        &link,
        |interrupt| {
            let looked = link.when(|state| state != LinkKind::Down);
            looked.interruptible(interrupt).within(limit).is_err()
        },
        is(WaitsFor::When { states: vec![up, broken] }, "a look at Up or Broken"),
    );
}

#[test]
fn a_holder_that_waits_to_trade_its_hold_is_one_of_the_holders() {
    let link = LinkMachine::new();
    let other = link.in_down().now().unwrap();
    let mine = other.clone();
    with_waiter(
        &link,
        move |interrupt| {
            mine.to::<link::Up>().interruptible(interrupt).within(PATIENCE).map(drop).is_err()
        },
        |waiting, waiter| {
            assert_eq!(waiting.holders, 2);
            assert_eq!(waiter.waits_for, WaitsFor::Upgrade { from: "Down", to: "Up" });
            assert_eq!(
                waiter.waits_for.to_string(),
                "the transition from Down, which it holds, to Up"
            );
        },
    );
    drop(other);
}

#[test]
fn tasks_and_threads_stand_in_one_queue_in_order_of_arrival() {
    let link = LinkMachine::new();
    let transition = link.down_to_up().now().unwrap();
    let mut first = pin!(link.down_to_broken().into_future());
    let mut context = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut context).is_pending());
    with_waiter(
        &link,
        |interrupt| link.hold().interruptible(interrupt).within(PATIENCE).is_err(),
        |waiting, second| {
            assert_eq!(waiting.waiters.len(), 2);
            assert_eq!(waiting.waiters[0].who, Who::Task);
            assert!(waiting.waiters[0].since <= second.since);
            assert_eq!(second.waits_for, WaitsFor::Hold { states: vec!["Down", "Up", "Broken"] });
        },
    );
    let mut third = pin!(link.in_up().into_future());
    assert!(third.as_mut().poll(&mut context).is_pending());
    let order: Vec<String> =
        link.waiting().waiters.iter().map(|waiter| waiter.waits_for.to_string()).collect();
    assert_eq!(order, ["the transition from Down to Broken", "a hold on Up"]);
    transition.rollback();
    assert!(link.is_in_transition(), "it is the first one's turn");
    assert_eq!(link.waiting().waiters.len(), 1, "who was given its turn does not wait");
}

#[test]
fn who_gives_up_leaves_the_others_in_order_of_arrival() {
    let link = LinkMachine::new();
    let mut context = Context::from_waker(Waker::noop());
    let mut first = Box::pin(link.to_up().into_future());
    let mut second = Box::pin(link.in_up().into_future());
    let transition = link.down_to_up().now().unwrap();
    assert!(first.as_mut().poll(&mut context).is_pending());
    assert!(second.as_mut().poll(&mut context).is_pending());
    drop(first);
    let mut third = Box::pin(link.in_broken().into_future());
    assert!(third.as_mut().poll(&mut context).is_pending());
    let order: Vec<String> =
        link.waiting().waiters.iter().map(|waiter| waiter.waits_for.to_string()).collect();
    assert_eq!(order, ["a hold on Up", "a hold on Broken"]);
    drop(transition);
}

#[test]
fn a_dump_of_the_machine_explains_what_is_stuck() {
    let link = LinkMachine::new();
    let hold = link.in_down().now().unwrap();
    with_waiter(
        &link,
        |interrupt| link.down_to_up().interruptible(interrupt).within(PATIENCE).is_err(),
        |waiting, _| {
            let dump = format!("{link:?}");
            let start = format!(
                "Link {{ id: {}, state: Down, in_transition: false, holders: 1, waiters: [thread `the waiter`, for ",
                link.id()
            );
            assert!(dump.starts_with(&start), "{dump}");
            assert!(dump.ends_with(": the transition from Down to Up], .. }"), "{dump}");
            let text = waiting.to_string();
            assert!(text.starts_with("Link is Down, held by 1; waiting:\n  thread `the waiter`"));
        },
    );
    drop(hold);
}
