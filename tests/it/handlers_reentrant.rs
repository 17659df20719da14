//! Handlers that use the machine which calls them, in every way that there is.
//!
//! What they ask for is refused or had like anyone's; nothing hangs.

#![allow(missing_docs, reason = "the machine is only moved")]

use std::{
    convert::Infallible,
    future::IntoFuture,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use statemachine::{Change, HandlerId, Interrupt, Joined, Refused, StateMachine};

#[derive(StateMachine, Debug)]
#[machine(reset)]
enum Job {
    #[state(initial, to(Running))]
    Idle,
    #[state(to(Idle, Running))]
    Running(u32),
}

type Shared = Arc<JobMachine>;

/// Fails a test that hangs.
fn without_hang(test: impl FnOnce() + Send + 'static) {
    let (done, end) = mpsc::channel();
    let thread = thread::spawn(move || {
        test();
        _ = done.send(());
    });
    match end.recv_timeout(Duration::from_secs(60)) {
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => thread.join().unwrap(),
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
    }
}

fn short() -> Duration {
    Duration::from_millis(2)
}

/// Polls once and gives up.
fn poll<F: IntoFuture>(future: F) -> Poll<F::Output> {
    let mut future = pin!(future.into_future());
    future.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

fn is_busy<T>(answer: Result<T, Refused>) -> bool {
    matches!(answer, Err(Refused::InTransition { .. }))
}

fn is_late<T>(answer: Result<T, Refused>) -> bool {
    matches!(answer, Err(Refused::TimedOut { .. }))
}

/// What is the case for a handler that is called in the middle of the transition out of `Idle`.
fn ask_in_the_middle(job: &JobMachine) {
    assert_eq!(job.state(), JobKind::Idle);
    assert!(job.is_in_transition() && job.is_idle() && !job.is_running());
    assert!(format!("{job:?}").contains("in_transition: true"));
    assert!(job.mermaid().contains("class Idle current"));

    let transition = job.idle_to_running();
    assert!(is_busy(transition.now()));
    assert!(is_late(transition.within(short())));
    assert!(is_late(transition.until(Instant::now() + short())));
    assert!(poll(transition).is_pending());
    assert!(is_busy(transition.perform()));
    assert_eq!(transition.try_commit_with(5).unwrap_err().data, 5);
    assert!(is_busy(transition.or_join().now()));
    assert!(is_late(transition.or_join().within(short())));
    assert!(is_busy(job.to_running().now()));
    assert!(is_busy(job.reset().now()));
    assert!(matches!(job.running_to_idle().now(), Err(Refused::WrongState { .. })));

    assert!(is_busy(job.in_idle().now()));
    assert!(is_late(job.in_idle().within(short())));
    assert!(poll(job.in_idle()).is_pending());
    assert!(is_busy(job.hold().now()));
    assert!(is_late(job.hold().within(short())));
    assert_eq!(job.when(|state| state == JobKind::Idle).now().unwrap(), JobKind::Idle);
    assert!(is_late(job.when(|state| state == JobKind::Running).within(short())));

    let interrupt = Interrupt::new();
    interrupt.interrupt();
    let answer = job.in_idle().interruptible(&interrupt).within(Duration::from_secs(60));
    assert!(matches!(answer, Err(Refused::Interrupted { .. })));
}

/// What is the case for a handler that is called when `Running` was entered and let go of.
fn ask_afterwards(job: &JobMachine) {
    assert_eq!(job.state(), JobKind::Running);
    assert!(!job.is_in_transition());
    assert!(format!("{job:?}").contains("in_transition: false"));

    let held = job.in_running().now().unwrap();
    let again = held.clone();
    assert!(matches!(job.running_to_idle().now(), Err(Refused::InUse { holders: 2, .. })));
    assert!(is_late(job.running_to_idle().within(short())));
    drop(again);
    held.to::<job::Running>().now().unwrap().rollback();
    assert!(matches!(job.idle_to_running().or_join().now(), Ok(Joined::There(_))));
    assert!(poll(job.hold()).is_ready());
    job.running_to_running().within(short()).unwrap().rollback();
    job.to_idle().now().unwrap().rollback();
    job.reset().now().unwrap().rollback();
}

/// Registers one of each kind, and removes them.
fn register_all(job: &JobMachine) -> Vec<HandlerId> {
    let transition = job.running_to_idle();
    vec![
        transition.before(|_| Ok::<(), Infallible>(())),
        transition.action(|_| Ok::<(), Infallible>(())),
        transition.after(|_| ()),
        job.in_running().on_exit(|_| ()),
        job.in_idle().on_enter(|_| ()),
        job.observe(|_| ()),
    ]
}

#[test]
fn before_and_action_ask_in_the_middle_of_their_transition() {
    without_hang(|| {
        let job = Shared::default();
        let (before, action) = (Arc::clone(&job), Arc::clone(&job));
        let calls = Arc::new(AtomicUsize::new(0));
        let (first, second) = (Arc::clone(&calls), Arc::clone(&calls));
        job.idle_to_running().before(move |()| {
            ask_in_the_middle(&before);
            first.fetch_add(1, SeqCst);
            Ok::<(), Infallible>(())
        });
        job.idle_to_running().action(move |()| {
            ask_in_the_middle(&action);
            second.fetch_add(1, SeqCst);
            Ok::<u32, Infallible>(1)
        });
        job.idle_to_running().perform().unwrap();
        assert_eq!(calls.load(SeqCst), 2);
        assert!(job.is_running() && !job.is_in_transition());
    });
}

/// How a listener of a machine is registered.
type Listen = fn(&Shared, Box<dyn Fn(&Change<JobKind>) + Send + Sync>) -> HandlerId;

/// The four places where those listen who are called after a commit.
const LISTENERS: [Listen; 4] = [
    |job, handler| job.idle_to_running().after(handler),
    |job, handler| job.in_idle().on_exit(handler),
    |job, handler| job.in_running().on_enter(handler),
    |job, handler| job.observe(handler),
];

#[test]
fn listeners_ask_for_whatever_they_like() {
    for listen in LISTENERS {
        without_hang(move || {
            let job = Shared::default();
            let calls = Arc::new(AtomicUsize::new(0));
            let (mine, count) = (Arc::clone(&job), Arc::clone(&calls));
            listen(
                &job,
                Box::new(move |_| {
                    ask_afterwards(&mine);
                    count.fetch_add(1, SeqCst);
                }),
            );
            job.idle_to_running().try_commit_with(1).unwrap();
            assert_eq!(calls.load(SeqCst), 1);
        });
    }
}

#[test]
fn listeners_move_the_machine_on() {
    for listen in LISTENERS {
        without_hang(move || {
            let job = Shared::default();
            let seen = Arc::new(Mutex::new(Vec::new()));
            let (mine, log) = (Arc::clone(&job), Arc::clone(&seen));
            listen(
                &job,
                Box::new(move |change| {
                    log.lock().unwrap().push(change.sequence);
                    if change.sequence < 5 {
                        _ = mine.to_idle().try_commit();
                        _ = mine.idle_to_running().try_commit_with(2);
                    }
                }),
            );
            job.idle_to_running().try_commit_with(1).unwrap();
            assert_eq!(seen.lock().unwrap()[0], 1, "the first commit is heard of first");
            assert!(seen.lock().unwrap().len() > 1, "the commits of handlers are heard of too");
        });
    }
}

#[test]
fn handlers_come_and_go_while_handlers_run() {
    without_hang(|| {
        let job = Shared::default();
        let is_first = AtomicBool::new(true);
        let mine = Arc::clone(&job);
        job.idle_to_running().before(move |()| {
            if is_first.swap(false, SeqCst) {
                for id in register_all(&mine) {
                    assert!(mine.remove_handler(id));
                    assert!(!mine.remove_handler(id));
                }
                register_all(&mine);
            }
            Ok::<(), Infallible>(())
        });
        for listen in LISTENERS {
            let mine = Arc::clone(&job);
            listen(
                &job,
                Box::new(move |_| {
                    for id in register_all(&mine) {
                        assert!(mine.remove_handler(id));
                    }
                }),
            );
        }
        job.idle_to_running().try_commit_with(1).unwrap();
        job.running_to_idle().perform().unwrap();
        job.idle_to_running().try_commit_with(1).unwrap();
    });
}

#[test]
fn a_handler_removes_itself() {
    for listen in LISTENERS {
        without_hang(move || {
            let job = Shared::default();
            let id = Arc::new(Mutex::new(None));
            let calls = Arc::new(AtomicUsize::new(0));
            let (mine, own, count) = (Arc::clone(&job), Arc::clone(&id), Arc::clone(&calls));
            let registered = listen(
                &job,
                Box::new(move |_| {
                    count.fetch_add(1, SeqCst);
                    assert!(mine.remove_handler(own.lock().unwrap().take().unwrap()));
                }),
            );
            *id.lock().unwrap() = Some(registered);
            for _ in 0..3 {
                job.to_running().try_commit_with(1).unwrap();
                job.reset().try_commit().unwrap();
            }
            assert_eq!(calls.load(SeqCst), 1);
        });
    }
}

#[test]
fn a_handler_that_is_registered_in_a_handler_hears_of_the_next_commit() {
    without_hang(|| {
        let job = Shared::default();
        let calls = Arc::new(AtomicUsize::new(0));
        let (mine, count) = (Arc::clone(&job), Arc::clone(&calls));
        job.idle_to_running().after(move |_| {
            let count = Arc::clone(&count);
            mine.observe(move |_| {
                count.fetch_add(1, SeqCst);
            });
        });
        job.idle_to_running().try_commit_with(1).unwrap();
        assert_eq!(calls.load(SeqCst), 0);
        job.running_to_idle().try_commit().unwrap();
        assert_eq!(calls.load(SeqCst), 1);
    });
}

/// Uses the machine when it is dropped.
struct Parting(Shared);

impl Drop for Parting {
    fn drop(&mut self) {
        let id = self.0.observe(|_| ());
        assert!(self.0.remove_handler(id));
    }
}

#[test]
fn what_a_handler_captured_may_use_the_machine_as_it_is_dropped() {
    without_hang(|| {
        let job = Shared::default();
        let parting = Parting(Arc::clone(&job));
        let id = job.observe(move |_| _ = &parting);
        assert!(job.remove_handler(id));
        let parting = Parting(Arc::clone(&job));
        job.running_to_idle().action(move |_| {
            _ = &parting;
            Ok::<(), Infallible>(())
        });
        job.running_to_idle().action(|_| Ok::<(), Infallible>(()));
    });
}

#[test]
fn a_panic_before_the_commit_rolls_back() {
    without_hang(|| {
        let job = Shared::default();
        let id = job.idle_to_running().before(|()| -> Result<(), Infallible> { panic!("before") });
        assert!(catch_unwind(AssertUnwindSafe(|| job.idle_to_running().now().map(drop))).is_err());
        assert!(job.is_idle() && !job.is_in_transition());
        assert!(job.remove_handler(id));
        job.idle_to_running().action(|()| -> Result<u32, Infallible> { panic!("action") });
        assert!(catch_unwind(AssertUnwindSafe(|| job.idle_to_running().perform())).is_err());
        assert!(job.is_idle() && !job.is_in_transition());
        job.idle_to_running().try_commit_with(1).unwrap();
    });
}

#[test]
fn a_panic_after_the_commit_lets_the_rest_run_and_goes_on() {
    without_hang(|| {
        let job = Shared::default();
        let calls = Arc::new(Mutex::new(Vec::new()));
        for (name, listen) in ["after", "exit", "enter", "all"].into_iter().zip(LISTENERS) {
            let log = Arc::clone(&calls);
            listen(
                &job,
                Box::new(move |_| {
                    log.lock().unwrap().push(name);
                    if name == "after" || name == "enter" {
                        // Not one that poisons the log.
                        std::panic::panic_any(name);
                    }
                }),
            );
        }
        let panic = catch_unwind(AssertUnwindSafe(|| job.idle_to_running().try_commit_with(1)));
        assert_eq!(panic.unwrap_err().downcast_ref::<&str>(), Some(&"after"), "the first goes on");
        assert_eq!(*calls.lock().unwrap(), ["after", "exit", "enter", "all"]);
        assert!(job.is_running() && !job.is_in_transition(), "the commit stands");
        job.running_to_idle().try_commit().unwrap();
    });
}

#[test]
fn a_panic_in_a_handler_lets_go_of_the_hold_that_was_to_be_had() {
    without_hang(|| {
        let job = Shared::default();
        job.observe(|_| panic!("observed"));
        let entering = job.idle_to_running().now().unwrap();
        assert!(catch_unwind(AssertUnwindSafe(|| drop(entering.enter_with(1)))).is_err());
        job.running_to_idle().now().unwrap().rollback();
    });
}

#[test]
fn a_veto_of_a_traded_hold_gives_the_hold_back() {
    without_hang(|| {
        let job = Arc::new(JobMachine::from_state(Job::Running(7)));
        let mine = Arc::clone(&job);
        job.running_to_idle().before(move |number| {
            assert!(mine.is_in_transition());
            Err(format!("{number} is not done"))
        });
        let held = job.in_running().now().unwrap();
        let refused = held.to::<job::Idle>().now().unwrap_err();
        assert!(matches!(refused.refused, Refused::Vetoed { .. }));
        assert_eq!(*refused.into_data(), 7);
        job.running_to_running().now().unwrap().rollback();
    });
}

#[test]
fn handlers_of_many_threads_use_the_machine_at_once() {
    without_hang(|| {
        let job = Shared::default();
        let calls = Arc::new(AtomicUsize::new(0));
        let (mine, count) = (Arc::clone(&job), Arc::clone(&calls));
        job.idle_to_running().after(move |_| {
            count.fetch_add(1, SeqCst);
            _ = mine.running_to_running().try_commit_with(3);
            _ = mine.in_running().within(Duration::from_micros(50));
            assert!(mine.remove_handler(mine.observe(|_| ())));
            _ = format!("{mine:?}");
        });
        let commits = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let begun = job.idle_to_running().within(Duration::from_secs(10));
                        begun.unwrap().commit_with(1);
                        commits.fetch_add(1, SeqCst);
                        _ = job.reset().within(Duration::from_secs(10)).unwrap().commit();
                    }
                });
            }
        });
        assert_eq!(calls.load(SeqCst), commits.load(SeqCst));
        assert!(!job.is_in_transition());
        job.reset().now().unwrap().rollback();
    });
}
