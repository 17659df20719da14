//! What may be sent to another thread and shared with it: exactly what the data allows.

use std::{cell::Cell, rc::Rc};

use statemachine::{
    Any, Change, HandlerId, Hold, InState, InTransition, Interrupt, Interruptible, Join, Joined,
    Machine, Refused, RefusedWith, StateMachine, Transition, Upgrade, Wait, When,
};
use static_assertions::{assert_impl_all, assert_not_impl_any};

/// A machine whose data is of that type.
#[derive(StateMachine)]
pub enum Slot<T> {
    /// Without.
    #[state(to(Full))]
    Empty,
    /// With.
    #[state(to(Empty))]
    Full(T),
}

type To<T> = Transition<'static, slot::Empty<T>, slot::Full<T>>;
type ToAny<T> = Transition<'static, Any<Slot<T>>, slot::Full<T>>;
type JoinTo<T> = Join<'static, slot::Empty<T>, slot::Full<T>>;
type LeaveTo<T> = Upgrade<'static, slot::Full<T>, slot::Empty<T>>;
type In<T> = Hold<'static, slot::Full<T>>;
type InAny<T> = Hold<'static, Any<Slot<T>>>;
type Seen<T> = When<'static, Slot<T>>;

type Leaving<T> = InTransition<'static, slot::Full<T>, slot::Empty<T>>;
type LeavingAny<T> = InTransition<'static, Any<Slot<T>>, slot::Full<T>>;
type Held<T> = InState<'static, slot::Full<T>>;
type HeldAny<T> = InState<'static, Any<Slot<T>>>;
type There<T> = Joined<'static, slot::Empty<T>, slot::Full<T>>;

/// Asserts for each type that it is `Send` and `Sync`.
macro_rules! shared {
    ($($type:ty),* $(,)?) => {
        $(assert_impl_all!($type: Send, Sync);)*
    };
}

/// Asserts for each type that it is neither `Send` nor `Sync`.
macro_rules! unshared {
    ($($type:ty),* $(,)?) => {
        $(assert_not_impl_any!($type: Send, Sync);)*
    };
}

type Data = String;

shared! {
    SlotMachine<Data>,
    Machine<Slot<Data>>,
    To<Data>,
    ToAny<Data>,
    JoinTo<Data>,
    LeaveTo<Data>,
    In<Data>,
    InAny<Data>,
    Seen<Data>,
    Interruptible<'static, To<Data>>,
    Leaving<Data>,
    LeavingAny<Data>,
    Held<Data>,
    HeldAny<Data>,
    There<Data>,
    Interrupt,
    HandlerId,
    Refused,
    RefusedWith<Data>,
    RefusedWith<Held<Data>>,
    Change<SlotKind>,
    SlotKind,
}

// What a task waits with moves with the task.
assert_impl_all!(Wait<To<Data>>: Send);
assert_impl_all!(Wait<ToAny<Data>>: Send);
assert_impl_all!(Wait<JoinTo<Data>>: Send);
assert_impl_all!(Wait<LeaveTo<Data>>: Send);
assert_impl_all!(Wait<In<Data>>: Send);
assert_impl_all!(Wait<InAny<Data>>: Send);
assert_impl_all!(Wait<Seen<Data>>: Send);

/// May be sent, not shared.
type Unsync = Cell<u8>;

assert_impl_all!(SlotMachine<Unsync>: Send);
assert_not_impl_any!(SlotMachine<Unsync>: Sync);
assert_not_impl_any!(Machine<Slot<Unsync>>: Sync);

/// May be shared, not sent: a machine takes it in on one thread and gives it out on another.
type Unsend = std::sync::MutexGuard<'static, u8>;

assert_not_impl_any!(Unsend: Send);
assert_impl_all!(Unsend: Sync);
unshared! { SlotMachine<Unsend>, Machine<Slot<Unsend>>, SlotMachine<Rc<u8>> }

unshared! {
    To<Unsync>,
    ToAny<Unsync>,
    JoinTo<Unsync>,
    LeaveTo<Unsync>,
    In<Unsync>,
    InAny<Unsync>,
    Seen<Unsync>,
    Interruptible<'static, In<Unsync>>,
    Wait<To<Unsync>>,
    Wait<LeaveTo<Unsync>>,
    Wait<In<Unsync>>,
    Leaving<Unsync>,
    LeavingAny<Unsync>,
    Held<Unsync>,
    HeldAny<Unsync>,
    There<Unsync>,
    Held<Unsend>,
    Leaving<Unsend>,
}

// A refusal needs nothing of the machine, and gives back what was put in.
assert_impl_all!(RefusedWith<Unsync>: Send);
assert_not_impl_any!(RefusedWith<Unsync>: Sync);
assert_not_impl_any!(RefusedWith<Held<Unsync>>: Send, Sync);

// The states' types say nothing of what the data allows.
assert_impl_all!(slot::Full<Rc<u8>>: Send, Sync);
assert_impl_all!(SlotKind: Copy);

#[test]
fn data_that_cannot_be_shared_is_no_obstacle_on_one_thread() {
    let slot = SlotMachine::from_state(Slot::Full(Rc::new(Cell::new(1))));
    let held = slot.in_full().now().unwrap();
    held.set(2);
    drop(held);
    let transition = slot.full_to_empty().now().unwrap();
    transition.view().set(transition.view().get() + 1);
    assert_eq!(transition.commit().get(), 3);
}

#[test]
fn a_machine_that_cannot_be_shared_can_be_sent() {
    let slot = SlotMachine::from_state(Slot::Full(Cell::new(1)));
    let slot = std::thread::spawn(move || {
        slot.in_full().now().unwrap().set(2);
        slot
    });
    assert_eq!(slot.join().unwrap().full_to_empty().try_commit().unwrap().get(), 2);
}
