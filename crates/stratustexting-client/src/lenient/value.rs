//! What each type tolerates: the trait, and the types that wrap others.

mod collection;
mod scalar;
#[cfg(test)]
mod tests;

use std::marker::PhantomData;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, DeserializeSeed},
};
use serde_json::{Map, Value};

use super::diagnostic::Reader;

/// The largest number up to which a float represents every integer.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The result of reading a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Read<T> {
    /// It was read.
    Good(T),
    /// It was read except some of its items; this is the whole original.
    // Boxed, because every field of every model passes through here, and this is rare.
    Partly(T, Box<Value>),
    /// It was `null`.
    Null,
    /// It has another type; this is the original.
    Unreadable(Box<Value>),
}

/// A type that is read without insisting on the documented form.
pub trait Lenient: Serialize + Sized {
    /// The expected type, in a word or two for people.
    const EXPECTED: &'static str;

    /// Reads a value, and adds its differences to the reader.
    ///
    /// # Errors
    ///
    /// If the JSON itself is invalid.
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        reader: &mut Reader,
    ) -> Result<Read<Self>, D::Error>;
}

impl<T: Serialize> Read<T> {
    /// The value as JSON again.
    pub(super) fn into_json(self) -> Value {
        match self {
            // A value that was read from JSON can be written as JSON.
            Self::Good(value) => serde_json::to_value(value).unwrap_or_default(),
            Self::Partly(_, raw) | Self::Unreadable(raw) => *raw,
            Self::Null => Value::Null,
        }
    }
}

/// Reads the next value of an object or list.
pub(super) struct Seed<'r, T> {
    reader: &'r mut Reader,
    kind: PhantomData<T>,
}

impl<'r, T> Seed<'r, T> {
    pub(super) fn new(reader: &'r mut Reader) -> Self {
        Self {
            reader,
            kind: PhantomData,
        }
    }
}

impl<'de, T: Lenient> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = Read<T>;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Read<T>, D::Error> {
        T::read(deserializer, self.reader)
    }
}

/// Reads any JSON. A number with more digits than a float has is noted, so that the
/// body is read again from its text, without losing digits.
#[inline]
pub(crate) fn raw<'de, D: Deserializer<'de>>(
    deserializer: D,
    reader: &mut Reader,
) -> Result<Value, D::Error> {
    let raw = Value::deserialize(deserializer)?;
    reader.look_at(&raw);
    Ok(raw)
}

impl Reader {
    fn look_at(&mut self, raw: &Value) {
        match raw {
            Value::Number(number) if number.is_f64() => {
                self.look_at_float(number.as_f64().unwrap_or_default());
            }
            Value::Array(items) => items.iter().for_each(|item| self.look_at(item)),
            Value::Object(fields) => fields.values().for_each(|value| self.look_at(value)),
            _ => {}
        }
    }

    /// A float beyond `EXACT` may have lost digits that are in its text.
    pub(super) fn look_at_float(&mut self, value: f64) {
        self.is_imprecise |= value.abs() > EXACT;
    }
}

/// Any value is fine if nothing is known.
impl Lenient for Value {
    const EXPECTED: &'static str = "anything";

    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        reader: &mut Reader,
    ) -> Result<Read<Self>, D::Error> {
        raw(deserializer, reader).map(Read::Good)
    }
}

impl Lenient for Map<String, Value> {
    const EXPECTED: &'static str = "an object";

    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        reader: &mut Reader,
    ) -> Result<Read<Self>, D::Error> {
        Ok(match raw(deserializer, reader)? {
            Value::Object(fields) => Read::Good(fields),
            Value::Null => Read::Null,
            raw => reader.keep(Self::EXPECTED, raw),
        })
    }
}

impl<T: Lenient> Lenient for Box<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        reader: &mut Reader,
    ) -> Result<Read<Self>, D::Error> {
        Ok(match T::read(deserializer, reader)? {
            Read::Good(value) => Read::Good(Self::new(value)),
            Read::Partly(value, raw) => Read::Partly(Self::new(value), raw),
            Read::Null => Read::Null,
            Read::Unreadable(raw) => Read::Unreadable(raw),
        })
    }
}

/// Reads a value of a type with one form only: all of it, or nothing.
pub(super) fn read_strictly<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
    reader: &mut Reader,
) -> Result<Read<T>, D::Error> {
    let raw = raw(deserializer, reader)?;
    if raw.is_null() {
        return Ok(Read::Null);
    }
    Ok(match T::deserialize(&raw) {
        Ok(value) => Read::Good(value),
        Err(_) => reader.keep("the documented form", raw),
    })
}
