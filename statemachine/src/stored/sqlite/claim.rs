//! The exclusive right to a row of a database.

use std::{
    fmt,
    future::{pending, poll_fn},
};

use super::{
    Error, Sqlite,
    rows::{Place, To},
    thread::Ending,
};
use crate::stored::{self, Committed, Row, Value};

/// The exclusive right to a row of a [`Sqlite`].
///
/// It has no lease: it ends when it is committed, rolled back or dropped, and when its process ends. If it
/// is forgotten, the row stays claimed until then.
pub struct Claim {
    store: Sqlite,
    row: Row,
    /// None if it has ended.
    ending: Option<Ending>,
}

impl Claim {
    pub(super) fn new(store: Sqlite, at: Place, by: String, row: Row) -> Self {
        let ending = Some(Ending { at, by });
        Self { store, row, ending }
    }
}

impl stored::Claim for Claim {
    type Error = Error;

    fn row(&self) -> &Row {
        &self.row
    }

    /// Ready if the row was changed by another, or the holder's file is gone: while the process lives, and
    /// nobody touches these by hand, it is never ready. It looks ten times in a second. If it cannot look,
    /// it is not ready.
    async fn lost(&self) {
        let Some(Ending { at, by }) = &self.ending else { return };
        loop {
            let Ok(mut ticket) =
                self.store.shared.watch.enter(at.clone(), self.row.clone(), true, None)
            else {
                break;
            };
            let (at, by, token) = (at.clone(), by.clone(), self.row.version);
            let has = self.store.read(move |desk| desk.rows.has(&at, &by, token)).await;
            // If the row cannot be read, that may pass.
            if let Ok(false) = has {
                return;
            }
            if poll_fn(|cx| ticket.poll_woken(cx)).await.is_err() {
                break;
            }
        }
        pending().await
    }

    async fn commit(mut self, to: Value<'_>) -> Result<Committed, Error> {
        let Some(Ending { at, by }) = self.ending.take() else {
            return Ok(Committed::Lost);
        };
        let (to, token) = (To::from(to), self.row.version);
        let committed = self.store.write(move |desk| {
            let committed = desk.change(|desk| desk.rows.commit(&at, &to, token, &by));
            let ending = Ending { at, by };
            match &committed {
                Ok(Committed::Done) => desk.ended(ending),
                // What is left of the claim goes too.
                _ => _ = desk.end(ending),
            }
            committed
        });
        match committed.await {
            Err(error) if error.is_unclear() => Ok(Committed::Unknown),
            committed => committed,
        }
    }

    async fn rollback(mut self) -> Result<(), Error> {
        let Some(ending) = self.ending.take() else { return Ok(()) };
        let released = self.store.release(ending).await;
        self.store.named(released.unwrap_or_else(|_| Err(Error::stopped())))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(ending) = self.ending.take() {
            // Nobody waits for the answer.
            drop(self.store.release(ending));
        }
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("row", &self.row).finish_non_exhaustive()
    }
}
