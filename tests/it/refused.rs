use std::error::Error;

use statemachine::{Refused, RefusedWith, StateMachine};
use statemachine_tests::polling::Task;

use crate::{DoorMachine, LONG, Link, LinkKind, LinkMachine, SHORT, up};

#[test]
fn it_is_an_error_that_can_be_passed_between_threads() {
    fn is_error<E: Error + Send + Sync + 'static>(_: &E) {}
    let refused = DoorMachine::new().closed_to_open().try_commit().unwrap_err();
    is_error(&refused);
    assert!(refused.source().is_none());
    let boxed: Box<dyn Error + Send + Sync> = refused.into();
    assert_eq!(boxed.to_string(), "Door is Open, not Closed");
}

#[test]
fn wrong_state_names_what_was_expected_and_what_is() {
    let link = LinkMachine::from_state(Link::Over);
    let refused = link.in_up().now().unwrap_err();
    assert!(matches!(
        refused,
        Refused::WrongState { machine: "Link", expected: &["Up"], actual: "Over", .. }
    ));
    assert_eq!(refused.to_string(), "Link is Over, not Up");
    let refused = link.to_over().now().unwrap_err();
    assert!(matches!(refused, Refused::WrongState { expected: &["Down", "Up"], .. }));
    assert_eq!(refused.to_string(), "Link is Over, not Down or Up");
}

#[test]
fn in_transition_names_the_machine() {
    let door = DoorMachine::new();
    let transition = door.open_to_closed().now().unwrap();
    let refused = door.open_to_closed().now().unwrap_err();
    assert!(matches!(refused, Refused::InTransition { machine: "Door", .. }));
    assert_eq!(refused.to_string(), "another transition of Door is under way");
    transition.rollback();
}

#[test]
fn in_use_counts_the_holders() {
    let door = DoorMachine::new();
    let first = door.in_open().now().unwrap();
    assert_eq!(
        door.open_to_closed().now().unwrap_err().to_string(),
        "Door is held in Open by 1 holder"
    );
    let second = first.clone();
    assert_eq!(
        door.open_to_closed().now().unwrap_err().to_string(),
        "Door is held in Open by 2 holders"
    );
    drop((first, second));
}

#[test]
fn timed_out_says_how_long_and_where_the_machine_was() {
    let refused = DoorMachine::new().in_locked().within(SHORT).unwrap_err();
    let Refused::TimedOut { machine: "Door", waited, actual: "Open", .. } = refused else {
        panic!("{refused:?}");
    };
    assert!(waited >= SHORT && waited < LONG);
    // To one digit behind the point: nobody reads nanoseconds.
    assert_eq!(refused.to_string(), format!("timed out after {waited:.1?}; Door is Open"));
}

#[test]
fn unreachable_is_said_at_once_to_who_begins_to_wait() {
    let link = LinkMachine::from_state(Link::Over);
    let refused = link.in_up().within(LONG).unwrap_err();
    assert!(matches!(
        refused,
        Refused::Unreachable { machine: "Link", expected: &["Up"], actual: "Over", .. }
    ));
    assert_eq!(refused.to_string(), "Link is Over, from where Up cannot be reached");
    assert!(matches!(link.up_to_down().within(LONG), Err(Refused::Unreachable { .. })));
    assert!(matches!(link.to_up().or_join().within(LONG), Err(Refused::Unreachable { .. })));
    let refused = link.when(|kind| kind != LinkKind::Over).within(LONG).unwrap_err();
    assert!(matches!(refused, Refused::Unreachable { actual: "Over", .. }));
    assert!(matches!(Task::new(link.in_down()).output(), Err(Refused::Unreachable { .. })));
    // To try is not to wait.
    assert!(matches!(link.in_up().now(), Err(Refused::WrongState { .. })));
    assert!(link.to_over().or_join().within(LONG).is_ok());
}

#[test]
fn unreachable_is_said_at_once_to_who_waits() {
    let link = up("data");
    let held = link.in_up().now().unwrap();
    let down = Task::waiting(link.in_down());
    let transition = Task::waiting(link.up_to_down());
    let to_up = Task::waiting(link.to_up());
    let when = Task::waiting(link.when(|kind| kind == LinkKind::Down));
    let join = Task::waiting(link.down_to_up().or_join());
    let over = Task::waiting(link.in_over());
    held.to::<crate::link::Over>().now().unwrap().commit();
    for wakes in [down.wakes(), transition.wakes(), to_up.wakes(), when.wakes(), join.wakes()] {
        assert_eq!(wakes, 1);
    }
    assert!(matches!(
        down.output(),
        Err(Refused::Unreachable { machine: "Link", expected: &["Down"], actual: "Over", .. })
    ));
    assert!(matches!(transition.output(), Err(Refused::Unreachable { expected: &["Up"], .. })));
    assert!(matches!(to_up.output(), Err(Refused::Unreachable { expected: &["Down", "Up"], .. })));
    assert!(matches!(when.output(), Err(Refused::Unreachable { .. })));
    assert!(matches!(join.output(), Err(Refused::Unreachable { .. })));
    assert!(over.output().is_ok());
}

#[test]
fn a_veto_carries_what_the_handler_said() {
    let door = DoorMachine::new();
    door.open_to_closed().before(|()| "x".parse::<u8>().map(drop));
    let refused = door.open_to_closed().now().unwrap_err();
    assert!(matches!(refused, Refused::Vetoed { machine: "Door", .. }));
    let source = refused.source().expect("the handler's error");
    assert!(source.is::<std::num::ParseIntError>());
}

#[test]
fn refused_with_is_an_error_whatever_comes_back() {
    struct NotDebug;
    #[derive(StateMachine)]
    enum Shelf {
        #[state(to(Taken))]
        Free,
        #[state(to(Free, Taken))]
        Taken(NotDebug),
    }
    fn is_error<E: Error>(_: &E) {}
    let with: RefusedWith<NotDebug> =
        ShelfMachine::new().taken_to_taken().try_commit_with(NotDebug).map(drop).unwrap_err();
    is_error(&with);
    assert_eq!(with.to_string(), "Shelf is Free, not Taken");
    assert!(format!("{with:?}").contains("WrongState"));
    let NotDebug = with.into_data();
}

#[test]
fn refused_with_shows_the_source_of_a_veto() {
    let link = LinkMachine::new();
    link.down_to_up().before(|()| Err("no"));
    let refused = link.down_to_up().try_commit_with("data".to_owned()).unwrap_err();
    assert_eq!(refused.source().expect("the handler's error").to_string(), "no");
}
