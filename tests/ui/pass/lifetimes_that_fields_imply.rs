//! Bounds that the compiler infers for the enum and that its states need too.
#![deny(warnings)]
use std::{borrow::Cow, iter::Peekable, marker::PhantomData, slice};

#[derive(statemachine::StateMachine)]
#[machine(reset)]
enum Implied<'a, 'b, T, I: Iterator, U: ToOwned + ?Sized> {
    #[state(to(Slice, Nested, Cow, Named, Item, Path, Function))]
    Start,
    #[state(to(Start))]
    Slice(&'a [T]),
    #[state(to(Start))]
    Nested(&'a mut Vec<&'b (T, u8)>),
    #[state(to(Start))]
    Cow(Cow<'b, U>),
    #[state(to(Start))]
    Named { iter: slice::Iter<'a, T>, more: Peekable<slice::Iter<'b, T>> },
    #[state(to(Start))]
    Item(Option<&'a I::Item>),
    #[state(to(Start))]
    Path(&'b <I as Iterator>::Item, PhantomData<&'b I>),
    #[state(to(Start))]
    Function(for<'c> fn(&'c T) -> &'c T, &'a dyn Fn(&T)),
}

fn main() {
    let machine: ImpliedMachine<'_, '_, u8, slice::Iter<'_, u16>, str> = ImpliedMachine::new();
    assert!(machine.is_start());
    let _ = machine.start_to_slice().try_commit_with(&[1]);
}
