//! A circuit breaker. A probe holds `HalfOpen` alone, and decides only when its outcome is known
//! whether the breaker closes or opens again.
//!
//! `cargo run --example breaker`

use std::{
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::{Duration, Instant},
};

use statemachine::{Refused, StateMachine};

#[derive(StateMachine)]
enum Breaker {
    /// Calls go through, and failures are counted.
    #[state(initial, to(Open))]
    Closed { failures: AtomicU32 },
    /// Calls are refused until then.
    #[state(to(HalfOpen))]
    Open { until: Instant },
    /// One call is let through, to see how it goes.
    #[state(to(Closed, Open))]
    HalfOpen,
}

const LIMIT: u32 = 3;
const PAUSE: Duration = Duration::from_millis(50);

struct Guarded {
    breaker: BreakerMachine,
}

/// Why there is no answer.
#[derive(Debug)]
enum NoAnswer {
    /// The breaker is open, or somebody else probes.
    Refused(Refused),
    /// The service failed.
    Failed(&'static str),
}

impl Guarded {
    fn new() -> Self {
        Self { breaker: BreakerMachine::new(closed()) }
    }

    fn call(&self, service: impl FnOnce() -> Result<u32, &'static str>) -> Result<u32, NoAnswer> {
        if let Ok(calm) = self.breaker.in_closed().now() {
            let answer = service();
            let failures = match answer {
                Ok(_) => {
                    calm.view().failures.store(0, Relaxed);
                    0
                }
                Err(_) => calm.view().failures.fetch_add(1, Relaxed) + 1,
            };
            // Many calls hold `Closed` at a time. Whichever comes to the limit opens the breaker when
            // the others are through.
            drop(calm);
            if failures >= LIMIT {
                let _ = self.breaker.closed_to_open().try_commit_with(open());
            }
            return answer.map_err(NoAnswer::Failed);
        }
        if self.breaker.in_open().now().is_ok_and(|open| *open.view().until <= Instant::now()) {
            let _ = self.breaker.open_to_half_open().try_commit();
        }
        // One call at the most gets through here, and is not bound to how it will go.
        let probe = self.breaker.in_half_open().exclusive().now().map_err(NoAnswer::Refused)?;
        let answer = service();
        match answer {
            Ok(_) => drop(probe.to::<breaker::Closed>().map(|it| it.commit_with(closed()))),
            Err(_) => drop(probe.to::<breaker::Open>().map(|it| it.commit_with(open()))),
        }
        answer.map_err(NoAnswer::Failed)
    }
}

fn closed() -> BreakerClosed {
    BreakerClosed { failures: AtomicU32::new(0) }
}

fn open() -> BreakerOpen {
    BreakerOpen { until: Instant::now() + PAUSE }
}

fn main() {
    let guarded = Guarded::new();
    for _ in 0..LIMIT {
        assert!(matches!(guarded.call(|| Err("down")), Err(NoAnswer::Failed("down"))));
    }
    assert!(guarded.breaker.is_open());
    match guarded.call(|| Ok(1)) {
        Err(NoAnswer::Refused(refused)) => println!("while it is open: {refused}"),
        other => panic!("an open breaker lets nothing through: {other:?}"),
    }

    std::thread::sleep(PAUSE);
    assert!(guarded.call(|| Err("still down")).is_err());
    println!("a probe that failed: the breaker is {:?} again", guarded.breaker.state());
    assert!(guarded.breaker.is_open());

    std::thread::sleep(PAUSE);
    let answer = guarded.call(|| Ok(7)).expect("the service is back");
    println!("a probe that succeeded: {answer}, and the breaker is {:?}", guarded.breaker.state());
    assert!(guarded.breaker.is_closed());
}
