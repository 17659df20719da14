//! The PostgreSQL store over the user's own pool of `sqlx`.
//!
//! It is the store of `stored::postgres` over another driver: the same table, the same statements and the same
//! guarantees. Programs that use the one and the other can share a table.
//!
//! ```no_run
//! use statemachine::{StateMachine, stored::{Machines, sqlx::{Sqlx, Table}}};
//!
//! #[derive(StateMachine)]
//! #[machine(stored)]
//! enum Order {
//!     #[state(to(Paid))]
//!     Placed,
//!     #[state(terminal)]
//!     Paid,
//! }
//!
//! # async fn pay(pool: sqlx::PgPool) -> Result<(), Box<dyn std::error::Error>> {
//! let store = Sqlx::on(pool.clone(), Table::of("orders", "id", "status"));
//! let orders = Machines::<Order, _>::open(store).await?;
//!
//! let mut tx = pool.begin().await?;
//! sqlx::query("INSERT INTO payments (order_id) VALUES ($1)").bind(7_i64).execute(&mut *tx).await?;
//! orders.at(7).placed_to_paid().commit_in(&mut tx).await?;
//! tx.commit().await?;
//! # Ok(())
//! # }
//! ```

mod driver;

use std::sync::Arc;

use sqlx::PgPool;

use self::driver::{Pooled, Within};
pub use super::{Error, Options, Table};
use super::{engine::Engine, store_of_engine, transaction::verbs_in_transactions};

/// A PostgreSQL table as a [`Store`](crate::stored::Store), over the user's own pool of `sqlx`.
///
/// It is cheap to clone.
#[derive(Clone)]
pub struct Sqlx {
    engine: Arc<Engine<Pooled>>,
}

impl Sqlx {
    /// A table in the database of the user's own pool.
    ///
    /// Beside what it asks the pool for, it makes connections of its own as the pool's options say: one that
    /// renews rights, from the first right on, and one that listens, if anybody has waited.
    ///
    /// `sqlx` prepares statements, and keeps them in the connection. Through a pooler that lends connections
    /// for a transaction only, that does not work unless the pooler knows of prepared statements, as PgBouncer
    /// does from version 1.21 on. Nor does listening: [`Options::without_listening`].
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use statemachine::stored::sqlx::{Options, Sqlx, Table};
    ///
    /// # fn store(pool: sqlx::PgPool) -> Sqlx {
    /// let store = Sqlx::on(pool, Table::default())
    ///     .with(Options::default().lease(Duration::from_secs(30)));
    /// # store
    /// # }
    /// ```
    #[must_use]
    pub fn on(pool: PgPool, table: Table) -> Self {
        Self { engine: Arc::new(Engine::new(Pooled(pool), table, Options::default())) }
    }

    /// A store that is as this one, with these options. [`Options::connections`] is the pool's to say.
    #[must_use]
    pub fn with(self, options: Options) -> Self {
        Self { engine: self.engine.with(|_, old| *old = options) }
    }

    /// The table.
    pub fn table(&self) -> &Table {
        &self.engine.table
    }
}

store_of_engine!(Sqlx, Pooled);
verbs_in_transactions!(
    Sqlx,
    &mut sqlx::PgConnection,
    Within,
    r#"
`tx` is the connection that is in the transaction: `&mut tx` of a transaction of `sqlx` is one.

```no_run
# use statemachine::{StateMachine, stored::{Machines, sqlx::Sqlx}};
# #[derive(StateMachine)]
# #[machine(stored)]
# enum Order {
#     #[state(to(Paid))]
#     Placed,
#     #[state(terminal)]
#     Paid,
# }
# async fn pay(
#     orders: Machines<Order, Sqlx>,
#     pool: sqlx::PgPool,
# ) -> Result<(), Box<dyn std::error::Error>> {
let mut tx = pool.begin().await?;
orders.at(7).placed_to_paid().commit_in(&mut tx).await?;
tx.commit().await?;
# Ok(())
# }
```
"#
);
