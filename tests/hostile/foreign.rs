//! Wakers, payloads and an allocator that do what a test says.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    any::Any,
    cell::Cell,
    env,
    future::IntoFuture,
    mem::{self, ManuallyDrop},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    process::{self, Command},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Wake, Waker},
    thread,
    time::{Duration, Instant},
};

use statemachine::Transition;
use statemachine_tests::{hang, polling::poll_with};

use crate::{DoorMachine, door};

/// A waker of safe code only, which does that when it is used.
pub(crate) fn waker(wake: impl Fn() + Send + Sync + 'static) -> Waker {
    struct Calls<F>(F);
    impl<F: Fn() + Send + Sync + 'static> Wake for Calls<F> {
        fn wake(self: Arc<Self>) {
            (self.0)();
        }
    }
    Waker::from(Arc::new(Calls(wake)))
}

/// A waker of safe code only, whose last clone panics once when it is dropped.
pub(crate) fn waker_that_panics_when_dropped() -> Waker {
    struct Drops;
    impl Wake for Drops {
        fn wake(self: Arc<Self>) {}
    }
    impl Drop for Drops {
        fn drop(&mut self) {
            panic!("a waker's drop");
        }
    }
    Waker::from(Arc::new(Drops))
}

/// A payload whose own `Drop` panics.
pub(crate) struct Bomb {
    pub(crate) name: &'static str,
    /// Also where another panic drops it on its way, which ends the process.
    pub(crate) always: bool,
}

impl Drop for Bomb {
    fn drop(&mut self) {
        if self.always || !thread::panicking() {
            panic!("the drop of the payload {}", self.name);
        }
    }
}

/// What the work panicked with, which is not dropped: it may be a [`Bomb`].
pub(crate) fn panic_of<R>(work: impl FnOnce() -> R) -> Option<ManuallyDrop<Box<dyn Any + Send>>> {
    catch_unwind(AssertUnwindSafe(|| drop(work()))).err().map(ManuallyDrop::new)
}

type Hook = &'static (dyn Fn() + Sync);

thread_local! {
    /// What this thread is to do in an allocation, and in which.
    static AT_ALLOCATION: Cell<Option<(usize, Hook)>> = const { Cell::new(None) };
}

/// The system's allocator, which calls foreign code where a test says so.
///
/// An allocation is the one thing that the library cannot keep out of its critical sections, and so the
/// one place where a test can stop a thread in the midst of one.
struct Hooked;

fn allocates() {
    // A thread that is ending allocates too, when there is nothing to be done any more.
    let Ok(Some((to_come, hook))) = AT_ALLOCATION.try_with(Cell::take) else { return };
    if to_come > 0 {
        AT_ALLOCATION.set(Some((to_come - 1, hook)));
        return;
    }
    // An allocator must not unwind.
    if catch_unwind(AssertUnwindSafe(hook)).is_err() {
        process::abort();
    }
}

// SAFETY: All is passed on to the system's allocator as it came. The hook runs before that, cannot
// unwind, and may allocate, since it has been taken away when it is called; where it is kept is
// thread-local, has no destructor and is initialized without allocating.
unsafe impl GlobalAlloc for Hooked {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        allocates();
        // SAFETY: As the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: As the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        allocates();
        // SAFETY: As the caller promises.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Hooked = Hooked;

/// Does the work; in its allocation after that many others, if there is one, the hook is called.
pub(crate) fn at_allocation<R>(
    after: usize,
    hook: impl Fn() + Sync + 'static,
    work: impl FnOnce() -> R,
) -> R {
    AT_ALLOCATION.set(Some((after, Box::leak(Box::new(hook)))));
    let result = work();
    AT_ALLOCATION.set(None);
    result
}

/// Stops one thread until another lets it go on.
#[derive(Default)]
pub(crate) struct Gate {
    is_reached: AtomicBool,
    is_over: AtomicBool,
    is_open: AtomicBool,
}

impl Gate {
    pub(crate) fn leaked() -> &'static Self {
        Box::leak(Box::default())
    }

    /// Does the work, and stops in its allocation after that many others.
    pub(crate) fn stop_at_allocation<R>(
        &'static self,
        after: usize,
        work: impl FnOnce() -> R,
    ) -> R {
        let result = at_allocation(after, || self.stop(), work);
        self.is_over.store(true, SeqCst);
        result
    }

    fn stop(&self) {
        self.is_reached.store(true, SeqCst);
        wait_for(|| self.is_open.load(SeqCst));
    }

    pub(crate) fn is_reached(&self) -> bool {
        self.is_reached.load(SeqCst)
    }

    /// Waits until the work has stopped; or false, where it ends without.
    pub(crate) fn wait(&self) -> bool {
        wait_for(|| self.is_reached() || self.is_over.load(SeqCst));
        self.is_reached()
    }

    pub(crate) fn open(&self) {
        self.is_open.store(true, SeqCst);
    }
}

/// Waits for what another thread is to do, which it does unless it hangs.
pub(crate) fn wait_for(is_so: impl Fn() -> bool) {
    assert!(wait_at_most(hang::LONG, is_so), "what was waited for does not happen");
}

/// Waits for what may happen or not; whether it has.
pub(crate) fn wait_at_most(limit: Duration, is_so: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while !is_so() {
        if start.elapsed() > limit {
            return false;
        }
        thread::sleep(Duration::from_micros(200));
    }
    true
}

type Closing = <Transition<'static, door::Open, door::Closed> as IntoFuture>::IntoFuture;

/// Has the newcomer enter the queue of an open door between the last holder's leaving and its handing
/// over to the transition that has waited for it, which the newcomer then does on its way, on a thread
/// of its own. Meanwhile the rest is done with the transition's future.
///
/// The order of three threads at one mutex is up to the machine that this runs on, so it can come to
/// something else: mostly that the holder hands over.
pub(crate) fn hand_over<N: Send, M>(
    door: &'static DoorMachine,
    closes: &Waker,
    newcomer: impl FnOnce() -> N + Send,
    meanwhile: impl FnOnce(Closing) -> M,
) -> (N, M) {
    let hold = door.in_open().now().unwrap();
    let mut closing = door.open_to_closed().into_future();
    assert!(poll_with(&mut closing, closes).is_none());
    let (gate, pause) = (Gate::leaked(), Duration::from_millis(20));
    thread::scope(|scope| {
        // Who enters the queue has its mutex where there is no more room and some is allocated.
        let keeper = scope.spawn(|| {
            let mut crowd = Vec::with_capacity(100);
            gate.stop_at_allocation(0, || {
                while !gate.is_reached() && crowd.len() < crowd.capacity() {
                    let mut wait = door.in_closed().into_future();
                    assert!(poll_with(&mut wait, Waker::noop()).is_none());
                    crowd.push(wait);
                }
            });
            crowd
        });
        gate.wait();
        let newcomer = scope.spawn(newcomer);
        thread::sleep(pause);
        // The closing task's waker may be called there too.
        let holder = scope.spawn(|| _ = panic_of(|| drop(hold)));
        thread::sleep(pause);
        gate.open();
        let meanwhile = meanwhile(closing);
        let newcomer = newcomer.join().unwrap_or_else(|panic| resume_unwind(panic));
        holder.join().unwrap();
        drop(keeper.join().unwrap());
        (newcomer, meanwhile)
    })
}

/// Runs the test in a process of its own, so that one that ends the process ends no other test.
pub(crate) fn alone(name: &str, test: impl FnOnce()) {
    const ALONE: &str = "STATEMACHINE_HOSTILE_ALONE";
    if env::var_os(ALONE).is_some_and(|alone| alone == name) {
        return test();
    }
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([name, "--exact", "--nocapture"]).env(ALONE, name);
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("1 passed") || !output.status.success(), "there is no test {name}");
    let last = String::from_utf8_lossy(&output.stderr);
    let last: String = last.chars().take(2_000).collect();
    assert!(output.status.success(), "{}: {last}", output.status);
}

/// Runs it on a thread whose stack has room for a few hundred calls of this library, nested.
pub(crate) fn on_a_small_stack<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    let thread = thread::Builder::new().stack_size(256 << 10).spawn(work).unwrap();
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

/// Drops what must not be dropped if the test is to go on and say what is wrong.
pub(crate) fn forget_all<T>(values: impl IntoIterator<Item = T>) {
    values.into_iter().for_each(mem::forget);
}
