//! Nothing.

use std::time::Duration;

use crate::{id::MachineId, panics::Panics, refused::Refused};

#[derive(Clone, Copy)]
pub(crate) struct Waited;

impl Waited {
    pub(crate) const NOT: Self = Self;

    #[inline(always)]
    pub(crate) fn for_that_long(_: Duration) -> Self {
        Self
    }
}

#[derive(Clone, Copy)]
pub(crate) struct Start;

impl Start {
    pub(crate) const NEVER: Self = Self;

    #[inline(always)]
    pub(crate) fn now() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn elapsed(self) -> Duration {
        Duration::ZERO
    }
}

pub(crate) struct Work;

impl Work {
    #[inline(always)]
    pub(crate) fn begin(
        _: MachineId,
        _: &'static str,
        _: impl FnOnce() -> &'static str,
        _: &'static str,
        _: Waited,
    ) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn instrument<F: Future>(&self, work: F) -> F {
        work
    }

    #[inline(always)]
    pub(crate) fn in_scope<R>(&self, work: impl FnOnce() -> R) -> R {
        work()
    }

    #[inline(always)]
    pub(crate) fn committed(self) -> Panics {
        Panics::none()
    }

    #[inline(always)]
    pub(crate) fn vetoed(&mut self, _: &Refused) {}
}

#[inline(always)]
pub(crate) fn leapt(_: MachineId, _: &'static str, _: &'static str, _: &'static str) {}

#[inline(always)]
pub(crate) fn refused(
    _: MachineId,
    _: &Refused,
    _: &'static [&'static str],
    _: Option<&str>,
    _: Duration,
) {
}
