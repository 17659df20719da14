//! What the store does, over any driver: each call is one statement, and what follows from its failures.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use parking_lot::{Mutex, RwLock};
use tokio::{
    sync::oneshot,
    task::AbortHandle,
    time::{Instant, sleep, timeout},
};

use super::{
    Error, Fault, Options, Table,
    claim::Claimed,
    keeper::{Held, Keeper},
    layout::{self, Layout},
    marks::{self, jittered},
    sql::Right,
    statement::{Cells, Rows, Session, Statement},
    topics::Topics,
    tries::Tries,
};
use crate::stored::{Address, Key, Outcome, Row, Value};

/// How many claims of one call may be confirmed only when their lease is half over.
const LATE: u32 = 8;

/// For how long a claim that nobody waits for goes on. Most end meanwhile, and leave a connection that can be
/// lent again.
const GRACE: Duration = Duration::from_millis(50);

/// After this time a claim that nobody waits for is cancelled again. A server does not keep in mind a request
/// to cancel that arrives before the statement.
const AGAIN: Duration = Duration::from_secs(1);

/// How often the server may refuse to take back a claim.
const REFUSALS: u32 = 8;

/// What connects to the database.
pub(in crate::stored) trait Driver: Clone + Send + Sync + 'static {
    /// A connection of the pool, which goes back to it when it is dropped.
    type Pooled: Session;
    /// A connection that no pool counts.
    type Own: Session;

    fn acquire(&self) -> impl Future<Output = Result<Self::Pooled, Fault>> + Send;

    /// Closes a connection that is of no more use.
    fn discard(&self, session: Self::Pooled);

    /// Asks the server to give up what the connection is busy with. `false` if it cannot be asked.
    fn cancel(&self, session: &Self::Pooled) -> impl Future<Output = bool> + Send;

    /// Takes a connection out of the pool, which makes another in its place. It goes on.
    fn take_out(&self, session: &mut Self::Pooled);

    fn separate(&self) -> impl Future<Output = Result<Self::Own, Fault>> + Send;

    fn can_listen(&self) -> bool;

    /// Tells of notifications until they no longer arrive.
    fn listen(&self, topics: &Arc<Topics>) -> impl Future<Output = ()> + Send;
}

/// A store over a driver.
pub(in crate::stored) struct Engine<D: Driver> {
    pub(super) driver: D,
    pub(super) table: Table,
    pub(super) options: Options,
    pub(super) keeper: Keeper,
    /// The connection that renews rights, from the first claim on.
    pub(super) own: tokio::sync::Mutex<Option<D::Own>>,
    pub(super) topics: Arc<Topics>,
    layout: RwLock<Option<Arc<Layout>>>,
    listener: Mutex<Option<AbortHandle>>,
}

impl<D: Driver> Drop for Engine<D> {
    fn drop(&mut self) {
        if let Some(listener) = self.listener.get_mut() {
            listener.abort();
        }
    }
}

impl<D: Driver> Engine<D> {
    pub(in crate::stored) fn new(driver: D, table: Table, options: Options) -> Self {
        Self {
            driver,
            table,
            options,
            keeper: Keeper::default(),
            own: tokio::sync::Mutex::new(None),
            topics: Arc::default(),
            layout: RwLock::new(None),
            listener: Mutex::new(None),
        }
    }

    /// The same with something changed, if it has not been used yet; else one of its own.
    pub(in crate::stored) fn with(
        self: Arc<Self>,
        change: impl FnOnce(&mut D, &mut Options),
    ) -> Arc<Self> {
        let (mut driver, mut options) = (self.driver.clone(), self.options.clone());
        change(&mut driver, &mut options);
        Arc::new(Self::new(driver, self.table.clone(), options))
    }

    /// One try.
    pub(super) async fn once(&self, statement: &Statement) -> Result<Rows, Fault> {
        let session = self.acquire().await?;
        self.ask(&mut None, session, statement).await.map(|(rows, _)| rows)
    }

    async fn acquire(&self) -> Result<D::Pooled, Fault> {
        timeout(self.options.patience, self.driver.acquire()).await.unwrap_or_else(|_| {
            let problem = "no connection of the pool became free or could be made in time";
            Err(Fault::Again(Error::Connection(problem.into())))
        })
    }

    /// One try, with the time before which nothing was sent. The connection is in `busy` meanwhile, and stays
    /// there if this is dropped.
    async fn ask(
        &self,
        busy: &mut Option<D::Pooled>,
        session: D::Pooled,
        statement: &Statement,
    ) -> Result<(Rows, Instant), Fault> {
        let sent = Instant::now();
        let rows = busy.insert(session).run(statement).await;
        // A server that refuses to write has become a standby: another connection leads to its successor. And
        // after what is not known to have ended nothing else is asked.
        if let Some(session) = busy.take()
            && matches!(&rows, Err(Fault::Again(_) | Fault::Unknown(_)))
            && !rows.as_ref().is_err_and(Fault::is_of_the_moment)
        {
            self.driver.discard(session);
        }
        rows.map(|rows| (rows, sent))
    }

    /// As often as it takes. It must do no harm to execute the statement again.
    pub(super) async fn repeat(
        &self,
        statement: &Statement,
        patience: Duration,
    ) -> Result<Rows, Error> {
        let mut tries = Tries::within(patience);
        loop {
            match self.once(statement).await {
                Ok(rows) => return Ok(rows),
                Err(fault) => tries.after(fault).await?,
            }
        }
    }

    /// One try to connect, and more of them for as long as the user has patience.
    #[cfg(feature = "postgres")]
    pub(in crate::stored) async fn reach(&self) -> Result<(), Error> {
        self.repeat(&Statement::new("SELECT 'here'"), self.options.patience).await.map(drop)
    }

    /// The table as it was when it was opened.
    pub(in crate::stored) async fn layout(&self) -> Result<Arc<Layout>, Error> {
        let known = self.layout.read().clone();
        match known {
            Some(layout) => Ok(layout),
            None => self.inspect().await,
        }
    }

    async fn inspect(&self) -> Result<Arc<Layout>, Error> {
        let ask = layout::inspect(&self.table);
        let mut made = None;
        loop {
            let rows = self.repeat(&ask, self.options.patience).await?;
            if let Some(layout) = Layout::read(&self.table, &rows)? {
                let layout = Arc::new(layout);
                *self.layout.write() = Some(layout.clone());
                return Ok(layout);
            }
            if !self.table.is_ours {
                let problem = format!("there is no table {}", self.table);
                return Err(Error::Table(problem.into()));
            }
            if let Some(error) = made {
                return Err(error);
            }
            // Another program may be making it: one of the two then fails, and finds it there.
            let make = Statement::new(&self.table.migration());
            let failed = self.repeat(&make, self.options.patience).await.err();
            made = Some(failed.unwrap_or_else(|| {
                let problem = format!("the table {} was made, and is not there", self.table);
                Error::Table(problem.into())
            }));
        }
    }

    pub(in crate::stored) async fn open(
        &self,
        machine: &'static str,
        has_data: bool,
    ) -> Result<Vec<(String, u64)>, Error> {
        let layout = self.inspect().await?;
        if has_data {
            layout.needs_data()?;
        }
        let rows = self.repeat(&layout.count(machine), self.options.patience).await?;
        rows.into_iter()
            .map(|mut row| Ok((row.take(0).unwrap_or_default(), row.number(1)?)))
            .collect()
    }

    pub(in crate::stored) async fn insert(
        &self,
        at: Address<'_>,
        value: Value<'_>,
    ) -> Result<bool, Error> {
        let layout = self.layout().await?;
        let by = marks::new();
        let statement = layout.insert(at, value, &by);
        let mut tries = Tries::within(self.options.patience);
        let mut is_in_doubt = false;
        loop {
            match self.once(&statement).await {
                Ok(rows) if !rows.is_empty() => return Ok(true),
                Ok(_) if !is_in_doubt => return Ok(false),
                Ok(_) => {
                    return match self.find(&layout, at).await? {
                        Some(found) if found.by.as_ref() == Some(&by) => Ok(true),
                        // It is as another has added it.
                        Some(found) if found.row.version == 0 => Ok(false),
                        _ => Err(Error::Connection("the reply was lost".into())),
                    };
                }
                Err(fault) => {
                    is_in_doubt |= matches!(fault, Fault::Unknown(_));
                    tries.after(fault).await?;
                }
            }
        }
    }

    pub(in crate::stored) async fn remove(
        &self,
        at: Address<'_>,
        from: &[&str],
    ) -> Result<Outcome<()>, Error> {
        let layout = self.layout().await?;
        let statement = layout.remove(at, from);
        let mut tries = Tries::within(self.options.patience);
        loop {
            match self.once(&statement).await {
                Ok(rows) if !rows.is_empty() => return Ok(Outcome::Done(())),
                Ok(_) => {
                    if let Some(refused) = self.refused(&layout, at, from, &mut tries).await? {
                        return Ok(refused);
                    }
                }
                Err(Fault::Unknown(_)) => return Ok(Outcome::Unknown),
                Err(fault) => tries.after(fault).await?,
            }
        }
    }

    pub(in crate::stored) async fn load(&self, at: Address<'_>) -> Result<Option<Row>, Error> {
        let layout = self.layout().await?;
        Ok(self.find(&layout, at).await?.map(|found| found.row))
    }

    pub(in crate::stored) async fn keys(
        &self,
        machine: &'static str,
        states: &[&str],
        limit: usize,
    ) -> Result<Vec<Key>, Error> {
        let layout = self.layout().await?;
        let rows = self.repeat(&layout.keys(machine, states, limit), self.options.patience).await?;
        Ok(rows.into_iter().filter_map(|mut row| row.take(0)).map(Key::from).collect())
    }

    pub(in crate::stored) async fn step(
        &self,
        at: Address<'_>,
        from: &[&str],
        to: Value<'_>,
        wants_old: bool,
    ) -> Result<Outcome<Option<Row>>, Error> {
        let layout = self.layout().await?;
        let by = marks::new();
        let statement = layout.step(at, from, to, &by, wants_old);
        let mut tries = Tries::within(self.options.patience);
        loop {
            match self.once(&statement).await {
                Ok(mut rows) => match rows.pop() {
                    Some(row) if wants_old => {
                        return Ok(Outcome::Done(Some(Found::read(row)?.row)));
                    }
                    Some(_) => return Ok(Outcome::Done(None)),
                    None => {
                        if let Some(refused) = self.refused(&layout, at, from, &mut tries).await? {
                            return Ok(refused);
                        }
                    }
                },
                // What was there before came with the reply, and is nowhere now.
                Err(Fault::Unknown(_)) if wants_old => return Ok(Outcome::Unknown),
                // It may yet be executed, so a row without its mark says nothing.
                Err(Fault::Unknown(_)) => {
                    let found = self.find(&layout, at).await.ok().flatten();
                    let is_mine = found.is_some_and(|found| found.by.as_ref() == Some(&by));
                    return Ok(if is_mine { Outcome::Done(None) } else { Outcome::Unknown });
                }
                Err(fault) => tries.after(fault).await?,
            }
        }
    }

    /// Claims a row in a task of its own. If the caller is no longer there, the task cancels the claim, and
    /// takes back what was claimed all the same.
    pub(in crate::stored) async fn claim(
        self: &Arc<Self>,
        at: Address<'_>,
        from: &[&str],
    ) -> Result<Outcome<Claimed<D>>, Error> {
        let (mut give, given) = oneshot::channel();
        let (engine, machine, key) = (self.clone(), at.machine, at.key.clone());
        let from: Vec<String> = from.iter().map(|&state| state.to_owned()).collect();
        tokio::spawn(async move {
            let at = Address { machine, key: &key };
            let mut asked = Asked { busy: None, marks: Vec::new() };
            let claimed = {
                let mut claiming = pin!(engine.claim_now(at, &from, &mut asked));
                tokio::select! {
                    claimed = &mut claiming => Some(claimed),
                    () = give.closed() => timeout(GRACE, claiming).await.ok(),
                }
            };
            match claimed {
                // If nobody takes it, it is dropped here.
                Some(claimed) => drop(give.send(claimed)),
                None => engine.take_back(at, asked).await,
            }
        });
        // The task ends without an answer only if its runtime is shut down, and the caller with it.
        given.await.unwrap_or_else(|_| Err(Error::Connection("the runtime was shut down".into())))
    }

    async fn claim_now(
        self: &Arc<Self>,
        at: Address<'_>,
        from: &[String],
        asked: &mut Asked<D>,
    ) -> Result<Outcome<Claimed<D>>, Error> {
        let layout = self.layout().await?;
        let columns = layout.needs_claims()?;
        let from: Vec<&str> = from.iter().map(String::as_str).collect();
        let lease = self.options.lease;
        let mut tries = Tries::within(self.options.patience);
        let mut late = 0;
        loop {
            if let Err(fault) = self.prepare_to_renew().await {
                tries.after(fault).await?;
                continue;
            }
            let session = match self.acquire().await {
                Ok(session) => session,
                Err(fault) => {
                    tries.after(fault).await?;
                    continue;
                }
            };
            // Each try has a mark of its own, so that one that arrives late finds the row claimed by another.
            let by = marks::new();
            let statement = layout.claim(columns, at, &from, lease, &by, &asked.marks());
            asked.marks.push(by.clone());
            let answer = self.ask(&mut asked.busy, session, &statement).await;
            let may_be_made = match &answer {
                Ok((rows, _)) => !rows.is_empty(),
                Err(fault) => matches!(fault, Fault::Unknown(_)),
            };
            if !may_be_made {
                asked.marks.pop();
            }
            match answer {
                Ok((mut rows, sent)) => {
                    let Some(row) = rows.pop() else {
                        match self.refused(&layout, at, &from, &mut tries).await? {
                            Some(refused) => return Ok(refused),
                            None => continue,
                        }
                    };
                    // The lease began before the row was free, if it was locked. A right is not given that
                    // is over soon, or already.
                    if sent.elapsed() > lease / 2 {
                        late += 1;
                        if late == LATE {
                            let problem = "the server answers too late for the lease";
                            return Err(Error::Connection(problem.into()));
                        }
                        continue;
                    }
                    let (token, row) = (row.number(2)?, Found::read(row)?.row);
                    let key = at.key.as_str().to_owned();
                    let right = Right { kind: at.machine, key, token, by };
                    let held = Arc::new(Held::new(right, sent, lease));
                    let number = self.keeper.keep(self, held.clone(), sent);
                    let engine = self.clone();
                    return Ok(Outcome::Done(Claimed::new(engine, layout, row, held, number)));
                }
                Err(fault) => tries.after(fault).await?,
            }
        }
    }

    /// Ends the claims that were asked for by a caller that is gone.
    async fn take_back(&self, at: Address<'_>, asked: Asked<D>) {
        let Ok(layout) = self.layout().await else { return };
        let Ok(columns) = layout.needs_claims() else { return };
        if asked.marks.is_empty() {
            return;
        }
        let statement = layout.take_back(columns, at, &asked.marks());
        if let Some(mut session) = asked.busy {
            let (mut refusals, mut is_pending) = (0, true);
            while refusals < REFUSALS {
                // A connection that cannot be cancelled stays in the pool. Beside it there would be one more
                // for each call that is dropped, for as long as the row is locked.
                if is_pending && timeout(AGAIN, self.driver.cancel(&session)).await == Ok(true) {
                    self.driver.take_out(&mut session);
                }
                // The connection executes it after the claim, so it finds the claim if that was made. It may
                // be cancelled in place of the claim.
                match timeout(AGAIN, session.run(&statement)).await {
                    Ok(Ok(_)) => return,
                    Ok(Err(fault)) if fault.is_answer() => {
                        (refusals, is_pending) = (refusals + 1, false);
                    }
                    Ok(Err(_)) => break,
                    Err(_) => is_pending = true,
                }
            }
            self.driver.discard(session);
        }
        // If it fails, the claim ends with its lease. So there is nobody to tell, and later no use.
        let _ = self.repeat(&statement, self.options.lease).await;
    }

    /// Nothing is claimed that could not be renewed: a pool may be exhausted later.
    async fn prepare_to_renew(&self) -> Result<(), Fault> {
        // If it is locked, it is in use.
        if let Ok(mut own) = self.own.try_lock()
            && own.is_none()
        {
            *own = Some(self.driver.separate().await?);
        }
        Ok(())
    }

    /// The row that did not fit; `None` if it fits by now, so that the caller asks again.
    async fn refused<T>(
        &self,
        layout: &Layout,
        at: Address<'_>,
        from: &[&str],
        tries: &mut Tries,
    ) -> Result<Option<Outcome<T>>, Error> {
        let row = self.find(layout, at).await?.map(|found| found.row);
        let fits = |row: &&Row| !row.is_claimed && from.contains(&&*row.state);
        Ok(match row.as_ref().filter(fits) {
            Some(row) => {
                tries.after_none(row.version, at, &self.table).await?;
                None
            }
            None => Some(Outcome::Refused(row)),
        })
    }

    pub(super) async fn find(
        &self,
        layout: &Layout,
        at: Address<'_>,
    ) -> Result<Option<Found>, Error> {
        let mut rows = self.repeat(&layout.load(at), self.options.patience).await?;
        rows.pop().map(Found::read).transpose()
    }

    /// Starts to listen, if it can and does not yet.
    pub(super) fn start_listening(&self) {
        if !self.options.listens || !self.driver.can_listen() {
            return;
        }
        let mut listener = self.listener.lock();
        if listener.as_ref().is_some_and(|listener| !listener.is_finished()) {
            return;
        }
        let (driver, topics) = (self.driver.clone(), self.topics.clone());
        let task = tokio::spawn(async move {
            loop {
                driver.listen(&topics).await;
                sleep(jittered(Duration::from_millis(200))).await;
            }
        });
        *listener = Some(task.abort_handle());
    }
}

/// What a call that claims has asked for.
struct Asked<D: Driver> {
    /// The connection that a claim was sent over, until the reply is there.
    busy: Option<D::Pooled>,
    /// The marks of the claims that were made, or may have been, or may yet be.
    marks: Vec<String>,
}

impl<D: Driver> Asked<D> {
    fn marks(&self) -> Vec<&str> {
        self.marks.iter().map(String::as_str).collect()
    }
}

/// A row, and who made its last change.
#[derive(Debug)]
pub(in crate::stored) struct Found {
    pub(in crate::stored) row: Row,
    pub(super) by: Option<String>,
}

impl Found {
    /// Reads what the statements that give a row give.
    pub(in crate::stored) fn read(mut row: Cells) -> Result<Self, Error> {
        let (version, is_claimed) = (row.number(2)?, row.is_true(3));
        let state = row.take(0).unwrap_or_default();
        Ok(Self { row: Row { state, data: row.take(1), version, is_claimed }, by: row.take(4) })
    }
}
