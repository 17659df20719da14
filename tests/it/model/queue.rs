//! The plain model: the machine at one instant, and who waits in which order.

use statemachine_tests::plain::{Had, No, Plain, What};

/// Names one who waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Id(usize);

#[derive(Debug)]
struct Waiter {
    id: Id,
    what: What,
    /// What it will be told, once it is known.
    told: Option<Result<Had, No>>,
}

#[derive(Debug)]
pub(crate) struct Model {
    plain: Plain,
    /// In order of arrival.
    waiters: Vec<Waiter>,
    arrivals: usize,
}

impl Model {
    pub(crate) fn new(plain: Plain) -> Self {
        Self { plain, waiters: Vec::new(), arrivals: 0 }
    }

    pub(crate) fn plain(&self) -> &Plain {
        &self.plain
    }

    /// Asks at once.
    pub(crate) fn now(&mut self, what: &What) -> Result<Had, No> {
        let is_door_shut = self.is_door_shut();
        self.plain.take(what, is_door_shut)
    }

    /// Asks, and waits where that is not in vain.
    pub(crate) fn wait(&mut self, what: &What) -> Result<Result<Had, No>, Id> {
        let refusal = match self.now(what) {
            Err(refusal) => refusal,
            had => return Ok(had),
        };
        let is_leaving = |what: &What| matches!(what, What::Upgrade(_));
        if is_leaving(what) && self.waiting().any(|waiter| is_leaving(&waiter.what)) {
            return Ok(Err(refusal));
        }
        if !self.plain.is_hopeful(what) {
            return Ok(Err(No::Unreachable(self.plain.state())));
        }
        let id = Id(self.arrivals);
        self.arrivals += 1;
        self.waiters.push(Waiter { id, what: what.clone(), told: None });
        Err(id)
    }

    /// What the waiter was told, if anything; it then waits no more.
    pub(crate) fn claim(&mut self, id: Id) -> Option<Result<Had, No>> {
        let place = self.place(id);
        let told = self.waiters[place].told?;
        self.waiters.remove(place);
        Some(told)
    }

    /// Whether the waiter was told.
    pub(crate) fn is_told(&self, id: Id) -> bool {
        self.waiters[self.place(id)].told.is_some()
    }

    /// Waits no more. Back comes the hold of one who was to trade it, as a hold or a right.
    pub(crate) fn give_up(&mut self, id: Id) {
        let waiter = self.waiters.remove(self.place(id));
        match waiter.told {
            Some(Ok(Had::Right(_))) => self.plain.roll_back(),
            Some(Ok(Had::Hold(_))) => self.plain.let_go(),
            Some(Ok(Had::Seen(_)) | Err(_)) => {}
            None => {}
        }
        self.settle();
    }

    pub(crate) fn commit(&mut self, to: &'static str, data: u32) -> Option<u32> {
        let old = self.plain.commit(to, data);
        self.announce();
        self.settle();
        old
    }

    pub(crate) fn enter(&mut self, to: &'static str, data: u32) {
        self.plain.commit(to, data);
        self.plain.hold_once_more();
        self.announce();
        self.settle();
    }

    pub(crate) fn roll_back(&mut self) {
        self.plain.roll_back();
        self.settle();
    }

    pub(crate) fn hold_once_more(&mut self) {
        self.plain.hold_once_more();
    }

    pub(crate) fn let_go(&mut self) {
        self.plain.let_go();
        self.settle();
    }

    fn place(&self, id: Id) -> usize {
        self.waiters.iter().position(|waiter| waiter.id == id).expect("it waits")
    }

    fn waiting(&self) -> impl Iterator<Item = &Waiter> {
        self.waiters.iter().filter(|waiter| waiter.told.is_none())
    }

    fn is_door_shut(&self) -> bool {
        let state = self.plain.state();
        let wants_to_leave = |waiter: &Waiter| self.plain.wants(&waiter.what, state) == Some(true);
        self.plain.holders() > 0 && self.waiting().any(wants_to_leave)
    }

    /// Tells those who watch for the state just entered, and those who wait in vain.
    fn announce(&mut self) {
        let Self { plain, waiters, .. } = self;
        for waiter in waiters.iter_mut().filter(|waiter| waiter.told.is_none()) {
            let state = plain.state();
            if matches!(&waiter.what, What::When(states) if states.contains(&state)) {
                waiter.told = Some(Ok(Had::Seen(state)));
            } else if !plain.is_hopeful(&waiter.what) {
                waiter.told = Some(Err(No::Unreachable(state)));
            }
        }
    }

    /// Gives out what can be had, to the one who trades a hold first, then in order of arrival up to
    /// the first who has to wait for the holders.
    fn settle(&mut self) {
        let Self { plain, waiters, .. } = self;
        let (leaving, others): (Vec<&mut Waiter>, Vec<&mut Waiter>) = waiters
            .iter_mut()
            .filter(|waiter| waiter.told.is_none())
            .partition(|waiter| matches!(waiter.what, What::Upgrade(_)));
        for waiter in leaving.into_iter().chain(others) {
            match (plain.wants(&waiter.what, plain.state()), plain.take(&waiter.what, false)) {
                (None, _) => {}
                (Some(_), Ok(had)) => waiter.told = Some(Ok(had)),
                (Some(_), Err(_)) => return,
            }
        }
    }
}
