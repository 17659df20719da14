//! The right to a row.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::{
    Error, Fault,
    engine::{Driver, Engine, Found},
    keeper::Held,
    layout::Layout,
    sql::Right,
    statement::Session,
    tries::Tries,
};
use crate::stored::{Address, Committed, Key, Row, Value};

/// A row that was claimed. Dropping it lets go of the row in the background.
pub(in crate::stored) struct Claimed<D: Driver> {
    engine: Arc<Engine<D>>,
    layout: Arc<Layout>,
    row: Row,
    held: Arc<Held>,
    /// The keeper's number for it.
    number: u64,
    /// Whether there is something to let go of.
    is_held: bool,
    runtime: Handle,
}

impl<D: Driver> Claimed<D> {
    /// It is called by a task, whose runtime then does what is left to do on drop.
    pub(super) fn new(
        engine: Arc<Engine<D>>,
        layout: Arc<Layout>,
        row: Row,
        held: Arc<Held>,
        number: u64,
    ) -> Self {
        Self { engine, layout, row, held, number, is_held: true, runtime: Handle::current() }
    }

    pub(in crate::stored) fn row(&self) -> &Row {
        &self.row
    }

    pub(in crate::stored) async fn lost(&self) {
        self.held.lost().await;
    }

    pub(in crate::stored) async fn commit(mut self, to: Value<'_>) -> Result<Committed, Error> {
        let columns = self.layout.needs_claims()?;
        let statement = self.layout.commit(columns, &self.held.right, to);
        let mut tries = Tries::within(self.engine.options.patience);
        let mut is_in_doubt = false;
        loop {
            match self.engine.once(&statement).await {
                Ok(rows) if !rows.is_empty() => return Ok(self.ended(Committed::Done)),
                Ok(_) if !is_in_doubt => return Ok(self.ended(Committed::Lost)),
                Ok(_) => return self.fate().await,
                Err(fault) if is_in_doubt && matches!(fault, Fault::NotDone(_)) => {
                    return self.fate().await;
                }
                Err(fault) => {
                    is_in_doubt |= matches!(fault, Fault::Unknown(_));
                    if let Err(error) = tries.after(fault).await {
                        return if is_in_doubt {
                            Ok(self.ended(Committed::Unknown))
                        } else {
                            Err(error)
                        };
                    }
                }
            }
        }
    }

    /// What became of a commit whose reply was lost, after which another try changed nothing.
    async fn fate(mut self) -> Result<Committed, Error> {
        let Right { kind, key, token, by } = self.held.right.clone();
        let key = Key::from(key);
        let at = Address { machine: kind, key: &key };
        let Ok(found) = self.engine.find(&self.layout, at).await else {
            return Ok(self.ended(Committed::Unknown));
        };
        Ok(self.ended(judged(found.as_ref(), token, &by)))
    }

    /// The commit as part of the user's transaction. The claim then is in the hands of that transaction: if it
    /// rolls back, the claim is as it was, and ends with its lease.
    pub(in crate::stored) async fn commit_in(
        mut self,
        session: &mut impl Session,
        to: Value<'_>,
    ) -> Result<Committed, Error> {
        let columns = self.layout.needs_claims()?;
        let statement = self.layout.commit(columns, &self.held.right, to);
        let rows = session.run(&statement).await.map_err(Fault::into_error)?;
        Ok(self.ended(if rows.is_empty() { Committed::Lost } else { Committed::Done }))
    }

    pub(in crate::stored) async fn rollback(mut self) -> Result<(), Error> {
        let columns = self.layout.needs_claims()?;
        let statement = self.layout.rollback(columns, &self.held.right);
        self.engine.repeat(&statement, self.engine.options.patience).await?;
        self.ended(());
        Ok(())
    }

    /// There is nothing to let go of any more.
    fn ended<T>(&mut self, answer: T) -> T {
        self.is_held = false;
        answer
    }
}

impl<D: Driver> Drop for Claimed<D> {
    fn drop(&mut self) {
        self.engine.keeper.let_go(self.number);
        if !self.is_held {
            return;
        }
        let (engine, layout, held) = (self.engine.clone(), self.layout.clone(), self.held.clone());
        // If it fails, the claim ends with its lease. So there is nobody to tell, and later no use.
        drop(self.runtime.spawn(async move {
            if let Ok(columns) = layout.needs_claims() {
                let statement = layout.rollback(columns, &held.right);
                let _ = engine.repeat(&statement, engine.options.lease).await;
            }
        }));
    }
}

/// What a row says of a commit that may have been made.
fn judged(found: Option<&Found>, token: i64, by: &str) -> Committed {
    let Some(found) = found else { return Committed::Unknown };
    let made = token.cast_unsigned() + 1;
    match found.row.version {
        version if version == made && found.by.as_deref() == Some(by) => Committed::Done,
        // Another change took the place of the commit, which can therefore not be made.
        version if version == made => Committed::Lost,
        _ => Committed::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, judged};
    use crate::stored::{Committed, Row};

    fn found(version: u64, by: Option<&str>) -> Found {
        let row = Row { state: "A".into(), data: None, version, is_claimed: false };
        Found { row, by: by.map(str::to_owned) }
    }

    #[test]
    fn a_commit_is_told_up_to_the_next_change_but_one() {
        assert_eq!(judged(Some(&found(8, Some("me"))), 7, "me"), Committed::Done);
        assert_eq!(judged(Some(&found(8, Some("other"))), 7, "me"), Committed::Lost);
        assert_eq!(judged(Some(&found(8, None)), 7, "me"), Committed::Lost);
        assert_eq!(judged(Some(&found(9, Some("other"))), 7, "me"), Committed::Unknown);
        assert_eq!(judged(Some(&found(7, Some("me"))), 7, "me"), Committed::Unknown);
        assert_eq!(judged(None, 7, "me"), Committed::Unknown);
    }
}
