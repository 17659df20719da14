//! What the kernel says of this process.

use std::{fs, thread};

use nix::{
    libc,
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    sys::resource::{UsageWho, getrusage},
    sys::time::TimeValLike,
    unistd::Pid,
};

/// What was used, from some time on.
#[derive(Clone, Copy)]
pub struct Usage {
    /// How often a thread was exchanged for another.
    pub switches: f64,
    pub cpu_microseconds: f64,
}

impl Usage {
    fn now(who: UsageWho) -> Self {
        let usage = getrusage(who).expect("it is always known");
        let cpu = usage.user_time() + usage.system_time();
        Self {
            switches: (usage.voluntary_context_switches() + usage.involuntary_context_switches())
                as f64,
            cpu_microseconds: cpu.num_microseconds() as f64,
        }
    }

    fn since(self, start: Self) -> Self {
        Self {
            switches: self.switches - start.switches,
            cpu_microseconds: self.cpu_microseconds - start.cpu_microseconds,
        }
    }

    /// Of all threads of this process, during that work.
    pub fn of(work: impl FnOnce()) -> Self {
        let start = Self::now(UsageWho::RUSAGE_SELF);
        work();
        Self::now(UsageWho::RUSAGE_SELF).since(start)
    }

    /// Of processes that are started and waited for by that work.
    pub fn of_children(work: impl FnOnce()) -> Self {
        let start = Self::now(UsageWho::RUSAGE_CHILDREN);
        work();
        Self::now(UsageWho::RUSAGE_CHILDREN).since(start)
    }
}

/// Runs the work, and the threads that it starts, on the first core.
pub fn on_one_core<T>(work: impl FnOnce() -> T) -> T {
    let this = Pid::from_raw(0);
    let all = sched_getaffinity(this).expect("it is always known");
    let first = (0..CpuSet::count()).find(|&core| all.is_set(core).is_ok_and(|is_set| is_set));
    let mut one = CpuSet::new();
    one.set(first.expect("there is a core")).expect("it is one of them");
    sched_setaffinity(this, &one).expect("a thread may ask for fewer cores");
    let done = work();
    sched_setaffinity(this, &all).expect("they were its cores before");
    done
}

/// Comes back when all other threads of this process, so many, wait in the kernel for a futex.
pub fn await_asleep(others: usize) {
    let futex = format!("{} ", libc::SYS_futex);
    let asleep = || {
        let threads = fs::read_dir("/proc/self/task").expect("it is always there");
        threads
            .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("syscall")).ok())
            .filter(|call| call.starts_with(&futex))
            .count()
    };
    while asleep() < others {
        thread::yield_now();
    }
}

/// The bytes that this process has allocated.
pub fn allocated() -> usize {
    // SAFETY: It reads the allocator's own counters.
    let info = unsafe { libc::mallinfo2() };
    info.uordblks + info.hblkhd
}
