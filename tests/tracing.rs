//! What a machine tells those who listen.

#![allow(missing_docs, reason = "the machine is only listened to")]

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fmt,
    future::IntoFuture,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Waker},
    thread,
    time::Duration,
};

use statemachine::{Joined, StateMachine};
use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber, dispatcher,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{
    Layer,
    layer::{Context as LayerContext, SubscriberExt as _},
    registry::{LookupSpan, Registry},
};

#[derive(StateMachine)]
#[machine(reset)]
enum Job {
    #[state(initial, to(Running, Paused))]
    Idle,
    #[state(to(Idle, Running))]
    Running(u32),
    #[state(to(Idle))]
    Paused,
}

type Fields = BTreeMap<&'static str, String>;

/// What was heard.
#[derive(Clone, Debug, PartialEq)]
enum Heard {
    SpanBegins(Fields),
    SpanEnds(Fields),
    Event { fields: Fields, within: Option<&'static str> },
}

struct Visitor<'a>(&'a mut Fields);

impl Visit for Visitor<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Else subscribers quote the names of states in some of the events.
        assert!(!matches!(field.name(), "machine" | "from" | "to"), "{field} is not a text");
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

/// Writes down what concerns machines, and what is said in their spans.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Vec<Heard>>>);

impl Listener {
    fn listen<R>(&self, act: impl FnOnce() -> R) -> R {
        dispatcher::with_default(&Dispatch::new(Registry::default().with(self.clone())), act)
    }

    fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    fn push(&self, heard: Heard) {
        self.0.lock().unwrap().push(heard);
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Listener {
    fn on_new_span(&self, span: &span::Attributes<'_>, id: &span::Id, cx: LayerContext<'_, S>) {
        assert_meant(span.metadata());
        let mut fields = Fields::from([("", span.metadata().name().to_owned())]);
        span.record(&mut Visitor(&mut fields));
        cx.span(id).unwrap().extensions_mut().insert(fields.clone());
        self.push(Heard::SpanBegins(fields));
    }

    fn on_record(&self, id: &span::Id, values: &span::Record<'_>, cx: LayerContext<'_, S>) {
        let span = cx.span(id).unwrap();
        values.record(&mut Visitor(span.extensions_mut().get_mut().unwrap()));
    }

    fn on_event(&self, event: &Event<'_>, cx: LayerContext<'_, S>) {
        assert_meant(event.metadata());
        let mut fields = Fields::new();
        event.record(&mut Visitor(&mut fields));
        let within = cx.lookup_current().map(|span| span.name());
        self.push(Heard::Event { fields, within });
    }

    fn on_close(&self, id: span::Id, cx: LayerContext<'_, S>) {
        self.push(Heard::SpanEnds(cx.span(&id).unwrap().extensions_mut().remove().unwrap()));
    }
}

fn assert_meant(metadata: &Metadata<'_>) {
    if metadata.target() != "tracing" {
        assert_eq!(metadata.target(), "statemachine");
        assert_eq!(*metadata.level(), Level::DEBUG);
    }
}

/// The fields but for the times and the machine's id, which must be there.
fn timeless(fields: &Fields, times: &[&'static str]) -> Fields {
    let mut fields = fields.clone();
    assert!(fields.remove("machine_id").unwrap().starts_with("0x"));
    for time in times {
        assert!(fields.remove(time).unwrap().ends_with('s'), "{time} is a time");
    }
    fields
}

fn fields<const N: usize>(fields: [(&'static str, &str); N]) -> Fields {
    fields.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

/// That this is all of a transition's span, and the events in it.
fn assert_span(heard: &[Heard], from: &str, to: &str, outcome: &str) -> Vec<Fields> {
    let [Heard::SpanBegins(first), events @ .., Heard::SpanEnds(last)] = heard else {
        panic!("{heard:?} is not one span")
    };
    let known = [("", "transition"), ("machine", "Job"), ("from", from), ("to", to)];
    assert_eq!(timeless(first, &["waited"]), fields(known));
    let mut end = fields(known);
    end.insert("outcome", outcome.to_owned());
    assert_eq!(timeless(last, &["waited", "held"]), end);
    let events = events.iter().map(|event| match event {
        Heard::Event { fields, within: Some("transition") } => fields.clone(),
        other => panic!("{other:?} is no event of the span"),
    });
    events.collect()
}

fn outcome(from: &str, to: &str, message: &str) -> Fields {
    fields([("machine", "Job"), ("from", from), ("to", to), ("message", message)])
}

#[test]
fn a_commit_in_one_step_is_an_event() {
    let (listener, job) = (Listener::default(), JobMachine::new());
    listener.listen(|| job.idle_to_paused().try_commit().unwrap());
    let heard = listener.heard();
    let [Heard::Event { fields, within: None }] = heard.as_slice() else {
        panic!("{heard:?} is not one event")
    };
    assert_eq!(timeless(fields, &["waited", "held"]), outcome("Idle", "Paused", "committed"));
}

#[test]
fn a_transition_that_does_work_is_a_span_with_what_is_said_in_it() {
    let (listener, job) = (Listener::default(), JobMachine::new());
    let mut work: Vec<Box<dyn Fn() + '_>> = Vec::new();
    work.push(Box::new(|| {
        let done = job.idle_to_running().now().unwrap().run(|()| {
            tracing::debug!(target: "tracing", "working");
            Ok::<u32, Infallible>(1)
        });
        done.unwrap();
    }));
    work.push(Box::new(|| {
        let Joined::Mine(mine) = job.idle_to_running().or_join().now().unwrap() else {
            panic!("nobody else is there")
        };
        let entered = Joined::Mine(mine).enter(|()| {
            tracing::debug!(target: "tracing", "working");
            Ok::<u32, Infallible>(1)
        });
        drop(entered.unwrap());
    }));
    work.push(Box::new(|| {
        let id = job.idle_to_running().action(|()| {
            tracing::debug!(target: "tracing", "working");
            Ok::<u32, Infallible>(1)
        });
        job.idle_to_running().perform().unwrap();
        assert!(job.remove_handler(id));
    }));
    work.push(Box::new(|| {
        let id = job.idle_to_running().before(|()| {
            tracing::debug!(target: "tracing", "working");
            Ok::<(), Infallible>(())
        });
        job.idle_to_running().try_commit_with(1).unwrap();
        assert!(job.remove_handler(id));
    }));
    work.push(Box::new(|| {
        let transition = job.idle_to_running().now().unwrap();
        transition.span().in_scope(|| tracing::debug!(target: "tracing", "working"));
        drop(transition.enter_with(1));
    }));
    for work in work {
        listener.listen(work);
        let events = assert_span(&listener.heard(), "Idle", "Running", "committed");
        let [said, committed] = events.as_slice() else { panic!("{events:?} are not two") };
        assert_eq!(*said, fields([("message", "working")]));
        let expected = outcome("Idle", "Running", "committed");
        assert_eq!(timeless(committed, &["waited", "held"]), expected);
        job.reset().try_commit().unwrap();
    }
}

#[test]
fn a_transition_from_wherever_it_is_names_where_it_was() {
    let (listener, job) = (Listener::default(), JobMachine::from_state(Job::Paused));
    listener.listen(|| {
        job.reset().try_commit().unwrap();
    });
    assert_span(&listener.heard(), "Paused", "Idle", "committed");
}

#[test]
fn a_rollback_ends_the_span() {
    let (listener, job) = (Listener::default(), JobMachine::new());
    listener.listen(|| job.idle_to_running().now().unwrap().rollback());
    let events = assert_span(&listener.heard(), "Idle", "Running", "rolled back");
    assert_eq!(
        timeless(&events[0], &["waited", "held"]),
        outcome("Idle", "Running", "rolled back")
    );
}

#[test]
fn the_time_held_is_measured() {
    let (listener, job) = (Listener::default(), JobMachine::new());
    listener.listen(|| {
        let transition = job.idle_to_running().now().unwrap();
        thread::sleep(Duration::from_millis(2));
        transition.commit_with(1);
    });
    let events = assert_span(&listener.heard(), "Idle", "Running", "committed");
    assert_eq!(events[0]["waited"], "0ns");
    assert!(is_long(&events[0]["held"]), "{events:?}");
}

/// At least a millisecond, as `Duration` prints it.
fn is_long(time: &str) -> bool {
    !time.ends_with("ns") && !time.ends_with("µs")
}

#[test]
fn the_time_waited_is_measured_for_threads() {
    let (listener, job) = (Listener::default(), JobMachine::new());
    let hold = job.in_idle().now().unwrap();
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            listener
                .listen(|| job.idle_to_paused().within(Duration::from_secs(60)).unwrap().commit())
        });
        while job.waiting().waiters.is_empty() {
            thread::yield_now();
        }
        thread::sleep(Duration::from_millis(2));
        drop(hold);
        waiter.join().unwrap();
    });
    let events = assert_span(&listener.heard(), "Idle", "Paused", "committed");
    assert!(is_long(&events[0]["waited"]), "{events:?}");
}

#[test]
fn the_time_waited_is_measured_for_tasks() {
    let (listener, job) = (Listener::default(), JobMachine::new());
    let hold = job.in_idle().now().unwrap();
    listener.listen(|| {
        let mut future = pin!(job.idle_to_paused().into_future());
        let mut context = Context::from_waker(Waker::noop());
        assert!(future.as_mut().poll(&mut context).is_pending());
        thread::sleep(Duration::from_millis(2));
        drop(hold);
        let std::task::Poll::Ready(Ok(transition)) = future.as_mut().poll(&mut context) else {
            panic!("it is its turn")
        };
        transition.commit();
    });
    let events = assert_span(&listener.heard(), "Idle", "Paused", "committed");
    assert!(is_long(&events[0]["waited"]), "{events:?}");
}

#[test]
fn a_veto_is_an_event_with_the_reason() {
    let (listener, job) = (Listener::default(), JobMachine::new());
    job.idle_to_running().before(|()| Err("not today"));
    let expected = || {
        let mut expected = outcome("Idle", "Running", "vetoed");
        expected.insert("reason", "not today".to_owned());
        expected
    };
    listener.listen(|| _ = job.idle_to_running().now().unwrap_err());
    let events = assert_span(&listener.heard(), "Idle", "Running", "vetoed");
    assert_eq!(timeless(&events[0], &["waited", "held"]), expected());
    assert_eq!(events.len(), 1);

    let job = JobMachine::new();
    job.idle_to_running().action(|()| Err("not today"));
    listener.listen(|| _ = job.idle_to_running().perform().unwrap_err());
    let events = assert_span(&listener.heard(), "Idle", "Running", "vetoed");
    assert_eq!(timeless(&events[0], &["waited", "held"]), expected());
}

#[test]
fn a_refusal_is_an_event_with_the_reason() {
    let (listener, job) = (Listener::default(), JobMachine::new());
    let heard = |act: &dyn Fn()| {
        listener.listen(act);
        let heard = listener.heard();
        let [Heard::Event { fields, within: None }] = heard.as_slice() else {
            panic!("{heard:?} is not one event")
        };
        timeless(fields, &["waited"])
    };
    let refused = |from: &str, to: Option<&str>, reason: &str| {
        let mut all = fields([("machine", "Job"), ("from", from), ("message", "refused")]);
        all.insert("reason", reason.to_owned());
        if let Some(to) = to {
            all.insert("to", to.to_owned());
        }
        all
    };
    let not_running = "Job is Idle, not Running";
    assert_eq!(
        heard(&|| drop(job.running_to_idle().now().unwrap_err())),
        refused("Running", Some("Idle"), not_running)
    );
    assert_eq!(
        heard(&|| drop(job.running_to_idle().try_commit().unwrap_err())),
        refused("Running", Some("Idle"), not_running)
    );
    assert_eq!(
        heard(&|| drop(job.in_running().now().unwrap_err())),
        refused("Running", None, not_running)
    );
    assert_eq!(
        heard(&|| drop(job.to_idle().now().unwrap_err())),
        refused("Running or Paused", Some("Idle"), "Job is Idle, not Running or Paused")
    );
}

#[test]
fn nothing_is_formatted_when_nobody_listens() {
    #[derive(Debug)]
    struct Costly(Arc<AtomicUsize>);
    impl fmt::Display for Costly {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fetch_add(1, SeqCst);
            f.write_str("costly")
        }
    }
    impl std::error::Error for Costly {}

    let (listener, job) = (Listener::default(), JobMachine::new());
    let count = Arc::new(AtomicUsize::new(0));
    let veto = Arc::clone(&count);
    job.idle_to_running().before(move |()| Err::<(), _>(Costly(Arc::clone(&veto))));
    drop(job.idle_to_running().now().unwrap_err());
    assert_eq!(count.load(SeqCst), 0);
    listener.listen(|| drop(job.idle_to_running().now().unwrap_err()));
    assert_eq!(count.load(SeqCst), 1);
}

#[test]
fn a_listener_may_use_the_machine() {
    /// Looks at the machine whenever something is said.
    struct Curious(Arc<JobMachine>);
    impl<S: Subscriber> Layer<S> for Curious {
        fn on_event(&self, _: &Event<'_>, _: LayerContext<'_, S>) {
            _ = self.0.hold().within(Duration::from_millis(1));
            _ = format!("{:?}", self.0);
        }
    }
    let job = Arc::new(JobMachine::new());
    let dispatch = Dispatch::new(Registry::default().with(Curious(Arc::clone(&job))));
    dispatcher::with_default(&dispatch, || {
        job.idle_to_running().try_commit_with(1).unwrap();
        job.running_to_idle().now().unwrap().rollback();
        _ = job.in_idle().now();
        job.running_to_idle().try_commit().unwrap();
        job.idle_to_paused().try_commit().unwrap();
    });
    assert!(job.is_paused() && !job.is_in_transition());
}

#[test]
fn what_is_told_names_the_machine() {
    let (listener, jobs) = (Listener::default(), [JobMachine::new(), JobMachine::new()]);
    for job in &jobs {
        listener.listen(|| {
            job.idle_to_paused().now().unwrap().commit();
            job.idle_to_paused().try_commit().unwrap_err();
        });
        for heard in listener.heard() {
            let (Heard::SpanBegins(fields) | Heard::SpanEnds(fields) | Heard::Event { fields, .. }) =
                heard;
            assert_eq!(fields["machine_id"], job.id().to_string());
        }
    }
}

#[test]
fn a_subscriber_that_panics_at_a_commit_costs_no_handler_the_commit() {
    struct Panics;
    impl<S: Subscriber> Layer<S> for Panics {
        fn on_event(&self, event: &Event<'_>, _: LayerContext<'_, S>) {
            let mut fields = Fields::new();
            event.record(&mut Visitor(&mut fields));
            assert_ne!(fields.get("message").map(String::as_str), Some("committed"));
        }
    }
    let job = JobMachine::new();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heard);
    job.observe(move |change| log.lock().unwrap().push(change.sequence));
    let commit = || {
        dispatcher::with_default(&Dispatch::new(Registry::default().with(Panics)), || {
            job.idle_to_paused().now().unwrap().commit();
        })
    };
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(commit)).is_err());
    assert!(job.is_paused());
    assert_eq!(*heard.lock().unwrap(), [1]);
}
