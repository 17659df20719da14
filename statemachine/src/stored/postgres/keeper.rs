//! Keeps rights alive, on a connection of its own.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    sync::watch,
    task::AbortHandle,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    Fault,
    engine::{Driver, Engine},
    marks::jittered,
    sql::Right,
    statement::Session as _,
};

/// How many rights one statement renews at most.
const BATCH: usize = 1000;

/// A right that is kept alive.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) right: Right,
    /// Until when nobody else has the right, as far as this process knows; `None` if it is lost.
    valid: watch::Sender<Option<Instant>>,
}

impl Held {
    /// The claim was sent at that time at the earliest, so the server counts the lease from a later one.
    pub(super) fn new(right: Right, sent: Instant, lease: Duration) -> Self {
        Self { right, valid: watch::Sender::new(Some(sent + lease)) }
    }

    /// Ready if somebody else may have the right.
    pub(super) async fn lost(&self) {
        let mut changes = self.valid.subscribe();
        loop {
            let Some(valid) = *changes.borrow_and_update() else { return };
            tokio::select! {
                // The sender is in `self`.
                _ = changes.changed() => {}
                () = sleep_until(valid) => self.expire(),
            }
        }
    }

    /// A right that this process has once thought lost is lost for good, however late a renewal succeeds.
    fn expire(&self) {
        let now = Instant::now();
        self.valid.send_if_modified(|valid| match *valid {
            Some(until) if until <= now => {
                *valid = None;
                true
            }
            _ => false,
        });
    }

    fn lose(&self) {
        self.valid.send_replace(None);
    }

    fn renewed(&self, until: Instant) {
        self.expire();
        self.valid.send_if_modified(|valid| {
            let lives = valid.is_some();
            if lives {
                *valid = Some(until);
            }
            lives
        });
    }

    fn is_lost(&self) -> bool {
        self.expire();
        self.valid.borrow().is_none()
    }
}

/// The rights of a store.
#[derive(Default, Debug)]
pub(super) struct Keeper(Mutex<Kept>);

#[derive(Default, Debug)]
struct Kept {
    next: u64,
    held: HashMap<u64, Due>,
    /// Runs while there are rights.
    task: Option<AbortHandle>,
}

/// A right, and how to renew it next.
#[derive(Debug)]
struct Due {
    at: Instant,
    /// How many rights the statement that renews it renews at most. A statement that the server refuses renews
    /// none of its rights, so it is divided until those that are to blame are alone.
    company: usize,
    held: Arc<Held>,
}

impl Keeper {
    /// Keeps a right alive until it is let go of under the number that this gives.
    pub(super) fn keep<D: Driver>(
        &self,
        engine: &Arc<Engine<D>>,
        held: Arc<Held>,
        sent: Instant,
    ) -> u64 {
        let mut kept = self.0.lock();
        let number = kept.next;
        kept.next += 1;
        kept.held.insert(number, Due { at: sent + engine.options.lease / 3, company: BATCH, held });
        // Its runtime may have been shut down. If it runs, it wakes for an older right at the latest when this
        // one is due.
        if kept.task.as_ref().is_none_or(AbortHandle::is_finished) {
            kept.task = Some(tokio::spawn(run(engine.clone())).abort_handle());
        }
        number
    }

    pub(super) fn let_go(&self, number: u64) {
        self.0.lock().held.remove(&number);
    }

    /// When the first is due; `None`, and the task ends, if there are no more rights.
    fn next_due(&self) -> Option<Instant> {
        let mut kept = self.0.lock();
        kept.held.retain(|_, due| !due.held.is_lost());
        let at = kept.held.values().map(|due| due.at).min();
        if at.is_none() {
            kept.task = None;
        }
        at
    }

    /// Those that are due by then and that one statement renews. The greatest companies come first: those that
    /// are alone were refused, and may be again.
    fn due(&self, by: Instant) -> Vec<(u64, Arc<Held>)> {
        let kept = self.0.lock();
        let due = || kept.held.iter().filter(|(_, due)| due.at <= by);
        let Some(company) = due().map(|(_, due)| due.company).max() else { return Vec::new() };
        let together = due().filter(|(_, due)| due.company == company).take(company);
        together.map(|(number, due)| (*number, due.held.clone())).collect()
    }

    fn put_off(&self, number: u64, until: Instant) {
        if let Some(due) = self.0.lock().held.get_mut(&number) {
            due.at = until;
        }
    }

    fn renewed(&self, number: u64, until: Instant) {
        if let Some(due) = self.0.lock().held.get_mut(&number) {
            (due.at, due.company) = (until, BATCH);
        }
    }

    /// The server has refused to renew these. They are tried again in halves, and one that is alone later.
    fn refused(&self, together: &[(u64, Arc<Held>)], later: Instant) {
        let mut kept = self.0.lock();
        for (number, _) in together {
            if let Some(due) = kept.held.get_mut(number) {
                due.company = together.len().div_ceil(2);
                if together.len() == 1 {
                    due.at = later;
                }
            }
        }
    }
}

async fn run<D: Driver>(engine: Arc<Engine<D>>) {
    let lease = engine.options.lease;
    // Those that are due soon are renewed along, and a failed renewal is tried again that soon.
    let (third, soon) = (lease / 3, lease / 12);
    while let Some(due) = engine.keeper.next_due() {
        sleep_until(due).await;
        let due = engine.keeper.due(Instant::now() + soon);
        if due.is_empty() {
            continue;
        }
        let sent = Instant::now();
        // A connection on which no reply comes in time is given up.
        let renewed = timeout(third, renew(&engine, &due)).await;
        let renewed = match renewed {
            Ok(Ok(renewed)) => renewed,
            Ok(Err(Failure::Refused(fault))) => {
                let pause = if fault.is_of_the_moment() { jittered(soon / 8) } else { soon * 2 };
                engine.keeper.refused(&due, sent + pause);
                continue;
            }
            Ok(Err(Failure::Unreached)) | Err(_) => {
                *engine.own.lock().await = None;
                sleep(soon / 2).await;
                continue;
            }
        };
        for ((number, held), renewed) in due.iter().zip(renewed) {
            match renewed {
                Renewed::Done => {
                    held.renewed(sent + lease);
                    engine.keeper.renewed(*number, sent + third);
                }
                Renewed::Locked => engine.keeper.put_off(*number, sent + soon),
                Renewed::Gone => held.lose(),
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Renewed {
    Done,
    /// Somebody has locked the row, or is changing it.
    Locked,
    /// The row is not as the claim left it.
    Gone,
}

enum Failure {
    /// The server has answered that it does not do it. The connection is as good as before.
    Refused(Fault),
    /// Another connection may lead to a server that does it.
    Unreached,
}

async fn renew<D: Driver>(
    engine: &Engine<D>,
    due: &[(u64, Arc<Held>)],
) -> Result<Vec<Renewed>, Failure> {
    let layout = engine.layout().await.map_err(|_| Failure::Unreached)?;
    let columns = layout.needs_claims().map_err(|_| Failure::Unreached)?;
    let rights: Vec<_> = due.iter().map(|(_, held)| held.right.clone()).collect();
    let statement = layout.renew(columns, &rights, engine.options.lease);
    let mut own = engine.own.lock().await;
    let session = match &mut *own {
        Some(session) => session,
        None => own.insert(engine.driver.separate().await.map_err(|_| Failure::Unreached)?),
    };
    let rows = session.run(&statement).await.map_err(|fault| match fault.is_answer() {
        true => Failure::Refused(fault),
        false => Failure::Unreached,
    })?;
    let mut renewed = vec![Renewed::Locked; due.len()];
    for row in rows {
        let number: usize = row.number(0).map_err(|_| Failure::Unreached)?;
        if let Some(renewed) = number.checked_sub(1).and_then(|place| renewed.get_mut(place)) {
            *renewed = match (row.is_true(1), row.is_true(2)) {
                (true, _) => Renewed::Done,
                (false, true) => Renewed::Locked,
                (false, false) => Renewed::Gone,
            };
        }
    }
    Ok(renewed)
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, sync::Arc, time::Duration};

    use tokio::time::Instant;

    use super::{BATCH, Due, Held, Keeper, Right};

    #[test]
    fn those_that_refuse_are_found_with_few_statements_and_go_last() {
        let (now, lease) = (Instant::now(), Duration::from_secs(60));
        let keeper = Keeper::default();
        let all = u64::try_from(BATCH).unwrap();
        for number in 0..all {
            let right = Right { kind: "", key: number.to_string(), token: 1, by: String::new() };
            let held = Arc::new(Held::new(right, now, lease));
            keeper.0.lock().held.insert(number, Due { at: now, company: BATCH, held });
        }
        let refuse = |number: u64| [7, 8, 900].contains(&number);
        let (mut renewed, mut alone, mut statements) = (HashSet::new(), HashSet::new(), 0);
        loop {
            let due = keeper.due(now);
            if due.is_empty() {
                break;
            }
            statements += 1;
            if due.iter().any(|(number, _)| refuse(*number)) {
                keeper.refused(&due, now + lease);
                if let [(number, _)] = due[..] {
                    alone.insert(number);
                }
            } else {
                for (number, _) in &due {
                    keeper.renewed(*number, now + lease);
                    renewed.insert(*number);
                }
            }
        }
        assert_eq!(alone, HashSet::from([7, 8, 900]));
        assert_eq!(renewed.len(), BATCH - 3);
        // Ten halvings for each, and the other halves.
        assert!(statements <= 3 * 20 + 1, "{statements}");
        assert_eq!(keeper.due(now + lease).len(), BATCH - 3);
    }
}
