//! Which transitions a handler is for, by the handle that it was registered on.

#![allow(missing_docs, reason = "the machine is only moved")]

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use statemachine::{Refused, StateMachine, Transition};

#[derive(StateMachine)]
#[machine(reset)]
enum Valve {
    #[state(initial, to(Half, Open))]
    Shut,
    #[state(to(Open, Shut))]
    Half(u8),
    #[state(to(Half))]
    Open,
}

type Log = Arc<Mutex<Vec<&'static str>>>;

fn note(log: &Log, name: &'static str) -> impl Fn() + Send + Sync + 'static {
    let log = Arc::clone(log);
    move || log.lock().unwrap().push(name)
}

/// Registers one before and one after the transition.
fn listen<A, B>(
    transition: Transition<'_, A, B>,
    log: &Log,
    before: &'static str,
    after: &'static str,
) where
    A: statemachine::State,
    B: statemachine::State<Enum = A::Enum>,
{
    let (before, after) = (note(log, before), note(log, after));
    transition.before(move |_| {
        before();
        Ok::<(), Infallible>(())
    });
    transition.after(move |_| after());
}

fn taken(log: &Log) -> Vec<&'static str> {
    std::mem::take(&mut log.lock().unwrap())
}

#[test]
fn a_handle_on_one_transition_is_for_that_one() {
    let (valve, log) = (ValveMachine::new(), Log::default());
    listen(valve.shut_to_open(), &log, "before", "after");
    valve.shut_to_half().try_commit_with(1).unwrap();
    valve.half_to_open().try_commit().unwrap();
    assert!(taken(&log).is_empty());
    valve.reset().try_commit().unwrap();
    valve.to_open().try_commit().unwrap();
    assert_eq!(taken(&log), ["before", "after"]);
}

#[test]
fn a_handle_on_a_state_with_several_ways_in_is_for_each_of_them() {
    let (valve, log) = (ValveMachine::new(), Log::default());
    listen(valve.to_open(), &log, "before", "after");
    valve.shut_to_open().try_commit().unwrap();
    assert_eq!(taken(&log), ["before", "after"]);
    valve.open_to_half().try_commit_with(1).unwrap();
    valve.to_open().try_commit().unwrap();
    assert_eq!(taken(&log), ["before", "after"]);
}

#[test]
fn a_reset_is_not_one_of_the_declared_ways_in() {
    let (valve, log) = (ValveMachine::from_state(Valve::Open), Log::default());
    listen(valve.to_shut(), &log, "before", "after");
    valve.reset().try_commit().unwrap();
    assert!(taken(&log).is_empty());
    valve.to_half().try_commit_with(1).unwrap();
    valve.reset().try_commit().unwrap();
    assert_eq!(taken(&log), ["before", "after"], "where it is declared, it is the same transition");
}

#[test]
fn a_handle_on_the_reset_is_for_every_way_to_the_initial_state() {
    let (valve, log) = (ValveMachine::from_state(Valve::Half(1)), Log::default());
    listen(valve.reset(), &log, "before", "after");
    valve.half_to_shut().try_commit().unwrap();
    assert_eq!(taken(&log), ["before", "after"]);
    valve.shut_to_open().try_commit().unwrap();
    valve.reset().try_commit().unwrap();
    assert_eq!(taken(&log), ["before", "after"]);
}

#[test]
fn the_action_of_one_transition_goes_before_that_of_all_ways_in() {
    let valve = ValveMachine::new();
    valve.to_half().action(|_| Ok::<u8, Infallible>(1));
    let own = valve.shut_to_half().action(|()| Ok::<u8, Infallible>(2));
    valve.to_half().perform().unwrap();
    assert_eq!(*valve.in_half().now().unwrap(), 2);
    valve.half_to_open().try_commit().unwrap();
    valve.open_to_half().perform().unwrap();
    assert_eq!(*valve.in_half().now().unwrap(), 1);

    valve.reset().try_commit().unwrap();
    assert!(valve.remove_handler(own));
    valve.shut_to_half().perform().unwrap();
    assert_eq!(*valve.in_half().now().unwrap(), 1);
}

#[test]
fn a_later_action_replaces_an_earlier_one_of_the_same_handle() {
    let valve = ValveMachine::new();
    let first = valve.to_half().action(|_| Ok::<u8, Infallible>(1));
    valve.to_half().action(|_| Ok::<u8, Infallible>(2));
    assert!(!valve.remove_handler(first));
    valve.to_half().perform().unwrap();
    assert_eq!(*valve.in_half().now().unwrap(), 2);
}

#[test]
fn without_an_action_a_state_with_data_cannot_be_made() {
    let valve = ValveMachine::new();
    let refused = valve.shut_to_half().perform().unwrap_err();
    assert!(matches!(refused, Refused::Vetoed { .. }));
    assert!(valve.is_shut());
    valve.shut_to_open().perform().unwrap();
    assert!(valve.is_open());
}
