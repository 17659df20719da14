//! Short runs of a few threads, each history of which must be explained by the plain machine: every
//! answer, and every refusal, is true at some instant of its call.

use std::time::Duration;

use statemachine_tests::{
    driver::Driven,
    hang,
    history::{Call, Event, Run, Way, check, is_explained, record},
    machines::{Job, Light, Slot},
    plain::{Had, No, Plain, Source, What},
};

const RUNS: u64 = 800;

fn run(seed: u64, threads: u32, operations: u32) -> Run {
    Run { seed, threads, operations, limit: Duration::from_micros(30) }
}

fn check_many<D: Driven>() {
    let _hang = hang::detector("histories");
    for seed in 0..RUNS {
        check::<D>(run(seed, 2, 6));
        check::<D>(run(seed, 3, 4));
    }
}

#[test]
fn a_machine_with_data_in_one_state() {
    check_many::<Slot>();
}

#[test]
fn a_machine_without_data_that_can_be_reset() {
    check_many::<Light>();
}

#[test]
fn a_machine_with_data_in_most_states() {
    check_many::<Job>();
}

/// A history of calls, each with its begin and its end.
fn history(calls: &[(u64, u64, Call)]) -> Vec<Event> {
    let event = |(began, ended, call): &(u64, u64, Call)| Event {
        began: *began,
        ended: *ended,
        call: call.clone(),
    };
    calls.iter().map(event).collect()
}

fn empty() -> Plain {
    Plain::new(Slot::SHAPE, "Empty", 0)
}

const FILL: What = What::Transition(Source::One("Empty"), "Full");

#[test]
fn the_checker_wants_one_winner() {
    let both = |second| {
        history(&[
            (0, 2, Call::Ask(Way::Now, FILL, Ok(Had::Right(None)))),
            (1, 3, Call::Ask(Way::Now, FILL, second)),
            (4, 5, Call::RollBack),
        ])
    };
    assert!(is_explained(&empty(), &both(Err(No::InTransition))));
    assert!(!is_explained(&empty(), &both(Ok(Had::Right(None)))));
}

#[test]
fn the_checker_wants_the_order_of_calls_that_do_not_overlap() {
    let commit = Call::CommitAtOnce(Source::One("Empty"), "Full", 7, Ok(None));
    let look =
        |began, ended| history(&[(0, 2, commit.clone()), (began, ended, Call::State("Empty"))]);
    assert!(is_explained(&empty(), &look(1, 3)));
    assert!(!is_explained(&empty(), &look(3, 4)));
}

#[test]
fn the_checker_wants_refusals_that_are_true() {
    let refused = |no| history(&[(0, 1, Call::Ask(Way::Now, FILL, Err(no)))]);
    for no in [No::InTransition, No::WrongState("Full"), No::InUse("Empty", 1)] {
        assert!(!is_explained(&empty(), &refused(no)));
    }
    let full = Plain::new(Slot::SHAPE, "Full", 7);
    assert!(is_explained(&full, &refused(No::WrongState("Full"))));
    let timed_out = |no| history(&[(0, 1, Call::Ask(Way::Within, FILL, Err(no)))]);
    assert!(is_explained(&full, &timed_out(No::TimedOut("Full"))));
    assert!(!is_explained(&full, &timed_out(No::TimedOut("Empty"))));
    assert!(!is_explained(&empty(), &timed_out(No::TimedOut("Empty"))));
    assert!(!is_explained(&full, &timed_out(No::Unreachable("Full"))));
}

#[test]
fn the_checker_wants_the_data_that_was_put_in() {
    let held = |seen| {
        history(&[
            (0, 1, Call::CommitAtOnce(Source::One("Empty"), "Full", 7, Ok(None))),
            (2, 3, Call::Ask(Way::Now, What::Hold(None), Ok(Had::Hold(Some(seen))))),
            (4, 5, Call::LetGo),
        ])
    };
    assert!(is_explained(&empty(), &held(7)));
    assert!(!is_explained(&empty(), &held(8)));
}

#[test]
fn the_checker_wants_a_reason_for_a_shut_door() {
    let held = (0, 1, Call::Ask(Way::Now, What::Hold(None), Ok(Had::Hold(None))));
    let refused = |began, ended| {
        history(&[
            held.clone(),
            (2, 5, Call::Ask(Way::Within, FILL, Err(No::TimedOut("Empty")))),
            (began, ended, Call::Ask(Way::Now, What::Hold(None), Err(No::InTransition))),
            (8, 9, Call::LetGo),
        ])
    };
    assert!(is_explained(&empty(), &refused(3, 4)));
    assert!(!is_explained(&empty(), &refused(6, 7)));
}

#[test]
fn the_checker_allows_a_dropped_future_what_it_may_have_been_given() {
    let other = |call| {
        history(&[
            (0, 1, Call::Ask(Way::Now, FILL, Ok(Had::Right(None)))),
            (2, 6, Call::GiveUp(FILL)),
            (3, 4, Call::RollBack),
            (4, 5, call),
        ])
    };
    assert!(is_explained(&empty(), &other(Call::IsInTransition(true))));
    assert!(is_explained(&empty(), &other(Call::IsInTransition(false))));
    assert!(!is_explained(&empty(), &other(Call::State("Full"))));
}

#[test]
fn the_checker_finds_one_wrong_answer_in_a_recorded_history() {
    let mut found = 0;
    for seed in 0..200 {
        let (start, mut events) = record::<Slot>(run(seed, 2, 6));
        let Some(event) = events.iter_mut().find(|event| matches!(event.call, Call::State(_)))
        else {
            continue;
        };
        // No transition leads from there, and nobody asked for one.
        let other = if event.call == Call::State("Gone") { "Full" } else { "Gone" };
        event.call = Call::State(other);
        found += usize::from(!is_explained(&start, &events));
    }
    assert!(found > 50, "{found}");
}
