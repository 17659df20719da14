use std::{cell::Cell, time::Duration};

use statemachine::{Joined, Refused};
use statemachine_tests::polling::Task;

use crate::{Door, DoorMachine, LONG, Link, LinkMachine, SHORT, panic_of, up};

#[test]
fn commit_begins_and_commits_in_one_step() {
    let door = DoorMachine::new();
    assert!(matches!(door.open_to_closed().try_commit(), Ok(())));
    assert_eq!(door.state(), Door::Closed);
    assert!(matches!(
        door.open_to_closed().try_commit(),
        Err(Refused::WrongState { machine: "Door", expected: &["Open"], actual: "Closed", .. })
    ));
}

#[test]
fn commit_gives_back_what_was_left() {
    assert_eq!(up("data").up_to_down().try_commit().unwrap(), "data");
    assert_eq!(up("data").to_over().try_commit().unwrap(), Link::Up("data".to_owned()));
}

#[test]
fn commit_is_refused_beside_a_holder_and_a_transition() {
    let door = DoorMachine::new();
    let held = door.in_open().now().unwrap();
    assert!(matches!(
        door.open_to_closed().try_commit(),
        Err(Refused::InUse { machine: "Door", state: "Open", holders: 1, .. })
    ));
    drop(held);
    let transition = door.open_to_closed().now().unwrap();
    assert!(matches!(
        door.open_to_closed().try_commit(),
        Err(Refused::InTransition { machine: "Door", .. })
    ));
    assert!(matches!(door.to_closed().try_commit(), Err(Refused::InTransition { .. })));
    drop(transition);
}

#[test]
fn refused_the_data_comes_back() {
    let link = up("first");
    let refused = link.down_to_up().try_commit_with("second".to_owned()).unwrap_err();
    assert!(matches!(
        refused.refused,
        Refused::WrongState { expected: &["Down"], actual: "Up", .. }
    ));
    assert_eq!(refused.data, "second");

    link.up_to_up().before(|_| Err("no"));
    let refused = link.up_to_up().try_commit_with("third".to_owned()).unwrap_err();
    assert!(matches!(refused.refused, Refused::Vetoed { .. }));
    assert_eq!(refused.into_data(), "third");
    assert_eq!(link.into_state(), Link::Up("first".to_owned()));
}

#[test]
fn commit_with_takes_the_unit_of_a_state_without_data() {
    let door = DoorMachine::new();
    assert!(matches!(door.open_to_closed().try_commit_with(()), Ok(())));
    assert!(door.is_closed());
}

#[test]
fn perform_runs_the_registered_action() {
    let link = up("data");
    link.up_to_up().action(|data| Ok::<_, std::fmt::Error>(format!("{data}, twice")));
    assert_eq!(link.up_to_up().perform().unwrap(), "data");
    assert_eq!(*link.in_up().now().unwrap(), "data, twice");
}

#[test]
fn perform_just_commits_where_there_is_nothing_to_do() {
    let door = DoorMachine::new();
    door.open_to_closed().perform().unwrap();
    assert!(door.is_closed());
    assert!(matches!(door.open_to_closed().perform(), Err(Refused::WrongState { .. })));
    assert_eq!(door.to_open().perform().unwrap(), Door::Closed);
}

#[test]
fn perform_does_not_wait_for_the_right() {
    let door = DoorMachine::new();
    let held = door.in_open().now().unwrap();
    assert!(matches!(door.open_to_closed().perform(), Err(Refused::InUse { .. })));
    drop(held);
}

#[test]
fn perform_without_an_action_that_makes_the_data_is_refused() {
    let link = LinkMachine::new();
    assert!(matches!(link.down_to_up().perform(), Err(Refused::Vetoed { machine: "Link", .. })));
    assert!(link.is_down() && !link.is_in_transition());
}

#[test]
fn whoever_joins_first_makes_the_transition() {
    let link = LinkMachine::new();
    match link.down_to_up().or_join().now().unwrap() {
        Joined::Mine(transition) => transition.commit_with("mine".to_owned()),
        Joined::There(_) => panic!("nobody has made it"),
    }
    match link.down_to_up().or_join().now().unwrap() {
        Joined::There(up) => assert_eq!(*up, "mine"),
        Joined::Mine(_) => panic!("it is made"),
    }
}

#[test]
fn one_that_joins_enters_with_its_data_or_with_what_is_there() {
    let link = LinkMachine::new();
    let first = link.down_to_up().or_join().now().unwrap().enter_with("first".to_owned());
    let second = link.down_to_up().or_join().now().unwrap().enter_with("second".to_owned());
    assert_eq!((first.as_str(), second.as_str()), ("first", "first"));
    assert_eq!(link.waiting().holders, 2);
}

#[test]
fn a_join_is_content_with_anyones_doing() {
    let link = LinkMachine::new();
    let transition = link.down_to_up().now().unwrap();
    let joined = Task::waiting(link.down_to_up().or_join());
    let also_joined = Task::waiting(link.to_up().or_join());
    transition.commit_with("theirs".to_owned());
    assert_eq!((joined.wakes(), also_joined.wakes()), (1, 1));
    let joined = joined.output().unwrap().enter(|()| Err("run"));
    assert_eq!(*joined.unwrap(), "theirs");
    assert!(matches!(also_joined.output(), Ok(Joined::There(up)) if *up == "theirs"));
}

#[test]
fn a_join_takes_over_from_one_who_rolls_back() {
    let link = LinkMachine::new();
    let transition = link.down_to_up().now().unwrap();
    let first = Task::waiting(link.down_to_up().or_join());
    let second = Task::waiting(link.down_to_up().or_join());
    transition.rollback();
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
    let Ok(Joined::Mine(transition)) = first.output() else { panic!("it is the first one's") };
    let held = transition.enter_with("data".to_owned());
    assert_eq!(second.wakes(), 1);
    assert!(matches!(second.output(), Ok(Joined::There(up)) if *up == *held));
}

#[test]
fn a_join_waits_for_the_holders_of_the_source_to_leave() {
    let door = DoorMachine::new();
    let held = door.in_open().now().unwrap();
    assert!(matches!(door.open_to_closed().or_join().now(), Err(Refused::InUse { .. })));
    let joined = Task::waiting(door.open_to_closed().or_join());
    assert!(matches!(door.in_open().now(), Err(Refused::InTransition { .. })), "the door is shut");
    drop(held);
    assert!(matches!(joined.output(), Ok(Joined::Mine(_))));
}

#[test]
fn a_join_of_a_self_loop_is_there_already() {
    let link = up("data");
    assert!(matches!(link.up_to_up().or_join().now(), Ok(Joined::There(_))));
}

#[test]
fn a_join_from_a_state_that_is_neither_waits() {
    let door = DoorMachine::from_state(Door::Locked);
    assert!(matches!(
        door.closed_to_open().or_join().now(),
        Err(Refused::WrongState { actual: "Locked", .. })
    ));
    let joined = Task::waiting(door.closed_to_open().or_join());
    door.locked_to_closed().try_commit().unwrap();
    assert!(matches!(joined.output(), Ok(Joined::Mine(_))));
}

#[test]
fn the_work_of_a_join_runs_only_where_it_is_ours() {
    let link = LinkMachine::new();
    let runs = Cell::new(0);
    let join = || {
        link.down_to_up().or_join().now().unwrap().enter(|()| {
            runs.set(runs.get() + 1);
            Ok::<_, ()>(format!("run {}", runs.get()))
        })
    };
    let (first, second) = (join().unwrap(), join().unwrap());
    assert_eq!((first.as_str(), second.as_str()), ("run 1", "run 1"));
    assert!(matches!(link.up_to_down().now(), Err(Refused::InUse { holders: 2, .. })));
}

#[test]
fn the_work_of_a_join_that_fails_or_panics_rolls_back() {
    let link = LinkMachine::new();
    let joined = link.down_to_up().or_join().now().unwrap();
    assert_eq!(joined.enter(|()| Err("failed")).unwrap_err(), "failed");
    assert!(link.is_down() && !link.is_in_transition());
    let joined = link.down_to_up().or_join().now().unwrap();
    assert_eq!(panic_of(|| drop(joined.enter::<()>(|()| panic!("work")))), "work");
    assert!(link.is_down() && !link.is_in_transition());
    assert!(link.down_to_up().try_commit_with(String::new()).is_ok());
}

#[test]
fn a_transition_from_any_waits_for_one_of_its_sources() {
    let link = LinkMachine::from_state(Link::Down);
    let held = link.in_down().now().unwrap();
    let to_over = Task::waiting(link.to_over());
    drop(held);
    let transition = to_over.output().unwrap();
    assert_eq!(*transition.view(), Link::Down);
    assert_eq!(transition.commit(), Link::Down);

    let refused = link.to_over().within(LONG).unwrap_err();
    assert!(
        matches!(refused, Refused::Unreachable { expected: &["Down", "Up"], actual: "Over", .. }),
        "{refused:?}"
    );
}

#[test]
fn a_wait_without_end_is_possible_but_not_without_saying_so() {
    let door = DoorMachine::new();
    let held = door.in_open().now().unwrap();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| door.open_to_closed().within(Duration::MAX).unwrap().commit());
        std::thread::sleep(SHORT);
        drop(held);
        waiter.join().unwrap();
    });
    assert!(door.is_closed());
}
