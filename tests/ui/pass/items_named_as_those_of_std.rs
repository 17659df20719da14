//! What is generated names nothing by a name that the user may have given to something else.

#![allow(dead_code, non_camel_case_types, unused_macros)]

use statemachine::StateMachine;

mod alloc {}
mod core {}
mod primitive {}
mod std {}

struct Any;
struct Box;
struct Clone;
struct Copy;
struct Debug;
struct Default;
struct Drop;
struct Eq;
struct Err;
struct Fn;
struct From;
struct Hash;
struct Hold;
struct Iterator;
struct Kind;
struct Machine;
struct None;
struct Ok;
struct Option;
struct Ord;
struct PartialEq;
struct PhantomData;
struct Result;
struct Send;
struct Sized;
struct Some;
struct State;
struct String;
struct Sync;
struct Transition;
struct Vec;
struct bool;
struct str;
struct u16;
struct u8;
struct usize;

macro_rules! compile_error {
    () => {};
}

macro_rules! matches {
    () => {};
}

macro_rules! panic {
    () => {};
}

#[derive(StateMachine)]
#[machine(reset)]
enum Door {
    #[state(to(Open))]
    Closed,
    #[state(to(Closed, Wide))]
    Open(::std::primitive::u8),
    #[state(to(Two))]
    Wide { core: ::std::primitive::u8, option: ::std::string::String },
    #[state(to(Closed))]
    Two(::std::primitive::u8, ::std::string::String),
    #[state(restored, to(Closed))]
    Some,
    #[state(restored, to(Closed))]
    None(::std::primitive::u8),
    #[state(restored, to(Closed))]
    Result { ok: ::std::primitive::u8 },
}

#[derive(
    ::std::fmt::Debug,
    ::std::clone::Clone,
    ::std::marker::Copy,
    ::std::cmp::PartialEq,
    StateMachine,
)]
enum Gate {
    #[state(to(Open))]
    Closed,
    #[state(to(Closed))]
    Open,
}

fn main() {
    let door = DoorMachine::new();
    let _ = door.closed_to_open();
}
