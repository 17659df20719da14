use std::{
    collections::{BTreeSet, HashSet},
    fmt::Debug,
    hash::Hash,
    str::FromStr,
};

use statemachine::{Machine, StateMachine};

use crate::{Door, DoorMachine, Link, LinkKind, LinkMachine, link, up};

#[test]
fn the_machine_derefs_to_the_generic_one() {
    fn name<S: StateMachine>(_: &Machine<S>) -> &'static str {
        S::NAME
    }
    assert_eq!(name(&LinkMachine::new()), "Link");
}

#[test]
fn the_machine_prints_what_state_it_is_in() {
    let door = DoorMachine::new();
    let text = format!("{door:?}");
    assert!(text.contains("Door") && text.contains("Open"), "{text}");
}

#[test]
fn a_states_type_has_no_size() {
    assert_eq!(size_of::<link::Up>(), 0);
    assert_eq!(size_of::<link::Down>(), 0);
}

#[test]
fn the_kind_has_the_traits_of_a_plain_value() {
    fn has_traits<K: Debug + Copy + Ord + Hash + ToString + FromStr + Send + Sync + 'static>(_: K) {
    }
    has_traits(LinkKind::Up);
    let all = [LinkKind::Over, LinkKind::Up, LinkKind::Down];
    let sorted: Vec<LinkKind> = BTreeSet::from(all).into_iter().collect();
    assert_eq!(sorted, [LinkKind::Down, LinkKind::Up, LinkKind::Over]);
    assert_eq!(HashSet::from(all).len(), 3);
    for kind in all {
        assert_eq!(kind.to_string(), format!("{kind:?}"));
        assert_eq!(kind.to_string().parse::<LinkKind>().unwrap(), kind);
    }
    assert!("up".parse::<LinkKind>().is_err());
}

#[test]
fn without_data_the_enum_is_its_own_kind() {
    let kind: <Door as StateMachine>::Kind = DoorMachine::new().state();
    assert_eq!(kind, Door::Open);
}

const _: DoorMachine = DoorMachine::new();
static NEW_IS_CONST: LinkMachine = LinkMachine::new();

#[test]
fn new_is_const_and_in_the_initial_state() {
    assert!(NEW_IS_CONST.is_down());
}

#[test]
fn new_takes_the_data_of_the_initial_state() {
    #[derive(StateMachine)]
    enum Slot {
        #[state(initial, to(Empty))]
        Full(String),
        #[state(to(Full))]
        Empty,
    }
    let slot = SlotMachine::new("first".to_owned());
    assert_eq!(slot.full_to_empty().try_commit().unwrap(), "first");
}

#[test]
fn a_machine_is_restored_and_taken_apart_in_every_state() {
    for make in [|| Link::Down, || Link::Up("data".to_owned()), || Link::Over] {
        assert_eq!(LinkMachine::from_state(make()).into_state(), make());
        assert_eq!(LinkMachine::from(make()).into_state(), make());
    }
    assert!(up("data").is_up());
    assert!(LinkMachine::from(Link::Over).is_over());
}

#[test]
fn a_named_transition_starts_in_its_state_only() {
    let door = DoorMachine::new();
    assert!(door.closed_to_locked().try_commit().is_err());
    assert!(door.open_to_closed().try_commit().is_ok());
    assert!(door.closed_to_locked().try_commit().is_ok());
    assert!(door.is_locked());
}

#[test]
fn a_transition_to_starts_in_whichever_source_the_machine_is_in() {
    let door = DoorMachine::new();
    assert_eq!(door.to_closed().try_commit().unwrap(), Door::Open);
    assert_eq!(door.to_locked().try_commit().unwrap(), Door::Closed);
    assert_eq!(door.to_closed().try_commit().unwrap(), Door::Locked);
    // It is no source of itself.
    assert!(door.to_closed().try_commit().is_err());
}

#[test]
fn a_transition_to_shows_and_gives_back_the_whole_enum() {
    let link = up("old");
    let transition = link.to_up().now().unwrap();
    assert_eq!(*transition.view(), Link::Up("old".to_owned()));
    assert_eq!(transition.commit_with("new".to_owned()), Link::Up("old".to_owned()));
    assert_eq!(link.to_over().try_commit().unwrap(), Link::Up("new".to_owned()));

    let link = LinkMachine::new();
    let transition = link.to_up().now().unwrap();
    assert_eq!(*transition.view(), Link::Down);
    assert_eq!(transition.run(|_| Ok::<_, ()>("data".to_owned())), Ok(Link::Down));
    assert_eq!(link.into_state(), Link::Up("data".to_owned()));
}

#[test]
fn a_state_is_asked_for_by_name() {
    let door = DoorMachine::new();
    assert!(door.is_open() && !door.is_closed() && !door.is_locked());
    assert!(door.in_open().now().is_ok());
    assert!(door.in_closed().now().is_err());
}

#[derive(StateMachine, Debug, PartialEq)]
#[machine(reset)]
enum Pump {
    #[state(initial, to(Running))]
    Idle,
    #[state(to(Failed))]
    Running(u8),
    #[state(terminal)]
    Failed { code: u8 },
}

#[test]
fn reset_leads_from_anywhere_to_the_initial_state() {
    let pump = PumpMachine::new();
    assert_eq!(pump.reset().try_commit().unwrap(), Pump::Idle);
    pump.idle_to_running().try_commit_with(5).unwrap();
    assert_eq!(pump.reset().try_commit().unwrap(), Pump::Running(5));
    assert!(pump.is_idle());

    let failed = PumpMachine::from_state(Pump::Failed { code: 1 });
    let reset = failed.reset().now().unwrap();
    assert_eq!(*reset.view(), Pump::Failed { code: 1 });
    assert_eq!(reset.commit(), Pump::Failed { code: 1 });
    assert!(failed.is_idle());
}

#[test]
fn reset_is_a_right_like_any_other() {
    let pump = PumpMachine::new();
    let held = pump.in_idle().now().unwrap();
    assert!(pump.reset().now().is_err());
    drop(held);
    pump.reset().now().unwrap().rollback();
    drop(pump.reset().now().unwrap().enter());
    assert!(matches!(pump.reset().or_join().now(), Ok(statemachine::Joined::There(_))));
}

#[test]
fn with_reset_nothing_that_the_initial_state_reaches_is_out_of_reach() {
    let pump = PumpMachine::from_state(Pump::Failed { code: 1 });
    let refused = pump.in_running().within(crate::SHORT).map(drop);
    assert!(matches!(refused, Err(statemachine::Refused::TimedOut { .. })), "{refused:?}");
}
