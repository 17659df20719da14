use statemachine::StateMachine;

#[derive(StateMachine)]
#[machine(kind_derive(Default), kind_attr(allow(dead_code)))]
enum Door {
    #[state(to(Closed), data = DoorData)]
    Open,
    #[state(to(Open), kind_derive)]
    Closed,
}

fn main() {}
