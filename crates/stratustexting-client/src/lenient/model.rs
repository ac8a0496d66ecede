//! Reads an object as a model: its listed fields one by one, the rest into `extra`.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserializer, Serialize,
    de::{
        DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor,
        value::SeqAccessDeserializer,
    },
};
use serde_json::{Map, Value};

use super::{
    diagnostic::{Found, Handling, Reader, Segment},
    value::{Lenient, Read, Seed, raw, read_strictly},
};

/// A model that the service sends. The implementations are generated from the document.
pub trait Model: Lenient + Default + Serialize {
    /// The fields that the document lists, by their names in JSON.
    const FIELDS: &'static [&'static str];

    /// The index of a listed field.
    fn index(name: &str) -> Option<usize>;

    /// Reads the value of a listed field.
    ///
    /// # Errors
    ///
    /// If the JSON itself is invalid.
    fn read_field<'de, A: MapAccess<'de>>(
        &mut self,
        index: usize,
        map: &mut A,
        reader: &mut Reader,
    ) -> Result<(), A::Error>;

    /// Whether a listed field has a value.
    fn has(&self, index: usize) -> bool;

    /// Fields that the document doesn't list, and those that couldn't be read.
    fn unlisted(&self) -> &Map<String, Value>;

    /// The same fields, mutable.
    fn unlisted_mut(&mut self) -> &mut Map<String, Value>;

    /// Whether one of the named fields has a value.
    #[must_use]
    fn has_any(&self, names: &[&str]) -> bool {
        names
            .iter()
            .filter_map(|name| Self::index(name))
            .any(|index| self.has(index))
    }

    /// Whether no listed field has a value.
    #[must_use]
    fn is_blank(&self) -> bool {
        !(0..Self::FIELDS.len()).any(|index| self.has(index))
    }
}

/// Implements `Lenient::read` for every model.
///
/// # Errors
///
/// If the JSON itself is invalid.
pub fn read_model<'de, T: Model, D: Deserializer<'de>>(
    deserializer: D,
    reader: &mut Reader,
) -> Result<Read<T>, D::Error> {
    deserializer.deserialize_any(ModelVisitor {
        reader,
        model: PhantomData,
    })
}

struct ModelVisitor<'r, T> {
    reader: &'r mut Reader,
    model: PhantomData<T>,
}

impl<'de, T: Model> Visitor<'de> for ModelVisitor<'_, T> {
    type Value = Read<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read<T>, A::Error> {
        let mut model = T::default();
        // A bit for each listed field whose key was read.
        let mut seen = 0_u128;
        while let Some(key) = map.next_key_seed(KeySeed::<T>(PhantomData))? {
            match key {
                Key::Listed(index) => {
                    let bit = u32::try_from(index)
                        .ok()
                        .and_then(|index| 1_u128.checked_shl(index));
                    let bit = bit.unwrap_or(0);
                    self.reader.is_twice = seen & bit != 0;
                    seen |= bit;
                    model.read_field(index, &mut map, self.reader)?;
                }
                Key::Unlisted(name) => {
                    let value = map.next_value_seed(RawSeed(self.reader))?;
                    model.unlisted_mut().insert(name, value);
                }
            }
        }
        Ok(Read::Good(model))
    }

    /// A list of one item is read as that item.
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Read<T>, A::Error> {
        let mark = self.reader.mark();
        let first = seq.next_element_seed(Seed::<T>::new(self.reader))?;
        let rest = raw(SeqAccessDeserializer::new(seq), self.reader)?;
        let alone = matches!(&rest, Value::Array(rest) if rest.is_empty());
        match first {
            Some(Read::Good(model) | Read::Partly(model, _)) if alone => {
                self.reader.within(mark, Segment::Item(0));
                self.reader
                    .note(T::EXPECTED, Found::List, Handling::Converted);
                Ok(Read::Good(model))
            }
            first => {
                let mut all: Vec<Value> = first.map(Read::into_json).into_iter().collect();
                if let Value::Array(rest) = rest {
                    all.extend(rest);
                }
                self.reader.forget(mark);
                Ok(self.reader.keep(T::EXPECTED, Value::Array(all)))
            }
        }
    }

    fn visit_unit<E>(self) -> Result<Read<T>, E> {
        Ok(Read::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Read<T>, E> {
        Ok(self.reader.keep(T::EXPECTED, value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Read<T>, E> {
        Ok(self.reader.keep(T::EXPECTED, value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Read<T>, E> {
        Ok(self.reader.keep(T::EXPECTED, value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Read<T>, E> {
        self.reader.look_at_float(value);
        Ok(self.reader.keep(T::EXPECTED, value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Read<T>, E> {
        Ok(self.reader.keep(T::EXPECTED, value.into()))
    }
}

/// Reads the value of a field that isn't listed.
struct RawSeed<'r>(&'r mut Reader);

impl<'de> DeserializeSeed<'de> for RawSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        raw(deserializer, self.0)
    }
}

/// The key of an object's field.
#[derive(Debug)]
pub enum Key {
    /// The index of a listed field.
    Listed(usize),
    /// Another name.
    Unlisted(String),
}

struct KeySeed<T>(PhantomData<T>);

impl<'de, T: Model> DeserializeSeed<'de> for KeySeed<T> {
    type Value = Key;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl<T: Model> Visitor<'_> for KeySeed<T> {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    #[inline]
    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        Ok(match T::index(name) {
            Some(index) => Key::Listed(index),
            None => Key::Unlisted(name.to_owned()),
        })
    }
}

impl Reader {
    /// Reads the value of an optional field into `slot`, or keeps its JSON in `extra`.
    ///
    /// If a key is duplicate, the last readable value counts, as with most JSON
    /// parsers.
    ///
    /// # Errors
    ///
    /// If the JSON itself is invalid.
    #[inline]
    pub fn field<'de, A: MapAccess<'de>, T: Lenient>(
        &mut self,
        map: &mut A,
        name: &'static str,
        slot: &mut Option<T>,
        extra: &mut Map<String, Value>,
    ) -> Result<(), A::Error> {
        let read = |reader: &mut Self| map.next_value_seed(Seed::<T>::new(reader));
        self.settle(name, T::EXPECTED, slot, extra, read)
    }

    /// Like [`field`](Self::field), for a type with one form only.
    ///
    /// # Errors
    ///
    /// If the JSON itself is invalid.
    pub fn strict_field<'de, A: MapAccess<'de>, T: DeserializeOwned>(
        &mut self,
        map: &mut A,
        name: &'static str,
        slot: &mut Option<T>,
        extra: &mut Map<String, Value>,
    ) -> Result<(), A::Error> {
        let read = |reader: &mut Self| map.next_value_seed(StrictSeed(reader, PhantomData));
        self.settle(name, "the documented form", slot, extra, read)
    }

    /// Stores a value. Nearly every value of nearly every body is as documented and
    /// occurs once, so that case is short.
    #[inline]
    fn settle<T, E>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        slot: &mut Option<T>,
        extra: &mut Map<String, Value>,
        read: impl FnOnce(&mut Self) -> Result<Read<T>, E>,
    ) -> Result<(), E> {
        let mark = self.mark();
        // Also if the first was null, which leaves no trace.
        let twice = std::mem::take(&mut self.is_twice);
        match read(self)? {
            Read::Good(value) if !twice => *slot = Some(value),
            Read::Null if !twice => {}
            other => self.settle_odd(name, expected, slot, extra, other, twice),
        }
        if self.mark() > mark {
            self.within(mark, Segment::Field(name));
        }
        Ok(())
    }

    #[cold]
    fn settle_odd<T>(
        &mut self,
        name: &'static str,
        expected: &'static str,
        slot: &mut Option<T>,
        extra: &mut Map<String, Value>,
        read: Read<T>,
        twice: bool,
    ) {
        match read {
            Read::Good(value) => {
                *slot = Some(value);
                extra.remove(name);
            }
            Read::Partly(value, raw) => {
                *slot = Some(value);
                extra.insert(name.to_owned(), *raw);
            }
            Read::Unreadable(raw) if slot.is_none() => {
                extra.insert(name.to_owned(), *raw);
            }
            Read::Null | Read::Unreadable(_) => {}
        }
        if twice {
            self.note(expected, Found::Twice, Handling::Dropped);
        }
    }
}

struct StrictSeed<'r, T>(&'r mut Reader, PhantomData<T>);

impl<'de, T: DeserializeOwned> DeserializeSeed<'de> for StrictSeed<'_, T> {
    type Value = Read<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Read<T>, D::Error> {
        read_strictly(deserializer, self.0)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        lenient::{Diagnostic, Found, Handling, from_slice},
        types::{ContactPage, SendResult},
    };

    fn twice(diagnostics: &[Diagnostic]) -> usize {
        let is = |d: &&Diagnostic| d.found() == Found::Twice && d.handling() == Handling::Dropped;
        diagnostics.iter().filter(is).count()
    }

    #[test]
    fn a_duplicate_key_is_noted_whatever_the_first_value() {
        for body in [
            r#"{"result":"a","result":null}"#,
            r#"{"result":null,"result":"a"}"#,
            r#"{"result":{"b":1},"result":"a"}"#,
            r#"{"result":"b","result":"a"}"#,
        ] {
            let read = from_slice::<SendResult>(body.as_bytes()).unwrap();

            assert_eq!(read.value.result.as_deref(), Some("a"), "{body}");
            assert_eq!(twice(&read.diagnostics), 1, "{body}");
            assert!(read.value.extra.is_empty(), "{body}");
        }
        let once = from_slice::<SendResult>(br#"{"result":"a","other":{"result":"b"}}"#).unwrap();
        assert_eq!(twice(&once.diagnostics), 0);
    }

    #[test]
    fn a_list_instead_of_an_item_is_one_diagnostic() {
        for item in [
            "[]",
            "[5]",
            "[null]",
            "[1,\"a\",null]",
            "[[[6]]]",
            "[{},{}]",
        ] {
            let body = format!(r#"{{"content":[{{"id":"a"}},{item}]}}"#);
            let read = from_slice::<ContactPage>(body.as_bytes()).unwrap();

            assert_eq!(
                read.value.content.map(|items| items.len()),
                Some(1),
                "{item}"
            );
            let said: Vec<_> = read.diagnostics.iter().map(Diagnostic::path).collect();
            assert_eq!(said, ["content[1]"], "{item}");
        }
    }
}
