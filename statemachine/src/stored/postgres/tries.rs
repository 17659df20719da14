//! How long a call goes on after failures that pass.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Error, Fault, Table, marks::jittered};
use crate::stored::Address;

const FIRST: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_millis(250);

/// How often one statement may leave one version of a row as it is, though the row fits. Once would tell, if a
/// row could not be removed and added again meanwhile.
const UNCHANGED: u32 = 4;

/// The tries of one call.
pub(super) struct Tries {
    until: Option<Instant>,
    pause: Duration,
    /// The version that a row had which fits and was not changed, and how often it was seen.
    unchanged: (u64, u32),
}

impl Tries {
    pub(super) fn within(patience: Duration) -> Self {
        Self { until: Instant::now().checked_add(patience), pause: FIRST, unchanged: (0, 0) }
    }

    /// Returns after a pause if another try makes sense: the statement was not executed, or it does no harm
    /// to execute it again.
    pub(super) async fn after(&mut self, fault: Fault) -> Result<(), Error> {
        match fault {
            Fault::NotDone(error) => Err(error),
            Fault::Again(error) | Fault::Unknown(error) => {
                if self.until.is_some_and(|until| until <= Instant::now()) {
                    return Err(error);
                }
                self.pause().await;
                Ok(())
            }
        }
    }

    /// Returns if another try makes sense after a statement that changed nothing, though the row fits by now: at
    /// once if the row has changed since the last time, and else after a pause.
    pub(super) async fn after_none(
        &mut self,
        version: u64,
        at: Address<'_>,
        table: &Table,
    ) -> Result<(), Error> {
        let (seen, times) = self.unchanged;
        if times == 0 || seen != version {
            self.unchanged = (version, 1);
            return Ok(());
        }
        if times >= UNCHANGED {
            let problem = format!(
                "the row `{}` of the table {table} fits, but the database does not change it; look for a \
                 trigger, a rule or a policy of the table",
                at.key
            );
            return Err(Error::Table(problem.into()));
        }
        self.unchanged.1 += 1;
        self.pause().await;
        Ok(())
    }

    async fn pause(&mut self) {
        sleep(jittered(self.pause)).await;
        self.pause = (self.pause * 2).min(LONGEST);
    }
}
