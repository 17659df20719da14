//! Moves and holds that are part of a transaction of the user's.

use super::{
    Error, Fault,
    claim::Claimed,
    engine::{Driver, Engine, Found},
    marks,
    statement::{Cells, Rows, Session, Statement},
    tries::Tries,
};
use crate::{
    state::{Located as _, State},
    stored::{
        Committed, Failed, In, InTransition, Row, Store, Stored, Transition,
        codec::{self, Written},
        wait::refusal,
    },
};

/// The verbs of the user's transaction, for a store and what it takes for a transaction.
macro_rules! verbs_in_transactions {
    ($store:ty, $tx:ty, $session:path, $example:literal) => {
        impl<A, B> $crate::stored::Transition<A, B, $store>
        where
            A: $crate::state::State<Enum: $crate::stored::Stored>,
            B: $crate::state::State<Enum = A::Enum>,
        {
            /// Makes the move as part of the user's transaction, at once or not at all, and gives back the
            /// data of the state that was left.
            ///
            /// The move is made when the transaction commits. Until then the row is locked: others that want
            /// to move the machine wait for that. For a new state that has data there is `commit_with_in`.
            ///
            #[doc = $example]
            ///
            /// # Errors
            ///
            /// [`Failed::Refused`](crate::stored::Failed::Refused) if the machine is in another state, or if
            /// another has the right to it, and [`Failed::Missing`](crate::stored::Failed::Missing) if there
            /// is no row: then the transaction can go on. [`Failed::Store`](crate::stored::Failed::Store) if
            /// the server refuses the statement: then it has aborted the transaction, as after any error. A
            /// failure to serialize is such an error; whoever repeats the transaction repeats this too. At
            /// `REPEATABLE READ` and above, it is also one if another has begun to wait for a change of the
            /// machine since the transaction began.
            pub async fn commit_in(
                self,
                tx: $tx,
            ) -> Result<A::Data, $crate::stored::Failed<$crate::stored::postgres::Error>>
            where
                B: $crate::state::Dataless,
            {
                let to = $crate::stored::codec::Written::dataless::<A::Enum>(B::POSITION);
                let engine = &self.at.store().engine;
                $crate::stored::postgres::transaction::step(&self, engine, $session(tx), to).await
            }

            /// Makes the move as part of the user's transaction, with the data of the new state. See
            /// `commit_in`.
            ///
            /// # Errors
            ///
            /// Those of `commit_in`, and [`Failed::Undecodable`](crate::stored::Failed::Undecodable) if the
            /// data cannot be written as JSON.
            pub fn commit_with_in(
                self,
                tx: $tx,
                data: B::Data,
            ) -> impl Future<
                Output = Result<A::Data, $crate::stored::Failed<$crate::stored::postgres::Error>>,
            > {
                let to = $crate::stored::codec::Written::of(&B::wrap(data));
                async move {
                    let engine = &self.at.store().engine;
                    $crate::stored::postgres::transaction::step(&self, engine, $session(tx), to?)
                        .await
                }
            }
        }

        impl<A> $crate::stored::In<A, $store>
        where
            A: $crate::state::State<Enum: $crate::stored::Stored>,
        {
            /// Keeps the machine in the state until the user's transaction ends, and gives the state's data.
            ///
            /// Others may hold it at the same time. Those that want to move the machine wait for the
            /// transaction to end. If two transactions hold a machine and then both move it, that is a
            /// deadlock: the server aborts one of them, with `40P01`.
            ///
            /// # Errors
            ///
            /// Those of `commit_in` of a [`Transition`](crate::stored::Transition). If it is refused, nothing
            /// is held.
            pub async fn hold_in(
                self,
                tx: $tx,
            ) -> Result<A::Data, $crate::stored::Failed<$crate::stored::postgres::Error>> {
                let engine = &self.at.store().engine;
                $crate::stored::postgres::transaction::hold(&self, engine, $session(tx)).await
            }
        }

        impl<A, B> $crate::stored::InTransition<A, B, $store>
        where
            A: $crate::state::State<Enum: $crate::stored::Stored>,
            B: $crate::state::State<Enum = A::Enum>,
        {
            /// Makes the move as part of the user's transaction, and gives back the data of the state that
            /// was left.
            ///
            /// The move is made when the transaction commits. If it does not commit, the right ends with its
            /// lease: it is no longer renewed, and others get it then.
            ///
            /// If the transaction has changed or locked the row before, the right cannot be renewed meanwhile.
            /// Keep such a transaction shorter than two thirds of the lease. At `REPEATABLE READ` and above,
            /// a renewal since the transaction began makes this fail to serialize.
            ///
            /// # Errors
            ///
            /// [`Failed::Lost`](crate::stored::Failed::Lost) if the right was lost.
            /// [`Failed::Store`](crate::stored::Failed::Store) if the server refuses the statement; then the
            /// transaction is aborted.
            pub async fn commit_in(
                self,
                tx: $tx,
            ) -> Result<A::Data, $crate::stored::Failed<$crate::stored::postgres::Error>>
            where
                B: $crate::state::Dataless,
            {
                let to = $crate::stored::codec::Written::dataless::<A::Enum>(B::POSITION);
                $crate::stored::postgres::transaction::commit(
                    self,
                    |claim| claim.0,
                    $session(tx),
                    to,
                )
                .await
            }

            /// Makes the move as part of the user's transaction, with the data of the new state. See
            /// `commit_in`.
            ///
            /// # Errors
            ///
            /// Those of `commit_in`, and [`Failed::Undecodable`](crate::stored::Failed::Undecodable) if the
            /// data cannot be written as JSON: then it is rolled back.
            pub fn commit_with_in(
                self,
                tx: $tx,
                data: B::Data,
            ) -> impl Future<
                Output = Result<A::Data, $crate::stored::Failed<$crate::stored::postgres::Error>>,
            > {
                let to = $crate::stored::codec::Written::of(&B::wrap(data));
                async move {
                    let to = to?;
                    $crate::stored::postgres::transaction::commit(
                        self,
                        |claim| claim.0,
                        $session(tx),
                        to,
                    )
                    .await
                }
            }
        }
    };
}

pub(super) use verbs_in_transactions;

/// A move in one step.
pub(super) async fn step<A, B, St, D>(
    transition: &Transition<A, B, St>,
    engine: &Engine<D>,
    mut session: impl Session,
    to: Written,
) -> Result<A::Data, Failed<Error>>
where
    A: State<Enum: Stored>,
    B: State<Enum = A::Enum>,
    St: Store,
    D: Driver,
{
    let from = codec::names::<A::Enum>(transition.from);
    let at = transition.at.address();
    let layout = engine.layout().await.map_err(Failed::Store)?;
    let step = layout.step(at, &from, to.value(), &marks::new(), A::HAS_DATA);
    let look = layout.load(at);
    let mut tries = Tries::within(engine.options.patience);
    loop {
        let mut rows = run(&mut session, &step).await?;
        if let Some(row) = rows.pop() {
            let old = A::HAS_DATA.then(|| row_of(row)).transpose()?;
            return Ok(A::unwrap(codec::left::<A>(old.as_ref())?));
        }
        let row = row_of(run(&mut session, &look).await?.pop().ok_or(Failed::Missing)?)?;
        refusal::<A::Enum, _>(&row, transition.from, transition.expected())?;
        tries.after_none(row.version, at, &engine.table).await.map_err(Failed::Store)?;
    }
}

/// A hold on a state.
pub(super) async fn hold<A, St, D>(
    in_state: &In<A, St>,
    engine: &Engine<D>,
    mut session: impl Session,
) -> Result<A::Data, Failed<Error>>
where
    A: State<Enum: Stored>,
    St: Store,
    D: Driver,
{
    let states = codec::names::<A::Enum>(A::SET);
    let at = in_state.at.address();
    let layout = engine.layout().await.map_err(Failed::Store)?;
    let (hold, look) = (layout.hold(at, &states), layout.load(at));
    let mut tries = Tries::within(engine.options.patience);
    loop {
        if let Some(row) = run(&mut session, &hold).await?.pop() {
            return Ok(A::unwrap(codec::read(&row_of(row)?)?));
        }
        let row = row_of(run(&mut session, &look).await?.pop().ok_or(Failed::Missing)?)?;
        refusal::<A::Enum, _>(&row, A::SET, A::EXPECTED)?;
        tries.after_none(row.version, at, &engine.table).await.map_err(Failed::Store)?;
    }
}

/// The commit of a right.
pub(super) async fn commit<A, B, St, D>(
    right: InTransition<A, B, St>,
    inner: impl FnOnce(St::Claim) -> Claimed<D>,
    mut session: impl Session,
    to: Written,
) -> Result<A::Data, Failed<Error>>
where
    A: State<Enum: Stored>,
    B: State<Enum = A::Enum>,
    St: Store,
    D: Driver,
{
    let (claim, machine) = right.into_parts();
    match inner(claim).commit_in(&mut session, to.value()).await.map_err(Failed::Store)? {
        Committed::Done => Ok(A::unwrap(machine)),
        Committed::Lost => Err(Failed::Lost),
        Committed::Unknown => Err(Failed::Unknown),
    }
}

async fn run(session: &mut impl Session, statement: &Statement) -> Result<Rows, Failed<Error>> {
    session.run(statement).await.map_err(Fault::into_error).map_err(Failed::Store)
}

fn row_of(row: Cells) -> Result<Row, Failed<Error>> {
    Found::read(row).map(|found| found.row).map_err(Failed::Store)
}
