//! How long a call goes on after failures that pass.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Error, Fault, marks::jittered};

const FIRST: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_millis(250);

/// The tries of one call.
pub(super) struct Tries {
    until: Option<Instant>,
    pause: Duration,
}

impl Tries {
    pub(super) fn within(patience: Duration) -> Self {
        Self { until: Instant::now().checked_add(patience), pause: FIRST }
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
                sleep(jittered(self.pause)).await;
                self.pause = (self.pause * 2).min(LONGEST);
                Ok(())
            }
        }
    }
}
