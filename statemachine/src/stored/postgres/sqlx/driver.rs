//! `sqlx` as the driver of the store.

use std::{future::Future, sync::Arc};

use sqlx::{
    Connection as _, PgConnection, PgPool, Postgres, Row as _,
    pool::PoolConnection,
    postgres::{PgDatabaseError, PgListener, PgPoolOptions, PgRow, PgSeverity},
};

use crate::stored::postgres::{
    Error, Fault,
    engine::Driver,
    sql::CHANNEL,
    statement::{Cells, Rows, Session, Statement},
    topics::Topics,
};

/// A pool of `sqlx`.
#[derive(Clone)]
pub(super) struct Pooled(pub(super) PgPool);

impl Driver for Pooled {
    type Pooled = PoolConnection<Postgres>;
    type Own = PgConnection;

    async fn acquire(&self) -> Result<PoolConnection<Postgres>, Fault> {
        self.0.acquire().await.map_err(connecting)
    }

    fn discard(&self, session: PoolConnection<Postgres>) {
        drop(session.detach());
    }

    /// `sqlx` does not say what a server needs to know for that.
    async fn cancel(&self, _: &PoolConnection<Postgres>) -> bool {
        false
    }

    fn take_out(&self, _: &mut PoolConnection<Postgres>) {}

    async fn separate(&self) -> Result<PgConnection, Fault> {
        PgConnection::connect_with(&self.0.connect_options()).await.map_err(connecting)
    }

    fn can_listen(&self) -> bool {
        true
    }

    async fn listen(&self, topics: &Arc<Topics>) {
        // A pool of its own, so that it takes nothing from the user's.
        let options = self.0.connect_options().as_ref().clone();
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options);
        let Ok(mut listener) = PgListener::connect_with(&pool).await else { return };
        if listener.listen(CHANNEL).await.is_err() {
            return;
        }
        let _hearing = topics.hear();
        // No message means that the connection broke, and that messages may have been lost.
        while let Ok(Some(message)) = listener.try_recv().await {
            topics.tell(message.payload());
        }
    }
}

impl Session for PoolConnection<Postgres> {
    fn run(&mut self, statement: &Statement) -> impl Future<Output = Result<Rows, Fault>> + Send {
        run_on(self, statement)
    }
}

impl Session for PgConnection {
    fn run(&mut self, statement: &Statement) -> impl Future<Output = Result<Rows, Fault>> + Send {
        run_on(self, statement)
    }
}

/// A connection of the user's, in a transaction.
pub(super) struct Within<'a>(pub(super) &'a mut PgConnection);

impl Session for Within<'_> {
    fn run(&mut self, statement: &Statement) -> impl Future<Output = Result<Rows, Fault>> + Send {
        run_on(self.0, statement)
    }
}

async fn run_on(connection: &mut PgConnection, statement: &Statement) -> Result<Rows, Fault> {
    let mut query = sqlx::query(&statement.text);
    for param in &statement.params {
        query = query.bind(param.as_deref());
    }
    texts(&query.fetch_all(connection).await.map_err(failing)?)
}

/// All columns of our statements are texts.
fn texts(rows: &[PgRow]) -> Result<Rows, Fault> {
    rows.iter()
        .map(|row| (0..row.len()).map(|column| row.try_get::<Option<String>, _>(column)).collect())
        .map(|cells: Result<_, sqlx::Error>| cells.map(Cells))
        .collect::<Result<_, _>>()
        .map_err(|error| Fault::NotDone(Error::unexpected(&error.to_string())))
}

/// The server's code, if it has refused.
fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(|error| error.code()).map(Into::into)
}

/// Anything but a refusal of the server's may have come after the statement was executed.
fn failing(error: sqlx::Error) -> Fault {
    match code(&error) {
        Some(code) => {
            let refusal = error.as_database_error().and_then(|error| error.try_downcast_ref());
            let ends = refusal.is_some_and(|refusal: &PgDatabaseError| {
                matches!(refusal.severity(), PgSeverity::Fatal | PgSeverity::Panic)
            });
            Fault::of_refusal(&code, ends, error.into())
        }
        None => Fault::Unknown(Error::Connection(error.into())),
    }
}

fn connecting(error: sqlx::Error) -> Fault {
    match error {
        sqlx::Error::PoolClosed | sqlx::Error::Configuration(_) => {
            Fault::NotDone(Error::Connection(error.into()))
        }
        _ => Fault::of_connecting(code(&error).as_deref(), error.into()),
    }
}
