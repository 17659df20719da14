use std::{panic::panic_any, sync::mpsc, thread};

use statemachine::{Refused, StateMachine};
use statemachine_tests::polling::Task;

use crate::{Door, DoorMachine, Link, LinkMachine, panic_of, up};

#[test]
fn it_is_exclusive() {
    let door = DoorMachine::new();
    let transition = door.open_to_closed().now().unwrap();
    assert!(matches!(door.open_to_closed().now(), Err(Refused::InTransition { .. })));
    assert!(matches!(door.to_closed().now(), Err(Refused::InTransition { .. })));
    assert!(matches!(door.reset().now(), Err(Refused::InTransition { .. })));
    assert!(matches!(door.in_open().now(), Err(Refused::InTransition { .. })));
    assert!(matches!(door.hold().now(), Err(Refused::InTransition { .. })));
    assert!(matches!(door.open_to_closed().or_join().now(), Err(Refused::InTransition { .. })));
    assert!(matches!(door.in_closed().now(), Err(Refused::WrongState { actual: "Open", .. })));
    transition.commit();
}

#[test]
fn dropping_it_rolls_back() {
    let link = up("data");
    drop(link.up_to_over().now().unwrap());
    assert!(!link.is_in_transition());
    assert_eq!(*link.in_up().now().unwrap(), "data");
    link.up_to_over().now().unwrap().rollback();
    assert_eq!(link.into_state(), Link::Up("data".to_owned()));
}

#[test]
fn it_shows_what_is_left() {
    let link = up("data");
    let transition = link.up_to_down().now().unwrap();
    assert_eq!(transition.view(), "data");
    assert_eq!(transition.commit(), "data");
    assert!(link.is_down());
}

#[test]
fn commit_gives_the_old_data_to_the_caller() {
    let link = up("old");
    let old: String = link.up_to_up().now().unwrap().commit_with("new".to_owned());
    assert_eq!(old, "old");
    assert_eq!(link.into_state(), Link::Up("new".to_owned()));
}

#[test]
fn enter_commits_and_holds_in_one_step() {
    let link = LinkMachine::new();
    let mut waiting = Task::waiting(link.up_to_over());
    let up = link.down_to_up().now().unwrap().enter_with("data".to_owned());
    assert_eq!(*up, "data");
    assert!(!link.is_in_transition());
    assert!(waiting.poll().is_none(), "nobody slips in between");
    assert!(matches!(link.up_to_over().now(), Err(Refused::InUse { holders: 1, .. })));
    drop(up);
    let over = waiting.output().unwrap().enter();
    assert!(link.is_over());
    drop(over);
}

#[test]
fn run_commits_what_the_work_makes() {
    let link = up("5");
    let old = link.up_to_up().now().unwrap().run(|text| {
        let number: u32 = text.parse()?;
        Ok::<_, std::num::ParseIntError>((number + 1).to_string())
    });
    assert_eq!(old.unwrap(), "5");
    assert_eq!(*link.in_up().now().unwrap(), "6");
}

#[test]
fn run_rolls_back_where_the_work_fails_or_panics() {
    let link = up("data");
    assert_eq!(link.up_to_up().now().unwrap().run(|_| Err("failed")), Err("failed"));
    assert!(!link.is_in_transition());
    let transition = link.up_to_up().now().unwrap();
    assert_eq!(panic_of(|| transition.run::<()>(|_| panic!("work"))), "work");
    assert!(!link.is_in_transition());
    assert_eq!(*link.in_up().now().unwrap(), "data");
    assert!(link.up_to_down().try_commit().is_ok(), "no poisoning");
}

#[test]
fn a_panic_of_the_caller_rolls_back() {
    let link = up("data");
    let text = panic_of(|| {
        let _transition = link.up_to_over().now().unwrap();
        panic_any("caller");
    });
    assert_eq!(text, "caller");
    assert!(!link.is_in_transition());
    assert_eq!(link.into_state(), Link::Up("data".to_owned()));
}

#[test]
fn perform_runs_the_registered_action_or_rolls_back() {
    let link = LinkMachine::new();
    let id = link.down_to_up().action(|()| Err::<String, _>("no"));
    assert!(matches!(link.down_to_up().now().unwrap().perform(), Err(Refused::Vetoed { .. })));
    assert!(link.is_down() && !link.is_in_transition());
    link.remove_handler(id);
    link.down_to_up().action(|()| Ok::<_, String>("made".to_owned()));
    link.down_to_up().now().unwrap().perform().unwrap();
    assert_eq!(*link.in_up().now().unwrap(), "made");
}

#[test]
fn it_may_be_ended_on_another_thread() {
    let link = up("data");
    let transition = link.up_to_down().now().unwrap();
    let back = thread::scope(|scope| scope.spawn(|| transition.commit()).join().unwrap());
    assert_eq!(back, "data");
    let transition = link.down_to_up().now().unwrap();
    thread::scope(|scope| scope.spawn(|| drop(transition)).join().unwrap());
    assert!(link.is_down() && !link.is_in_transition());
}

#[test]
fn it_may_live_across_an_await() {
    let door = DoorMachine::new();
    pollster::block_on(async {
        let transition = door.open_to_closed().await.unwrap();
        std::future::ready(()).await;
        transition.commit();
    });
    assert!(door.is_closed());
}

/// Data whose `Drop` looks at the machine that it was in.
#[derive(StateMachine)]
enum Watched {
    #[state(to(Empty, Full))]
    Full(LooksBack),
    #[state(to(Full))]
    Empty,
}

struct LooksBack {
    machine: &'static WatchedMachine,
    seen: mpsc::Sender<(WatchedKind, bool, bool)>,
}

impl Drop for LooksBack {
    fn drop(&mut self) {
        let is_in_transition = self.machine.is_in_transition();
        // Needs the queue's mutex to find that there is nothing to be had.
        let can_begin = self.machine.to_full().within(crate::SHORT).is_ok();
        let _ = self.seen.send((self.machine.state(), is_in_transition, can_begin));
    }
}

#[test]
fn old_data_is_dropped_outside_the_machine() {
    let machine: &WatchedMachine = Box::leak(Box::new(WatchedMachine::from_state(Watched::Empty)));
    let (seen, looks) = mpsc::channel();
    let data = || LooksBack { machine, seen: seen.clone() };
    machine.empty_to_full().try_commit_with(data()).unwrap();

    drop(machine.full_to_empty().now().unwrap().enter());
    assert_eq!(looks.recv().unwrap(), (WatchedKind::Empty, false, false), "it is held");

    machine.empty_to_full().try_commit_with(data()).unwrap();
    drop(machine.full_to_empty().try_commit());
    assert_eq!(looks.recv().unwrap(), (WatchedKind::Empty, false, true));

    machine.empty_to_full().try_commit_with(data()).unwrap();
    drop(machine.full_to_full().try_commit_with(data()));
    assert_eq!(looks.recv().unwrap(), (WatchedKind::Full, false, true));

    drop(machine.to_full().now().unwrap().enter_with(data()));
    assert_eq!(looks.recv().unwrap(), (WatchedKind::Full, false, false), "it is held");
    drop(machine.full_to_empty().try_commit());
    assert_eq!(looks.try_iter().count(), 1);
}

#[derive(StateMachine)]
enum Bomb {
    #[state(to(Gone, Armed))]
    Armed(Explodes),
    #[state(to(Armed))]
    Gone,
}

struct Explodes;

impl Drop for Explodes {
    fn drop(&mut self) {
        if !thread::panicking() {
            panic!("drop");
        }
    }
}

#[test]
fn a_panic_in_the_drop_of_old_data_leaves_a_working_machine() {
    let bomb = BombMachine::new(Explodes);
    assert_eq!(panic_of(|| drop(bomb.armed_to_gone().now().unwrap().enter())), "drop");
    assert!(bomb.is_gone() && !bomb.is_in_transition());
    assert!(bomb.gone_to_armed().try_commit_with(Explodes).is_ok(), "the hold was let go of");

    assert_eq!(
        panic_of(|| drop(bomb.armed_to_armed().now().unwrap().commit_with(Explodes))),
        "drop"
    );
    assert_eq!(panic_of(|| drop(bomb.armed_to_gone().try_commit())), "drop");
    assert!(bomb.is_gone() && !bomb.is_in_transition());
    assert!(bomb.hold().now().is_ok());
    assert!(bomb.gone_to_armed().now().is_ok());
}

#[test]
fn a_forgotten_transition_leaks_the_right_and_nothing_else() {
    let link = up("data");
    std::mem::forget(link.up_to_down().now().unwrap());
    assert!(link.is_in_transition());
    assert!(matches!(link.in_up().now(), Err(Refused::InTransition { .. })));
    assert!(matches!(link.up_to_down().within(crate::SHORT), Err(Refused::TimedOut { .. })));
    assert_eq!(link.into_state(), Link::Up("data".to_owned()));
}

#[test]
fn two_machines_may_be_in_transition_at_once() {
    let (left, right) = (DoorMachine::new(), DoorMachine::new());
    let (closing_left, closing_right) =
        (left.open_to_closed().now().unwrap(), right.open_to_closed().now().unwrap());
    closing_left.commit();
    closing_right.rollback();
    assert_eq!((left.state(), right.state()), (Door::Closed, Door::Open));
}

/// A machine as the data of another machine's state.
#[derive(StateMachine)]
enum Outer {
    #[state(to(With))]
    Without,
    #[state(to(Without))]
    With(Box<DoorMachine>),
}

#[test]
fn machines_may_be_nested() {
    let outer = OuterMachine::new();
    let held = outer.without_to_with().now().unwrap().enter_with(Box::default());
    let inner = held.open_to_closed().now().unwrap();
    assert!(held.is_in_transition() && !outer.is_in_transition());
    inner.commit();
    drop(held);
    let leaving = outer.with_to_without().now().unwrap();
    let inner_held = leaving.view().in_closed().now().unwrap();
    assert!(leaving.view().closed_to_open().try_commit().is_err());
    drop(inner_held);
    assert!(leaving.commit().is_closed());
}
