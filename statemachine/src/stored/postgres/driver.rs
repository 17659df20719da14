//! `tokio-postgres` and `deadpool-postgres` as the driver of the store.

use std::{
    future::{Future, poll_fn},
    ops::Deref,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use deadpool_postgres::{ClientWrapper, Object, Pool, PoolError};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    runtime::Handle,
};
use tokio_postgres::{
    AsyncMessage, Client, Config, Connection, NoTls, Row, Socket, Transaction,
    error::Severity,
    tls::{MakeTlsConnect, TlsConnect},
    types::{ToSql, Type},
};

use super::{
    Error, Fault,
    engine::Driver,
    sql::CHANNEL,
    statement::{Cells, Rows, Session, Statement},
    topics::Topics,
};

type Opened = Result<(Client, Box<dyn Messages>), tokio_postgres::Error>;
type Opening = Pin<Box<dyn Future<Output = Opened> + Send>>;

/// How to make a connection whose messages come to its caller.
pub(super) type Connector = Arc<dyn Fn() -> Opening + Send + Sync>;

/// A pool, and how to make a connection that listens.
#[derive(Clone)]
pub(super) struct Pooled {
    pub(super) pool: Pool,
    pub(super) listening: Option<Connector>,
    /// Whether statements are prepared and kept in the connections of the pool.
    pub(super) prepares: bool,
}

pub(super) fn connector<T>(config: Config, tls: T) -> Connector
where
    T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
    T::Stream: Send + Sync + 'static,
    T::TlsConnect: Send + Sync,
    <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
{
    Arc::new(move || {
        let (config, tls) = (config.clone(), tls.clone());
        Box::pin(async move {
            let (client, connection) = config.connect(tls).await?;
            Ok((client, Box::new(connection) as Box<dyn Messages>))
        })
    })
}

/// A connection, which works while it is asked for messages.
pub(super) trait Messages: Send {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<AsyncMessage>>;
}

impl<S, T> Messages for Connection<S, T>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    T: AsyncRead + AsyncWrite + Unpin + Send,
{
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<AsyncMessage>> {
        // After an error there are no more messages.
        self.poll_message(cx).map(|message| message.and_then(Result::ok))
    }
}

impl Driver for Pooled {
    type Pooled = Lent;
    type Own = Own;

    async fn acquire(&self) -> Result<Lent, Fault> {
        let lent = self.pool.get().await;
        lent.map(|object| {
            let connection = Some(Lending::InPool(object));
            Lent { connection, prepares: self.prepares, is_busy: false }
        })
        .map_err(|error| match error {
            PoolError::Backend(error) => connecting(error),
            PoolError::Timeout(_) => Fault::Again(Error::Connection(error.into())),
            _ => Fault::NotDone(Error::Connection(error.into())),
        })
    }

    fn discard(&self, mut session: Lent) {
        session.take();
    }

    async fn cancel(&self, session: &Lent) -> bool {
        let Some(client) = &session.connection else { return false };
        cancel(client).await
    }

    fn take_out(&self, session: &mut Lent) {
        session.connection = session.take().map(Lending::TakenOut);
    }

    async fn separate(&self) -> Result<Own, Fault> {
        let Some(connect) = &self.listening else {
            // The pool makes another in its place.
            let taken = self.acquire().await?.take();
            let closed = || Fault::Again(Error::Connection("the connection was closed".into()));
            return taken.map(Own::Taken).ok_or_else(closed);
        };
        let (client, mut connection) = connect().await.map_err(connecting)?;
        // It ends when the client is dropped.
        tokio::spawn(async move { while poll_fn(|cx| connection.poll(cx)).await.is_some() {} });
        Ok(Own::Made(client))
    }

    fn can_listen(&self) -> bool {
        self.listening.is_some()
    }

    async fn listen(&self, topics: &Arc<Topics>) {
        let Some(connect) = &self.listening else { return };
        let Ok((client, mut connection)) = connect().await else { return };
        let listen = format!("LISTEN {CHANNEL}");
        let mut asked = Some(pin!(client.batch_execute(&listen)));
        let mut hearing = None;
        poll_fn(|cx| {
            // The connection carries the question and the answer too, so it comes first, and is asked until it
            // has nothing more.
            loop {
                while let Poll::Ready(message) = connection.poll(cx) {
                    match message {
                        Some(AsyncMessage::Notification(message)) => topics.tell(message.payload()),
                        Some(_) => {}
                        None => return Poll::Ready(()),
                    }
                }
                let Some(listening) = asked.as_mut() else { return Poll::Pending };
                match listening.as_mut().poll(cx) {
                    Poll::Ready(Ok(())) => {
                        asked = None;
                        hearing = Some(topics.hear());
                    }
                    Poll::Ready(Err(_)) => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await;
        drop(hearing);
    }
}

/// A connection of the pool.
pub(super) struct Lent {
    /// It is there until the connection is closed.
    connection: Option<Lending>,
    prepares: bool,
    /// Whether a statement was sent that has not ended.
    is_busy: bool,
}

enum Lending {
    InPool(Object),
    TakenOut(ClientWrapper),
}

impl Deref for Lending {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        match self {
            Self::InPool(object) => object,
            Self::TakenOut(client) => client,
        }
    }
}

impl Lent {
    /// Takes the connection out of the pool, which makes another in its place.
    fn take(&mut self) -> Option<ClientWrapper> {
        self.connection.take().map(|connection| match connection {
            Lending::InPool(object) => Object::take(object),
            Lending::TakenOut(client) => client,
        })
    }

    async fn ask(&self, statement: &Statement) -> Result<Rows, Fault> {
        let closed = || Fault::Again(Error::Connection("the connection was closed".into()));
        let client = self.connection.as_deref().ok_or_else(closed)?;
        if !self.prepares {
            return run_on(client, statement).await;
        }
        check_open(client)?;
        let types = vec![Type::TEXT; statement.params.len()];
        let prepared = client.prepare_typed_cached(&statement.text, &types).await;
        let prepared = prepared.map_err(failing_unsent)?;
        let params: Vec<&(dyn ToSql + Sync)> =
            statement.params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
        texts(client.query(&prepared, &params).await.map_err(failing)?)
    }
}

impl Session for Lent {
    async fn run(&mut self, statement: &Statement) -> Result<Rows, Fault> {
        self.is_busy = true;
        let rows = self.ask(statement).await;
        self.is_busy = false;
        rows
    }
}

impl Drop for Lent {
    /// A statement whose caller is gone may wait for a lock for long, and whoever got the connection would wait
    /// with it.
    fn drop(&mut self) {
        if !self.is_busy {
            return;
        }
        let (Some(client), Ok(runtime)) = (self.take(), Handle::try_current()) else { return };
        drop(runtime.spawn(cancel(&client)));
    }
}

/// Asks the server to give up the statement of a connection. If the address requires TLS, it cannot be asked,
/// and ends the statement when it has the lock.
fn cancel(client: &Client) -> impl Future<Output = bool> + Send + use<> {
    let token = client.cancel_token();
    async move { token.cancel_query(NoTls).await.is_ok() }
}

/// A connection that no pool counts.
pub(super) enum Own {
    Made(Client),
    Taken(ClientWrapper),
}

impl Session for Own {
    async fn run(&mut self, statement: &Statement) -> Result<Rows, Fault> {
        match self {
            Self::Made(client) => run_on(client, statement).await,
            Self::Taken(client) => run_on(client, statement).await,
        }
    }
}

/// A transaction of the user's.
pub(super) struct Within<'a>(pub(super) &'a Transaction<'a>);

impl Session for Within<'_> {
    async fn run(&mut self, statement: &Statement) -> Result<Rows, Fault> {
        let rows = self.0.query_typed(&statement.text, &typed(statement)).await;
        texts(rows.map_err(failing)?)
    }
}

async fn run_on(client: &Client, statement: &Statement) -> Result<Rows, Fault> {
    check_open(client)?;
    // Parsed, bound and executed in one round trip, and nothing is left behind in the connection, which a
    // pooler may lend to another after this.
    let rows = client.query_typed(&statement.text, &typed(statement)).await;
    texts(rows.map_err(failing)?)
}

/// What is not sent is certainly not executed.
fn check_open(client: &Client) -> Result<(), Fault> {
    if client.is_closed() {
        return Err(Fault::Again(Error::Connection("the connection was closed".into())));
    }
    Ok(())
}

fn typed(statement: &Statement) -> Vec<(&(dyn ToSql + Sync), Type)> {
    statement.params.iter().map(|param| (param as &(dyn ToSql + Sync), Type::TEXT)).collect()
}

/// All columns of our statements are texts.
fn texts(rows: Vec<Row>) -> Result<Rows, Fault> {
    let text = |row: &Row, column| row.try_get::<_, Option<String>>(column);
    rows.iter()
        .map(|row| (0..row.len()).map(|column| text(row, column)).collect())
        .map(|cells: Result<_, tokio_postgres::Error>| cells.map(Cells))
        .collect::<Result<_, _>>()
        .map_err(|error| Fault::NotDone(Error::unexpected(&error.to_string())))
}

/// Anything but a refusal of the server's may have come after the statement was executed.
fn failing(error: tokio_postgres::Error) -> Fault {
    match error.as_db_error() {
        Some(refusal) => {
            // A pooler may spell the severity in its own way only.
            let ends = refusal.parsed_severity().map_or_else(
                || matches!(refusal.severity(), "FATAL" | "PANIC"),
                |severity| matches!(severity, Severity::Fatal | Severity::Panic),
            );
            let code = refusal.code().code().to_owned();
            Fault::of_refusal(&code, ends, error.into())
        }
        None => Fault::Unknown(Error::Connection(error.into())),
    }
}

/// A statement that could not be prepared was not executed.
fn failing_unsent(error: tokio_postgres::Error) -> Fault {
    match failing(error) {
        Fault::Unknown(error) => Fault::Again(error),
        fault => fault,
    }
}

fn connecting(error: tokio_postgres::Error) -> Fault {
    let code = error.code().cloned();
    Fault::of_connecting(code.as_ref().map(|code| code.code()), error.into())
}
