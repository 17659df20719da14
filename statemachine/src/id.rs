//! Which machine it is.

use std::fmt;

/// Tells live machines apart: made by [`Machine::id`](crate::Machine::id).
///
/// It is the machine's address. So a machine that is moved gets another id, and a machine that is made
/// where another one was gets the id of that one. The `Debug` of a machine shows it. With the feature
/// `tracing` it is the field `machine_id` of spans and events.
///
/// ```
/// # use statemachine_example::*;
/// let doors = [DoorMachine::new(), DoorMachine::new()];
/// assert_ne!(doors[0].id(), doors[1].id());
/// println!("opening {}", doors[0].id());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MachineId(usize);

impl MachineId {
    #[inline(always)]
    pub(crate) fn of<T>(machine: &T) -> Self {
        Self(std::ptr::from_ref(machine).addr())
    }
}

impl fmt::Display for MachineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

impl fmt::Debug for MachineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
