//! Models of the races in the lock, explored by `loom`.
//!
//! They run the code that ships, through the public interface: `loom` replaces the atomics, the
//! mutex, the cell and the threads in [`crate::sync`], and nothing else. Every model ends with
//! [`assert_idle`]: all rights are accounted for and nobody is left in the queue. A waiter whose
//! wake-up is lost is a deadlock, which `loom` reports.
//!
//! Bounds: two to four threads, and [`PREEMPTIONS`].

mod clock;
mod failures;
mod foreign;
mod handlers;
mod pairs;
mod rights;
mod several;
mod tasks;
mod upgrades;
mod uses;
mod waits;
mod wanted;

use std::{
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use loom::sync::Arc;

use crate::{Machine, StateMachine, graph::StateId, lock::Word, sync};

/// A state machine with all that the lock can tell apart: states with and without data, a way on
/// from which there is no way back, and a self-loop.
#[derive(StateMachine, Debug)]
#[machine(states = link)]
pub(super) enum Link {
    #[state(initial, to(Up, Down, Over))]
    Down,
    #[state(to(Down, Up))]
    Up(u32),
    #[state(terminal)]
    Over,
}

/// What one model waits for another thread of it at the most: for ever, unless it moves its clock.
const LONG: Duration = Duration::from_secs(1);

/// Explores the model and prints how many executions that took.
fn explore(name: &str, model: impl Fn(Arc<LinkMachine>) + Send + Sync + 'static) {
    explore_from(name, || Link::Down, false, model);
}

fn explore_from(
    name: &str,
    start: impl Fn() -> Link + Send + Sync + 'static,
    clock_moves: bool,
    model: impl Fn(Arc<LinkMachine>) + Send + Sync + 'static,
) {
    let make = move || {
        sync::set_clock_moves(clock_moves);
        LinkMachine::from_state(start())
    };
    explore_of(name, make, model);
}

/// Explores the model on a machine that is made anew for each execution.
fn explore_of<M: 'static>(
    name: &str,
    make: impl Fn() -> M + Send + Sync + 'static,
    model: impl Fn(Arc<M>) + Send + Sync + 'static,
) {
    let executions = run(PREEMPTIONS, move || model(Arc::new(make())));
    println!("model: {name}: {executions} executions");
}

/// Explores one of many models less deeply, and says only how many executions that took.
fn explore_quietly(name: &str, model: impl Fn(Arc<LinkMachine>) + Send + Sync + 'static) -> usize {
    let name = name.to_owned();
    run(PREEMPTIONS_OF_MANY, move || {
        sync::set_clock_moves(false);
        let _context = NamedWhereItPanics(&name);
        model(Arc::new(LinkMachine::from_state(Link::Down)));
    })
}

fn run(preemptions: usize, model: impl Fn() + Send + Sync + 'static) -> usize {
    let executions = std::sync::Arc::new(AtomicUsize::new(0));
    let counter = std::sync::Arc::clone(&executions);
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 50_000;
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.check(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        model();
    });
    executions.load(Ordering::Relaxed)
}

struct NamedWhereItPanics<'a>(&'a str);

impl Drop for NamedWhereItPanics<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("in the model: {}", self.0);
        }
    }
}

/// How far an interleaving may stray from running each thread until it blocks, unless the
/// environment says otherwise with `LOOM_MAX_PREEMPTIONS`.
const PREEMPTIONS: usize = 3;

/// The same for each of the many pairs.
const PREEMPTIONS_OF_MANY: usize = 2;

/// The machine is in that state and nothing else is the case: nobody has a right, nobody waits.
fn assert_idle<S: StateMachine>(machine: &Machine<S>, state: StateId) {
    assert_eq!(machine.lock().look(), Word::idle(state));
}

const DOWN: StateId = StateId::new(0);
const UP: StateId = StateId::new(1);
const OVER: StateId = StateId::new(2);

/// Wakes a thread of the model for a task that it polls.
struct Unpark(sync::Thread);

impl Wake for Unpark {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.unpark();
    }
}

fn waker() -> Waker {
    std::sync::Arc::new(Unpark(sync::current())).into()
}

fn poll<F: Future + Unpin>(future: &mut F, waker: &Waker) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(waker))
}

fn block_on<F: Future + Unpin>(mut future: F) -> F::Output {
    let (waker, thread) = (waker(), sync::current());
    loop {
        let seen = thread.wakes();
        match poll(&mut future, &waker) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread.park_until(seen, None),
        }
    }
}
