//! Who is woken, how often, and by what: tasks with wakers that count.

use std::{
    future::{Future, IntoFuture},
    sync::{Arc, Mutex},
    task::{Context, Wake, Waker},
};

use statemachine::{InTransition, Interrupt, Refused, StateMachine};
use statemachine_tests::polling::{Task, Wakes, poll_with};

#[derive(StateMachine, Debug, Clone, Copy, PartialEq, Eq)]
#[machine(states = light)]
enum Light {
    #[state(initial, to(Green, Broken))]
    Red,
    #[state(to(Yellow, Green))]
    Green,
    #[state(to(Red, Broken))]
    Yellow,
    #[state(terminal)]
    Broken,
}

/// Once round, by all the ways to commit.
fn go_round(light: &LightMachine) {
    light.red_to_green().try_commit().unwrap();
    light.green_to_green().try_commit().unwrap();
    light.green_to_green().now().unwrap().rollback();
    light.green_to_yellow().now().unwrap().commit();
    drop(light.to_red().now().unwrap().enter());
}

fn total<F: Future>(tasks: &[Task<F>]) -> usize {
    tasks.iter().map(Task::wakes).sum()
}

#[test]
fn who_does_not_care_is_polled_once_and_never_woken() {
    let light = LightMachine::new();
    let broken: Vec<_> = (0..100).map(|_| Task::waiting(light.in_broken())).collect();
    let watching: Vec<_> =
        (0..100).map(|_| Task::waiting(light.when(|state| state == Light::Broken))).collect();
    for _ in 0..10 {
        go_round(&light);
    }
    assert_eq!((total(&broken), total(&watching)), (0, 0));
    light.to_broken().try_commit().unwrap();
    assert_eq!((total(&broken), total(&watching)), (100, 100));
    assert!(broken.into_iter().all(|task| task.output().is_ok()));
    assert!(watching.into_iter().all(|task| task.output().is_ok()));
}

#[test]
fn of_many_who_want_the_same_transition_one_is_woken_a_commit() {
    let light = LightMachine::new();
    let mut waiting: Vec<_> = (0..50).map(|_| Task::waiting(light.green_to_yellow())).collect();
    for round in 0..50 {
        assert_eq!(total(&waiting), 0, "round {round}");
        light.red_to_green().try_commit().unwrap();
        assert_eq!(total(&waiting), 1, "round {round}");
        assert_eq!(waiting[0].wakes(), 1, "in order of arrival");
        waiting.remove(0).output().unwrap().commit();
        light.yellow_to_red().try_commit().unwrap();
    }
}

#[test]
fn of_many_who_want_the_same_transition_one_is_woken_a_rollback() {
    let light = LightMachine::new();
    let mut right = light.red_to_green().now().unwrap();
    let mut waiting: Vec<_> = (0..50).map(|_| Task::waiting(light.red_to_green())).collect();
    while !waiting.is_empty() {
        right.rollback();
        assert_eq!(total(&waiting), 1);
        right = waiting.remove(0).output().unwrap();
    }
    right.commit();
}

#[test]
fn all_who_want_to_hold_are_woken_at_once() {
    let light = LightMachine::new();
    let green: Vec<_> = (0..50).map(|_| Task::waiting(light.in_green())).collect();
    let yellow: Vec<_> = (0..50).map(|_| Task::waiting(light.in_yellow())).collect();
    light.red_to_green().try_commit().unwrap();
    assert!(green.iter().all(|task| task.wakes() == 1));
    assert_eq!(total(&yellow), 0);
    let held: Vec<_> = green.into_iter().map(|task| task.output().unwrap()).collect();
    assert!(matches!(light.green_to_yellow().now(), Err(Refused::InUse { holders: 50, .. })));
    drop(held);
    light.green_to_yellow().try_commit().unwrap();
    assert!(yellow.iter().all(|task| task.wakes() == 1));
}

#[test]
fn all_who_are_woken_at_once_are_woken_in_order_of_arrival() {
    struct Says(usize, Arc<Mutex<Vec<usize>>>);
    impl Wake for Says {
        fn wake(self: Arc<Self>) {
            self.1.lock().unwrap().push(self.0);
        }
    }
    let (light, woken) = (LightMachine::new(), Arc::new(Mutex::new(Vec::new())));
    let mut waits: Vec<_> = (0..10).map(|_| light.in_green().into_future()).collect();
    for (number, wait) in waits.iter_mut().enumerate() {
        let waker = Waker::from(Arc::new(Says(number, Arc::clone(&woken))));
        assert!(poll_with(wait, &waker).is_none());
    }
    light.red_to_green().try_commit().unwrap();
    assert_eq!(*woken.lock().unwrap(), Vec::from_iter(0..10));
}

#[test]
fn those_who_hold_are_woken_up_to_the_next_who_wants_to_leave() {
    let light = LightMachine::new();
    let early: Vec<_> = (0..3).map(|_| Task::waiting(light.in_green())).collect();
    let leaving = Task::waiting(light.green_to_yellow());
    let late: Vec<_> = (0..3).map(|_| Task::waiting(light.in_green())).collect();
    light.red_to_green().try_commit().unwrap();
    assert_eq!((total(&early), leaving.wakes(), total(&late)), (3, 0, 0));
    for task in early {
        assert_eq!(leaving.wakes(), 0);
        drop(task.output());
    }
    assert_eq!((leaving.wakes(), total(&late)), (1, 0));
    leaving.output().unwrap().rollback();
    assert_eq!(total(&late), 3);
}

#[test]
fn the_hopeless_are_woken_once_and_told() {
    let light = LightMachine::new();
    let hopeless: Vec<_> = (0..20).map(|_| Task::waiting(light.in_green())).collect();
    let leaving: Vec<_> = (0..20).map(|_| Task::waiting(light.yellow_to_red())).collect();
    let hopeful: Vec<_> = (0..20).map(|_| Task::waiting(light.in_broken())).collect();
    light.red_to_broken().try_commit().unwrap();
    assert_eq!((total(&hopeless), total(&leaving), total(&hopeful)), (20, 20, 20));
    let is_told = |refused| matches!(refused, Refused::Unreachable { actual: "Broken", .. });
    assert!(hopeless.into_iter().all(|task| is_told(task.output().unwrap_err())));
    assert!(leaving.into_iter().all(|task| is_told(task.output().unwrap_err())));
    assert!(hopeful.into_iter().all(|task| task.output().is_ok()));
}

#[test]
fn who_was_given_the_right_keeps_it_until_polled() {
    let light = LightMachine::new();
    let first = Task::waiting(light.green_to_yellow());
    let second = Task::waiting(light.in_green());
    light.red_to_green().try_commit().unwrap();
    assert!(light.is_in_transition(), "it is the first one's, polled or not");
    assert!(light.green_to_green().now().is_err());
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
    first.output().unwrap().commit();
    assert_eq!(second.wakes(), 0);
}

#[test]
fn who_gives_up_wakes_only_those_who_can_go_on() {
    let light = LightMachine::new();
    let held = light.in_red().now().unwrap();
    let leaving = Task::waiting(light.red_to_green());
    let behind: Vec<_> = (0..3).map(|_| Task::waiting(light.in_red())).collect();
    let also_leaving = Task::waiting(light.red_to_broken());
    let elsewhere = Task::waiting(light.in_yellow());
    drop(leaving);
    assert_eq!((total(&behind), also_leaving.wakes(), elsewhere.wakes()), (3, 0, 0));
    drop(behind);
    assert_eq!(also_leaving.wakes(), 0);
    drop(held);
    assert_eq!(also_leaving.wakes(), 1);
}

#[test]
fn the_waker_of_the_last_poll_is_the_one_that_is_woken() {
    let light = LightMachine::new();
    let (old, new) = (Arc::<Wakes>::default(), Arc::<Wakes>::default());
    let mut wait = light.in_green().into_future();
    assert!(poll_with(&mut wait, &Arc::clone(&old).into()).is_none());
    assert!(poll_with(&mut wait, &Arc::clone(&new).into()).is_none());
    assert_eq!(Arc::strong_count(&old), 1, "the old one is let go of");
    light.red_to_green().try_commit().unwrap();
    assert_eq!((old.count(), new.count()), (0, 1));
    assert_eq!(Arc::strong_count(&new), 1);
    assert!(poll_with(&mut wait, Waker::noop()).unwrap().is_ok());
}

#[test]
fn an_interrupt_wakes_through_the_waker_of_the_last_poll() {
    let (light, interrupt) = (LightMachine::new(), Interrupt::new());
    let (old, new) = (Arc::<Wakes>::default(), Arc::<Wakes>::default());
    let mut wait = light.in_green().interruptible(&interrupt).into_future();
    assert!(poll_with(&mut wait, &Arc::clone(&old).into()).is_none());
    assert!(poll_with(&mut wait, &Arc::clone(&new).into()).is_none());
    assert_eq!(Arc::strong_count(&old), 1, "the old one is let go of");
    interrupt.interrupt();
    assert_eq!((old.count(), new.count()), (0, 1));
    assert!(poll_with(&mut wait, Waker::noop()).unwrap().is_err());
}

#[test]
fn a_wait_that_is_over_lets_go_of_its_waker() {
    let (light, interrupt) = (LightMachine::new(), Interrupt::new());
    let wakes = Arc::<Wakes>::default();
    let waker = Waker::from(Arc::clone(&wakes));
    let mut wait = light.in_green().interruptible(&interrupt).into_future();
    assert!(poll_with(&mut wait, &waker).is_none());
    light.red_to_green().try_commit().unwrap();
    assert!(poll_with(&mut wait, &waker).unwrap().is_ok());
    interrupt.interrupt();
    assert_eq!(wakes.count(), 1, "an interrupt that comes late wakes nobody");
    drop(waker);
    assert_eq!(Arc::strong_count(&wakes), 1);

    let waker = Waker::from(Arc::clone(&wakes));
    let mut wait = light.in_yellow().into_future();
    assert!(poll_with(&mut wait, &waker).is_none());
    drop((wait, waker));
    assert_eq!(Arc::strong_count(&wakes), 1);
}

#[test]
fn what_can_be_had_is_had_by_the_first_poll_without_a_waker() {
    let light = LightMachine::new();
    let wakes = Arc::<Wakes>::default();
    let waker = Waker::from(Arc::clone(&wakes));
    let mut wait = light.red_to_green().into_future();
    let right = poll_with(&mut wait, &waker).expect("it can be had").unwrap();
    assert_eq!(Arc::strong_count(&wakes), 2);
    InTransition::commit(right);
    let mut cx = Context::from_waker(&waker);
    assert!(std::pin::pin!(light.in_green().into_future()).poll(&mut cx).is_ready());
    assert_eq!(wakes.count(), 0);
}

#[test]
fn a_poll_for_no_reason_keeps_the_place() {
    let light = LightMachine::new();
    let held = light.in_red().now().unwrap();
    let mut first = Task::waiting(light.red_to_green());
    let second = Task::waiting(light.red_to_broken());
    for _ in 0..3 {
        assert!(first.poll().is_none());
    }
    drop(held);
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
}
