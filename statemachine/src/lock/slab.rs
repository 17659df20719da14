//! Values at numbers that stay theirs until they are removed, and are then given anew.

use std::ops::{Index, IndexMut};

enum Slot<T> {
    Free { next: u32 },
    Taken(T),
}

pub(crate) struct Slab<T> {
    slots: Vec<Slot<T>>,
    free: u32,
}

/// A number that no value has.
pub(crate) const NONE: u32 = u32::MAX;

impl<T> Slab<T> {
    pub(crate) fn new() -> Self {
        Self { slots: Vec::new(), free: NONE }
    }

    /// # Panics
    ///
    /// Where there are 2³² - 1 already.
    #[inline(always)]
    pub(crate) fn insert(&mut self, value: T) -> u32 {
        if self.free == NONE {
            let id = self.slots.len() as u32;
            assert!(self.slots.len() < NONE as usize, "fewer than 2^32 - 1 waiters");
            self.slots.push(Slot::Taken(value));
            return id;
        }
        let id = self.free;
        match std::mem::replace(&mut self.slots[id as usize], Slot::Taken(value)) {
            Slot::Free { next } => self.free = next,
            Slot::Taken(_) => unreachable!("a free slot is not taken"),
        }
        id
    }

    #[inline(always)]
    pub(crate) fn remove(&mut self, id: u32) -> T {
        let slot = std::mem::replace(&mut self.slots[id as usize], Slot::Free { next: self.free });
        self.free = id;
        match slot {
            Slot::Taken(value) => value,
            Slot::Free { .. } => unreachable!("{MISUSED}"),
        }
    }

    /// In no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Taken(value) => Some(value),
            Slot::Free { .. } => None,
        })
    }
}

const MISUSED: &str = "a number is not used after its value was removed";

impl<T> Index<u32> for Slab<T> {
    type Output = T;

    fn index(&self, id: u32) -> &T {
        match &self.slots[id as usize] {
            Slot::Taken(value) => value,
            Slot::Free { .. } => unreachable!("{MISUSED}"),
        }
    }
}

impl<T> IndexMut<u32> for Slab<T> {
    fn index_mut(&mut self, id: u32) -> &mut T {
        match &mut self.slots[id as usize] {
            Slot::Taken(value) => value,
            Slot::Free { .. } => unreachable!("{MISUSED}"),
        }
    }
}
