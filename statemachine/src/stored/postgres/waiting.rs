//! How a caller waits for a change of a row.

use std::{pin::pin, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until, timeout_at};

use super::{
    Error,
    engine::{Driver, Engine},
    layout::Layout,
    marks::jittered,
    topics::Subscription,
};
use crate::stored::{Address, Row};

/// After this time the caller looks again, if it could not say in the row that it waits because the row was
/// just being changed.
const SOON: Duration = Duration::from_millis(5);

/// Clocks are read at both ends of a claim's time, and the row is looked at no earlier than that.
const AFTERWARDS: Duration = Duration::from_millis(1);

impl<D: Driver> Engine<D> {
    /// Returns when the row has changed since it was `seen`, when the claim that was seen has ended, or after
    /// the limit.
    pub(in crate::stored) async fn wait(
        self: &Arc<Self>,
        at: Address<'_>,
        seen: &Row,
        limit: Option<Duration>,
    ) -> Result<(), Error> {
        match limit.and_then(|limit| Instant::now().checked_add(limit)) {
            Some(deadline) => timeout_at(deadline, self.wait_on(at, seen)).await.unwrap_or(Ok(())),
            None => self.wait_on(at, seen).await,
        }
    }

    async fn wait_on(&self, at: Address<'_>, seen: &Row) -> Result<(), Error> {
        self.start_listening();
        let layout = self.layout().await?;
        let mut payload = layout.payload(at);
        loop {
            let subscription = self.topics.subscribe(payload);
            match self.wait_with(&layout, at, seen, &subscription).await? {
                Some(spelled) => payload = spelled,
                None => return Ok(()),
            }
        }
    }

    /// Gives what notifications say of the row, if the database spells the key in another way than the
    /// caller.
    async fn wait_with(
        &self,
        layout: &Layout,
        at: Address<'_>,
        seen: &Row,
        subscription: &Subscription,
    ) -> Result<Option<String>, Error> {
        let version = seen.version.to_string();
        let mut soon = SOON;
        loop {
            // From here on a notification counts, so that none is missed that the next statement asks for.
            let mut told = pin!(subscription.told());
            let hears = self.topics.hears();
            let statement = if hears { layout.want(at, &version) } else { layout.watch(at) };
            let rows = self.repeat(&statement, self.options.patience).await?;
            let Some(row) = rows.first() else { return Ok(None) };
            // Whoever knows nothing of the store writes another state and leaves the version.
            if row.get(0) != Some(&*version) || row.get(1) != Some(&*seen.state) {
                return Ok(None);
            }
            let left: Option<i64> = row.get(2).map(|_| row.number(2)).transpose()?;
            let lives = left.and_then(|left| u64::try_from(left).ok()).filter(|&left| left > 0);
            if seen.is_claimed && lives.is_none() {
                return Ok(None);
            }
            let canonical = row.get(3).filter(|&payload| payload != subscription.payload());
            if let Some(payload) = canonical {
                return Ok(Some(payload.to_owned()));
            }
            let now = Instant::now();
            let mut until = now
                + match row.is_true(4) {
                    true => jittered(self.options.recheck),
                    false if hears => {
                        soon = (soon * 2).min(self.options.poll);
                        soon
                    }
                    false => jittered(self.options.poll),
                };
            if let Some(lives) = lives {
                until = until.min(now + Duration::from_millis(lives) + AFTERWARDS);
            }
            tokio::select! {
                () = &mut told => return Ok(None),
                () = sleep_until(until) => {}
            }
        }
    }
}
