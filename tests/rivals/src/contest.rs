//! How contestants are measured: round by round, each once a round, so that what disturbs the machine
//! for a while disturbs all of them. A ratio is to the first contestant within the same round.

use std::{
    hint::black_box,
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

/// What a contestant is in the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The least that it could cost: what does less than is asked for, and so no rival.
    Limit,
    Ours,
    Rival,
}

/// One row of a contest.
pub struct Contestant {
    name: &'static str,
    role: Role,
    /// One round: a number for each of the contest's measures, or none where it does not apply.
    trial: Box<dyn FnMut() -> Vec<f64>>,
}

/// What is measured of each contestant.
pub struct Contest {
    pub id: &'static str,
    pub title: &'static str,
    /// What is done, in a sentence or two.
    pub about: &'static str,
    /// What the numbers are, with their unit.
    pub measures: &'static [&'static str],
    /// Which of the measures is in the chart.
    pub charted: usize,
    /// Rounds, where the usual number would take too long.
    pub rounds: Option<usize>,
    pub contestants: Vec<Contestant>,
}

/// The middle half of some numbers.
#[derive(Clone, Copy)]
pub struct Spread {
    pub low: f64,
    pub median: f64,
    pub high: f64,
}

pub struct Result {
    pub name: &'static str,
    pub role: Role,
    /// One a measure: the number, and its ratio to the first contestant's.
    pub measured: Vec<(Spread, Spread)>,
}

pub struct Results {
    pub id: &'static str,
    pub title: &'static str,
    pub about: &'static str,
    pub measures: &'static [&'static str],
    pub charted: usize,
    pub results: Vec<Result>,
}

impl Contestant {
    pub fn new(name: &'static str, role: Role, trial: impl FnMut() -> Vec<f64> + 'static) -> Self {
        Self { name, role, trial: Box::new(trial) }
    }

    /// One whose operation is timed: the closure does it that many times.
    pub fn timed(name: &'static str, role: Role, repeat: impl FnMut(u64) + 'static) -> Self {
        let mut repeat = Repeat::new(repeat);
        Self::new(name, role, move || vec![repeat.nanoseconds()])
    }

    /// One whose operation is timed on each of those numbers of threads at once.
    pub fn timed_on(
        threads: &'static [usize],
        name: &'static str,
        role: Role,
        repeat: impl Fn(u64) + Sync + 'static,
    ) -> Self {
        let mut count = 0;
        Self::new(name, role, move || {
            if count == 0 {
                count = Repeat::new(&repeat).count();
            }
            let trial = |&threads: &usize| {
                // Threads do not begin at once: long enough for that not to matter.
                let count = if threads == 1 { count } else { 10 * count };
                nanoseconds_on(threads, count, &repeat)
            };
            threads.iter().map(trial).collect()
        })
    }
}

impl Contest {
    pub fn run(mut self, rounds: usize) -> Results {
        let rounds = self.rounds.map_or(rounds, |own| own.min(rounds)).max(1);
        let count = self.contestants.len();
        let mut samples: Vec<Vec<Vec<f64>>> = vec![Vec::new(); count];
        for round in 0..rounds {
            // Nobody always follows the same other.
            for turn in 0..count {
                let index = (turn + round) % count;
                samples[index].push((self.contestants[index].trial)());
            }
        }
        let results = self.contestants.iter().zip(&samples).map(|(contestant, own)| {
            let measured = (0..self.measures.len()).map(|measure| {
                let values = own.iter().map(|round| round[measure]).collect();
                let ratios =
                    own.iter().zip(&samples[0]).map(|(a, b)| a[measure] / b[measure]).collect();
                (Spread::of(values), Spread::of(ratios))
            });
            Result { name: contestant.name, role: contestant.role, measured: measured.collect() }
        });
        Results {
            id: self.id,
            title: self.title,
            about: self.about,
            measures: self.measures,
            charted: self.charted,
            results: results.collect(),
        }
    }
}

impl Spread {
    /// # Panics
    ///
    /// Where there are none.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |part: f64| values[((values.len() - 1) as f64 * part).round() as usize];
        Self { low: at(0.25), median: at(0.5), high: at(0.75) }
    }
}

/// An operation repeated as often as it takes for the clock not to matter.
pub struct Repeat<F> {
    repeat: F,
    count: u64,
}

impl<F: FnMut(u64)> Repeat<F> {
    pub fn new(repeat: F) -> Self {
        Self { repeat, count: 0 }
    }

    /// How often that is.
    pub fn count(&mut self) -> u64 {
        const ENOUGH: Duration = Duration::from_millis(4);
        let mut count = 12;
        while self.count == 0 {
            let taken = time(|| (self.repeat)(count));
            if taken >= ENOUGH {
                self.count = count;
            }
            count *= 2;
        }
        self.count
    }

    /// What one costs.
    pub fn nanoseconds(&mut self) -> f64 {
        let count = self.count();
        time(|| (self.repeat)(count)).as_nanos() as f64 / count as f64
    }
}

pub fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// What one costs each of so many threads that do it at the same time.
fn nanoseconds_on(threads: usize, count: u64, repeat: &(impl Fn(u64) + Sync)) -> f64 {
    let barrier = Barrier::new(threads);
    let run = || {
        barrier.wait();
        time(|| repeat(count)).as_nanos() as f64 / count as f64
    };
    let taken: Vec<f64> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().expect("it ends")).collect()
    });
    black_box(taken.iter().sum::<f64>() / threads as f64)
}
