//! Nobody is in the way unknowingly: who has a right hears that it is wanted, the urgent go first, and
//! work that is async rolls back when it is dropped.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use statemachine::{Blocker, Handle, Interrupt, Joined, Refused, StateMachine, Wanted, both};
use statemachine_tests::{
    hang::{self, LONG},
    polling::Task,
};

use crate::SHORT;

#[derive(StateMachine, Debug)]
enum Link {
    #[state(initial, to(Up, Down, Over))]
    Down,
    #[state(to(Down, Over))]
    Up(String),
    #[state(terminal)]
    Over,
}

fn up() -> LinkMachine {
    LinkMachine::from_state(Link::Up("text".to_owned()))
}

#[test]
fn a_transition_is_wanted_by_an_urgent_one_out_of_its_state_alone() {
    let link = LinkMachine::new();
    let connecting = link.down_to_up().now().unwrap();
    assert!(!connecting.is_wanted());
    let other = Task::waiting(link.down_to_over());
    let holder = Task::waiting(link.in_down());
    let elsewhere = Task::waiting(link.up_to_over().urgent());
    assert!(!connecting.is_wanted());
    assert!(matches!(connecting.wanted().now(), Err(Refused::WrongState { .. })));
    let mut wanted = Task::waiting(connecting.wanted());
    let closing = Task::waiting(link.down_to_over().urgent());
    assert!(connecting.is_wanted());
    assert_eq!(wanted.wakes(), 1);
    assert!(wanted.poll().unwrap().is_ok());
    assert!(connecting.wanted().now().is_ok());
    drop(wanted);
    // Rolled back, the right goes to the urgent one, though others came before it.
    connecting.rollback();
    assert_eq!((other.wakes(), holder.wakes(), closing.wakes()), (0, 0, 1));
    closing.output().unwrap().commit();
    assert!(link.is_over());
    drop(elsewhere);
}

#[test]
fn the_urgent_go_first_in_their_own_order() {
    let link = LinkMachine::new();
    let blocking = link.down_to_down().now().unwrap();
    let first = Task::waiting(link.down_to_down());
    let urgent = Task::waiting(link.down_to_down().urgent());
    let also_urgent = Task::waiting(link.to_down().urgent());
    let last = Task::waiting(link.down_to_down());
    let mut order = Vec::new();
    drop(blocking);
    let mut waits = vec![("first", first), ("urgent", urgent), ("last", last)];
    let mut also = Some(also_urgent);
    while !(waits.is_empty() && also.is_none()) {
        if let Some(place) = waits.iter().position(|(_, wait)| wait.wakes() == 1) {
            let (name, wait) = waits.remove(place);
            order.push(name);
            drop(wait.output().unwrap());
        } else {
            assert_eq!(also.as_ref().map(Task::wakes), Some(1));
            order.push("also urgent");
            drop(also.take().unwrap().output().unwrap());
        }
    }
    assert_eq!(order, ["urgent", "also urgent", "first", "last"]);
}

#[test]
fn an_urgent_one_that_joins_goes_first_and_asks_for_the_way_too() {
    let link = LinkMachine::new();
    let connecting = link.down_to_up().now().unwrap();
    let plain = Task::waiting(link.down_to_over());
    let wanted = Task::waiting(connecting.wanted());
    let joining = Task::waiting(link.down_to_over().urgent().or_join());
    assert!(connecting.is_wanted());
    assert_eq!(wanted.wakes(), 1);
    drop(wanted);
    connecting.rollback();
    assert_eq!((plain.wakes(), joining.wakes()), (0, 1));
    let closing = joining.output().unwrap().mine().unwrap();
    drop(plain);
    closing.commit();
    assert!(link.is_over());
}

#[test]
fn an_urgent_one_that_joins_holds_the_state_before_a_transition_that_waits_to_leave_it() {
    let link = up();
    let held = link.in_up().now().unwrap();
    let leaving = Task::waiting(link.up_to_down());
    let patient = Task::waiting(link.down_to_up().or_join());
    let mut urgent = Task::new(link.down_to_up().urgent().or_join().into_future());
    let joined = urgent.poll().expect("it stands first").unwrap();
    assert!(matches!(joined, Joined::There(_)));
    // The door is as it was for all others.
    assert!(matches!(link.in_up().now(), Err(Refused::InTransition { .. })));
    drop(held);
    assert_eq!(leaving.wakes(), 0);
    drop(joined);
    assert_eq!((leaving.wakes(), patient.wakes()), (1, 0));
    drop((leaving, patient, urgent));
    assert_eq!(link.waiting().holders, 0);
}

#[test]
fn a_hold_is_never_kept_out_by_holders() {
    let link = up();
    let held = link.in_up().now().unwrap();
    let leaving = Task::waiting(link.up_to_down());
    let blocker = |refused: Option<Refused>| match refused {
        Some(Refused::TimedOut { blocker, .. }) => blocker,
        refused => panic!("{refused:?}"),
    };
    let hold = || link.in_up().within(SHORT).err();
    assert_eq!(blocker(hold()), Blocker::Transition);
    let join = link.down_to_up().or_join().within(SHORT).err();
    assert_eq!(blocker(join), Blocker::Transition);
    assert_eq!(blocker(link.up_to_over().within(SHORT).err()), Blocker::Holders(1));
    let elsewhere = up();
    assert_eq!(
        blocker(both(link.in_up(), elsewhere.in_up()).within(SHORT).err()),
        Blocker::Transition
    );
    drop((held, leaving));
    // But by one that has the state to itself.
    let alone = link.in_up().exclusive().now().unwrap();
    assert_eq!(blocker(hold()), Blocker::Holders(1));
    drop(alone);
}

#[test]
fn one_that_is_urgent_and_gives_up_is_not_wanted_any_more() {
    let link = LinkMachine::new();
    let connecting = link.down_to_up().now().unwrap();
    let urgent = Task::waiting(link.down_to_over().urgent());
    assert!(connecting.is_wanted());
    drop(urgent);
    assert!(!connecting.is_wanted());
    let waiting = Task::waiting(connecting.wanted());
    drop(waiting);
    drop(connecting);
    assert!(link.down_to_over().try_commit().is_ok());
}

#[test]
fn an_urgent_one_that_can_be_had_at_once_is_like_another() {
    let link = LinkMachine::new();
    link.down_to_down().urgent().try_commit().unwrap();
    drop(link.down_to_up().urgent().now().unwrap());
    assert!(link.up_to_down().urgent().now().is_err());
    assert!(matches!(link.down_to_up().urgent().or_join().now().unwrap(), Joined::Mine(_)));
}

#[test]
fn a_hold_is_wanted_by_one_that_waits_for_the_holders_to_leave() {
    let link = up();
    let (held, other) = (link.in_up().now().unwrap(), link.in_up().now().unwrap());
    assert!(!held.is_wanted());
    let elsewhere = Task::waiting(link.in_over());
    let wanted = Task::waiting(held.wanted());
    let both = Task::waiting(other.wanted());
    assert_eq!(wanted.wakes(), 0);
    let closing = Task::waiting(link.up_to_down());
    assert!(held.is_wanted() && other.is_wanted());
    assert_eq!((wanted.wakes(), both.wakes()), (1, 1));
    drop(closing);
    assert!(!held.is_wanted());
    drop((wanted, both));
    // By a trade and by an exclusive hold too.
    let trade = Task::waiting(other.to::<link::Down>());
    assert!(held.is_wanted());
    drop(trade);
    let alone = Task::waiting(link.in_up().exclusive());
    assert!(held.wanted().now().is_ok());
    drop((alone, elsewhere));
    assert_eq!(link.waiting().waiters.len(), 0);
}

#[test]
fn an_exclusive_hold_is_wanted_by_anybody_who_waits_for_its_state() {
    let link = up();
    let alone = link.in_up().exclusive().now().unwrap();
    let watcher = Task::waiting(link.when(|state| state == LinkKind::Over));
    let elsewhere = Task::waiting(link.in_over());
    assert!(!alone.is_wanted());
    let wanted = Task::waiting(alone.wanted());
    let holder = Task::waiting(link.in_up());
    assert!(alone.is_wanted());
    assert_eq!(wanted.wakes(), 1);
    drop((watcher, elsewhere, holder, wanted));
    assert!(!alone.is_wanted());
    let any = Task::waiting(link.hold());
    assert!(alone.is_wanted());
    drop(any);
}

#[test]
fn owned_guards_are_wanted_too() {
    let link = Arc::new(up());
    let held = link.in_up().now().unwrap().into_owned(Arc::clone(&link));
    let closing = Task::waiting(link.up_to_down());
    assert!(held.is_wanted() && held.wanted().now().is_ok());
    drop((held, closing));
    let alone = link.in_up().exclusive().now().unwrap().into_owned(Arc::clone(&link));
    let holder = Task::waiting(link.in_up());
    assert!(alone.is_wanted() && alone.wanted().now().is_ok());
    drop((alone, holder));
    let closing = link.up_to_down().now().unwrap().into_owned(Arc::clone(&link));
    let urgent = Task::waiting(link.up_to_over().urgent());
    assert!(closing.is_wanted() && closing.wanted().now().is_ok());
    drop((closing, urgent));
}

#[test]
fn waiting_to_be_wanted_ends_at_a_deadline_and_by_an_interrupt() {
    let link = up();
    let held = link.in_up().now().unwrap();
    assert!(matches!(
        held.wanted().within(SHORT),
        Err(Refused::TimedOut { actual: "Up", blocker: Blocker::State, .. })
    ));
    let interrupt = Interrupt::new();
    let mut wanted = Task::waiting(held.wanted().interruptible(&interrupt));
    interrupt.interrupt();
    assert!(matches!(wanted.poll(), Some(Err(Refused::Interrupted { .. }))));
    // Nobody who waits to be wanted waits for the machine.
    let wanted = Task::waiting(held.wanted());
    assert!(link.waiting().waiters.is_empty());
    assert!(link.in_up().now().is_ok());
    drop(wanted);
}

#[test]
fn a_close_gets_through_to_a_connect_that_hangs() {
    let _hang = hang::detector("a close beside a connect that hangs");
    let link = LinkMachine::new();
    thread::scope(|scope| {
        let connecting = scope.spawn(|| {
            let connecting = link.down_to_up().now().unwrap();
            // The connect would take for ever.
            connecting.wanted().within(LONG).unwrap();
            drop(connecting);
        });
        while !link.is_in_transition() {
            thread::yield_now();
        }
        link.down_to_over().urgent().within(LONG).unwrap().commit();
        connecting.join().unwrap();
    });
    assert!(link.is_over());
}

#[test]
fn any_of_several_interrupts_ends_a_wait() {
    for hit in 0..3 {
        let link = LinkMachine::new();
        let interrupts = [Interrupt::new(), Interrupt::new(), Interrupt::new()];
        let [a, b, c] = &interrupts;
        let handle = link.in_over().interruptible(a).interruptible(b).interruptible(c);
        let mut wait = Task::waiting(handle);
        interrupts[hit].interrupt();
        assert_eq!(wait.wakes(), 1);
        assert!(matches!(wait.poll(), Some(Err(Refused::Interrupted { .. }))));
        assert!(matches!(handle.within(LONG), Err(Refused::Interrupted { .. })));
    }
}

#[test]
fn an_interrupt_can_be_waited_for() {
    static SHUTDOWN: Interrupt = Interrupt::new();
    assert!(matches!(
        SHUTDOWN.raised().now(),
        Err(Refused::WrongState { machine: "Interrupt", .. })
    ));
    assert!(matches!(SHUTDOWN.raised().within(SHORT), Err(Refused::TimedOut { .. })));
    let mut raised = Task::waiting(SHUTDOWN.raised());
    let thread = thread::spawn(|| SHUTDOWN.raised().within(LONG));
    thread::sleep(SHORT);
    SHUTDOWN.clone().interrupt();
    assert_eq!(raised.wakes(), 1);
    assert!(raised.poll().unwrap().is_ok());
    assert!(thread.join().unwrap().is_ok());
    assert!(SHUTDOWN.raised().now().is_ok());
    SHUTDOWN.clear();
    assert!(SHUTDOWN.raised().now().is_err());
    // One that is raised and cleared at once has been raised.
    let mut raised = Task::waiting(SHUTDOWN.raised());
    SHUTDOWN.interrupt();
    SHUTDOWN.clear();
    assert!(raised.poll().unwrap().is_ok());
}

#[test]
fn a_time_out_says_what_stood_in_the_way() {
    let link = up();
    let blocker = |refused: Refused| match refused {
        Refused::TimedOut { blocker, .. } => (blocker, refused.to_string()),
        refused => panic!("{refused}"),
    };
    let (state, said) = blocker(link.in_down().within(SHORT).unwrap_err());
    assert_eq!(state, Blocker::State);
    assert!(said.ends_with("; Link is Up"), "{said}");
    let held = (link.in_up().now().unwrap(), link.in_up().now().unwrap());
    let (holders, said) = blocker(link.up_to_down().within(SHORT).unwrap_err());
    assert_eq!(holders, Blocker::Holders(2));
    assert!(said.ends_with("; Link is Up, held by 2"), "{said}");
    drop(held);
    let closing = link.up_to_over().now().unwrap();
    let (transition, said) = blocker(link.in_up().within(SHORT).unwrap_err());
    assert_eq!(transition, Blocker::Transition);
    assert!(said.ends_with("; Link is Up, in transition"), "{said}");
    drop(closing);
    let alone = link.in_up().exclusive().now().unwrap();
    let (holders, _) = blocker(link.in_up().within(SHORT).unwrap_err());
    assert_eq!(holders, Blocker::Holders(1));
    drop(alone);
}

#[test]
fn live_machines_have_different_ids() {
    let links = [LinkMachine::new(), LinkMachine::new()];
    assert_eq!(links[0].id(), links[0].id());
    assert_ne!(links[0].id(), links[1].id());
    assert!(format!("{:?}", links[0]).contains(&links[0].id().to_string()));
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

#[test]
fn async_work_commits_or_rolls_back_in_a_runtime_with_threads() {
    let link = Arc::new(LinkMachine::new());
    runtime().block_on(async {
        let machine = Arc::clone(&link);
        let spawned = tokio::spawn(async move {
            let connecting = machine.down_to_up().await?;
            connecting
                .run_async(async || {
                    tokio::task::yield_now().await;
                    Ok::<_, Refused>("made".to_owned())
                })
                .await
        });
        spawned.await.unwrap().unwrap();
        assert!(link.is_up());
        let machine = Arc::clone(&link);
        let failed = tokio::spawn(async move {
            machine.up_to_down().await.unwrap().run_async(async || Err::<(), _>("no")).await
        });
        assert_eq!(failed.await.unwrap(), Err("no"));
        assert!(link.is_up());
        // Aborted in the middle of its work.
        let machine = Arc::clone(&link);
        let hanging = tokio::spawn(async move {
            let going = machine.up_to_down().await.unwrap();
            going.run_async(async || std::future::pending::<Result<(), ()>>().await).await
        });
        while !link.is_in_transition() {
            tokio::task::yield_now().await;
        }
        hanging.abort();
        assert!(hanging.await.is_err());
        assert!(link.is_up() && !link.is_in_transition());
        // Owned, the future needs nothing from where it was made.
        let going = link.up_to_down().await.unwrap().into_owned(Arc::clone(&link));
        let moved = tokio::spawn(going.run_async(async || Ok::<_, ()>(())));
        assert_eq!(moved.await.unwrap().unwrap(), "made");
    });
}

#[test]
fn tasks_that_join_share_the_work_of_one() {
    let link = Arc::new(LinkMachine::new());
    let works = Arc::new(AtomicUsize::new(0));
    runtime().block_on(async {
        let joins: Vec<_> = (0..8)
            .map(|_| {
                let (link, works) = (Arc::clone(&link), Arc::clone(&works));
                tokio::spawn(async move {
                    let up = link.down_to_up().or_join().await?;
                    let up = up
                        .enter_async(async || {
                            works.fetch_add(1, SeqCst);
                            tokio::time::sleep(SHORT).await;
                            Ok::<_, Refused>("made once".to_owned())
                        })
                        .await?;
                    Ok::<_, Refused>(up.len())
                })
            })
            .collect();
        for join in joins {
            assert_eq!(join.await.unwrap().unwrap(), 9);
        }
    });
    assert_eq!(works.load(SeqCst), 1);
}

#[test]
fn mine_is_the_transition_or_nothing() {
    let link = LinkMachine::new();
    let mine = link.down_to_up().or_join().now().unwrap().mine().unwrap();
    mine.commit_with("mine".to_owned());
    assert!(link.down_to_up().or_join().now().unwrap().mine().is_none());
    assert_eq!(link.waiting().holders, 0);
}

#[test]
fn an_async_action_is_performed_by_perform_async_alone() {
    let link = LinkMachine::new();
    link.down_to_up().action_async(|()| async { Ok::<_, &str>("async".to_owned()) });
    let refused = link.down_to_up().perform().unwrap_err();
    assert!(matches!(refused, Refused::Vetoed { .. }));
    let source = std::error::Error::source(&refused).unwrap().to_string();
    assert!(source.contains("perform_async"), "{source}");
    Task::new(link.down_to_up().perform_async()).output().unwrap();
    assert_eq!(*link.in_up().now().unwrap(), "async");
    let _ = link.up_to_down().try_commit().unwrap();
    // The later one replaces it, async or not.
    link.down_to_up().action(|()| Ok::<_, &str>("sync".to_owned()));
    let connecting = link.down_to_up().now().unwrap();
    Task::new(connecting.perform_async()).output().unwrap();
    assert_eq!(link.up_to_down().try_commit().unwrap(), "sync");
    link.down_to_up().action_async(|()| async { Err::<String, _>("failed") });
    let refused = Task::new(link.down_to_up().perform_async()).output().unwrap_err();
    assert!(matches!(refused, Refused::Vetoed { .. }));
    assert!(link.is_down());
    // With none, and no data to be made, it just commits; with data, nobody makes it.
    Task::new(link.down_to_over().perform_async()).output().unwrap();
    assert!(link.is_over());
    let link = LinkMachine::new();
    assert!(Task::new(link.down_to_up().perform_async()).output().is_err());
}

#[test]
fn an_async_action_that_is_dropped_rolls_back() {
    let link = Arc::new(up());
    let is_dropped = Arc::new(AtomicBool::new(false));
    struct Sets(Arc<AtomicBool>);
    impl Drop for Sets {
        fn drop(&mut self) {
            self.0.store(true, SeqCst);
        }
    }
    let drops = Arc::clone(&is_dropped);
    link.up_to_down().action_async(move |_| {
        let sets = Sets(Arc::clone(&drops));
        async move {
            let _sets = sets;
            std::future::pending::<Result<(), &str>>().await
        }
    });
    let going = link.up_to_down().now().unwrap().into_owned(Arc::clone(&link));
    let performing = Task::waiting(going.perform_async());
    assert!(link.is_in_transition());
    drop(performing);
    assert!(is_dropped.load(SeqCst) && link.is_up() && !link.is_in_transition());
}

#[test]
fn a_loop_of_looks_lets_other_tasks_run() {
    let _hang = hang::detector("a task beside one that looks all the time");
    let link = Arc::new(LinkMachine::new());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let looker = Arc::clone(&link);
        let looks = tokio::spawn(async move {
            while !looker.is_over() {
                looker.when(|_| true).await.unwrap();
            }
        });
        let mover = Arc::clone(&link);
        tokio::spawn(async move { mover.down_to_over().try_commit() }).await.unwrap().unwrap();
        looks.await.unwrap();
    });
}

#[test]
fn generic_code_can_use_any_handle() {
    fn soon<H: Handle>(handle: H) -> Result<H::Output, H::Error> {
        handle.within(Duration::from_millis(1))
    }
    async fn eventually<H: Handle>(handle: H) -> Result<H::Output, H::Error> {
        handle.wait().await
    }
    let (link, interrupt) = (up(), Interrupt::new());
    let held = soon(link.in_up()).unwrap();
    assert!(soon(held.wanted()).is_err());
    assert!(soon(interrupt.raised()).is_err());
    assert!(soon(link.up_to_down().interruptible(&interrupt)).is_err());
    soon(held.to::<link::Down>()).unwrap().rollback();
    drop(Task::new(eventually(link.in_up().exclusive())).output().unwrap());
    fn is_cheap<T: Copy>(_: T) {}
    let alone = link.in_up().exclusive().now().unwrap();
    let wanted: Wanted<'_> = alone.wanted();
    is_cheap(wanted);
}
