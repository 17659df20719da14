//! Machines of several shapes, with what drives them.

use statemachine::{InState, Kind, Refused, StateMachine};

use crate::{
    driver::{BoxAsk, BoxHold, Driven, Part, Watch, leave},
    plain::{No, Shape, Source, What},
};

/// `try_commit` where the target has no data, else `try_commit_with`.
macro_rules! commit {
    ((), $handle:expr, $data:expr) => {
        $handle.try_commit()
    };
    (($number:ty), $handle:expr, $data:expr) => {
        $handle.try_commit_with($data).map_err(Refused::from)
    };
}

/// One thing where the state has no data, another where it has.
macro_rules! pick {
    ((), $without:expr, $with:expr) => {
        $without
    };
    (($number:ty), $without:expr, $with:expr) => {
        $with
    };
}

/// Drives a machine that is declared beside it: each state with its data, what can be asked about
/// it as a whole, and its transitions with the data of their targets.
macro_rules! drive {
    (
        $name:ident, $machine:ident, $module:ident, [$($reset_to:ident)?];
        $(
            $state:ident $data:tt, $hold:ident, $is:ident, [$($to:ident)?],
            [$($target:ident $target_data:tt),*];
        )*
    ) => {
        impl Driven for $name {
            type Machine = $machine;

            const SHAPE: &'static Shape = &Shape {
                states: Self::STATES,
                with_data: {
                    const ALL: &[(&str, bool)] = &[$((stringify!($state), pick!($data, false, true))),*];
                    const COUNT: usize = count(ALL);
                    const NAMES: [&str; COUNT] = names(ALL);
                    &NAMES
                },
                transitions: Self::TRANSITIONS,
                reset: drive!(@reset $($reset_to)?),
            };

            fn make(state: &str, data: u32) -> Self {
                let _ = data;
                match state {
                    $(stringify!($state) => pick!($data, Self::$state, Self::$state(data)),)*
                    _ => unreachable!("{state} is no state"),
                }
            }

            fn number(&self) -> Option<u32> {
                match self {
                    $(Self::$state { .. } => drive!(@number $data, self, $state),)*
                }
            }

            fn name(&self) -> &'static str {
                match self {
                    $(Self::$state { .. } => stringify!($state),)*
                }
            }

            fn ask<'m>(machine: &'m $machine, what: &What) -> Option<BoxAsk<'m>> {
                match what {
                    $($(
                        What::Transition(Source::One(stringify!($state)), stringify!($target)) => {
                            Some(Box::new(machine.transition::<$module::$state, $module::$target>()))
                        }
                        What::Join(Source::One(stringify!($state)), stringify!($target)) => Some(Box::new(
                            machine.transition::<$module::$state, $module::$target>().or_join(),
                        )),
                    )*)*
                    $($(
                        What::Transition(Source::Declared, stringify!($state)) => {
                            Some(Box::new(machine.$to()))
                        }
                        What::Join(Source::Declared, stringify!($state)) => {
                            Some(Box::new(machine.$to().or_join()))
                        }
                    )?)*
                    $(
                        What::Transition(Source::Anywhere, stringify!($reset_to)) => {
                            Some(Box::new(machine.reset()))
                        }
                        What::Join(Source::Anywhere, stringify!($reset_to)) => {
                            Some(Box::new(machine.reset().or_join()))
                        }
                    )?
                    $(What::Hold(Some(stringify!($state))) => Some(Box::new(machine.$hold())),)*
                    What::Hold(None) => Some(Box::new(machine.hold())),
                    What::HoldOneOf(states) => {
                        let is_one = |kind| states.contains(&Kind::name(&kind));
                        Some(Box::new(machine.in_any(is_one)))
                    }
                    What::When(states) => Some(Box::new(Watch {
                        when: machine.when(|kind| states.contains(&Kind::name(&kind))),
                        name: |kind| Kind::name(kind),
                    })),
                    _ => None,
                }
            }

            fn commit(
                machine: &$machine,
                from: Source,
                to: &str,
                data: u32,
            ) -> Option<Result<Option<u32>, No>> {
                let _ = data;
                match (from, to) {
                    $($(
                        (Source::One(stringify!($state)), stringify!($target)) => {
                            let handle = machine.transition::<$module::$state, $module::$target>();
                            let answer = commit!($target_data, handle, data);
                            Some(answer.map(<$module::$state as Part>::number).map_err(|no| No::from(&no)))
                        }
                    )*)*
                    $($(
                        (Source::Declared, stringify!($state)) => {
                            let answer = commit!($data, machine.$to(), data);
                            Some(answer.map(|old| old.number()).map_err(|no| No::from(&no)))
                        }
                    )?)*
                    $(
                        (Source::Anywhere, stringify!($reset_to)) => {
                            let answer = machine.reset().try_commit();
                            Some(answer.map(|old| old.number()).map_err(|no| No::from(&no)))
                        }
                    )?
                    _ => None,
                }
            }

            fn state(machine: &$machine) -> &'static str {
                Kind::name(&machine.state())
            }

            fn is_in_transition(machine: &$machine) -> bool {
                machine.is_in_transition()
            }

            fn is_in(machine: &$machine, state: &str) -> bool {
                match state {
                    $(stringify!($state) => machine.$is(),)*
                    _ => unreachable!("{state} is no state"),
                }
            }

            fn into_state(machine: $machine) -> Self {
                machine.into_state()
            }
        }

        $(
            impl Part for $module::$state {
                fn make(number: u32) -> Self::Data {
                    drive!(@make $data, number)
                }

                fn number(data: Self::Data) -> Option<u32> {
                    let _ = data;
                    pick!($data, None, Some(data))
                }

                fn seen(view: Self::View<'_>) -> Option<u32> {
                    let _ = view;
                    pick!($data, None, Some(*view))
                }

                fn leave<'m>(hold: InState<'m, Self>, to: &str) -> Result<BoxAsk<'m>, BoxHold<'m>> {
                    match to {
                        $(stringify!($target) => Ok(leave::<Self, $module::$target>(hold)),)*
                        _ => Err(Box::new(hold)),
                    }
                }
            }
        )*
    };
    (@reset) => {
        None
    };
    (@reset $state:ident) => {
        Some(stringify!($state))
    };
    (@make (), $number:expr) => {{
        let _ = $number;
    }};
    (@make ($type:ty), $number:expr) => {
        $number
    };
    (@number (), $value:expr, $state:ident) => {
        None
    };
    (@number ($number:ty), $value:expr, $state:ident) => {
        match $value {
            Self::$state(number) => Some(*number),
            _ => None,
        }
    };
}

const fn count(all: &[(&str, bool)]) -> usize {
    let (mut count, mut next) = (0, 0);
    while next < all.len() {
        count += all[next].1 as usize;
        next += 1;
    }
    count
}

const fn names<const N: usize>(all: &[(&'static str, bool)]) -> [&'static str; N] {
    let (mut names, mut count, mut next) = ([""; N], 0, 0);
    while next < all.len() {
        if all[next].1 {
            names[count] = all[next].0;
            count += 1;
        }
        next += 1;
    }
    names
}

/// Data in one state, a self-loop there, and an end.
#[derive(StateMachine, Debug)]
pub enum Slot {
    /// Initial.
    #[state(to(Full, Gone))]
    Empty,
    /// The one with data.
    #[state(to(Empty, Full, Gone))]
    Full(u32),
    /// The end.
    #[state(terminal)]
    Gone,
}

drive! {
    Slot, SlotMachine, slot, [];
    Empty (), in_empty, is_empty, [to_empty], [Full (u32), Gone ()];
    Full (u32), in_full, is_full, [to_full], [Empty (), Full (u32), Gone ()];
    Gone (), in_gone, is_gone, [to_gone], [];
}

/// No data, and a way back from everywhere.
#[derive(StateMachine, Debug)]
#[machine(reset)]
pub enum Light {
    /// Initial.
    #[state(to(Green))]
    Red,
    /// To be stayed in.
    #[state(to(Yellow, Green))]
    Green,
    /// Leads on.
    #[state(to(Red, Broken))]
    Yellow,
    /// Only reset leads out.
    #[state(terminal)]
    Broken,
}

drive! {
    Light, LightMachine, light, [Red];
    Red (), in_red, is_red, [to_red], [Green ()];
    Green (), in_green, is_green, [to_green], [Yellow (), Green ()];
    Yellow (), in_yellow, is_yellow, [to_yellow], [Red (), Broken ()];
    Broken (), in_broken, is_broken, [to_broken], [];
}

/// Data in nearly every state, two ends, and a state that nothing leads to.
#[derive(StateMachine, Debug)]
pub enum Job {
    /// Initial.
    #[state(to(Running, Cancelled))]
    Queued(u32),
    /// To be stayed in.
    #[state(to(Queued, Running, Done))]
    Running(u32),
    /// One end.
    #[state(terminal)]
    Done(u32),
    /// Another.
    #[state(terminal)]
    Cancelled,
    /// Nothing leads here.
    #[state(restored, to(Queued))]
    Crashed(u32),
}

drive! {
    Job, JobMachine, job, [];
    Queued (u32), in_queued, is_queued, [to_queued], [Running (u32), Cancelled ()];
    Running (u32), in_running, is_running, [to_running], [Queued (u32), Running (u32), Done (u32)];
    Done (u32), in_done, is_done, [to_done], [];
    Cancelled (), in_cancelled, is_cancelled, [to_cancelled], [];
    Crashed (u32), in_crashed, is_crashed, [], [Queued (u32)];
}
