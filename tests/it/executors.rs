//! `.await` on other people's executors: tokio in both flavours, smol, and pollster, which can do
//! nothing but block a thread.

use std::{
    future::{Future, IntoFuture, pending},
    pin::Pin,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use statemachine::{Interrupt, Joined, Refused, StateMachine};
use statemachine_tests::hang;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};

#[derive(StateMachine, Debug, PartialEq, Eq)]
enum Link {
    #[state(to(Up))]
    Down,
    #[state(to(Down, Up))]
    Up(usize),
}

const ROUNDS: usize = 300;
const LONG: Duration = hang::LONG;

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

fn both_flavours() -> [Runtime; 2] {
    [current_thread(), multi_thread()]
}

async fn connect(link: Arc<LinkMachine>) {
    for round in 0..ROUNDS {
        link.down_to_up().await.unwrap().commit_with(round);
    }
}

async fn disconnect(link: Arc<LinkMachine>) {
    for round in 0..ROUNDS {
        assert_eq!(link.up_to_down().await.unwrap().commit(), round);
    }
}

/// Holds by turns, beside the two others, until both are done.
async fn look(link: Arc<LinkMachine>) {
    while *link.in_up().await.unwrap() + 1 < ROUNDS {
        drop(link.hold().await.unwrap());
        // What can be had is had without suspending: on one thread nobody else would ever run.
        smol::future::yield_now().await;
    }
}

/// What has been passed from one to the other is complete, and nobody has anything any more.
fn assert_idle(link: &LinkMachine) {
    assert!(!link.is_in_transition());
    link.to_up().now().expect("nobody holds").rollback();
}

#[test]
fn tasks_of_tokio_take_turns() {
    for runtime in both_flavours() {
        let _hang = hang::detector("tokio");
        let link = Arc::new(LinkMachine::new());
        runtime.block_on(async {
            // The last one stays, for who looks.
            let looking = tokio::spawn(look(Arc::clone(&link)));
            let connecting = tokio::spawn(connect(Arc::clone(&link)));
            let disconnecting = tokio::spawn(disconnect(Arc::clone(&link)));
            connecting.await.unwrap();
            disconnecting.await.unwrap();
            link.down_to_up().await.unwrap().commit_with(ROUNDS);
            looking.await.unwrap();
        });
        assert_idle(&link);
    }
}

#[test]
fn tasks_of_smol_take_turns() {
    let _hang = hang::detector("smol");
    let link = Arc::new(LinkMachine::new());
    smol::block_on(async {
        let looking = smol::spawn(look(Arc::clone(&link)));
        let connecting = smol::spawn(connect(Arc::clone(&link)));
        let disconnecting = smol::spawn(disconnect(Arc::clone(&link)));
        connecting.await;
        disconnecting.await;
        link.down_to_up().await.unwrap().commit_with(ROUNDS);
        looking.await;
    });
    assert_idle(&link);
}

#[test]
fn threads_of_pollster_take_turns() {
    let _hang = hang::detector("pollster");
    let link = Arc::new(LinkMachine::new());
    thread::scope(|scope| {
        let looking = scope.spawn(|| pollster::block_on(look(Arc::clone(&link))));
        let connecting = scope.spawn(|| pollster::block_on(connect(Arc::clone(&link))));
        let disconnecting = scope.spawn(|| pollster::block_on(disconnect(Arc::clone(&link))));
        connecting.join().unwrap();
        disconnecting.join().unwrap();
        // Who looks may hold the state at this moment.
        link.down_to_up().within(LONG).unwrap().commit_with(ROUNDS);
        looking.join().unwrap();
    });
    assert_idle(&link);
}

#[test]
fn tasks_and_blocked_threads_stand_in_one_queue() {
    let _hang = hang::detector("tasks and threads");
    let link = Arc::new(LinkMachine::new());
    let runtime = multi_thread();
    let connecting = runtime.spawn(connect(Arc::clone(&link)));
    for round in 0..ROUNDS {
        assert_eq!(link.up_to_down().within(LONG).unwrap().commit(), round);
    }
    let disconnecting = smol::spawn(disconnect(Arc::clone(&link)));
    for round in 0..ROUNDS {
        link.down_to_up().within(LONG).unwrap().commit_with(round);
    }
    runtime.block_on(connecting).unwrap();
    smol::block_on(disconnecting);
    assert_idle(&link);
}

/// Begins a transition, says so, and never ends it.
async fn stop_in_the_middle(link: Arc<LinkMachine>, begun: mpsc::Sender<()>) {
    let _transition = link.down_to_up().await.unwrap();
    begun.send(()).unwrap();
    pending::<()>().await;
}

#[test]
fn a_task_of_tokio_that_is_aborted_in_the_middle_rolls_back() {
    for runtime in both_flavours() {
        let _hang = hang::detector("abort");
        let link = Arc::new(LinkMachine::new());
        let (begun, has_begun) = mpsc::channel();
        runtime.block_on(async {
            let task = tokio::spawn(stop_in_the_middle(Arc::clone(&link), begun));
            while has_begun.try_recv().is_err() {
                tokio::task::yield_now().await;
            }
            assert!(link.is_in_transition());
            let waiting = tokio::spawn(connect_once(Arc::clone(&link)));
            task.abort();
            assert!(task.await.unwrap_err().is_cancelled());
            waiting.await.unwrap();
        });
        assert!(link.is_up());
        assert_idle(&link);
    }
}

#[test]
fn a_task_of_smol_that_is_cancelled_in_the_middle_rolls_back() {
    let _hang = hang::detector("cancel");
    let link = Arc::new(LinkMachine::new());
    let (begun, has_begun) = mpsc::channel();
    let task = smol::spawn(stop_in_the_middle(Arc::clone(&link), begun));
    has_begun.recv_timeout(LONG).unwrap();
    assert!(link.is_in_transition());
    assert_eq!(smol::block_on(task.cancel()), None);
    assert_idle(&link);
    assert!(link.is_down());
}

async fn connect_once(link: Arc<LinkMachine>) {
    link.down_to_up().await.unwrap().commit_with(1);
}

#[test]
fn a_task_that_is_aborted_while_it_waits_passes_its_turn_on() {
    for runtime in both_flavours() {
        let _hang = hang::detector("abort while waiting");
        let link = Arc::new(LinkMachine::new());
        runtime.block_on(async {
            for _ in 0..50 {
                let held = link.down_to_up().now().unwrap();
                let tasks: Vec<JoinHandle<()>> =
                    (0..4).map(|_| tokio::spawn(rollback_once(Arc::clone(&link)))).collect();
                tokio::task::yield_now().await;
                held.rollback();
                // By now one of them may have been chosen, and may have run or not.
                tasks[0].abort();
                tasks[2].abort();
                for (position, task) in tasks.into_iter().enumerate() {
                    let ended = task.await;
                    assert!(ended.is_ok() || position % 2 == 0);
                }
                assert_idle(&link);
            }
        });
    }
}

async fn rollback_once(link: Arc<LinkMachine>) {
    link.down_to_up().await.unwrap().rollback();
}

#[test]
fn a_wait_may_lose_a_select() {
    for runtime in both_flavours() {
        let _hang = hang::detector("select");
        let link = LinkMachine::new();
        runtime.block_on(async {
            tokio::select! {
                up = link.in_up() => panic!("nobody connects: {up:?}"),
                () = tokio::time::sleep(Duration::from_millis(2)) => {}
            }
            let mut wait = std::pin::pin!(link.in_up().into_future());
            for round in 0..3 {
                tokio::select! {
                    up = &mut wait => {
                        assert_eq!(*up.unwrap(), 7);
                        assert_eq!(round, 2);
                        break;
                    }
                    () = tokio::time::sleep(Duration::from_millis(1)), if round < 2 => {}
                }
                if round == 1 {
                    link.down_to_up().try_commit_with(7).unwrap();
                }
            }
        });
        assert_idle(&link);
    }
}

#[test]
fn of_two_waits_in_a_select_the_loser_lets_go() {
    let _hang = hang::detector("select of two");
    let link = LinkMachine::new();
    pollster::block_on(async {
        let transition = link.down_to_up().now().unwrap();
        let first = link.down_to_up().into_future();
        let second = link.down_to_up().or_join().into_future();
        let both = smol::future::or(
            async { first.await.map(|transition| transition.rollback()) },
            async {
                second.await.map(|joined| match joined {
                    Joined::Mine(transition) => transition.rollback(),
                    Joined::There(_) => panic!("nobody connects"),
                })
            },
        );
        let (done, ()) = smol::future::zip(both, async { transition.rollback() }).await;
        done.unwrap();
    });
    assert_idle(&link);
}

#[test]
fn a_timeout_of_the_executor_gives_up() {
    let _hang = hang::detector("timeout");
    let link = LinkMachine::from_state(Link::Up(1));
    current_thread().block_on(async {
        let held = link.in_up().await.unwrap();
        let limit = Duration::from_millis(1);
        assert!(tokio::time::timeout(limit, link.up_to_down()).await.is_err());
        assert!(link.in_up().now().is_ok(), "the door is open again");
        drop(held);
        assert!(tokio::time::timeout(LONG, link.up_to_down()).await.unwrap().is_ok());
    });
}

#[test]
fn one_interrupt_ends_the_waits_of_many_tasks() {
    for runtime in both_flavours() {
        let _hang = hang::detector("interrupt");
        let (link, interrupt) = (Arc::new(LinkMachine::new()), Arc::new(Interrupt::new()));
        runtime.block_on(async {
            let tasks: Vec<_> = (0..8)
                .map(|_| {
                    let (link, interrupt) = (Arc::clone(&link), Arc::clone(&interrupt));
                    tokio::spawn(
                        async move { link.in_up().interruptible(&interrupt).await.map(drop) },
                    )
                })
                .collect();
            tokio::task::yield_now().await;
            interrupt.interrupt();
            for task in tasks {
                assert!(matches!(task.await.unwrap(), Err(Refused::Interrupted { .. })));
            }
        });
        assert_idle(&link);
    }
}

/// A guard that lives across an `.await` may move to another thread with its task.
async fn hold_across_awaits(link: Arc<LinkMachine>) -> usize {
    let up = link.in_up().await.unwrap();
    tokio::task::yield_now().await;
    let transition = up.to::<link::Up>().await.map_err(|refused| refused.refused).unwrap();
    tokio::task::yield_now().await;
    let old = *transition.view();
    drop(transition.enter_with(old + 1));
    old
}

#[test]
fn guards_live_across_awaits() {
    fn is_send<F: Future + Send>(future: F) -> F {
        future
    }
    for runtime in both_flavours() {
        let _hang = hang::detector("across awaits");
        let link = Arc::new(LinkMachine::from_state(Link::Up(0)));
        for round in 0..20 {
            let task = runtime.spawn(is_send(hold_across_awaits(Arc::clone(&link))));
            assert_eq!(runtime.block_on(task).unwrap(), round);
        }
        assert_idle(&link);
    }
}

/// Any future, boxed, with what it gives.
fn boxed<'l, F: Future + Send + 'l>(
    wait: impl IntoFuture<IntoFuture = F>,
) -> Pin<Box<dyn Future<Output = F::Output> + Send + 'l>> {
    Box::pin(wait.into_future())
}

/// Whatever the future gives, behind a generic function of the caller's.
async fn through<F: Future>(wait: impl IntoFuture<IntoFuture = F>) -> Option<F::Output> {
    Some(wait.into_future().await)
}

/// A task that owns its machine may do with a wait what it does with any future. This is about what
/// compiles: whether a task is `Send` is decided without knowing which lifetimes are the same.
#[test]
fn a_spawned_task_may_combine_waits_like_any_futures() {
    let _hang = hang::detector("combined");
    let (link, interrupt) = (Arc::new(LinkMachine::new()), Interrupt::new());
    let threads = multi_thread();
    let task = threads.spawn({
        let link = Arc::clone(&link);
        async move {
            through(link.down_to_up()).await.unwrap().unwrap().commit_with(1);
            let up = through(link.in_up().interruptible(&interrupt)).await.unwrap().unwrap();
            through(up.to::<link::Up>()).await.unwrap().unwrap().commit_with(2);
            drop(through(link.down_to_up().or_join()).await.unwrap().unwrap());
            through(link.when(|kind| kind == LinkKind::Up)).await.unwrap().unwrap();
            drop(boxed(link.in_up()).await.unwrap());
            drop(boxed(link.hold()).await.unwrap());
            drop(tokio::time::timeout(LONG, link.in_up()).await.unwrap().unwrap());
            let (one, other) = tokio::join!(link.in_up().into_future(), link.hold().into_future());
            drop((one.unwrap(), other.unwrap()));
            let both = smol::future::zip(link.in_up().into_future(), link.hold().into_future());
            drop(both.await);
            tokio::select! {
                up = link.in_up() => assert_eq!(*up.unwrap(), 2),
                going_down = link.up_to_down() => going_down.unwrap().rollback(),
            }
            through(refill(&link)).await.unwrap();
        }
    });
    current_thread().block_on(task).unwrap();
    assert_idle(&link);
}

/// A wait behind an `async fn` that borrows the machine.
async fn refill(link: &LinkMachine) -> usize {
    link.up_to_up().await.unwrap().commit_with(3)
}

#[derive(StateMachine)]
enum Cell<T> {
    #[state(to(Full))]
    Empty,
    #[state(to(Empty))]
    Full(T),
}

async fn take<T: Send + Sync + 'static>(cell: Arc<CellMachine<T>>) -> T {
    let full = cell.in_full().await.unwrap();
    match full.to::<cell::Empty<T>>().await {
        Ok(right) => right.commit(),
        Err(refused) => panic!("{refused}"),
    }
}

#[test]
fn a_generic_function_may_wait_for_a_generic_machine() {
    fn spawn<T: Send + Sync + 'static>(
        runtime: &Runtime,
        cell: &Arc<CellMachine<T>>,
    ) -> JoinHandle<T> {
        runtime.spawn(take(Arc::clone(cell)))
    }
    let (runtime, cell) = (multi_thread(), Arc::new(CellMachine::new()));
    let task = spawn(&runtime, &cell);
    cell.empty_to_full().try_commit_with("data".to_owned()).unwrap();
    assert_eq!(runtime.block_on(task).unwrap(), "data");
}
