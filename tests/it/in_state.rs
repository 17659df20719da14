use std::{mem, thread};

use statemachine::{InState, Refused};
use statemachine_tests::polling::Task;

use crate::{Door, DoorMachine, LONG, Link, LinkMachine, SHORT, door, link, panic_of, up};

#[test]
fn it_is_shared_and_keeps_the_machine_in_the_state() {
    let door = DoorMachine::new();
    let (first, second) = (door.in_open().now().unwrap(), door.hold().now().unwrap());
    assert!(matches!(
        door.open_to_closed().now(),
        Err(Refused::InUse { machine: "Door", state: "Open", holders: 2, .. })
    ));
    drop(first);
    assert!(matches!(door.reset().now(), Err(Refused::InUse { holders: 1, .. })));
    drop(second);
    assert!(door.open_to_closed().now().is_ok());
}

#[test]
fn it_derefs_to_the_one_unnamed_field() {
    let link = up("data");
    let held = link.in_up().now().unwrap();
    assert_eq!(held.len(), 4);
    assert_eq!(held.view(), "data");
    assert!(std::ptr::eq(&raw const *held, held.view()));
}

#[test]
fn a_clone_is_one_hold_more() {
    let link = up("data");
    let held = link.in_up().now().unwrap();
    let clone = held.clone();
    assert!(matches!(link.up_to_down().now(), Err(Refused::InUse { holders: 2, .. })));
    drop(held);
    assert_eq!(*clone, "data");
    assert!(matches!(link.up_to_down().now(), Err(Refused::InUse { holders: 1, .. })));
    drop(clone);
    assert!(link.up_to_down().now().is_ok());
}

#[test]
fn a_clone_is_had_though_a_transition_waits() {
    let door = DoorMachine::new();
    let held = door.in_open().now().unwrap();
    let mut waiting = Task::waiting(door.open_to_closed());
    let clone = held.clone();
    drop(held);
    assert!(waiting.poll().is_none());
    drop(clone);
    assert!(waiting.output().is_ok());
}

#[test]
fn it_may_be_let_go_of_on_another_thread() {
    let link = up("data");
    let held = link.in_up().now().unwrap();
    let waiting = Task::waiting(link.up_to_down());
    thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(*held, "data");
            drop(held);
        });
    });
    assert_eq!(waiting.output().unwrap().commit(), "data");
}

#[test]
fn to_trades_the_hold_for_the_transition() {
    let link = up("data");
    let transition = link.in_up().now().unwrap().to::<link::Down>().now().unwrap();
    assert!(link.is_in_transition());
    assert_eq!(transition.view(), "data");
    transition.commit();
    assert!(link.is_down());
    let up = link.in_down().now().unwrap().to::<link::Up>().within(LONG).unwrap();
    drop(up.enter_with("new".to_owned()));
    assert_eq!(link.into_state(), Link::Up("new".to_owned()));
}

#[test]
fn nobody_slips_in_between() {
    let door = DoorMachine::new();
    let held = door.in_open().now().unwrap();
    let mut waiting = Task::waiting(door.open_to_closed());
    let transition = held.to::<door::Closed>().now().unwrap();
    assert!(waiting.poll().is_none());
    transition.commit();
    assert!(waiting.poll().is_none());
    assert!(door.is_closed());
}

#[test]
fn a_traded_hold_that_is_rolled_back_is_gone() {
    let door = DoorMachine::new();
    door.in_open().now().unwrap().to::<door::Closed>().now().unwrap().rollback();
    assert!(door.is_open() && !door.is_in_transition());
    assert!(door.open_to_closed().try_commit().is_ok());
}

#[test]
fn refused_the_hold_comes_back() {
    let link = up("data");
    let (mine, other) = (link.in_up().now().unwrap(), link.in_up().now().unwrap());
    let refused = mine.to::<link::Down>().now().unwrap_err();
    assert!(matches!(
        refused.refused,
        Refused::InUse { machine: "Link", state: "Up", holders: 2, .. }
    ));
    let mine: InState<'_, link::Up> = refused.into_data();
    assert_eq!(*mine, "data");

    let refused = mine.to::<link::Down>().within(SHORT).unwrap_err();
    assert!(matches!(refused.refused, Refused::TimedOut { actual: "Up", .. }));
    let mine = refused.into_data();
    assert!(matches!(link.up_to_down().now(), Err(Refused::InUse { holders: 2, .. })));
    drop(other);
    assert_eq!(mine.to::<link::Down>().now().unwrap().commit(), "data");
}

#[test]
fn vetoed_the_hold_comes_back() {
    let link = up("data");
    let id = link.up_to_down().before(|_| Err("no"));
    let refused = link.in_up().now().unwrap().to::<link::Down>().now().unwrap_err();
    assert!(matches!(refused.refused, Refused::Vetoed { .. }));
    assert!(!link.is_in_transition());
    assert!(matches!(link.up_to_over().now(), Err(Refused::InUse { holders: 1, .. })));
    link.remove_handler(id);
    assert!(refused.into_data().to::<link::Down>().now().is_ok());
}

#[test]
fn it_waits_for_the_other_holders_and_shuts_the_door() {
    let door = DoorMachine::new();
    let (mine, other) = (door.in_open().now().unwrap(), door.in_open().now().unwrap());
    let leaving = Task::waiting(mine.to::<door::Closed>());
    assert!(matches!(door.in_open().now(), Err(Refused::InTransition { .. })));
    drop(other);
    assert_eq!(leaving.wakes(), 1);
    leaving.output().unwrap().commit();
    assert!(door.is_closed());
}

#[test]
fn of_two_that_leave_at_once_one_is_refused_and_the_other_proceeds() {
    let door = DoorMachine::new();
    let (first, second) = (door.in_open().now().unwrap(), door.in_open().now().unwrap());
    let first = Task::waiting(first.to::<door::Closed>());
    let refused = Task::new(second.to::<door::Closed>()).output().unwrap_err();
    assert!(matches!(refused.refused, Refused::InUse { holders: 2, .. }));
    assert_eq!(first.wakes(), 0);
    drop(refused);
    assert_eq!(first.wakes(), 1);
    first.output().unwrap().commit();
    assert!(door.is_closed());
}

#[test]
fn two_threads_that_leave_at_once_never_deadlock() {
    let _hang = statemachine_tests::hang::detector("two leave at once");
    for _ in 0..500 {
        let door = DoorMachine::new();
        let (first, second) = (door.in_open().now().unwrap(), door.in_open().now().unwrap());
        let commits: usize = thread::scope(|scope| {
            [first, second]
                .map(|held| {
                    scope.spawn(|| match held.to::<door::Closed>().within(LONG) {
                        Ok(transition) => {
                            transition.commit();
                            1
                        }
                        Err(refused) => {
                            assert!(matches!(refused.refused, Refused::InUse { holders: 2, .. }));
                            0
                        }
                    })
                })
                .map(|thread| thread.join().unwrap())
                .iter()
                .sum()
        });
        assert_eq!(commits, 1);
    }
}

#[test]
fn a_hold_on_leave_that_is_dropped_is_let_go_of() {
    let door = DoorMachine::new();
    let (first, second) = (door.in_open().now().unwrap(), door.in_open().now().unwrap());
    drop(first.to::<door::Closed>());
    assert!(matches!(door.open_to_closed().now(), Err(Refused::InUse { holders: 1, .. })));
    let third = door.in_open().now().unwrap();
    drop(Task::waiting(third.to::<door::Closed>()));
    assert!(door.in_open().now().is_ok(), "the door is open again");
    drop(second);
    assert!(door.open_to_closed().try_commit().is_ok());
}

const MOST_HOLDERS: usize = 262_143;

#[test]
fn more_holders_than_can_be_counted_are_refused() {
    let link = up("data");
    let held = link.in_up().now().unwrap();
    for _ in 1..MOST_HOLDERS {
        mem::forget(held.clone());
    }
    let is_full = |refused: &Refused| {
        matches!(
            refused,
            Refused::InUse { machine: "Link", state: "Up", holders: MOST_HOLDERS, .. }
        )
    };
    for _ in 0..3 {
        assert!(is_full(&link.in_up().now().unwrap_err()));
        assert!(is_full(&link.hold().now().unwrap_err()));
        assert!(is_full(&link.up_to_down().now().unwrap_err()));
        assert!(is_full(&link.to_up().or_join().now().map(drop).unwrap_err()));
        assert!(panic_of(|| held.clone()).contains("too many holders"));
    }
    // Waiting does not help, and must not be worse than a try.
    assert!(is_full(&link.in_up().within(SHORT).unwrap_err()));
    let leaving = held.to::<link::Down>().now().unwrap_err();
    assert!(is_full(&leaving.refused));
    drop(leaving);
    drop(link.in_up().now().expect("one has left"));
    assert_eq!(link.into_state(), Link::Up("data".to_owned()));
}

#[test]
fn who_waits_for_a_state_that_has_become_full_is_told() {
    let door = DoorMachine::new();
    let held = door.in_open().now().unwrap();
    for _ in 2..MOST_HOLDERS {
        mem::forget(held.clone());
    }
    // Both queue behind a transition that waits; when it gives up there is room for one.
    let leaving = Task::waiting(door.open_to_closed());
    let (first, second) = (Task::waiting(door.in_open()), Task::waiting(door.in_open()));
    drop(leaving);
    assert_eq!((first.wakes(), second.wakes()), (1, 1));
    let first = first.output();
    assert!(first.is_ok());
    assert!(matches!(second.output(), Err(Refused::InUse { holders: MOST_HOLDERS, .. })));
}

#[test]
fn a_forgotten_hold_keeps_the_machine_in_the_state() {
    let link = up("data");
    mem::forget(link.in_up().now().unwrap());
    assert!(matches!(link.up_to_down().within(SHORT), Err(Refused::TimedOut { .. })));
    assert_eq!(*link.in_up().now().unwrap(), "data");
    assert_eq!(link.into_state(), Link::Up("data".to_owned()));
}

#[test]
fn a_hold_on_any_state_can_be_had_in_every_state() {
    let link = LinkMachine::new();
    assert_eq!(*link.hold().now().unwrap(), Link::Down);
    link.down_to_up().try_commit_with("data".to_owned()).unwrap();
    let held = link.hold().now().unwrap();
    assert_eq!(*held, Link::Up("data".to_owned()));
    let beside = link.in_up().now().unwrap();
    drop(held);
    drop(beside);
    link.up_to_over().try_commit().unwrap();
    assert_eq!(*link.hold().now().unwrap(), Link::Over);
    assert_eq!(Door::Open, *DoorMachine::new().hold().now().unwrap());
}
