//! The same four verbs on every handle, plain and interruptible.

use std::{
    thread,
    time::{Duration, Instant},
};

use statemachine::{Interrupt, Refused};
use statemachine_tests::{hang, polling::Task};

use crate::{Door, DoorMachine, LONG, SHORT, door};

/// The tests of one handle, beside three functions: `start` makes a machine where the handle's
/// `handle` can be had at once; `block` makes that impossible for as long as what it gives lives,
/// with a refusal of the given pattern.
macro_rules! verbs {
    ($refused:pat) => {
        type Answer<T> = Result<T, Refused>;

        /// Asks in each way that has a limit, and lets go of what was had.
        fn all_within(
            machine: &DoorMachine,
            limit: Duration,
            interrupt: &Interrupt,
        ) -> Vec<Answer<()>> {
            let until = || Instant::now() + limit;
            vec![
                handle(machine).within(limit).map(drop).map_err(Refused::from),
                handle(machine).until(until()).map(drop).map_err(Refused::from),
                handle(machine)
                    .interruptible(interrupt)
                    .within(limit)
                    .map(drop)
                    .map_err(Refused::from),
                handle(machine)
                    .interruptible(interrupt)
                    .until(until())
                    .map(drop)
                    .map_err(Refused::from),
            ]
        }

        /// Asks in each way that has no limit, and lets go of what was had.
        fn all_now(machine: &DoorMachine, interrupt: &Interrupt) -> Vec<Answer<()>> {
            vec![
                handle(machine).now().map(drop).map_err(Refused::from),
                handle(machine).interruptible(interrupt).now().map(drop).map_err(Refused::from),
            ]
        }

        #[track_caller]
        fn assert_free(machine: &DoorMachine) {
            assert!(!machine.is_in_transition());
            assert!(handle(machine).now().is_ok());
            assert!(machine.reset().try_commit().is_ok(), "nobody is left who holds");
        }

        #[test]
        fn now_has_it_or_not() {
            let (machine, interrupt) = (start(), Interrupt::new());
            for answer in all_now(&machine, &interrupt) {
                assert!(answer.is_ok(), "{answer:?}");
            }
            let _block = block(&machine);
            for answer in all_now(&machine, &interrupt) {
                assert!(matches!(answer, Err($refused)), "{answer:?}");
            }
        }

        #[test]
        fn a_wait_has_at_once_what_can_be_had() {
            let (machine, interrupt) = (start(), Interrupt::new());
            for limit in [Duration::ZERO, Duration::from_nanos(1), LONG] {
                for answer in all_within(&machine, limit, &interrupt) {
                    assert!(answer.is_ok(), "{answer:?}");
                }
            }
            interrupt.interrupt();
            for answer in all_within(&machine, LONG, &interrupt) {
                assert!(answer.is_ok(), "{answer:?}");
            }
            assert_free(&machine);
        }

        #[test]
        fn a_wait_ends_at_its_deadline_and_not_before() {
            let (machine, interrupt) = (start(), Interrupt::new());
            let guard = block(&machine);
            let begin = Instant::now();
            for (way, answer) in all_within(&machine, SHORT, &interrupt).into_iter().enumerate() {
                match answer {
                    Err(Refused::TimedOut { machine: "Door", waited, actual: "Open", .. }) => {
                        assert!(waited <= begin.elapsed());
                    }
                    // On a busy machine the deadline may have passed before the call begins.
                    Err($refused) if way % 2 == 1 => {}
                    answer => panic!("{answer:?}"),
                }
            }
            assert!(begin.elapsed() >= SHORT * 4);
            drop(guard);
            assert_free(&machine);
        }

        #[test]
        fn a_zero_wait_or_a_deadline_in_the_past_is_a_try() {
            let (machine, interrupt) = (start(), Interrupt::new());
            let _block = block(&machine);
            interrupt.interrupt();
            for answer in all_within(&machine, Duration::ZERO, &interrupt) {
                assert!(matches!(answer, Err($refused)), "{answer:?}");
            }
        }

        #[test]
        fn a_thread_gets_it_when_it_can_be_had() {
            let _hang = hang::detector(module_path!());
            for way in 0..5 {
                let (machine, interrupt) = (start(), Interrupt::new());
                let far = Instant::now() + Duration::from_secs(u64::from(u32::MAX));
                let guard = block(&machine);
                thread::scope(|scope| {
                    let waiter = scope.spawn(|| match way {
                        0 => handle(&machine).within(LONG).map(drop).map_err(Refused::from),
                        1 => {
                            handle(&machine).within(Duration::MAX).map(drop).map_err(Refused::from)
                        }
                        2 => handle(&machine).until(far).map(drop).map_err(Refused::from),
                        3 => handle(&machine)
                            .interruptible(&interrupt)
                            .within(Duration::MAX)
                            .map(drop)
                            .map_err(Refused::from),
                        _ => handle(&machine)
                            .interruptible(&interrupt)
                            .until(far)
                            .map(drop)
                            .map_err(Refused::from),
                    });
                    // Mostly long enough for the waiter to be asleep; right if it is not.
                    thread::sleep(SHORT);
                    drop(guard);
                    waiter.join().unwrap().unwrap();
                });
                assert_free(&machine);
            }
        }

        #[test]
        fn a_task_gets_it_when_it_can_be_had() {
            let (machine, interrupt) = (start(), Interrupt::new());
            assert!(Task::new(handle(&machine)).output().is_ok());
            assert!(Task::new(handle(&machine).interruptible(&interrupt)).output().is_ok());

            let guard = block(&machine);
            let task = Task::waiting(handle(&machine));
            drop(guard);
            assert_eq!(task.wakes(), 1);
            assert!(task.output().is_ok());

            let guard = block(&machine);
            let mut task = Task::waiting(handle(&machine).interruptible(&interrupt));
            assert!(task.poll().is_none(), "polled for no reason, it waits on");
            drop(guard);
            assert_eq!(task.wakes(), 1);
            assert!(task.output().is_ok());
            assert_free(&machine);
        }

        #[test]
        fn a_dropped_future_loses_nothing() {
            let machine = start();
            drop(Task::new(handle(&machine)));
            let guard = block(&machine);
            drop(Task::new(handle(&machine)));
            drop(Task::waiting(handle(&machine)));
            let granted = Task::waiting(handle(&machine));
            drop(guard);
            drop(granted);
            assert_free(&machine);
        }

        #[test]
        fn an_interrupt_ends_the_wait_of_a_task() {
            let (machine, interrupt) = (start(), Interrupt::new());
            let guard = block(&machine);
            let task = Task::waiting(handle(&machine).interruptible(&interrupt));
            interrupt.interrupt();
            assert_eq!(task.wakes(), 1);
            let answer = task.output().map(drop).map_err(Refused::from);
            assert!(
                matches!(answer, Err(Refused::Interrupted { machine: "Door", .. })),
                "{answer:?}"
            );

            let late = Task::new(handle(&machine).interruptible(&interrupt));
            let answer = late.output().map(drop).map_err(Refused::from);
            assert!(
                matches!(answer, Err(Refused::Interrupted { machine: "Door", .. })),
                "{answer:?}"
            );
            drop(guard);
            assert_free(&machine);
        }

        #[test]
        fn an_interrupt_ends_the_wait_of_a_thread() {
            let (machine, interrupt) = (start(), Interrupt::new());
            let guard = block(&machine);
            thread::scope(|scope| {
                let waiter = scope.spawn(|| {
                    let ask = || handle(&machine).interruptible(&interrupt);
                    [
                        ask().within(LONG).map(drop).map_err(Refused::from),
                        ask().until(Instant::now() + LONG).map(drop).map_err(Refused::from),
                    ]
                });
                thread::sleep(SHORT);
                interrupt.interrupt();
                for answer in waiter.join().unwrap() {
                    let is_ended =
                        matches!(answer, Err(Refused::Interrupted { machine: "Door", .. }));
                    assert!(is_ended, "{answer:?}");
                }
            });
            drop(guard);
            assert_free(&machine);
        }
    };
}

mod transition {
    use statemachine::{InState, Transition};

    use super::*;

    fn start() -> DoorMachine {
        DoorMachine::new()
    }

    fn handle(machine: &DoorMachine) -> Transition<'_, door::Open, door::Closed> {
        machine.open_to_closed()
    }

    fn block(machine: &DoorMachine) -> InState<'_, door::Open> {
        machine.in_open().now().unwrap()
    }

    verbs!(Refused::InUse { machine: "Door", state: "Open", holders: 1, .. });
}

mod transition_from_any {
    use statemachine::{Any, InTransition, Transition};

    use super::*;

    fn start() -> DoorMachine {
        DoorMachine::new()
    }

    fn handle(machine: &DoorMachine) -> Transition<'_, Any<Door>, door::Closed> {
        machine.to_closed()
    }

    fn block(machine: &DoorMachine) -> InTransition<'_, door::Open, door::Closed> {
        machine.open_to_closed().now().unwrap()
    }

    verbs!(Refused::InTransition { machine: "Door", .. });
}

mod join {
    use statemachine::{InTransition, Join};

    use super::*;

    fn start() -> DoorMachine {
        DoorMachine::new()
    }

    fn handle(machine: &DoorMachine) -> Join<'_, door::Open, door::Closed> {
        machine.open_to_closed().or_join()
    }

    fn block(machine: &DoorMachine) -> InTransition<'_, door::Open, door::Closed> {
        machine.open_to_closed().now().unwrap()
    }

    verbs!(Refused::InTransition { machine: "Door", .. });
}

mod leave {
    use statemachine::{InState, Upgrade};

    use super::*;

    fn start() -> DoorMachine {
        DoorMachine::new()
    }

    fn handle(machine: &DoorMachine) -> Upgrade<'_, door::Open, door::Closed> {
        machine.in_open().now().unwrap().to::<door::Closed>()
    }

    fn block(machine: &DoorMachine) -> InState<'_, door::Open> {
        machine.in_open().now().unwrap()
    }

    verbs!(Refused::InUse { machine: "Door", state: "Open", holders: 2, .. });
}

mod state_handle {
    use statemachine::{Hold, InTransition};

    use super::*;

    fn start() -> DoorMachine {
        DoorMachine::new()
    }

    fn handle(machine: &DoorMachine) -> Hold<'_, door::Open> {
        machine.in_open()
    }

    fn block(machine: &DoorMachine) -> InTransition<'_, door::Open, door::Closed> {
        machine.open_to_closed().now().unwrap()
    }

    verbs!(Refused::InTransition { machine: "Door", .. });
}

mod hold {
    use statemachine::{Any, Hold, InTransition};

    use super::*;

    fn start() -> DoorMachine {
        DoorMachine::new()
    }

    fn handle(machine: &DoorMachine) -> Hold<'_, Any<Door>> {
        machine.hold()
    }

    fn block(machine: &DoorMachine) -> InTransition<'_, door::Open, door::Closed> {
        machine.open_to_closed().now().unwrap()
    }

    verbs!(Refused::InTransition { machine: "Door", .. });
}

mod when {
    use statemachine::When;

    use super::*;

    fn start() -> DoorMachine {
        DoorMachine::from_state(Door::Closed)
    }

    fn handle(machine: &DoorMachine) -> When<'_, Door> {
        machine.when(|state| state == Door::Closed)
    }

    /// Closes the door again when it is dropped.
    struct Opened<'m>(&'m DoorMachine);

    impl Drop for Opened<'_> {
        fn drop(&mut self) {
            self.0.open_to_closed().try_commit().unwrap();
        }
    }

    fn block(machine: &DoorMachine) -> Opened<'_> {
        machine.closed_to_open().try_commit().unwrap();
        Opened(machine)
    }

    verbs!(Refused::WrongState { machine: "Door", actual: "Open", .. });
}

#[test]
fn a_handle_does_nothing_by_itself_and_can_be_used_again() {
    let machine = DoorMachine::new();
    let (transition, open, join) =
        (machine.open_to_closed(), machine.in_open(), machine.open_to_closed().or_join());
    let closed = machine.when(|state| state == Door::Closed);
    assert!(!machine.is_in_transition());
    transition.now().unwrap().rollback();
    transition.now().unwrap().rollback();
    drop(open.now().unwrap());
    drop(open.now().unwrap());
    drop(join.now().unwrap());
    drop(join.now().unwrap());
    assert!(closed.clone().now().is_err());
    transition.try_commit().unwrap();
    assert!(closed.now().is_ok());
}

#[test]
fn a_future_is_asked_when_it_is_polled_and_not_before() {
    let machine = DoorMachine::new();
    let task = Task::new(machine.open_to_closed());
    let hold = Task::new(machine.in_open());
    assert!(!machine.is_in_transition());
    machine.open_to_closed().try_commit().unwrap();
    machine.closed_to_open().try_commit().unwrap();
    drop(hold.output());
    task.output().unwrap().commit();
    assert!(machine.is_closed());
}
