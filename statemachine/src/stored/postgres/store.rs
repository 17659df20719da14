//! The store over `tokio-postgres`.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{Manager, Pool};
use tokio_postgres::{
    Config, NoTls, Socket,
    tls::{MakeTlsConnect, TlsConnect},
};

use super::{
    Error, Options, Table,
    driver::{Pooled, Within, connector},
    engine::Engine,
    error::Unreadable,
    store_of_engine,
    transaction::verbs_in_transactions,
};

/// A PostgreSQL table as a [`Store`](crate::stored::Store).
///
/// It is cheap to clone. [The module](super) has examples, and what it guarantees.
#[derive(Clone)]
pub struct Postgres {
    pub(super) engine: Arc<Engine<Pooled>>,
}

impl Postgres {
    /// Connects to a server, without TLS. [`on`](Self::on) is for a pool that uses TLS.
    ///
    /// `url` is as `tokio-postgres` reads it: `postgres://user:password@host/database`, or
    /// `host=.. user=.. dbname=..`.
    ///
    /// Dropping the future closes what was connected.
    ///
    /// ```no_run
    /// use statemachine::stored::postgres::{Options, Postgres, Table};
    ///
    /// # async fn store() -> Result<(), Box<dyn std::error::Error>> {
    /// let url = "postgres://user:password@localhost/jobs";
    /// let store = Postgres::connect(url, Table::default(), Options::default()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If the address cannot be read, if the server refuses the connection, or if it cannot be reached for as
    /// long as [`Options::patience`] says.
    ///
    /// # Panics
    ///
    /// Outside of a `tokio` runtime.
    pub async fn connect(url: &str, table: Table, options: Options) -> Result<Self, Error> {
        let config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            Error::Connection(Unreadable(error.into()).into())
        })?;
        let config = watchful(config, options.patience);
        let pool = Pool::builder(Manager::new(config.clone(), NoTls))
            .max_size(options.connections)
            .build()
            .map_err(|error| Error::Connection(error.into()))?;
        let driver =
            Pooled { pool, listening: Some(connector(config, NoTls)), prepares: options.prepares };
        let store = Self { engine: Arc::new(Engine::new(driver, table, options)) };
        store.engine.reach().await?;
        Ok(store)
    }

    /// A table in the database of the user's own pool.
    ///
    /// A pool hands out connections for what is asked, and cannot say what a connection hears. So callers that
    /// wait look again and again, unless [`listening`](Self::listening) says how to make a connection that
    /// listens.
    ///
    /// The connection that renews rights is taken from the pool when the first right is asked for, and the
    /// pool may make another in its place. If it breaks while the pool is exhausted, no right can be renewed.
    /// With [`listening`](Self::listening) the store makes that connection by itself.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use statemachine::stored::postgres::{Options, Postgres, Table};
    ///
    /// # fn store(pool: deadpool_postgres::Pool) -> Result<Postgres, tokio_postgres::Error> {
    /// let store = Postgres::on(pool, Table::of("orders", "id", "status"))
    ///     .with(Options::default().lease(Duration::from_secs(30)))
    ///     .listening("host=localhost user=shop".parse()?);
    /// # Ok(store)
    /// # }
    /// ```
    #[must_use]
    pub fn on(pool: Pool, table: Table) -> Self {
        let options = Options::default();
        let driver = Pooled { pool, listening: None, prepares: options.prepares };
        Self { engine: Arc::new(Engine::new(driver, table, options)) }
    }

    /// A store that is as this one, with these options. [`Options::connections`] is the pool's to say.
    #[must_use]
    pub fn with(self, options: Options) -> Self {
        Self {
            engine: self.engine.with(|driver, old| {
                driver.prepares = options.prepares;
                *old = options;
            }),
        }
    }

    /// A store that is as this one, and makes connections of its own as `config` says, without TLS: one that
    /// listens, and one that renews rights.
    ///
    /// Behind a pooler that lends connections for a transaction only, this must lead past the pooler.
    #[must_use]
    pub fn listening(self, config: Config) -> Self {
        self.listening_with(config, NoTls)
    }

    /// [`listening`](Self::listening), with TLS.
    #[must_use]
    pub fn listening_with<T>(self, config: Config, tls: T) -> Self
    where
        T: MakeTlsConnect<Socket> + Clone + Send + Sync + 'static,
        T::Stream: Send + Sync + 'static,
        T::TlsConnect: Send + Sync,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let config = watchful(config, self.engine.options.patience);
        let listening = Some(connector(config, tls));
        Self { engine: self.engine.with(|driver, _| driver.listening = listening) }
    }

    /// The table.
    pub fn table(&self) -> &Table {
        &self.engine.table
    }
}

/// A connection that notices within that time that its peer is gone, unless the user has said otherwise.
fn watchful(mut config: Config, patience: Duration) -> Config {
    // The kernel counts in whole seconds, and not for ever.
    let patience = patience.clamp(Duration::from_secs(2), Duration::from_secs(3600));
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(patience);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(patience);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_idle(patience).keepalives_interval(patience / 2);
    }
    config
}

store_of_engine!(Postgres, Pooled);
verbs_in_transactions!(
    Postgres,
    &tokio_postgres::Transaction<'_>,
    Within,
    r#"
`tx` may be a transaction of `deadpool-postgres` too.

```no_run
# use statemachine::{StateMachine, stored::{Machines, postgres::Postgres}};
# #[derive(StateMachine)]
# #[machine(stored)]
# enum Order {
#     #[state(to(Paid))]
#     Placed,
#     #[state(terminal)]
#     Paid,
# }
# async fn pay(
#     orders: Machines<Order, Postgres>,
#     client: &mut tokio_postgres::Client,
# ) -> Result<(), Box<dyn std::error::Error>> {
let tx = client.transaction().await?;
tx.execute("INSERT INTO payments (order_id) VALUES ($1)", &[&7_i64]).await?;
orders.at(7).placed_to_paid().commit_in(&tx).await?;
tx.commit().await?;
# Ok(())
# }
```
"#
);
