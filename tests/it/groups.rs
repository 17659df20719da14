//! Several states of one machine: groups, a choice of states, and waits for each of them.

use statemachine::{Any, Hold, InState, InTransition, Kind, Refused, StateMachine};
use statemachine_tests::polling::Task;

use crate::{LONG, SHORT};

#[derive(StateMachine, Debug)]
#[machine(
    reset,
    group(Live = Connecting | Connected, to(Closed, Failed)),
    group(Ended = Closed | Failed),
    group(Known = Idle | Connected),
    can_always_reach(Closed)
)]
enum Link {
    #[state(initial, to(Connecting))]
    Idle,
    #[state(to(Connected))]
    Connecting { attempt: u32 },
    #[state(to(Connecting))]
    Connected(String),
    #[state(to(Idle))]
    Closed,
    #[state(to(Idle))]
    Failed,
}

fn connected() -> LinkMachine {
    LinkMachine::from_state(Link::Connected("text".to_owned()))
}

#[test]
fn a_group_s_transitions_are_those_of_its_states() {
    assert_eq!(
        Link::GROUPS,
        [
            ("Live", &["Connecting", "Connected"][..]),
            ("Ended", &["Closed", "Failed"]),
            ("Known", &["Idle", "Connected"]),
        ]
    );
    for pair in [("Connecting", "Closed"), ("Connected", "Failed"), ("Connected", "Closed")] {
        assert!(Link::TRANSITIONS.contains(&pair), "{pair:?}");
    }
    assert_eq!(Link::TRANSITIONS.len(), 5 + 4);
    let link = connected();
    assert_eq!(link.connected_to_failed().try_commit().unwrap(), "text");
    assert!(link.is_failed());
}

#[test]
fn a_machine_is_in_a_group_if_it_is_in_one_of_its_states() {
    let link = LinkMachine::new();
    assert!(!link.is_live() && link.is_known() && !link.is_ended());
    link.idle_to_connecting().try_commit_with(LinkConnecting { attempt: 1 }).unwrap();
    assert!(link.is_live() && !link.is_known());
    let held: InState<'_, link::Live> = link.in_live().now().unwrap();
    assert!(matches!(*held, Link::Connecting { attempt: 1 }));
    assert_eq!(held.kind(), LinkKind::Connecting);
    let held = held.narrow::<link::Connected>().unwrap_err();
    let held = held.narrow::<link::Connecting>().unwrap();
    assert_eq!(held.view().attempt, &1);
    drop(held);
    link.connecting_to_connected().try_commit_with("text".to_owned()).unwrap();
    // A group may be narrowed to another that has the state too.
    let known = link.in_live().now().unwrap().narrow::<link::Known>().unwrap();
    assert!(matches!(known.view(), Link::Connected(text) if text == "text"));
    drop(known);
    let refused = link.in_ended().now().unwrap_err();
    assert!(matches!(
        refused,
        Refused::WrongState { expected: &["Closed", "Failed"], actual: "Connected", .. }
    ));
    let generic: Hold<'_, link::Live> = link.in_state::<link::Live>();
    let alone = generic.exclusive().now().unwrap();
    assert_eq!(alone.kind(), LinkKind::Connected);
    assert_eq!(*alone.narrow::<link::Connected>().unwrap(), "text");
}

#[test]
fn a_transition_out_of_a_group_begins_in_whichever_of_its_states() {
    for link in [connected(), LinkMachine::from_state(Link::Connecting { attempt: 2 })] {
        let closing: InTransition<'_, link::Live, link::Closed> =
            link.live_to_closed().now().unwrap();
        assert!(matches!(closing.view(), Link::Connected(_) | Link::Connecting { .. }));
        assert_eq!(closing.kind(), link.state());
        let old: Link = closing.commit();
        assert!(!matches!(old, Link::Closed));
        assert!(link.is_closed());
        let refused = link.transition::<link::Live, link::Closed>().now().unwrap_err();
        assert!(matches!(
            refused,
            Refused::WrongState { expected: &["Connecting", "Connected"], actual: "Closed", .. }
        ));
        link.ended_to_idle().try_commit().unwrap();
        assert!(link.is_idle());
    }
    // `Connecting` is of the group, and has no transition to itself: the other leads there.
    let link = connected();
    link.live_to_connecting().try_commit_with(LinkConnecting { attempt: 3 }).unwrap();
    let refused = link.live_to_connecting().now().map(drop).unwrap_err();
    assert!(matches!(refused, Refused::WrongState { actual: "Connecting", .. }), "{refused}");
}

#[test]
fn waiters_for_a_group_wake_for_its_states_alone() {
    let link = LinkMachine::new();
    let live = Task::waiting(link.in_live());
    let mut when = Task::waiting(link.when_live());
    let ended = Task::waiting(link.when_ended());
    let connected = Task::waiting(link.when_connected());
    link.idle_to_connecting().try_commit_with(LinkConnecting { attempt: 1 }).unwrap();
    assert_eq!((live.wakes(), when.wakes(), ended.wakes(), connected.wakes()), (1, 1, 0, 0));
    assert_eq!(when.poll().unwrap().unwrap(), LinkKind::Connecting);
    drop(live.output().unwrap());
    link.connecting_to_connected().try_commit_with(String::new()).unwrap();
    assert_eq!(connected.output().unwrap(), LinkKind::Connected);
    link.live_to_failed().urgent().try_commit().unwrap();
    assert_eq!(ended.output().unwrap(), LinkKind::Failed);
    assert_eq!(link.when_failed().within(LONG).unwrap(), LinkKind::Failed);
    assert!(link.when_idle().within(SHORT).is_err());
}

#[test]
fn handlers_of_a_group_hear_of_its_states_alone() {
    let link = LinkMachine::new();
    let (sender, heard) = std::sync::mpsc::channel();
    let entered = sender.clone();
    link.in_live().on_enter(move |change| entered.send(("enter", change.to)).unwrap());
    let left = sender.clone();
    link.in_live().on_exit(move |change| left.send(("exit", change.from)).unwrap());
    link.live_to_closed().after(move |change| sender.send(("after", change.from)).unwrap());
    link.idle_to_connecting().try_commit_with(LinkConnecting { attempt: 1 }).unwrap();
    link.connecting_to_connected().try_commit_with(String::new()).unwrap();
    let _ = link.live_to_closed().try_commit().unwrap();
    link.closed_to_idle().try_commit().unwrap();
    assert_eq!(
        heard.try_iter().collect::<Vec<_>>(),
        [
            ("enter", LinkKind::Connecting),
            ("exit", LinkKind::Connecting),
            ("enter", LinkKind::Connected),
            ("after", LinkKind::Connected),
            ("exit", LinkKind::Connected),
        ]
    );
}

#[test]
fn whichever_of_a_choice_of_states_can_be_held() {
    let link = connected();
    let held: InState<'_, Any<Link>> =
        link.in_any(|kind| matches!(kind, LinkKind::Connected | LinkKind::Closed)).now().unwrap();
    assert_eq!(held.kind(), LinkKind::Connected);
    drop(held);
    let closed = || link.in_any(|kind| kind == LinkKind::Closed);
    assert!(matches!(closed().now(), Err(Refused::WrongState { expected: &[], .. })));
    let waiting = Task::waiting(closed());
    assert!(link.waiting().to_string().ends_with(": a hold on Closed"));
    let _ = link.connected_to_failed().try_commit().unwrap();
    assert_eq!(waiting.wakes(), 0);
    link.failed_to_idle().try_commit().unwrap();
    drop(waiting);
    // None of none.
    assert!(link.in_any(|_| false).now().is_err());
    drop(link.in_any(|kind| !kind.is_terminal()).exclusive().now().unwrap());
    let (sender, heard) = std::sync::mpsc::channel();
    link.in_any(|kind| kind == LinkKind::Idle).on_exit(move |it| sender.send(it.to).unwrap());
    link.idle_to_connecting().try_commit_with(LinkConnecting { attempt: 1 }).unwrap();
    let _ = link.live_to_closed().try_commit().unwrap();
    assert_eq!(heard.try_iter().collect::<Vec<_>>(), [LinkKind::Connecting]);
}

/// More states than fit into one word.
#[test]
fn a_choice_of_many_states() {
    macro_rules! wide {
        ($($state:ident)*) => {
            #[derive(StateMachine, Clone, Copy, PartialEq, Debug)]
            #[machine(group(Ends = First | Last))]
            enum Wide {
                #[state(initial, to(Last))]
                First,
                $(
                    #[state(restored, to(First))]
                    $state,
                )*
                #[state(to(First))]
                Last,
            }
        };
    }
    wide!(S2 S3 S4 S5 S6 S7 S8 S9 S10 S11 S12 S13 S14 S15 S16 S17 S18 S19 S20 S21 S22 S23 S24 S25 S26 S27 S28 S29 S30 S31 S32 S33 S34 S35 S36 S37 S38 S39 S40 S41 S42 S43 S44 S45 S46 S47 S48 S49 S50 S51 S52 S53 S54 S55 S56 S57 S58 S59 S60 S61 S62 S63 S64 S65 S66 S67 S68);
    let wide = WideMachine::new();
    assert!(wide.is_ends() && wide.in_ends().now().is_ok());
    let odd = |kind: Wide| kind == Wide::S67 || kind == Wide::Last;
    assert!(wide.in_any(odd).now().is_err());
    wide.ends_to_last().try_commit().unwrap();
    assert_eq!(wide.in_any(odd).now().unwrap().kind(), Wide::Last);
    assert!(wide.is_ends() && wide.ends_to_last().now().is_err());
    let restored = WideMachine::from_state(Wide::S67);
    assert!(restored.in_any(odd).now().is_ok() && !restored.is_ends());
}
