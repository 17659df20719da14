use std::{
    error::Error,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread::{self, ThreadId},
    time::Duration,
};

use statemachine::{Change, Joined, Refused};
use statemachine_tests::{hang, polling::Task};

use crate::{Door, DoorMachine, Link, LinkKind, LinkMachine, SHORT, door, panic_of, up};

/// What handlers have written down, in order.
struct Log<T>(Arc<Mutex<Vec<T>>>);

impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Send + 'static> Log<T> {
    fn new() -> Self {
        Self(Arc::default())
    }

    fn push(&self, entry: T) {
        self.0.lock().unwrap().push(entry);
    }

    fn take(&self) -> Vec<T> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A machine that its handlers, which must be `'static`, can name.
fn leaked() -> &'static DoorMachine {
    Box::leak(Box::default())
}

#[test]
fn before_runs_when_the_right_is_won_and_before_the_work() {
    let link = up("data");
    let log = Log::new();
    let handler = log.clone();
    link.up_to_up().before(move |data| {
        handler.push(format!("before {data}"));
        Ok::<_, String>(())
    });
    let transition = link.up_to_up().now().unwrap();
    log.push("work".to_owned());
    transition.commit_with("new".to_owned());
    assert_eq!(log.take(), ["before data", "work"]);
    drop(link.up_to_up().now().unwrap());
    assert_eq!(log.take(), ["before new"]);
    assert!(link.down_to_up().now().is_err());
    link.up_to_over().now().unwrap().rollback();
    assert_eq!(log.take(), [""; 0], "neither a refusal nor another transition is its business");
}

#[test]
fn before_handlers_run_in_order_and_the_first_error_vetoes() {
    let door = DoorMachine::new();
    let log = Log::new();
    for number in 0..3 {
        let log = log.clone();
        door.open_to_closed().before(move |()| {
            log.push(number);
            if number == 1 { Err(format!("number {number}")) } else { Ok(()) }
        });
    }
    let refused = door.open_to_closed().try_commit().unwrap_err();
    assert_eq!(log.take(), [0, 1]);
    assert!(matches!(refused, Refused::Vetoed { machine: "Door", .. }));
    assert_eq!(refused.source().unwrap().to_string(), "number 1");
    assert!(door.is_open() && !door.is_in_transition());
}

#[test]
fn every_way_to_begin_asks_the_handlers() {
    let door = leaked();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    door.open_to_closed().before(move |()| {
        counter.fetch_add(1, SeqCst);
        Err("no")
    });
    let is_vetoed = |refused: Refused| {
        assert!(matches!(refused, Refused::Vetoed { .. }), "{refused:?}");
        assert!(!door.is_in_transition());
        asked.swap(0, SeqCst) == 1
    };
    assert!(is_vetoed(door.open_to_closed().now().unwrap_err()));
    assert!(is_vetoed(door.open_to_closed().within(SHORT).unwrap_err()));
    assert!(is_vetoed(door.open_to_closed().try_commit().unwrap_err()));
    assert!(is_vetoed(door.open_to_closed().try_commit_with(()).unwrap_err().into()));
    assert!(is_vetoed(door.open_to_closed().perform().unwrap_err()));
    assert!(is_vetoed(door.open_to_closed().or_join().now().map(drop).unwrap_err()));
    assert!(is_vetoed(door.to_closed().try_commit().unwrap_err()));
    assert!(is_vetoed(Task::new(door.open_to_closed()).output().unwrap_err()));
    let leaving = door.in_open().now().unwrap().to::<door::Closed>();
    assert!(is_vetoed(leaving.now().unwrap_err().into()));

    // One that was waited for.
    let held = door.in_open().now().unwrap();
    let task = Task::waiting(door.open_to_closed());
    drop(held);
    assert!(is_vetoed(task.output().unwrap_err()));
    let held = door.in_open().now().unwrap();
    let leaving = door.in_open().now().unwrap().to::<door::Closed>();
    let task = Task::waiting(leaving);
    drop(held);
    assert!(is_vetoed(task.output().unwrap_err().into()));
}

#[test]
fn a_vetoed_transition_passes_its_turn_on() {
    let door = DoorMachine::new();
    door.open_to_closed().before(|()| Err("no"));
    let held = door.in_open().now().unwrap();
    let first = Task::waiting(door.open_to_closed());
    let second = Task::waiting(door.reset());
    drop(held);
    assert!(first.output().is_err());
    assert_eq!(second.wakes(), 1);
    assert!(second.output().is_ok());
}

#[test]
fn a_join_that_is_there_asks_no_handler() {
    let link = up("data");
    link.down_to_up().before(|()| Err("no"));
    assert!(matches!(link.down_to_up().or_join().now(), Ok(Joined::There(_))));
}

#[test]
fn a_transition_from_any_asks_the_handlers_of_the_transition_that_it_is() {
    let link = up("data");
    let log = Log::new();
    let (any, down, over) = (log.clone(), log.clone(), log.clone());
    link.to_over().before(move |state| {
        any.push(format!("any {state:?}"));
        Ok::<_, String>(())
    });
    link.up_to_over().before(move |data| {
        over.push(format!("up {data}"));
        Ok::<_, String>(())
    });
    link.down_to_over().before(move |()| {
        down.push("down".to_owned());
        Ok::<_, String>(())
    });
    link.to_over().now().unwrap().rollback();
    assert_eq!(log.take(), ["any Up(\"data\")", "up data"]);
    link.up_to_over().now().unwrap().rollback();
    assert_eq!(log.take(), ["any Up(\"data\")", "up data"]);
}

#[test]
fn the_transition_does_the_work_itself_with_a_chain_around_it() {
    let link = LinkMachine::new();
    let log = Log::new();
    let say = |word: &'static str| {
        let log = log.clone();
        move || log.push(word)
    };
    let (before, action, after) = (say("before"), say("action"), say("after"));
    let (exit, enter, observe) = (say("exit"), say("enter"), say("observe"));
    link.observe(move |_| observe());
    link.in_up().on_enter(move |_| enter());
    link.in_down().on_exit(move |_| exit());
    link.down_to_up().after(move |_| after());
    link.down_to_up().action(move |()| {
        action();
        Ok::<_, String>("connected".to_owned())
    });
    link.down_to_up().before(move |()| {
        before();
        Ok::<_, String>(())
    });
    link.down_to_up().perform().unwrap();
    assert_eq!(log.take(), ["before", "action", "after", "exit", "enter", "observe"]);
    assert_eq!(*link.in_up().now().unwrap(), "connected");
}

#[test]
fn a_later_action_replaces_the_earlier_one() {
    let link = LinkMachine::new();
    link.down_to_up().action(|()| Err::<String, _>("first"));
    let second = link.down_to_up().action(|()| Ok::<_, String>("second".to_owned()));
    link.down_to_up().perform().unwrap();
    assert_eq!(link.up_to_down().try_commit().unwrap(), "second");
    assert!(link.remove_handler(second));
    assert!(matches!(link.down_to_up().perform(), Err(Refused::Vetoed { .. })));
}

#[test]
fn an_action_that_fails_or_panics_rolls_back() {
    let link = LinkMachine::new();
    link.down_to_up().action(|()| "x".parse::<u8>().map(|number| number.to_string()));
    let refused = link.down_to_up().perform().unwrap_err();
    assert!(matches!(refused, Refused::Vetoed { machine: "Link", .. }));
    assert!(refused.source().unwrap().is::<std::num::ParseIntError>());
    assert!(link.is_down() && !link.is_in_transition());

    link.down_to_up().action(|()| -> Result<String, String> { panic!("action") });
    assert_eq!(panic_of(|| link.down_to_up().perform()), "action");
    assert!(link.is_down() && !link.is_in_transition());
}

#[test]
fn an_action_may_be_a_check_where_there_is_no_data_to_make() {
    let door = DoorMachine::new();
    door.open_to_closed().action(|()| Err::<(), _>("it sticks"));
    assert!(matches!(door.open_to_closed().perform(), Err(Refused::Vetoed { .. })));
    assert!(door.open_to_closed().try_commit().is_ok(), "only `perform` runs the action");
}

#[test]
fn a_panic_before_the_commit_rolls_back() {
    let door = DoorMachine::new();
    let id = door.open_to_closed().before(|()| -> Result<(), String> { panic!("before") });
    assert_eq!(panic_of(|| door.open_to_closed().try_commit()), "before");
    assert_eq!(panic_of(|| door.open_to_closed().within(SHORT).map(drop)), "before");
    assert_eq!(panic_of(|| Task::new(door.open_to_closed()).poll().is_some()), "before");
    let leaving = door.in_open().now().unwrap().to::<door::Closed>();
    assert_eq!(panic_of(|| leaving.now().is_ok()), "before");
    assert!(door.is_open() && !door.is_in_transition());
    door.remove_handler(id);
    assert!(door.open_to_closed().try_commit().is_ok());
}

#[test]
fn listeners_hear_of_the_commits_that_concern_them() {
    let link = LinkMachine::new();
    let log = Log::new();
    let listen = |name: &'static str| {
        let log = log.clone();
        move |change: &Change<LinkKind>| log.push((name, change.from, change.to))
    };
    link.up_to_up().after(listen("after up to up"));
    link.to_up().after(listen("after to up"));
    link.in_up().on_exit(listen("exit up"));
    link.hold().on_exit(listen("exit any"));
    link.in_up().on_enter(listen("enter up"));
    link.hold().on_enter(listen("enter any"));
    link.observe(listen("observe"));
    use LinkKind::{Down, Over, Up};

    link.down_to_up().now().unwrap().rollback();
    assert!(link.up_to_up().try_commit_with(String::new()).is_err());
    assert_eq!(log.take(), [], "nothing was committed");

    link.down_to_up().try_commit_with(String::new()).unwrap();
    let names = ["after to up", "exit any", "enter up", "enter any", "observe"];
    assert_eq!(log.take(), names.map(|name| (name, Down, Up)));

    drop(link.up_to_up().now().unwrap().enter_with(String::new()));
    let names = [
        "after up to up",
        "after to up",
        "exit up",
        "exit any",
        "enter up",
        "enter any",
        "observe",
    ];
    assert_eq!(log.take(), names.map(|name| (name, Up, Up)));

    link.to_over().try_commit().unwrap();
    assert_eq!(log.take(), ["exit up", "exit any", "enter any", "observe"].map(|n| (n, Up, Over)));
}

#[test]
fn listeners_run_on_the_committing_thread_when_the_right_is_let_go_of() {
    let door = leaked();
    let log: Log<(ThreadId, bool, Door)> = Log::new();
    let listener = log.clone();
    door.observe(move |_| {
        listener.push((thread::current().id(), door.is_in_transition(), door.state()));
    });
    let committer = thread::spawn(|| door.open_to_closed().try_commit().unwrap());
    let id = committer.thread().id();
    // While a listener runs, another caller may be in the next transition.
    committer.join().unwrap();
    door.closed_to_locked().try_commit().unwrap();
    let entries = log.take();
    let by = |id| entries.iter().filter(|entry| entry.0 == id).count();
    assert_eq!((by(id), by(thread::current().id())), (1, 1));
    assert!(entries.iter().all(|&(_, is_in_transition, _)| !is_in_transition));
}

#[test]
fn the_sequence_counts_commits_from_one() {
    let door = DoorMachine::new();
    let log = Log::new();
    let listener = log.clone();
    door.observe(move |change| listener.push(change.sequence));
    door.open_to_closed().try_commit().unwrap();
    door.closed_to_open().now().unwrap().rollback();
    assert!(door.open_to_closed().try_commit().is_err());
    door.closed_to_open().now().unwrap().commit();
    drop(door.open_to_closed().now().unwrap().enter());
    assert_eq!(log.take(), [1, 2, 3]);
}

#[test]
fn sequences_have_no_gaps_and_follow_the_commits() {
    let door = leaked();
    let log: Log<Change<Door>> = Log::new();
    let listener = log.clone();
    door.observe(move |change| listener.push(*change));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let _ = door.open_to_closed().try_commit();
                    let _ = door.to_open().within(SHORT).map(|transition| transition.commit());
                }
            });
        }
    });
    let mut changes = log.take();
    changes.sort_by_key(|change| change.sequence);
    assert!(changes.len() > 500);
    let mut state = Door::Open;
    for (change, sequence) in changes.iter().zip(1..) {
        assert_eq!(change.sequence, sequence);
        assert_eq!(change.from, state, "commit {sequence}");
        state = change.to;
    }
    assert_eq!(state, door.state());
}

#[test]
fn a_panic_after_the_commit_lets_the_rest_run_and_the_commit_stand() {
    let link = LinkMachine::new();
    let log = Log::new();
    let (first, second) = (log.clone(), log.clone());
    link.down_to_up().after(|_| panic!("after"));
    link.in_up().on_enter(move |_| first.push("enter"));
    let exploding = link.observe(|_| panic!("observe"));
    link.observe(move |_| second.push("observe"));
    let text = panic_of(|| link.down_to_up().try_commit_with("data".to_owned()).unwrap());
    assert_eq!(text, "after", "the first panic goes on");
    assert_eq!(log.take(), ["enter", "observe"]);
    assert!(link.is_up() && !link.is_in_transition());

    let transition = link.up_to_up().now().unwrap();
    assert_eq!(panic_of(|| drop(transition.enter_with("new".to_owned()))), "observe");
    link.remove_handler(exploding);
    assert_eq!(link.up_to_over().try_commit().unwrap(), "new", "the hold was let go of");
}

#[test]
fn handlers_are_removed_by_their_id() {
    let door = DoorMachine::new();
    let calls = Arc::new(AtomicUsize::new(0));
    let count = || {
        let calls = Arc::clone(&calls);
        move |_: &Change<Door>| {
            calls.fetch_add(1, SeqCst);
        }
    };
    let ids = [
        door.open_to_closed().before(|()| Err("no")),
        door.open_to_closed().action(|()| Err::<(), _>("no")),
        door.open_to_closed().after(count()),
        door.in_open().on_exit(count()),
        door.in_closed().on_enter(count()),
        door.observe(count()),
    ];
    for (position, id) in ids.iter().enumerate() {
        assert!(!ids[..position].contains(id), "every id is another");
        assert!(door.remove_handler(*id));
        assert!(!door.remove_handler(*id));
    }
    door.open_to_closed().perform().unwrap();
    assert_eq!(calls.load(SeqCst), 0);
    assert_eq!(Arc::strong_count(&calls), 1, "what a removed handler captured is dropped");
}

#[test]
fn removing_from_a_machine_without_handlers_is_no_error() {
    let id = DoorMachine::new().observe(|_| {});
    assert!(!DoorMachine::new().remove_handler(id));
}

#[test]
fn what_handlers_captured_is_dropped_with_the_machine() {
    let token = Arc::new(());
    let door = DoorMachine::new();
    let captured = Arc::clone(&token);
    door.observe(move |_| drop(Arc::clone(&captured)));
    drop(door);
    assert_eq!(Arc::strong_count(&token), 1);
}

#[test]
fn handlers_may_be_registered_and_removed_while_others_commit() {
    let door = leaked();
    let is_done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_done.load(SeqCst) {
                let _ = door.open_to_closed().try_commit();
                let _ = door.closed_to_open().try_commit();
            }
        });
        for _ in 0..500 {
            let ids =
                [door.observe(|_| {}), door.open_to_closed().before(|()| Ok::<_, String>(()))];
            assert!(ids.map(|id| door.remove_handler(id)).iter().all(|&removed| removed));
        }
        is_done.store(true, SeqCst);
    });
}

#[test]
fn a_handler_may_register_and_remove_handlers_itself_included() {
    let door = leaked();
    let own = Arc::new(Mutex::new(None));
    let calls = Arc::new(AtomicUsize::new(0));
    let (id, counter) = (Arc::clone(&own), Arc::clone(&calls));
    *own.lock().unwrap() = Some(door.observe(move |_| {
        counter.fetch_add(1, SeqCst);
        assert!(door.remove_handler(id.lock().unwrap().take().unwrap()));
        door.in_open().on_enter(|_| panic!("the new one"));
    }));
    door.open_to_closed().try_commit().unwrap();
    assert_eq!(panic_of(|| door.closed_to_open().try_commit()), "the new one");
    assert_eq!(calls.load(SeqCst), 1);
}

/// Uses the machine in every way; nothing of it may hang.
fn use_in_every_way(door: &DoorMachine) -> Vec<Refused> {
    const SOON: Duration = Duration::from_millis(1);
    let _ = (door.state(), door.is_open(), door.is_in_transition(), format!("{door:?}"));
    let mut refused = Vec::new();
    refused.extend(door.open_to_closed().now().err());
    refused.extend(door.open_to_closed().within(SOON).err());
    refused.extend(door.reset().now().err());
    refused.extend(door.reset().within(SOON).err());
    refused.extend(door.open_to_closed().or_join().within(SOON).err());
    refused.extend(door.in_open().now().err());
    refused.extend(door.in_open().within(SOON).err());
    refused.extend(door.hold().within(SOON).err());
    refused.extend(door.when(|state| state == Door::Locked).within(SOON).err());
    let mut task = Task::new(door.hold());
    refused.extend(task.poll().and_then(Result::err));
    door.remove_handler(door.observe(|_| {}));
    refused
}

#[test]
fn a_handler_before_the_commit_may_use_the_machine_and_is_refused() {
    let _hang = hang::detector("a handler that uses the machine");
    let door = leaked();
    let log = Log::new();
    let (before, action) = (log.clone(), log.clone());
    door.open_to_closed().before(move |()| {
        before.push(use_in_every_way(door));
        Ok::<_, String>(())
    });
    door.open_to_closed().action(move |()| {
        action.push(use_in_every_way(door));
        Ok::<_, String>(())
    });
    door.open_to_closed().perform().unwrap();
    for refused in log.take() {
        assert_eq!(refused.len(), 9, "{refused:?}");
    }
    assert!(door.is_closed());
    drop(door.hold().now().unwrap());
    assert!(door.closed_to_locked().try_commit().is_ok());
}

#[test]
fn a_handler_after_the_commit_may_use_the_machine_like_anyone() {
    let _hang = hang::detector("a handler that uses the machine");
    let door = leaked();
    let log = Log::new();
    let listener = log.clone();
    door.open_to_closed().after(move |_| {
        let refused = use_in_every_way(door);
        door.closed_to_locked().try_commit().unwrap();
        listener.push(refused.len());
    });
    door.open_to_closed().try_commit().unwrap();
    assert!(door.is_locked());
    assert_eq!(log.take(), [5], "what an open door allows is refused");
    door.to_closed().try_commit().unwrap();
    door.to_open().try_commit().unwrap();

    // Entered and held, the state is in use for the handler as for anyone.
    let transition = door.open_to_closed().now().unwrap();
    assert!(panic_of(|| drop(transition.enter())).contains("InUse"));
    assert!(door.is_closed());
    assert!(door.closed_to_locked().try_commit().is_ok());
}

#[test]
fn a_handler_may_make_the_next_transition() {
    let door = leaked();
    door.in_closed().on_enter(move |change| {
        if change.from == Door::Open {
            door.closed_to_locked().try_commit().unwrap();
        }
    });
    door.in_locked().on_enter(move |_| door.locked_to_closed().try_commit().unwrap());
    door.open_to_closed().try_commit().unwrap();
    assert!(door.is_closed());
}

#[test]
fn handlers_of_an_enum_that_borrows_see_its_data() {
    #[derive(statemachine::StateMachine)]
    enum Lent<'a> {
        #[state(to(Held))]
        Free,
        #[state(to(Free))]
        Held(&'a str),
    }
    let text = String::from("borrowed");
    let lent = LentMachine::from_state(Lent::Held(&text));
    lent.held_to_free().before(|view| if view.len() > 5 { Err("too long") } else { Ok(()) });
    assert!(matches!(lent.held_to_free().try_commit(), Err(Refused::Vetoed { .. })));
    let log = Log::new();
    let listener = log.clone();
    lent.to_held().after(move |change| listener.push(change.to));
    assert!(lent.is_held());
    drop(lent);
    assert_eq!(log.take(), []);
}

#[test]
fn a_change_is_a_plain_value() {
    let (sender, changes) = std::sync::mpsc::channel();
    let door = DoorMachine::new();
    door.observe(move |change| sender.send(*change).unwrap());
    door.open_to_closed().try_commit().unwrap();
    let change: Change<Door> = changes.recv().unwrap();
    let copy = change;
    assert_eq!(change, copy);
    assert!(format!("{change:?}").contains("Closed"));
    assert_ne!(Link::Down, Link::Over);
}
