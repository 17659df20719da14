//! Random scripts of operations over machines of several shapes, every answer compared with a plain
//! model that has one thread, no atomics, and a list of those who wait.

mod queue;
mod script;

use proptest::{collection::vec, prelude::*};
use statemachine_tests::{
    driver::Driven,
    machines::{Job, Light, Slot},
};

use script::{Op, Player};

fn play<D: Driven>(start: &'static str, script: Vec<Op>) -> Result<(), TestCaseError> {
    let machine = D::Machine::from(D::make(start, 0));
    let mut player = Player::<D>::new(&machine, start);
    for (step, op) in script.into_iter().enumerate() {
        player.play(op, u32::try_from(step).expect("short scripts") + 1)?;
        player.compare()?;
    }
    let (state, data) = player.end()?;
    let value = D::into_state(machine);
    prop_assert_eq!((value.name(), value.number()), (state, data));
    Ok(())
}

fn scripts<D: Driven>() -> impl Strategy<Value = (&'static str, Vec<Op>)> {
    (prop::sample::select(D::SHAPE.states), vec(script::op(D::SHAPE), 1..80))
}

/// As many cases as `PROPTEST_CASES` says, or so many that it takes seconds.
fn config() -> ProptestConfig {
    let default = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => default,
        None => ProptestConfig { cases: 250, ..default },
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_machine_with_data_in_one_state((start, script) in scripts::<Slot>()) {
        play::<Slot>(start, script)?;
    }

    #[test]
    fn a_machine_without_data_that_can_be_reset((start, script) in scripts::<Light>()) {
        play::<Light>(start, script)?;
    }

    #[test]
    fn a_machine_with_data_in_most_states((start, script) in scripts::<Job>()) {
        play::<Job>(start, script)?;
    }
}
