//! Values with their places, and the small containers that gates.yaml is made of.

use std::{fmt, marker::PhantomData, ops::Deref, time::Duration};

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{
    Span,
    read::{LOCATED, ONE_OR_MANY, QUANTITY},
};
use crate::units::{Bytes, Date, DurationRange, Percent, Quantity, Rate, Reading, Stage};

/// A value together with the place where it stands in gates.yaml.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Its place; line 0 for a default that stands in no file.
    pub span: Span,
    /// Whether everything in it could be read. False only beside problems: then it lacks something, or is itself a
    /// stand-in for a value that could not be read.
    pub complete: bool,
}

impl<T> Located<T> {
    /// A default, which stands in no file.
    pub fn unplaced(value: T) -> Self {
        Self { value, span: Span::default(), complete: true }
    }

    /// Another value at the same place.
    pub fn with<U>(&self, value: U) -> Located<U> {
        Located { value, span: self.span, complete: self.complete }
    }
}

impl<T> Deref for Located<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// A value that can be read with its place.
pub trait Field: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// A sentence that names what was read and what is expected.
    fn field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// What serde can read by itself.
macro_rules! plain_fields {
    ($($type:ty),* $(,)?) => {$(
        impl $crate::config::located::Field for $type {
            fn field<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                serde::Deserialize::deserialize(deserializer)
            }
        }
    )*};
}
pub(super) use plain_fields;

/// Texts with a unit.
macro_rules! quantities {
    ($($type:ty),*) => {$(
        impl Field for $type {
            fn field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_newtype_struct(QUANTITY, Measure(PhantomData))
            }
        }
    )*};
}

plain_fields!(String, bool, u16, u32, f64);
quantities!(Duration, Date, DurationRange, Percent, Rate, Bytes, Reading, Stage<Rate>, Stage<u32>);

struct Measure<T>(PhantomData<T>);

impl<T: Quantity + Default> Visitor<'_> for Measure<T> {
    type Value = T;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(T::WHAT)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::parse(text).map_err(E::custom)
    }

    /// A stand-in for a quantity that could not be read.
    fn visit_unit<E: de::Error>(self) -> Result<T, E> {
        Ok(T::default())
    }
}

impl<'de, T: Field> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct(LOCATED, &[], Placed(PhantomData))
    }
}

struct Placed<T>(PhantomData<T>);

impl<'de, T: Field> Visitor<'de> for Placed<T> {
    type Value = Located<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Located<T>, A::Error> {
        let missing = || de::Error::custom("a value without a place");
        let line = parts.next_element()?.ok_or_else(missing)?;
        let column = parts.next_element()?.ok_or_else(missing)?;
        let length = parts.next_element()?.ok_or_else(missing)?;
        let complete = parts.next_element()?.ok_or_else(missing)?;
        let Inner(value) = parts.next_element()?.ok_or_else(missing)?;
        Ok(Located { value, span: Span { line, column, length }, complete })
    }
}

/// The value inside a [`Located`].
struct Inner<T>(T);

impl<'de, T: Field> Deserialize<'de> for Inner<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::field(deserializer).map(Self)
    }
}

impl<T: for<'de> Deserialize<'de>> Field for Table<T> {
    fn field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

/// A map of freely chosen names, in the order of the file; no name stands in it twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Table<T>(Vec<(Located<String>, T)>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Table<T> {
    /// Names and values, in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Located<String>, &T)> + Clone {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// The names.
    pub fn names(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.0.iter().map(|(name, _)| name.value.as_str())
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(key, _)| key.value == name).map(|(_, value)| value)
    }

    /// Whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Table<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Rows(PhantomData)).map(Self)
    }
}

struct Rows<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Rows<T> {
    type Value = Vec<(Located<String>, T)>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = map.next_entry()? {
            rows.push(row);
        }
        Ok(rows)
    }
}

/// A list, or a single value in its place: `status: 200` and `status: [200, 302]`.
#[derive(Debug, Clone, PartialEq)]
pub struct OneOrMany<T>(Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Deref for OneOrMany<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_tuple_struct(ONE_OR_MANY, 1, Listed(PhantomData)).map(Self)
    }
}

struct Listed<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Listed<T> {
    type Value = Vec<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value or a list of values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(list)
    }
}
