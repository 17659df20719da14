//! What an operation executes, counted: the same in every run.

use std::{
    future::{Future, IntoFuture},
    pin::pin,
    task::{Context, Waker},
};

use parking_lot::Mutex;

use crate::{
    contestants::{
        Change as _, State,
        atomics::Exchange,
        channels::Watch,
        crates::QubitFast,
        games::GameMachine,
        locks::{Notifying, ParkingLot, StdMutex},
        ours::LinkMachine,
    },
    report::Table,
    stepping::{Steps, steps},
};

pub fn table() -> String {
    use State::{Connecting, Disconnected};

    let link = LinkMachine::new();
    let exchange = Exchange::default();
    let std = StdMutex::default();
    let parking_lot = ParkingLot::default();
    let notifying = Notifying::default();
    let qubit = QubitFast::default();
    let watch = Watch::default();
    let number = Mutex::new(0);
    // One that waits already, so that the queue is there; then one that is handed the right.
    let game = GameMachine::new();
    let mut context = Context::from_waker(Waker::noop());
    let mut first = pin!(game.in_over().into_future());
    assert!(first.as_mut().poll(&mut context).is_pending());
    let mut second = pin!(game.pong_to_ping().into_future());
    let queues_up = steps(|| _ = second.as_mut().poll(&mut context));
    assert!(second.as_mut().poll(&mut context).is_pending());
    let hands_over = steps(|| game.ping_to_pong().try_commit());
    game.ping_to_pong().try_commit().expect("it is ping");
    let takes = steps(|| _ = second.as_mut().poll(&mut context));
    let table = [
        ("`is_a()`", steps(|| link.is_disconnected())),
        ("`a_to_b().try_commit()`", steps(|| link.change(Disconnected, Connecting))),
        ("`a_to_b().try_commit()`, refused", steps(|| link.change(State::Connected, Disconnected))),
        (
            "`a_to_b().now()` … `commit()`",
            steps(|| link.disconnected_to_connecting().now().map(|begun| begun.commit())),
        ),
        ("`in_a().now()` and drop", steps(|| drop(link.in_disconnected().now()))),
        ("a task takes its place in the queue", queues_up),
        ("… `commit()` hands it the right", hands_over),
        ("… it takes the right, and lets go", takes),
        ("`AtomicU8::compare_exchange`", steps(|| exchange.change(Disconnected, Connecting))),
        ("`parking_lot` mutex, and nothing done", steps(|| drop(number.lock()))),
        ("`parking_lot` mutex, transition", steps(|| parking_lot.change(Disconnected, Connecting))),
        ("… with a condition variable", steps(|| notifying.change(Disconnected, Connecting))),
        ("`std` mutex, transition", steps(|| std.change(Disconnected, Connecting))),
        ("qubit-state-machine, fast", steps(|| qubit.change(Disconnected, Connecting))),
        ("tokio `watch`", steps(|| watch.change(Disconnected, Connecting))),
    ];
    // What marks the beginning and the end.
    let marks = steps(|| ()).instructions;
    let mut markdown = Table::new(["", "instructions", "of them locked", "system calls"]);
    for (name, Steps { instructions, locked, system_calls }) in table {
        let numbers = [instructions - marks, locked, system_calls.len() as u64];
        markdown.row([name.to_owned()].into_iter().chain(numbers.map(|number| number.to_string())));
    }
    markdown.markdown()
}
