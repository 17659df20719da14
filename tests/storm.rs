//! Tasks that are cancelled at every point, and threads beside them, on one machine; and random runs
//! for as long as one likes.
//!
//! | variable | what it sets | by default |
//! |---|---|---|
//! | `STATEMACHINE_STORM_OPERATIONS` | how much is asked in the storm | 200000 |
//! | `STATEMACHINE_SOAK_SECONDS` | how long histories are recorded and explained | 1 |
//! | `STATEMACHINE_SOAK_SEED` | where the random runs begin | from the clock |

use std::{
    env,
    future::{Future, IntoFuture},
    pin::pin,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use rand::{RngExt, SeedableRng, rngs::SmallRng};
use smol::future::{poll_once, yield_now};
use statemachine::{InState, InTransition, Interrupt, Joined, StateMachine};
use statemachine_tests::{
    hang,
    history::{Run, check},
    machines::{Job, Light, Slot},
};
use tokio::{runtime::Builder, task::JoinSet};

fn variable<T: FromStr>(name: &str, default: T) -> T {
    match env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")),
        Err(_) => default,
    }
}

#[derive(StateMachine)]
enum Link {
    #[state(to(Up))]
    Down,
    #[state(to(Down, Up))]
    Up(u64),
}

type GoingUp<'l> = InTransition<'l, link::Down, link::Up>;
type GoingDown<'l> = InTransition<'l, link::Up, link::Down>;

/// Of the sixteen tasks, two never give up.
const RESTLESS: u64 = 14;
const PATIENT: u64 = 2;
const THREADS: u64 = 6;

const SOON: Duration = Duration::from_micros(20);

#[derive(Default)]
struct Storm {
    link: LinkMachine,
    interrupt: Interrupt,
    enough: u64,
    asked: AtomicU64,
    /// The patient who have had their turns.
    content: AtomicU64,
    /// Counts commits by a load and a store, which is right only under the exclusive right.
    commits: AtomicU64,
    /// Counts commits in any case.
    counted: AtomicU64,
}

impl Storm {
    fn goes_on(&self) -> bool {
        self.asked.fetch_add(1, SeqCst) < self.enough || self.content.load(SeqCst) < PATIENT
    }

    fn count(&self) -> u64 {
        self.counted.fetch_add(1, SeqCst);
        let commits = self.commits.load(SeqCst) + 1;
        self.commits.store(commits, SeqCst);
        commits
    }

    fn go_up(&self, right: GoingUp<'_>) {
        right.commit_with(self.count());
    }

    fn go_up_and_look(&self, right: GoingUp<'_>) {
        self.look(&right.enter_with(self.count()));
    }

    fn go_down(&self, right: GoingDown<'_>) {
        let commits = self.count();
        assert!(right.commit() < commits);
    }

    fn look(&self, up: &InState<'_, link::Up>) {
        assert_eq!(**up, self.commits.load(SeqCst), "a holder beside a transition");
    }

    /// Gives up nearly always: not yet polled, waiting, or chosen but not yet polled.
    async fn task_that_gives_up(&self, mut random: SmallRng) {
        let link = &self.link;
        while self.goes_on() {
            match random.random_range(0..7) {
                0 => {
                    if let Some(Ok(right)) = a_while(&mut random, link.down_to_up()).await {
                        self.go_up(right);
                    }
                }
                1 => {
                    if let Some(Ok(right)) = a_while(&mut random, link.up_to_down()).await {
                        self.go_down(right);
                    }
                }
                2 => {
                    if let Some(Ok(up)) = a_while(&mut random, link.in_up()).await {
                        yield_now().await;
                        self.look(&up);
                    }
                }
                3 => match a_while(&mut random, link.down_to_up().or_join()).await {
                    Some(Ok(Joined::Mine(right))) => self.go_up_and_look(right),
                    Some(Ok(Joined::There(up))) => self.look(&up),
                    Some(Err(_)) | None => {}
                },
                4 => {
                    if let Some(Ok(up)) = a_while(&mut random, link.in_up()).await
                        && let Some(Ok(right)) = a_while(&mut random, up.to::<link::Down>()).await
                    {
                        self.go_down(right);
                    }
                }
                5 => {
                    let wait = link.up_to_down().interruptible(&self.interrupt);
                    if let Some(Ok(right)) = a_while(&mut random, wait).await {
                        yield_now().await;
                        right.rollback();
                    }
                }
                _ => drop(a_while(&mut random, link.when(|kind| kind == LinkKind::Up)).await),
            }
        }
    }

    /// Is aborted by its executor, with a right in its hands or in the queue for one.
    async fn task_that_is_aborted(self: Arc<Self>) {
        loop {
            let right = self.link.down_to_up().await.expect("down can always be reached");
            yield_now().await;
            self.go_up(right);
            let up = self.link.in_up().await.expect("up can always be reached");
            yield_now().await;
            if let Ok(right) = up.to::<link::Down>().await {
                yield_now().await;
                self.go_down(right);
            }
        }
    }

    /// Never gives up: one lost wake-up, and it waits for ever.
    async fn patient_task(&self, turns: u64) {
        for turn in 0..turns {
            if turn % 2 == 0 {
                self.go_up(self.link.down_to_up().await.expect("down can always be reached"));
            } else {
                self.go_down(self.link.up_to_down().await.expect("up can always be reached"));
            }
        }
        self.content.fetch_add(1, SeqCst);
    }

    fn thread(&self, mut random: SmallRng) {
        let link = &self.link;
        while self.goes_on() {
            match random.random_range(0..8) {
                0 => drop(link.down_to_up().now().map(|right| self.go_up(right))),
                1 => drop(link.up_to_down().now().map(|right| self.go_down(right))),
                2 => drop(link.down_to_up().within(SOON).map(|right| self.go_up_and_look(right))),
                3 => drop(link.up_to_down().within(SOON).map(|right| self.go_down(right))),
                4 => drop(link.in_up().within(SOON).map(|up| self.look(&up))),
                5 => {
                    if let Ok(up) = link.in_up().now()
                        && let Ok(right) = up.to::<link::Down>().within(SOON)
                    {
                        self.go_down(right);
                    }
                }
                6 => {
                    self.interrupt.interrupt();
                    self.interrupt.clear();
                }
                _ => {
                    let wait = link.up_to_down().interruptible(&self.interrupt).within(SOON);
                    drop(wait.map(|right| self.go_down(right)));
                }
            }
        }
    }
}

/// What comes of a few polls; then the future is dropped.
async fn a_while<F: Future>(
    random: &mut SmallRng,
    handle: impl IntoFuture<IntoFuture = F>,
) -> Option<F::Output> {
    let polls = random.random_range(0..4);
    let mut future = pin!(handle.into_future());
    for _ in 0..polls {
        if let Some(output) = poll_once(&mut future).await {
            return Some(output);
        }
        yield_now().await;
    }
    None
}

#[test]
fn after_a_storm_of_cancellations_nobody_is_stuck_and_every_right_is_accounted_for() {
    let enough = variable("STATEMACHINE_STORM_OPERATIONS", 200_000);
    let limit = hang::LONG + Duration::from_micros(100) * u32::try_from(enough).unwrap_or(u32::MAX);
    let _hang = hang::detector_of("storm", limit);
    let storm = Arc::new(Storm { enough, ..Storm::default() });
    let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let mut tasks = JoinSet::new();
    for seed in 0..RESTLESS / 2 {
        let storm = Arc::clone(&storm);
        let random = SmallRng::seed_from_u64(seed);
        tasks.spawn_on(async move { storm.task_that_gives_up(random).await }, runtime.handle());
    }
    for seed in RESTLESS / 2..RESTLESS {
        let storm = Arc::clone(&storm);
        let mut random = SmallRng::seed_from_u64(seed);
        let aborting = async move {
            while storm.goes_on() {
                let task = tokio::spawn(Arc::clone(&storm).task_that_is_aborted());
                for _ in 0..random.random_range(0..20) {
                    yield_now().await;
                }
                task.abort();
                assert!(task.await.unwrap_err().is_cancelled());
            }
        };
        tasks.spawn_on(aborting, runtime.handle());
    }
    for _ in 0..PATIENT {
        let storm = Arc::clone(&storm);
        tasks.spawn_on(async move { storm.patient_task(enough / 400).await }, runtime.handle());
    }
    thread::scope(|scope| {
        for seed in 0..THREADS {
            let (storm, random) = (&storm, SmallRng::seed_from_u64(1000 + seed));
            scope.spawn(move || storm.thread(random));
        }
        runtime.block_on(tasks.join_all());
    });
    let link = &storm.link;
    assert_eq!(storm.commits.load(SeqCst), storm.counted.load(SeqCst), "two at once");
    assert!(!link.is_in_transition());
    assert!(link.hold().now().is_ok(), "the door is open");
    link.to_up().now().expect("nobody holds or waits any more").rollback();
    println!("{} asked for, {} committed", storm.asked.load(SeqCst), storm.commits.load(SeqCst));
}

#[test]
fn every_history_of_random_runs_can_be_explained() {
    let seconds = variable("STATEMACHINE_SOAK_SECONDS", 1);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let first = variable("STATEMACHINE_SOAK_SEED", now.as_micros() as u64);
    println!("STATEMACHINE_SOAK_SEED={first}");
    let (begin, mut runs) = (Instant::now(), 0);
    while begin.elapsed() < Duration::from_secs(seconds) {
        let _hang = hang::detector("soak");
        for (threads, operations) in [(2, 12), (3, 7), (4, 5)] {
            for limit in [1, 30, 300] {
                let seed = first.wrapping_add(runs);
                let run = Run { seed, threads, operations, limit: Duration::from_micros(limit) };
                check::<Slot>(run);
                check::<Light>(run);
                check::<Job>(run);
                runs += 1;
            }
        }
    }
    println!("{} histories explained", runs * 3);
}
