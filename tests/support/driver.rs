//! Typed machines behind one untyped interface, so that a script can drive them.

use std::{future::Future, pin::Pin, time::Duration};

use statemachine::{
    Any, Hold, InState, InTransition, Join, Joined, Refused, RefusedWith, State, StateMachine,
    Transition, TransitionTo, Upgrade, When,
};

use crate::plain::{self, No, Shape, What};

/// A machine whose states have no data or a number.
pub trait Driven: StateMachine<Kind: Send> + Send + Sync + 'static {
    /// The generated machine.
    type Machine: From<Self> + Send + Sync;

    /// What is declared.
    const SHAPE: &'static Shape;

    /// A value in that state, with that data where it has any.
    fn make(state: &str, data: u32) -> Self;

    /// The state's data.
    fn number(&self) -> Option<u32>;

    /// The state's name.
    fn name(&self) -> &'static str;

    /// A handle on what is asked for, which must not be to leave. None where it is not declared.
    fn ask<'m>(machine: &'m Self::Machine, what: &What) -> Option<BoxAsk<'m>>;

    /// `a_to_b().try_commit()`, or `try_commit_with(data)`. None where it is not declared.
    fn commit(
        machine: &Self::Machine,
        from: plain::Source,
        to: &str,
        data: u32,
    ) -> Option<Result<Option<u32>, No>>;

    /// `state()`.
    fn state(machine: &Self::Machine) -> &'static str;

    /// `is_a()`.
    fn is_in(machine: &Self::Machine, state: &str) -> bool;

    /// `is_in_transition()`.
    fn is_in_transition(machine: &Self::Machine) -> bool;

    /// `into_state()`.
    fn into_state(machine: Self::Machine) -> Self;
}

/// One state's type, or `Any`.
pub trait Part: State<Enum: Driven> + 'static {
    /// Data from a number.
    fn make(number: u32) -> Self::Data;

    /// The number in the data, if it has any.
    fn number(data: Self::Data) -> Option<u32>;

    /// The number that is seen, if there is any.
    fn seen(view: Self::View<'_>) -> Option<u32>;

    /// A handle on the transition to that state. The hold comes back where it is not declared.
    fn leave<'m>(hold: InState<'m, Self>, to: &str) -> Result<BoxAsk<'m>, BoxHold<'m>>;
}

/// The exclusive right.
pub trait Right<'m>: Send {
    /// `view()`.
    fn seen(&self) -> Option<u32>;
    /// `commit_with(data)`.
    fn commit(self: Box<Self>, data: u32) -> Option<u32>;
    /// `enter_with(data)`.
    fn enter(self: Box<Self>, data: u32) -> BoxHold<'m>;
    /// `run(|_| Ok(data))`, or where there is none `run(|_| Err(Failed))`.
    fn run(self: Box<Self>, data: Option<u32>) -> Result<Option<u32>, Failed>;
}

/// What work says that fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failed;

/// A shared right.
pub trait Held<'m>: Send {
    /// `view()`.
    fn seen(&self) -> Option<u32>;
    /// `clone()`.
    fn again(&self) -> BoxHold<'m>;
    /// `to::<B>()`. The hold comes back where that is not declared.
    fn leave(self: Box<Self>, to: &str) -> Result<BoxAsk<'m>, BoxHold<'m>>;
}

/// A handle.
pub trait Ask<'m>: Send {
    /// `now()`.
    fn now(self: Box<Self>) -> Answer<'m>;
    /// `within(limit)`.
    fn within(self: Box<Self>, limit: Duration) -> Answer<'m>;
    /// `.await`.
    fn wait(self: Box<Self>) -> BoxWait<'m>;
}

/// Any exclusive right.
pub type BoxRight<'m> = Box<dyn Right<'m> + 'm>;
/// Any shared right.
pub type BoxHold<'m> = Box<dyn Held<'m> + 'm>;
/// Any handle.
pub type BoxAsk<'m> = Box<dyn Ask<'m> + 'm>;
/// Any future.
pub type BoxWait<'m> = Pin<Box<dyn Future<Output = Answer<'m>> + Send + 'm>>;
/// What comes of asking. With a refusal, the hold that was to be traded comes back.
pub type Answer<'m> = Result<Had<'m>, (Refused, Option<BoxHold<'m>>)>;

/// What was had.
pub enum Had<'m> {
    /// The right to a transition.
    Right(BoxRight<'m>),
    /// A hold.
    Hold(BoxHold<'m>),
    /// A state was seen.
    Seen(&'static str),
}

impl Had<'_> {
    /// The same as a plain value.
    pub fn plain(&self) -> plain::Had {
        match self {
            Self::Right(right) => plain::Had::Right(right.seen()),
            Self::Hold(hold) => plain::Had::Hold(hold.seen()),
            Self::Seen(state) => plain::Had::Seen(state),
        }
    }
}

impl<'m, A: Part, B: Part + State<Enum = A::Enum>> Right<'m> for InTransition<'m, A, B> {
    fn seen(&self) -> Option<u32> {
        A::seen(self.view())
    }

    fn commit(self: Box<Self>, data: u32) -> Option<u32> {
        A::number(self.commit_with(B::make(data)))
    }

    fn enter(self: Box<Self>, data: u32) -> BoxHold<'m> {
        Box::new(self.enter_with(B::make(data)))
    }

    fn run(self: Box<Self>, data: Option<u32>) -> Result<Option<u32>, Failed> {
        InTransition::run(*self, |_| data.map(B::make).ok_or(Failed)).map(A::number)
    }
}

impl<'m, A: Part> Held<'m> for InState<'m, A> {
    fn seen(&self) -> Option<u32> {
        A::seen(self.view())
    }

    fn again(&self) -> BoxHold<'m> {
        Box::new(self.clone())
    }

    fn leave(self: Box<Self>, to: &str) -> Result<BoxAsk<'m>, BoxHold<'m>> {
        A::leave(*self, to)
    }
}

/// What a handle gives, untyped.
trait IntoHad<'m> {
    fn into_had(self) -> Had<'m>;
}

impl<'m, A: Part, B: Part + State<Enum = A::Enum>> IntoHad<'m> for InTransition<'m, A, B> {
    fn into_had(self) -> Had<'m> {
        Had::Right(Box::new(self))
    }
}

impl<'m, A: Part> IntoHad<'m> for InState<'m, A> {
    fn into_had(self) -> Had<'m> {
        Had::Hold(Box::new(self))
    }
}

impl<'m, A: Part, B: Part + State<Enum = A::Enum>> IntoHad<'m> for Joined<'m, A, B> {
    fn into_had(self) -> Had<'m> {
        match self {
            Self::Mine(right) => right.into_had(),
            Self::There(hold) => hold.into_had(),
        }
    }
}

/// What a handle refuses with, untyped.
trait IntoRefusal<'m> {
    fn into_refusal(self) -> (Refused, Option<BoxHold<'m>>);
}

impl<'m> IntoRefusal<'m> for Refused {
    fn into_refusal(self) -> (Refused, Option<BoxHold<'m>>) {
        (self, None)
    }
}

impl<'m, A: Part> IntoRefusal<'m> for RefusedWith<InState<'m, A>> {
    fn into_refusal(self) -> (Refused, Option<BoxHold<'m>>) {
        (self.refused, Some(Box::new(self.data)))
    }
}

fn untyped<'m, T: IntoHad<'m>, E: IntoRefusal<'m>>(answer: Result<T, E>) -> Answer<'m> {
    answer.map(T::into_had).map_err(E::into_refusal)
}

macro_rules! asks {
    ($([$($parameters:tt)*] $handle:ty;)*) => {
        $(
            impl<'m, $($parameters)*> Ask<'m> for $handle {
                fn now(self: Box<Self>) -> Answer<'m> {
                    untyped((*self).now())
                }

                fn within(self: Box<Self>, limit: Duration) -> Answer<'m> {
                    untyped((*self).within(limit))
                }

                fn wait(self: Box<Self>) -> BoxWait<'m> {
                    Box::pin(async move { untyped((*self).await) })
                }
            }
        )*
    };
}

asks! {
    [A: Part, B: Part + State<Enum = A::Enum>] Transition<'m, A, B>;
    [A: Part, B: Part + State<Enum = A::Enum>] Join<'m, A, B>;
    [A: Part, B: Part + State<Enum = A::Enum>] Upgrade<'m, A, B>;
    [A: Part] Hold<'m, A>;
}

/// A wait for states, whatever the machine.
pub struct Watch<'m, S: StateMachine> {
    /// The handle.
    pub when: When<'m, S>,
    /// The name of a kind.
    pub name: fn(&S::Kind) -> &'static str,
}

impl<'m, S: StateMachine<Kind: Send> + Send + Sync + 'm> Ask<'m> for Watch<'m, S> {
    fn now(self: Box<Self>) -> Answer<'m> {
        self.when.now().map(|kind| Had::Seen((self.name)(&kind))).map_err(|no| (no, None))
    }

    fn within(self: Box<Self>, limit: Duration) -> Answer<'m> {
        self.when.within(limit).map(|kind| Had::Seen((self.name)(&kind))).map_err(|no| (no, None))
    }

    fn wait(self: Box<Self>) -> BoxWait<'m> {
        let name = self.name;
        Box::pin(async move {
            self.when.await.map(|kind| Had::Seen(name(&kind))).map_err(|no| (no, None))
        })
    }
}

impl<S: Driven> Part for Any<S> {
    fn make(_: u32) -> S {
        unreachable!("nobody enters any state")
    }

    fn number(data: S) -> Option<u32> {
        S::number(&data)
    }

    fn seen(view: &S) -> Option<u32> {
        S::number(view)
    }

    fn leave<'m>(hold: InState<'m, Self>, _: &str) -> Result<BoxAsk<'m>, BoxHold<'m>> {
        Err(Box::new(hold))
    }
}

/// The transition from `A` to `B`, declared.
pub fn leave<'m, A: Part + TransitionTo<B>, B: Part + State<Enum = A::Enum>>(
    hold: InState<'m, A>,
) -> BoxAsk<'m> {
    Box::new(hold.to::<B>())
}
