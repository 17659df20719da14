use statemachine::{Any, Machine, Refused, State, StateMachine};
use statemachine_tests::polling::Task;

use crate::{Door, DoorMachine, Link, LinkKind, LinkMachine, door, link, panic_of, up};

#[test]
fn a_machine_of_unit_states_is_16_bytes() {
    assert_eq!(size_of::<DoorMachine>(), 16);
    assert_eq!(size_of::<Machine<Door>>(), 16);
}

#[test]
fn a_transition_under_way_shows_the_source_state() {
    let door = DoorMachine::new();
    assert!(!door.is_in_transition());
    let transition = door.open_to_closed().now().unwrap();
    assert!(door.is_in_transition());
    assert_eq!(door.state(), Door::Open);
    assert!(door.is_open() && !door.is_closed());
    transition.commit();
    assert!(!door.is_in_transition());
    assert_eq!(door.state(), Door::Closed);
}

#[test]
fn the_generic_spellings_do_what_the_named_ones_do() {
    let machine = LinkMachine::new();
    machine.transition::<link::Down, link::Up>().try_commit_with("data".to_owned()).unwrap();
    assert_eq!(*machine.in_state::<link::Up>().now().unwrap(), "data");
    assert!(machine.in_state::<link::Down>().now().is_err());
    assert!(machine.transition::<link::Down, link::Over>().try_commit().is_err());
    assert!(machine.in_state::<Any<Link>>().now().is_ok());
}

#[test]
fn hold_holds_whatever_state_the_machine_is_in() {
    for make in [|| Link::Down, || Link::Up("data".to_owned()), || Link::Over] {
        let machine = LinkMachine::from_state(make());
        let held = machine.hold().now().unwrap();
        assert_eq!(*held, make());
        assert_eq!(*held.view(), make());
        assert_eq!(*held.clone(), make());
        assert!(machine.to_over().now().is_err());
    }
}

#[test]
fn hold_is_refused_and_waits_during_a_transition() {
    let door = DoorMachine::new();
    let transition = door.open_to_closed().now().unwrap();
    assert!(matches!(door.hold().now(), Err(Refused::InTransition { machine: "Door", .. })));
    let mut hold = Task::waiting(door.hold());
    transition.commit();
    assert_eq!(hold.wakes(), 1);
    assert_eq!(*hold.poll().unwrap().unwrap(), Door::Closed);
}

#[test]
fn when_gives_the_kind_and_holds_nothing() {
    let machine = up("data");
    assert_eq!(machine.when(|kind| kind != LinkKind::Down).now().unwrap(), LinkKind::Up);
    machine.up_to_over().try_commit().unwrap();
    let refused = machine.when(|kind| kind == LinkKind::Up).now().unwrap_err();
    assert!(matches!(refused, Refused::WrongState { machine: "Link", actual: "Over", .. }));
}

#[test]
fn when_is_content_beside_a_transition_and_a_holder() {
    let door = DoorMachine::new();
    let transition = door.open_to_closed().now().unwrap();
    assert_eq!(door.when(|kind| kind == Door::Open).now().unwrap(), Door::Open);
    let held = transition.enter();
    assert_eq!(door.when(|kind| kind == Door::Closed).now().unwrap(), Door::Closed);
    drop(held);
}

#[test]
fn when_waits_for_any_state_that_the_predicate_likes() {
    let door = DoorMachine::new();
    let mut wait = Task::waiting(door.when(|kind| kind == Door::Locked));
    door.open_to_closed().try_commit().unwrap();
    assert_eq!(wait.wakes(), 0);
    door.closed_to_locked().try_commit().unwrap();
    assert_eq!(wait.wakes(), 1);
    // It was entered while the task waited, be it left again or not.
    door.locked_to_closed().try_commit().unwrap();
    assert_eq!(wait.poll().unwrap().unwrap(), Door::Locked);
}

#[test]
fn when_nothing_is_liked_waiting_is_in_vain() {
    let door = DoorMachine::new();
    let refused = door.when(|_| false).within(crate::LONG).unwrap_err();
    assert!(matches!(refused, Refused::Unreachable { .. }), "{refused:?}");
}

#[test]
fn a_predicate_may_change_what_it_captures() {
    let door = DoorMachine::new();
    let mut asked = Vec::new();
    let seen = door.when(|kind| {
        asked.push(kind);
        true
    });
    assert_eq!(seen.now().unwrap(), Door::Open);
    assert!(asked.contains(&Door::Open));
}

#[test]
fn a_predicate_that_panics_leaves_a_working_machine() {
    let door = DoorMachine::new();
    assert_eq!(panic_of(|| door.when(|_| panic!("predicate")).within(crate::LONG)), "predicate");
    assert!(door.open_to_closed().try_commit().is_ok());
    assert!(door.hold().now().is_ok());
}

#[test]
fn the_enum_describes_itself() {
    assert_eq!(Link::NAME, "Link");
    assert_eq!(Link::STATES, ["Down", "Up", "Over"]);
    let transitions =
        [("Down", "Up"), ("Down", "Over"), ("Up", "Down"), ("Up", "Up"), ("Up", "Over")];
    assert_eq!(Link::TRANSITIONS, transitions);
}

#[test]
fn a_states_type_describes_it() {
    assert_eq!(<link::Up as State>::NAME, "Up");
    let owned: <link::Up as State>::Data = String::from("owned");
    let view: <link::Up as State>::View<'_> = &owned;
    assert_eq!(view, "owned");
    let _: <door::Open as State>::Data = ();
    let any: <Any<Door> as State>::Data = Door::Open;
    let view: <Any<Door> as State>::View<'_> = &any;
    assert_eq!(*view, Door::Open);
}

/// More states than a word of bits, or two, hold.
mod many {
    use statemachine::StateMachine;

    macro_rules! ring {
        ($($state:ident to $next:ident),* $(,)?) => {
            #[derive(StateMachine, Debug, Clone, Copy, PartialEq, Eq)]
            pub(super) enum Ring {
                $(#[state(to($next))] $state),*
            }
        };
    }

    ring! {
        S00 to S01, S01 to S02, S02 to S03, S03 to S04, S04 to S05, S05 to S06, S06 to S07,
        S07 to S08, S08 to S09, S09 to S10, S10 to S11, S11 to S12, S12 to S13, S13 to S14,
        S14 to S15, S15 to S16, S16 to S17, S17 to S18, S18 to S19, S19 to S20, S20 to S21,
        S21 to S22, S22 to S23, S23 to S24, S24 to S25, S25 to S26, S26 to S27, S27 to S28,
        S28 to S29, S29 to S30, S30 to S31, S31 to S32, S32 to S33, S33 to S34, S34 to S35,
        S35 to S36, S36 to S37, S37 to S38, S38 to S39, S39 to S40, S40 to S41, S41 to S42,
        S42 to S43, S43 to S44, S44 to S45, S45 to S46, S46 to S47, S47 to S48, S48 to S49,
        S49 to S50, S50 to S51, S51 to S52, S52 to S53, S53 to S54, S54 to S55, S55 to S56,
        S56 to S57, S57 to S58, S58 to S59, S59 to S60, S60 to S61, S61 to S62, S62 to S63,
        S63 to S64, S64 to S65, S65 to S66, S66 to S67, S67 to S68, S68 to S00,
    }
}

#[test]
fn a_machine_may_have_more_states_than_a_word_has_bits() {
    use many::{Ring, RingMachine};
    let ring = RingMachine::from_state(Ring::S63);
    let mut last = Task::waiting(ring.when(|state| state == Ring::S68));
    let mut first = Task::waiting(ring.in_s00());
    ring.to_s64().try_commit().unwrap();
    ring.to_s65().try_commit().unwrap();
    ring.to_s66().try_commit().unwrap();
    ring.to_s67().try_commit().unwrap();
    assert_eq!(last.wakes(), 0);
    assert_eq!(ring.to_s68().try_commit().unwrap(), Ring::S67);
    assert_eq!(last.poll().unwrap().unwrap(), Ring::S68);
    assert_eq!(ring.to_s00().try_commit().unwrap(), Ring::S68);
    assert!(first.poll().unwrap().is_ok());
    assert_eq!(ring.state(), Ring::S00);
}
