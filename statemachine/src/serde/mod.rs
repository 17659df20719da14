//! Machines and the kinds of their states, as `serde` takes them.

pub mod data;

use std::{fmt, marker::PhantomData, ops::Deref};

use serde_core::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
    ser,
};

use crate::{
    machine::Machine,
    private::parse,
    refused::NeedsData,
    state::{Kind, StateMachine},
};

/// The impls of a generated kind.
#[doc(hidden)]
#[macro_export]
macro_rules! __serde_kind {
    ($kind:ident) => {
        #[automatically_derived]
        impl $crate::__private::serde_core::Serialize for $kind {
            fn serialize<__Serializer: $crate::__private::serde_core::Serializer>(
                &self,
                __serializer: __Serializer,
            ) -> $crate::__private::core::result::Result<__Serializer::Ok, __Serializer::Error>
            {
                $crate::__private::serialize_kind(self, __serializer)
            }
        }

        #[automatically_derived]
        impl<'de> $crate::__private::serde_core::Deserialize<'de> for $kind {
            fn deserialize<__Deserializer: $crate::__private::serde_core::Deserializer<'de>>(
                __deserializer: __Deserializer,
            ) -> $crate::__private::core::result::Result<Self, __Deserializer::Error> {
                $crate::__private::deserialize_kind(__deserializer)
            }
        }
    };
}

/// The impls of a generated machine, which exist if the enum has them: under a `for<'never>` bound that the
/// compiler checks where they are used, and not here.
#[doc(hidden)]
#[macro_export]
macro_rules! __serde_machine {
    (
        ($($machine:tt)*) ($($enum:tt)*) $de:lifetime $never:lifetime
        ($($params:tt)*) ($($de_params:tt)*) ($($predicates:tt)*) ($($lints:tt)*)
    ) => {
        #[automatically_derived]
        $($lints)*
        impl $($params)* $crate::__private::serde_core::Serialize for $($machine)*
        where
            $($predicates)*
            for<$never> $($enum)*: $crate::__private::serde_core::Serialize,
        {
            fn serialize<__Serializer: $crate::__private::serde_core::Serializer>(
                &self,
                __serializer: __Serializer,
            ) -> $crate::__private::core::result::Result<__Serializer::Ok, __Serializer::Error> {
                $crate::__private::serde_core::Serialize::serialize(&**self, __serializer)
            }
        }

        #[automatically_derived]
        $($lints)*
        impl $($de_params)* $crate::__private::serde_core::Deserialize<$de> for $($machine)*
        where
            $($predicates)*
            for<$never> $($enum)*: $crate::__private::serde_core::Deserialize<$de>,
        {
            fn deserialize<__Deserializer: $crate::__private::serde_core::Deserializer<$de>>(
                __deserializer: __Deserializer,
            ) -> $crate::__private::core::result::Result<Self, __Deserializer::Error> {
                $crate::__private::serde_core::Deserialize::deserialize(__deserializer).map(Self::from_state)
            }
        }
    };
}

/// A machine is serialized as its state is. The state is held meanwhile.
///
/// To wait for the end of a transition first, serialize the enum from a hold:
///
/// ```
/// use std::time::Duration;
/// use serde::Serialize;
/// use statemachine::StateMachine;
///
/// #[derive(StateMachine, Serialize)]
/// enum Slot {
///     #[state(to(Full))]
///     Empty,
///     #[state(to(Empty))]
///     Full(String),
/// }
///
/// let slot = SlotMachine::from_state(Slot::Full("text".to_owned()));
/// let text = serde_json::to_string(&*slot.hold().within(Duration::from_secs(1))?)?;
/// assert_eq!(text, r#"{"Full":"text"}"#);
///
/// let emptying = slot.full_to_empty().now()?;
/// assert!(serde_json::to_string(&slot).is_err());
/// # drop(emptying);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// If a transition is under way or waits for the holders to leave. This never waits.
impl<S: StateMachine + Serialize> Serialize for Machine<S> {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        let held = self.hold().now().map_err(ser::Error::custom)?;
        held.serialize(serializer)
    }
}

/// A machine is deserialized as its state is.
impl<'de, S: StateMachine + Deserialize<'de>> Deserialize<'de> for Machine<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        S::deserialize(deserializer).map(Self::from_state)
    }
}

/// A kind is serialized as its name in every format, so that the order of the states may change.
#[doc(hidden)]
pub fn serialize_kind<K: Kind, Z: Serializer>(kind: &K, serializer: Z) -> Result<Z::Ok, Z::Error> {
    serializer.serialize_str(kind.name())
}

#[doc(hidden)]
pub fn deserialize_kind<'de, K: Kind, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<K, D::Error> {
    struct Name<K>(PhantomData<K>);

    impl<K: Kind> Visitor<'_> for Name<K> {
        type Value = K;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "the name of a state of {}: {}", K::MACHINE, K::NAMES.join(", "))
        }

        fn visit_str<E: de::Error>(self, name: &str) -> Result<K, E> {
            parse(name).map_err(E::custom)
        }
    }

    deserializer.deserialize_str(Name(PhantomData))
}

/// For `#[serde(with = "statemachine::by_name")]`: a machine as the name of its current state.
///
/// It neither holds the state nor waits. While a transition is under way, the name is that of the state
/// that it would leave. The enum need not implement `Serialize` or `Deserialize`.
///
/// # Errors
///
/// If the name is not that of a state, or if the state has data. The error lists the names of the states,
/// or of those without data.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use statemachine::StateMachine;
///
/// #[derive(StateMachine)]
/// enum Door {
///     #[state(to(Closed))]
///     Open,
///     #[state(to(Open))]
///     Closed,
/// }
///
/// #[derive(Serialize, Deserialize)]
/// struct House {
///     #[serde(with = "statemachine::by_name")]
///     door: DoorMachine,
/// }
///
/// let house: House = serde_json::from_str(r#"{ "door": "Closed" }"#)?;
/// house.door.closed_to_open().try_commit()?;
/// assert_eq!(serde_json::to_string(&house)?, r#"{"door":"Open"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub mod by_name {
    use super::{
        Deref, Deserializer, Kind, Machine, NeedsData, Serializer, StateMachine, de,
        deserialize_kind, serialize_kind,
    };

    /// Serializes the name of the machine's current state.
    ///
    /// # Errors
    ///
    /// If the serializer has one.
    pub fn serialize<M, S, Z>(machine: &M, serializer: Z) -> Result<Z::Ok, Z::Error>
    where
        M: Deref<Target = Machine<S>>,
        S: StateMachine,
        Z: Serializer,
    {
        serialize_kind(&machine.state(), serializer)
    }

    /// Makes a machine in the state of that name.
    ///
    /// # Errors
    ///
    /// If no state has that name, or if the state has data.
    pub fn deserialize<'de, M, S, D>(deserializer: D) -> Result<M, D::Error>
    where
        M: Deref<Target = Machine<S>> + From<S>,
        S: StateMachine,
        D: Deserializer<'de>,
    {
        let kind: S::Kind = deserialize_kind(deserializer)?;
        match NeedsData::check::<S>(&kind) {
            Ok(()) => Ok(M::from(S::dataless(kind.position()))),
            Err(error) => Err(de::Error::custom(error)),
        }
    }
}
