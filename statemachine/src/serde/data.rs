//! The generated structs of a variant's fields, as `serde`'s derive would write and read them.
//!
//! Fields are nested pairs, `(a, (b, ()))`, so that one piece of code does for any number of them.

use std::{fmt, marker::PhantomData};

use serde_core::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Error as _, Expected, IgnoredAny, MapAccess, SeqAccess, Visitor},
    ser::SerializeStruct,
};

/// Fields, borrowed, that can be written.
pub trait Written {
    fn write<S: SerializeStruct>(
        &self,
        names: &'static [&'static str],
        to: &mut S,
    ) -> Result<(), S::Error>;
}

impl Written for () {
    fn write<S: SerializeStruct>(
        &self,
        _: &'static [&'static str],
        _: &mut S,
    ) -> Result<(), S::Error> {
        Ok(())
    }
}

impl<T: Serialize, Rest: Written> Written for (&T, Rest) {
    fn write<S: SerializeStruct>(
        &self,
        names: &'static [&'static str],
        to: &mut S,
    ) -> Result<(), S::Error> {
        if let [name, rest @ ..] = names {
            to.serialize_field(name, self.0)?;
            self.1.write(rest, to)?;
        }
        Ok(())
    }
}

/// Writes a struct of that name.
///
/// # Errors
///
/// Those of the serializer.
pub fn serialize<S: Serializer>(
    name: &'static str,
    names: &'static [&'static str],
    fields: &impl Written,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut to = serializer.serialize_struct(name, names.len())?;
    fields.write(names, &mut to)?;
    to.end()
}

/// Fields that can be read.
pub trait Read<'de>: Sized {
    /// What has been read of them.
    type Partly: Default;

    fn read_named<A: MapAccess<'de>>(
        partly: &mut Self::Partly,
        names: &'static [&'static str],
        field: usize,
        from: &mut A,
    ) -> Result<(), A::Error>;

    /// In order. `field` is the number of the first.
    fn read_all<A: SeqAccess<'de>>(
        from: &mut A,
        field: usize,
        all: &dyn Expected,
    ) -> Result<Self, A::Error>;

    fn finish<E: de::Error>(
        partly: Self::Partly,
        names: &'static [&'static str],
    ) -> Result<Self, E>;
}

impl<'de> Read<'de> for () {
    type Partly = ();

    fn read_named<A: MapAccess<'de>>(
        (): &mut (),
        _: &'static [&'static str],
        _: usize,
        from: &mut A,
    ) -> Result<(), A::Error> {
        from.next_value::<IgnoredAny>().map(drop)
    }

    fn read_all<A: SeqAccess<'de>>(_: &mut A, _: usize, _: &dyn Expected) -> Result<(), A::Error> {
        Ok(())
    }

    fn finish<E: de::Error>((): (), _: &'static [&'static str]) -> Result<(), E> {
        Ok(())
    }
}

impl<'de, T: Deserialize<'de>, Rest: Read<'de>> Read<'de> for (T, Rest) {
    type Partly = (Option<T>, Rest::Partly);

    fn read_named<A: MapAccess<'de>>(
        (first, rest): &mut Self::Partly,
        names: &'static [&'static str],
        field: usize,
        from: &mut A,
    ) -> Result<(), A::Error> {
        match (field, names) {
            (0, [name, ..]) if first.is_some() => Err(A::Error::duplicate_field(name)),
            (0, _) => {
                *first = Some(from.next_value()?);
                Ok(())
            }
            (field, [_, names @ ..]) => Rest::read_named(rest, names, field - 1, from),
            (_, []) => from.next_value::<IgnoredAny>().map(drop),
        }
    }

    fn read_all<A: SeqAccess<'de>>(
        from: &mut A,
        field: usize,
        all: &dyn Expected,
    ) -> Result<Self, A::Error> {
        let first = from.next_element()?;
        let first = first.ok_or_else(|| A::Error::invalid_length(field, all))?;
        Ok((first, Rest::read_all(from, field + 1, all)?))
    }

    fn finish<E: de::Error>(
        (first, rest): Self::Partly,
        names: &'static [&'static str],
    ) -> Result<Self, E> {
        let (name, names) = names.split_first().map_or(("", names), |(name, rest)| (*name, rest));
        let first = first.map_or_else(|| T::deserialize(Missing(name, PhantomData)), Ok)?;
        Ok((first, Rest::finish(rest, names)?))
    }
}

/// What stands for a field that is not there: none, if the field is an option.
struct Missing<E>(&'static str, PhantomData<E>);

impl<'de, E: de::Error> Deserializer<'de> for Missing<E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, E> {
        Err(E::missing_field(self.0))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_none()
    }

    serde_core::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// Reads a struct of that name.
///
/// # Errors
///
/// Those of the deserializer. If a field is missing or given twice.
pub fn deserialize<'de, T: Read<'de>, D: Deserializer<'de>>(
    name: &'static str,
    names: &'static [&'static str],
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_struct(name, names, Fields { name, names, of: PhantomData })
}

struct Fields<T> {
    name: &'static str,
    names: &'static [&'static str],
    of: PhantomData<T>,
}

impl<'de, T: Read<'de>> Visitor<'de> for Fields<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "struct {}", self.name)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<T, A::Error> {
        T::read_all(&mut from, 0, &Elements { name: self.name, count: self.names.len() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<T, A::Error> {
        let mut partly = T::Partly::default();
        while let Some(field) = from.next_key_seed(Name(self.names))? {
            T::read_named(&mut partly, self.names, field, &mut from)?;
        }
        T::finish(partly, self.names)
    }
}

/// What a sequence should have been.
struct Elements {
    name: &'static str,
    count: usize,
}

impl Expected for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, count } = self;
        let plural = if *count == 1 { "" } else { "s" };
        write!(f, "struct {name} with {count} element{plural}")
    }
}

/// Reads the name of a field as its number; of one that is not known, as the number behind the last.
struct Name(&'static [&'static str]);

impl<'de> de::DeserializeSeed<'de> for Name {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for Name {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<usize, E> {
        Ok(usize::try_from(number).unwrap_or(usize::MAX).min(self.0.len()))
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<usize, E> {
        Ok(self.0.iter().position(|known| *known == name).unwrap_or(self.0.len()))
    }

    fn visit_bytes<E: de::Error>(self, name: &[u8]) -> Result<usize, E> {
        Ok(self.0.iter().position(|known| known.as_bytes() == name).unwrap_or(self.0.len()))
    }
}
