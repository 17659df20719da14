//! Data that is written in place, that moves on by value, and guards that decide late or own their
//! machine.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    process::Command,
    sync::Arc,
    thread,
};

use statemachine::{
    Any, InState, InStateMut, InTransition, OwnedInState, OwnedInStateMut, OwnedInTransition,
    Refused, RefusedWith, StateMachine,
};
use statemachine_tests::{hang, polling::Task};

use crate::{LONG, SHORT};

/// Stands for a socket: it can be moved and not copied.
#[derive(Debug, PartialEq)]
struct Socket(u32);

#[derive(StateMachine, Debug, PartialEq)]
enum Link {
    #[state(initial, to(Up))]
    Down,
    #[state(to(Down, Closing, Up))]
    Up(Socket),
    #[state(to(Down))]
    Closing { socket: Socket, unsent: Vec<u8> },
    #[state(terminal, restored)]
    Pair(u8, String),
}

fn up() -> LinkMachine {
    LinkMachine::from_state(Link::Up(Socket(7)))
}

#[test]
fn what_is_written_stays_committed_or_not() {
    let link = up();
    let mut closing = link.up_to_closing().now().unwrap();
    closing.view_mut().0 = 8;
    closing.rollback();
    let mut down = link.up_to_down().now().unwrap();
    assert_eq!(down.view().0, 8);
    down.view_mut().0 = 9;
    assert_eq!(down.commit(), Socket(9));

    let link = LinkMachine::from_state(Link::Closing { socket: Socket(1), unsent: Vec::new() });
    let mut down = link.closing_to_down().now().unwrap();
    let LinkClosingMut { socket, unsent } = down.view_mut();
    (socket.0, *unsent) = (2, b"x".to_vec());
    let LinkClosing { socket, unsent } = down.commit();
    assert_eq!((socket, &unsent[..]), (Socket(2), &b"x"[..]));

    let link = LinkMachine::from_state(Link::Pair(1, "a".to_owned()));
    let mut pair = link.in_pair().exclusive().now().unwrap();
    let (number, text) = pair.view_mut();
    *number += 1;
    text.push('b');
    drop(pair);
    assert_eq!(link.into_state(), Link::Pair(2, "ab".to_owned()));
    // A state without data has nothing to write.
    let () = LinkMachine::new().in_down().exclusive().now().unwrap().view_mut();
}

#[test]
fn the_old_data_becomes_the_new() {
    let link = up();
    let to_closing = |socket| LinkClosing { socket, unsent: vec![1] };
    link.up_to_closing().now().unwrap().commit_map(to_closing);
    let LinkClosing { socket, .. } = link.closing_to_down().try_commit().unwrap();
    link.down_to_up().now().unwrap().commit_map(|()| socket);
    let held = link.up_to_up().now().unwrap().enter_map(|Socket(number)| Socket(number + 1));
    assert_eq!(*held, Socket(8));
    assert!(link.up_to_down().now().is_err());
    drop(held);
    link.up_to_closing().try_commit_map(to_closing).unwrap();
    let refused =
        link.up_to_closing().try_commit_map(|_| unreachable!("it is not up")).unwrap_err();
    assert!(matches!(refused, Refused::WrongState { actual: "Closing", .. }));
    // From whichever state, the value is the enum's.
    link.to_down().now().unwrap().commit_map(|old| assert!(matches!(old, Link::Closing { .. })));
    assert!(link.is_down());
}

#[test]
fn moved_data_is_told_to_handlers_and_waiters() {
    let link = up();
    let (sender, heard) = std::sync::mpsc::channel();
    link.observe(move |change| sender.send(change.sequence).unwrap());
    let closing = Task::waiting(link.in_closing());
    link.up_to_closing().now().unwrap().commit_map(|socket| LinkClosing { socket, unsent: vec![] });
    assert_eq!(heard.try_recv(), Ok(1));
    assert_eq!(closing.wakes(), 1);
    assert_eq!(closing.output().unwrap().view().socket, &Socket(7));
}

#[test]
fn a_panic_while_data_moves_aborts() {
    const CHILD: &str = "STATEMACHINE_TESTS_ABORT";
    match std::env::var(CHILD).as_deref() {
        Ok("commit_map") => up().up_to_down().now().unwrap().commit_map(|_| panic!("a closure's")),
        Ok(_) => drop(up().up_to_down().now().unwrap().enter_map(|_| panic!("a closure's"))),
        Err(_) => {
            for way in ["commit_map", "enter_map"] {
                let child = Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", "data_moves::a_panic_while_data_moves_aborts", "--nocapture"])
                    .env(CHILD, way)
                    .output()
                    .unwrap();
                let said = String::from_utf8_lossy(&child.stderr);
                assert!(!child.status.success() && child.status.code() != Some(101), "{said}");
                assert!(said.contains("the process aborts"), "{said}");
            }
        }
    }
}

#[test]
fn an_exclusive_hold_keeps_all_others_out_who_are_told_that_it_is_in_use() {
    let link = up();
    let mut held: InStateMut<'_, link::Up> = link.in_up().exclusive().now().unwrap();
    held.0 += 1;
    assert_eq!((held.0, held.view().0), (8, 8));
    assert!(!link.is_in_transition() && link.is_up());
    assert_eq!(link.waiting().holders, 1);
    let in_use = |refused: Refused| {
        assert!(matches!(refused, Refused::InUse { state: "Up", holders: 1, .. }), "{refused}");
    };
    in_use(link.in_up().now().map(drop).unwrap_err());
    in_use(link.hold().now().map(drop).unwrap_err());
    in_use(link.in_up().exclusive().now().map(drop).unwrap_err());
    in_use(link.up_to_down().now().map(drop).unwrap_err());
    in_use(link.to_down().now().map(drop).unwrap_err());
    in_use(link.up_to_up().or_join().now().map(drop).unwrap_err());
    assert!(matches!(link.in_up().within(SHORT), Err(Refused::TimedOut { .. })));
    drop(held);
    assert_eq!(link.up_to_down().try_commit().unwrap(), Socket(8));
    assert!(matches!(link.in_up().exclusive().now(), Err(Refused::WrongState { .. })));
}

#[test]
fn an_exclusive_hold_waits_for_holders_and_shuts_the_door() {
    let _hang = hang::detector("an exclusive hold that waits");
    let link = up();
    let (first, second) = (link.in_up().now().unwrap(), link.in_up().now().unwrap());
    let mut alone = Task::waiting(link.in_up().exclusive());
    assert!(matches!(link.in_up().now(), Err(Refused::InTransition { .. })));
    let text = link.waiting().to_string();
    assert!(text.ends_with(": an exclusive hold on Up"), "{text}");
    drop(first);
    assert!(alone.poll().is_none());
    let behind = Task::waiting(link.in_up());
    drop(second);
    assert_eq!((alone.wakes(), behind.wakes()), (1, 0));
    drop(alone.output().unwrap());
    assert_eq!(behind.wakes(), 1);
    drop(behind.output().unwrap());
    thread::scope(|scope| {
        let held = link.in_up().exclusive().now().unwrap();
        let waits = scope.spawn(|| link.up_to_down().within(LONG).map(|it| it.commit()));
        while link.waiting().waiters.is_empty() {
            thread::yield_now();
        }
        drop(held);
        assert!(waits.join().unwrap().is_ok());
    });
}

#[test]
fn an_exclusive_hold_is_no_commit() {
    let link = up();
    let count = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let heard = Arc::clone(&count);
    link.observe(move |change| heard.store(change.sequence, std::sync::atomic::Ordering::SeqCst));
    drop(link.in_up().exclusive().now().unwrap());
    drop(link.in_up().exclusive().now().unwrap().share());
    assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 0);
    let _ = link.up_to_down().try_commit().unwrap();
    assert_eq!(count.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[test]
fn where_it_goes_is_decided_when_the_outcome_is_known() {
    let link = up();
    for goes_down in [false, true] {
        let held = link.in_up().exclusive().now().unwrap();
        if goes_down {
            held.to::<link::Down>().unwrap().commit();
            assert!(link.is_down());
        } else {
            let going = held.to::<link::Up>().unwrap();
            assert!(link.is_in_transition());
            assert!(matches!(link.in_up().now(), Err(Refused::InTransition { .. })));
            going.rollback();
            assert!(link.is_up());
        }
    }
}

#[test]
fn a_veto_gives_the_exclusive_hold_back() {
    let link = up();
    let id =
        link.up_to_down().before(|socket: &Socket| if socket.0 < 9 { Err("low") } else { Ok(()) });
    let held = link.in_up().exclusive().now().unwrap();
    let RefusedWith { refused, data: mut held, .. } = held.to::<link::Down>().unwrap_err();
    assert!(matches!(refused, Refused::Vetoed { .. }));
    assert!(matches!(link.in_up().now(), Err(Refused::InUse { holders: 1, .. })));
    held.0 = 9;
    held.to::<link::Down>().unwrap().commit();
    assert!(link.is_down() && link.remove_handler(id));
}

#[test]
fn an_exclusive_hold_can_be_shared_without_a_gap() {
    let link = up();
    let held = link.in_up().exclusive().now().unwrap();
    let waiting = Task::waiting(link.up_to_down());
    let second = Task::waiting(link.in_up());
    let shared: InState<'_, link::Up> = held.share();
    // The transition came first, and waits for the hold now.
    assert_eq!((waiting.wakes(), second.wakes()), (0, 0));
    drop(shared);
    assert_eq!(waiting.wakes(), 1);
    drop(waiting.output().unwrap());
    drop(second.output().unwrap());
}

#[test]
fn a_hold_on_any_state_says_which_and_narrows() {
    let link = up();
    let any: InState<'_, Any<Link>> = link.hold().now().unwrap();
    assert_eq!(any.kind(), LinkKind::Up);
    let any = any.narrow::<link::Down>().unwrap_err();
    let held: InState<'_, link::Up> = any.narrow().unwrap();
    assert_eq!(held.0, 7);
    assert_eq!(link.waiting().holders, 1);
}

#[test]
fn an_exclusive_hold_on_any_state_says_which_and_narrows() {
    let link = Arc::new(up());
    let any: InStateMut<'_, Any<Link>> = link.hold().exclusive().now().unwrap();
    assert_eq!(any.kind(), LinkKind::Up);
    let any = any.narrow::<link::Down>().unwrap_err();
    let mut alone: InStateMut<'_, link::Up> = any.narrow().unwrap();
    alone.0 = 8;
    // It was never let go of.
    assert!(matches!(link.hold().now(), Err(Refused::InUse { .. })));
    drop(alone);
    let any = link.hold().exclusive().now().unwrap().into_owned(Arc::clone(&link));
    assert_eq!(any.kind(), LinkKind::Up);
    let any = any.narrow::<link::Closing>().unwrap_err();
    let alone: OwnedInStateMut<LinkMachine, link::Up> = any.narrow().unwrap();
    assert_eq!(alone.0, 8);
    alone.to::<link::Down>().unwrap().commit();
    assert!(link.is_down());
}

#[test]
fn a_transition_from_any_state_says_which_it_leaves() {
    let link = Arc::new(up());
    let going: InTransition<'_, Any<Link>, link::Down> = link.to_down().now().unwrap();
    assert_eq!(going.kind(), LinkKind::Up);
    let going = going.into_owned(Arc::clone(&link));
    assert_eq!(going.kind(), LinkKind::Up);
    going.rollback();
    let closing = link.up_to_closing().now().unwrap();
    closing.commit_map(|socket| LinkClosing { socket, unsent: vec![] });
    assert_eq!(link.to_down().now().unwrap().kind(), LinkKind::Closing);
}

#[derive(StateMachine)]
enum Label {
    #[state(to(Label))]
    Label(f64),
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Label(number) = self;
        write!(f, "label {number}")
    }
}

#[test]
fn guards_print_as_their_data_does() {
    let label = Arc::new(LabelMachine::new(1.5));
    let own = || Arc::clone(&label);
    let (held, whichever) = (label.in_label().now().unwrap(), label.hold().now().unwrap());
    assert_eq!(format!("{held} {held:>6.2} {whichever}"), "1.5   1.50 label 1.5");
    let mapped = held.map(|number| &**number);
    assert_eq!(format!("{mapped:.2}"), "1.50");
    drop((mapped, whichever));
    let alone = label.in_label().exclusive().now().unwrap();
    assert_eq!(format!("{alone:.2}"), "1.50");
    let alone = alone.into_owned(own());
    assert_eq!(format!("{alone:.2}"), "1.50");
    assert_eq!(format!("{:.2}", alone.share()), "1.50");
}

#[test]
fn a_hold_can_be_seen_as_a_part_of_the_data() {
    let link =
        LinkMachine::from_state(Link::Closing { socket: Socket(1), unsent: b"abc".to_vec() });
    let unsent = link.in_closing().now().unwrap().map(|view| view.unsent.as_slice());
    let last = unsent.map(|bytes| &bytes[2]);
    assert_eq!(*last, b'c');
    assert!(link.closing_to_down().now().is_err());
    drop(last);
    let number = up();
    let number = number.in_up().now().unwrap().map(|socket| &socket.0);
    assert_eq!(*number, 7);
}

fn is_static_and_send<T: Send + 'static>(_: &T) {}

#[test]
fn owned_guards_do_what_the_others_do() {
    let link = Arc::new(up());
    let own = || Arc::clone(&link);
    let held: OwnedInState<LinkMachine, link::Up> = link.in_up().now().unwrap().into_owned(own());
    is_static_and_send(&held);
    let again = held.clone();
    assert_eq!((held.0, again.view().0, link.waiting().holders), (7, 7, 2));
    let RefusedWith { data: held, .. } = held.to::<link::Down>().now().unwrap_err();
    drop(again);
    assert!(Arc::ptr_eq(held.machine(), &link));
    let going: OwnedInTransition<LinkMachine, link::Up, link::Down> =
        held.to::<link::Down>().within(LONG).unwrap();
    is_static_and_send(&going);
    going.rollback();
    let mut alone: OwnedInStateMut<LinkMachine, link::Up> =
        link.in_up().exclusive().now().unwrap().into_owned(own());
    is_static_and_send(&alone);
    alone.0 = 8;
    let shared = alone.share();
    assert_eq!(shared.0, 8);
    drop(shared);
    let alone = link.in_up().exclusive().now().unwrap().into_owned(own());
    alone
        .to::<link::Closing>()
        .unwrap()
        .commit_map(|socket| LinkClosing { socket, unsent: vec![] });
    let entered = link.closing_to_down().now().unwrap().into_owned(own()).enter();
    assert!(link.is_down());
    drop(entered);
    let any = link.hold().now().unwrap().into_owned(own());
    assert_eq!(any.kind(), LinkKind::Down);
    assert!(any.narrow::<link::Down>().is_ok());
    assert!(
        link.down_to_up()
            .now()
            .unwrap()
            .into_owned(own())
            .run(|()| Err::<Socket, _>("no"))
            .is_err()
    );
    assert!(
        link.down_to_up().now().unwrap().into_owned(own()).run(|()| Ok::<_, ()>(Socket(1))).is_ok()
    );
    assert_eq!(Arc::strong_count(&link), 1);
}

#[test]
fn an_owned_trade_waits_like_another_and_gives_up_cleanly() {
    let _hang = hang::detector("an owned trade that waits");
    let link = Arc::new(up());
    let held = link.in_up().now().unwrap().into_owned(Arc::clone(&link));
    let other = held.clone();
    let mut trade = Task::waiting(held.to::<link::Down>());
    assert!(trade.poll().is_none());
    drop(other);
    assert_eq!(trade.wakes(), 1);
    drop(trade);
    let held = link.in_up().now().unwrap().into_owned(Arc::clone(&link));
    let other = held.clone();
    let waiting = Task::waiting(held.to::<link::Down>());
    drop(waiting);
    assert_eq!(link.waiting().holders, 1);
    drop(other);
    let held = link.in_up().now().unwrap().into_owned(Arc::clone(&link));
    let other = held.clone();
    let refused = held.to::<link::Down>().within(SHORT).unwrap_err();
    assert!(matches!(refused.refused, Refused::TimedOut { .. }));
    drop((refused, other));
    assert_eq!(Arc::strong_count(&link), 1);
    assert!(link.up_to_down().try_commit().is_ok());
}

#[test]
fn an_owned_guard_may_be_the_last_owner() {
    struct Pool {
        link: LinkMachine,
        dropped: Arc<()>,
    }
    impl std::ops::Deref for Pool {
        type Target = LinkMachine;

        fn deref(&self) -> &LinkMachine {
            &self.link
        }
    }
    let dropped = Arc::new(());
    let pool = Arc::new(Pool { link: up(), dropped: Arc::clone(&dropped) });
    assert!(Arc::strong_count(&pool.dropped) > 1);
    let lease = pool.in_up().now().unwrap().into_owned(Arc::clone(&pool));
    drop(pool);
    assert_eq!(lease.0, 7);
    let going = lease.to::<link::Down>().now().unwrap();
    assert_eq!(going.commit(), Socket(7));
    assert_eq!(Arc::strong_count(&dropped), 1);
}

#[test]
fn the_arc_must_be_the_machine_s_own() {
    let (link, other) = (up(), Arc::new(up()));
    let held = link.in_up().now().unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| drop(held.into_owned(Arc::clone(&other)))));
    let message = panic.unwrap_err();
    let message = message.downcast_ref::<&str>().copied().unwrap_or_default();
    assert!(message.contains("another machine"), "{message}");
    assert!(link.up_to_down().try_commit().is_ok());
}

#[test]
fn a_future_with_an_arc_in_it_lives_as_long_as_it_likes() {
    let link = Arc::new(up());
    let machine = Arc::clone(&link);
    let wait = async move {
        let held = machine.in_up().await?;
        Ok::<_, Refused>(held.into_owned(Arc::clone(&machine)))
    };
    is_static_and_send(&wait);
    let held = Task::new(wait).output().unwrap();
    drop(link);
    assert_eq!(held.0, 7);
}
