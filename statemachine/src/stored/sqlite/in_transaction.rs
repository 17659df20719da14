//! Moves in a transaction of the user's.

use rusqlite::Transaction as UserTransaction;

use super::{
    Error, Sqlite,
    rows::{Place, Rows, To},
};
use crate::{
    state::{Dataless, Located as _, State},
    stored::{
        Failed, In, Outcome, Stored, Transition,
        codec::{self, Written},
        wait::refusal,
    },
};

impl<A, B> Transition<A, B, Sqlite>
where
    A: State<Enum: Stored>,
    B: State<Enum = A::Enum>,
{
    /// Makes the move in a transaction of yours, at once or not at all, and gives back the data of the state
    /// that was left. The move is made when your transaction commits, together with all else that it does.
    ///
    /// The transaction is on the file that the store has open. It blocks this thread until the database
    /// is not locked by another, as long as your connection waits for that. Let the transaction be
    /// an immediate one: one that has read before may fail with `SQLITE_BUSY`.
    ///
    /// From then on your transaction has the write lock of the database. Use the store in it only by the methods
    /// that take it. Another call that writes waits for it to end, and fails after ten seconds if you wait for
    /// the call first.
    ///
    /// If you have a right to the machine, give it back before you begin the transaction, with
    /// [`rollback().await`](crate::stored::InTransition::rollback). A right that is dropped in it is given back
    /// after it, and the move is refused until then.
    ///
    /// For a new state that has data there is [`commit_with_in`](Self::commit_with_in).
    ///
    /// # Errors
    ///
    /// Those of [`try_commit`](Self::try_commit). Your transaction goes on, and is yours to end.
    ///
    /// ```
    /// use rusqlite::TransactionBehavior::Immediate;
    /// use statemachine::{StateMachine, stored::{Machines, sqlite::Sqlite}};
    ///
    /// #[derive(StateMachine)]
    /// #[machine(stored)]
    /// enum Order {
    ///     #[state(to(Paid))]
    ///     Placed,
    ///     #[state(terminal)]
    ///     Paid,
    /// }
    ///
    /// # pollster::block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("shop.db");
    /// let orders = Machines::<Order, _>::open(Sqlite::open(&path).await?).await?;
    /// orders.insert(7, Order::Placed).await?;
    /// let mut shop = rusqlite::Connection::open(&path)?;
    /// shop.execute_batch("CREATE TABLE payments (sum INTEGER)")?;
    ///
    /// let payment = shop.transaction_with_behavior(Immediate)?;
    /// orders.at(7).placed_to_paid().commit_in(&payment)?;
    /// payment.execute("INSERT INTO payments VALUES (100)", ())?;
    /// payment.commit()?;
    /// assert!(orders.at(7).is_paid().await?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn commit_in(self, transaction: &UserTransaction<'_>) -> Result<A::Data, Failed<Error>>
    where
        B: Dataless + State<Enum = A::Enum, Data = ()>,
    {
        self.commit_with_in(transaction, ())
    }

    /// Makes the move in a transaction of yours, with the data of the new state. All else is as with
    /// [`commit_in`](Self::commit_in).
    ///
    /// # Errors
    ///
    /// Those of [`commit_in`](Self::commit_in), and [`Failed::Undecodable`] if the data cannot be written as
    /// JSON.
    pub fn commit_with_in(
        self,
        transaction: &UserTransaction<'_>,
        data: B::Data,
    ) -> Result<A::Data, Failed<Error>> {
        let to = Written::of(&B::wrap(data))?;
        let (at, to) = (Place::from(self.at.address()), To::from(to.value()));
        let from: Vec<_> =
            codec::names::<A::Enum>(self.from).into_iter().map(str::to_owned).collect();
        let store = self.at.store();
        let failed = |error: Error| Failed::Store(error.of(store.shared.path.as_ref()));
        let mut rows = Rows::new(transaction, &store.shared.table, &store.shared.holders);
        rows.touch(&at).map_err(failed)?;
        loop {
            match rows.step(&at, &from, &to).map_err(failed)? {
                Outcome::Done(old) => return Ok(A::unwrap(codec::left::<A>(Some(&old))?)),
                Outcome::Refused(None) => return Err(Failed::Missing),
                Outcome::Refused(Some(row)) => {
                    refusal::<A::Enum, _>(&row, self.from, self.expected())?;
                }
                Outcome::Unknown => return Err(Failed::Unknown),
            }
        }
    }
}

impl<A: State<Enum: Stored>> In<A, Sqlite> {
    /// Gives the state's data, at once or not at all, and keeps the machine in the state until your
    /// transaction ends.
    ///
    /// It takes the write lock of the database, so until then nobody moves any machine in it. It blocks
    /// like [`commit_in`](Transition::commit_in).
    ///
    /// # Errors
    ///
    /// Those of `now`, and [`InTransition`](crate::Refused::InTransition) if another has the right to leave
    /// the state.
    ///
    /// ```
    /// use rusqlite::TransactionBehavior::Immediate;
    /// # use statemachine::{StateMachine, stored::{Machines, sqlite::Sqlite}};
    /// # #[derive(StateMachine)]
    /// # #[machine(stored)]
    /// # enum Order {
    /// #     #[state(to(Paid))]
    /// #     Placed,
    /// #     #[state(terminal)]
    /// #     Paid,
    /// # }
    /// # pollster::block_on(async {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("shop.db");
    /// # let orders = Machines::<Order, _>::open(Sqlite::open(&path).await?).await?;
    /// # orders.insert(7, Order::Placed).await?;
    /// # orders.at(7).placed_to_paid().try_commit().await?;
    /// # let mut shop = rusqlite::Connection::open(&path)?;
    /// # shop.execute_batch("CREATE TABLE parcels (order_id INTEGER)")?;
    ///
    /// let shipping = shop.transaction_with_behavior(Immediate)?;
    /// orders.at(7).in_paid().hold_in(&shipping)?;
    /// shipping.execute("INSERT INTO parcels VALUES (7)", ())?;
    /// shipping.commit()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn hold_in(self, transaction: &UserTransaction<'_>) -> Result<A::Data, Failed<Error>> {
        let (at, store) = (Place::from(self.at.address()), self.at.store());
        let failed = |error: Error| Failed::Store(error.of(store.shared.path.as_ref()));
        let mut rows = Rows::new(transaction, &store.shared.table, &store.shared.holders);
        rows.touch(&at).map_err(failed)?;
        loop {
            let row = rows.load(&at).map_err(failed)?.ok_or(Failed::Missing)?;
            if A::SET.contains(codec::position::<A::Enum>(&row)?) && !row.is_claimed {
                return Ok(A::unwrap(codec::read(&row)?));
            }
            refusal::<A::Enum, _>(&row, A::SET, A::EXPECTED)?;
        }
    }
}
