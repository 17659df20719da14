//! Waiting to be wanted: for who has a right, to hear that somebody else could use it.

use std::task::Waker;

use super::{
    queue::Ticket,
    request::{Refusal, Request, Wish},
    settle::{Core, Entered, Polled},
    wake::{Errands, Notify},
    word::Word,
};

/// What an ask to be wanted comes to.
pub(crate) type Wished = Result<(), (Refusal, Option<()>)>;

/// The lock of a right that may be wanted, whatever the machine's type.
#[derive(Clone, Copy)]
pub(crate) struct Wishes<'a> {
    core: Core<'a>,
    wish: Wish,
}

impl<'a> Wishes<'a> {
    pub(super) fn new(core: Core<'a>, wish: Wish) -> Self {
        Self { core, wish }
    }

    pub(crate) fn look(&self) -> Word {
        self.core.word.look()
    }

    pub(crate) fn is_wanted(&self) -> bool {
        self.core.is_wanted(self.wish)
    }

    /// Takes a place, unless the right is wanted already.
    ///
    /// # Panics
    ///
    /// If a waker does. The place is given up.
    pub(crate) fn enter(self, notify: Notify) -> Result<WishPlace<'a>, Wished> {
        let mut place = WishPlace { core: self.core, ticket: None };
        let mut errands = Errands::none();
        let entered = self.core.enqueue(Request::Wanted(self.wish), notify, &mut errands);
        let answer = match entered {
            Entered::Granted(_) => Some(Ok(())),
            Entered::Refused(refusal) => Some(Err((refusal, None))),
            Entered::Queued(ticket) => {
                place.ticket = Some(ticket);
                None
            }
        };
        errands.run().go_on();
        match answer {
            Some(answer) => Err(answer),
            None => Ok(place),
        }
    }
}

/// A place among those that wait to be wanted. Dropping it gives up.
pub(crate) struct WishPlace<'a> {
    core: Core<'a>,
    ticket: Option<Ticket>,
}

impl WishPlace<'_> {
    pub(crate) fn check(&mut self) -> Option<Wished> {
        self.core.claim(&mut self.ticket).map(|_| Ok(()))
    }

    /// # Panics
    ///
    /// If a waker does.
    pub(crate) fn poll(&mut self, waker: &Waker) -> Option<Wished> {
        assert!(self.ticket.is_some(), "polled after it was ready");
        match self.core.poll(&mut self.ticket, waker) {
            Polled::Told(_) => return Some(Ok(())),
            Polled::Untold => return None,
            Polled::Stale => {}
        }
        let notify = Notify::Task(waker.clone());
        let mut errands = Errands::none();
        let outcome = self.core.renew(&mut self.ticket, notify, &mut errands);
        errands.run().go_on();
        outcome.map(|_| Ok(()))
    }

    pub(crate) fn state(&self) -> Word {
        self.core.word.look()
    }

    /// # Panics
    ///
    /// If a waker does.
    pub(crate) fn give_up(&mut self, refusal: Refusal) -> Wished {
        let (is_told, errands) = self.leave();
        errands.run().go_on();
        if is_told { Ok(()) } else { Err((refusal, None)) }
    }

    fn leave(&mut self) -> (bool, Errands) {
        let mut errands = Errands::none();
        let outcome = self.ticket.take().and_then(|ticket| self.core.cancel(ticket, &mut errands));
        (outcome.is_some(), errands)
    }
}

impl Drop for WishPlace<'_> {
    fn drop(&mut self) {
        let (_, errands) = self.leave();
        errands.run().go_on();
    }
}
