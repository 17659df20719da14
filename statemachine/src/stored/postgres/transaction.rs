//! Moves and holds that are part of a transaction of the user's.

use std::future::Future;

use tokio_postgres::Transaction as Tx;

use super::{
    Error, Fault, Postgres,
    driver::Within,
    engine::Found,
    marks,
    statement::{Cells, Rows, Session, Statement},
};
use crate::{
    state::{Dataless, Located as _, State},
    stored::{
        Committed, Failed, In, InTransition, Row, Stored, Transition,
        codec::{self, Written},
        wait::refusal,
    },
};

impl<A, B> Transition<A, B, Postgres>
where
    A: State<Enum: Stored>,
    B: State<Enum = A::Enum>,
{
    /// Makes the move as part of the user's transaction, at once or not at all, and gives back the data of the
    /// state that was left.
    ///
    /// The move is made when the transaction commits. Until then the row is locked: others that want to move
    /// the machine wait for that. For a new state that has data there is
    /// [`commit_with_in`](Self::commit_with_in). `tx` may be a transaction of `deadpool-postgres` too.
    ///
    /// ```no_run
    /// # use statemachine::{StateMachine, stored::{Machines, postgres::Postgres}};
    /// # #[derive(StateMachine)]
    /// # #[machine(stored)]
    /// # enum Order {
    /// #     #[state(to(Paid))]
    /// #     Placed,
    /// #     #[state(terminal)]
    /// #     Paid,
    /// # }
    /// # async fn pay(
    /// #     orders: Machines<Order, Postgres>,
    /// #     client: &mut tokio_postgres::Client,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let tx = client.transaction().await?;
    /// tx.execute("INSERT INTO payments (order_id) VALUES ($1)", &[&7_i64]).await?;
    /// orders.at(7).placed_to_paid().commit_in(&tx).await?;
    /// tx.commit().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failed::Refused`] if the machine is in another state, or if another has the right to it, and
    /// [`Failed::Missing`] if there is no row: then the transaction can go on. [`Failed::Store`] if the server
    /// refuses the statement: then it has aborted the transaction, as after any error. A failure to serialize
    /// is such an error; whoever repeats the transaction repeats this too.
    pub async fn commit_in(self, tx: &Tx<'_>) -> Result<A::Data, Failed<Error>>
    where
        B: Dataless + State<Enum = A::Enum, Data = ()>,
    {
        self.commit_with_in(tx, ()).await
    }

    /// Makes the move as part of the user's transaction, with the data of the new state. See
    /// [`commit_in`](Self::commit_in).
    ///
    /// # Errors
    ///
    /// Those of [`commit_in`](Self::commit_in), and [`Failed::Undecodable`] if the data cannot be written as
    /// JSON.
    pub fn commit_with_in(
        self,
        tx: &Tx<'_>,
        data: B::Data,
    ) -> impl Future<Output = Result<A::Data, Failed<Error>>> {
        let to = Written::of(&B::wrap(data));
        async move { self.step_in(Within(tx), to?).await }
    }

    async fn step_in(
        self,
        mut session: impl Session,
        to: Written,
    ) -> Result<A::Data, Failed<Error>> {
        let from = codec::names::<A::Enum>(self.from);
        let (engine, at) = (&self.at.store().engine, self.at.address());
        let layout = engine.layout().await.map_err(Failed::Store)?;
        let step = layout.step(at, &from, to.value(), &marks::new(), A::HAS_DATA);
        let look = layout.load(at);
        loop {
            let mut rows = run(&mut session, &step).await?;
            if let Some(row) = rows.pop() {
                let old = A::HAS_DATA.then(|| row_of(row)).transpose()?;
                return Ok(A::unwrap(codec::left::<A>(old.as_ref())?));
            }
            let row = run(&mut session, &look).await?.pop().ok_or(Failed::Missing)?;
            refusal::<A::Enum, _>(&row_of(row)?, self.from, self.expected())?;
        }
    }
}

impl<A> In<A, Postgres>
where
    A: State<Enum: Stored>,
{
    /// Keeps the machine in the state until the user's transaction ends, and gives the state's data.
    ///
    /// Others may hold it at the same time. Those that want to move the machine wait for the transaction to
    /// end. If two transactions hold a machine and then both move it, the server aborts one of them.
    ///
    /// # Errors
    ///
    /// Those of [`Transition::commit_in`](crate::stored::Transition::commit_in). If it is refused, nothing is
    /// held.
    pub async fn hold_in(self, tx: &Tx<'_>) -> Result<A::Data, Failed<Error>> {
        let states = codec::names::<A::Enum>(A::SET);
        let (engine, at) = (&self.at.store().engine, self.at.address());
        let layout = engine.layout().await.map_err(Failed::Store)?;
        let (hold, look) = (layout.hold(at, &states), layout.load(at));
        let mut session = Within(tx);
        loop {
            if let Some(row) = run(&mut session, &hold).await?.pop() {
                return Ok(A::unwrap(codec::read(&row_of(row)?)?));
            }
            let row = run(&mut session, &look).await?.pop().ok_or(Failed::Missing)?;
            refusal::<A::Enum, _>(&row_of(row)?, A::SET, A::EXPECTED)?;
        }
    }
}

impl<A, B> InTransition<A, B, Postgres>
where
    A: State<Enum: Stored>,
    B: State<Enum = A::Enum>,
{
    /// Makes the move as part of the user's transaction, and gives back the data of the state that was left.
    ///
    /// The move is made when the transaction commits. If it does not commit, the right ends with its lease:
    /// it is no longer renewed, and others get it then.
    ///
    /// # Errors
    ///
    /// [`Failed::Lost`] if the right was lost. [`Failed::Store`] if the server refuses the statement; then the
    /// transaction is aborted.
    pub async fn commit_in(self, tx: &Tx<'_>) -> Result<A::Data, Failed<Error>>
    where
        B: Dataless + State<Enum = A::Enum, Data = ()>,
    {
        self.commit_with_in(tx, ()).await
    }

    /// [`commit_in`](Self::commit_in), with the data of the new state.
    ///
    /// # Errors
    ///
    /// Those of [`commit_in`](Self::commit_in), and [`Failed::Undecodable`] if the data cannot be written as
    /// JSON: then it is rolled back.
    pub fn commit_with_in(
        self,
        tx: &Tx<'_>,
        data: B::Data,
    ) -> impl Future<Output = Result<A::Data, Failed<Error>>> {
        let to = Written::of(&B::wrap(data));
        async move {
            let to = to?;
            let (claim, machine) = self.into_parts();
            let committed = claim.0.commit_in(&mut Within(tx), to.value()).await;
            match committed.map_err(Failed::Store)? {
                Committed::Done => Ok(A::unwrap(machine)),
                Committed::Lost => Err(Failed::Lost),
                Committed::Unknown => Err(Failed::Unknown),
            }
        }
    }
}

async fn run(session: &mut impl Session, statement: &Statement) -> Result<Rows, Failed<Error>> {
    session.run(statement).await.map_err(Fault::into_error).map_err(Failed::Store)
}

fn row_of(row: Cells) -> Result<Row, Failed<Error>> {
    Found::read(row).map(|found| found.row).map_err(Failed::Store)
}
