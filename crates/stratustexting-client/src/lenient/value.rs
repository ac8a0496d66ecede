//! What each kind of value tolerates.

use std::{collections::HashMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::{Map, Number, Value};

use super::diagnostic::{Found, Handling, Reader, Segment};

/// What came of reading a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Read<T> {
    /// It was read.
    Good(T),
    /// It was read but for some of its items; this is the whole, as it came.
    // Boxed, because every field of every model passes through here, and few are so.
    Partly(T, Box<Value>),
    /// It was `null`.
    Null,
    /// It is of another kind; this is the value as it came.
    Unreadable(Box<Value>),
}

/// A type that is read without insisting on the form that the document says.
pub trait Lenient: Serialize + Sized {
    /// What is expected, in a word or two for people.
    const EXPECTED: &'static str;

    /// Reads a value, and tells the reader how it differed.
    ///
    /// # Errors
    ///
    /// Where the JSON itself is broken.
    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        reader: &mut Reader,
    ) -> Result<Read<Self>, D::Error>;
}

impl<T: Serialize> Read<T> {
    /// As JSON again.
    pub(super) fn into_json(self) -> Value {
        match self {
            // What came out of JSON goes back into it.
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

/// Reads any JSON. A number with more digits than a float has is noted, so that it is read
/// once more, from its text: what is kept is kept to the last digit.
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

    /// Where a float doesn't count in ones any more, its text may say more than it does.
    pub(super) fn look_at_float(&mut self, value: f64) {
        self.is_imprecise |= value.abs() > EXACT;
    }
}

/// What a kind makes of the scalars of JSON; none where something would be lost.
trait Scalar: Sized {
    const KIND: &'static str;
    /// What it is written as, so that no conversion is noted.
    const WRITTEN: Found;

    fn of_flag(_: bool) -> Option<Self> {
        None
    }
    fn of_unsigned(value: u64) -> Option<Self>;
    fn of_signed(value: i64) -> Option<Self>;
    fn of_float(value: f64) -> Option<Self>;
    fn of_text(text: &str) -> Option<Self>;
    fn of_string(text: String) -> Option<Self> {
        Self::of_text(&text)
    }
}

/// The largest number up to which a float counts in ones.
const EXACT: f64 = 9_007_199_254_740_992.0;

fn whole(value: f64) -> Option<i64> {
    let whole = value.fract() == 0.0 && value.abs() <= EXACT;
    #[allow(clippy::cast_possible_truncation, reason = "it is whole and in bounds")]
    whole.then_some(value as i64)
}

impl Scalar for String {
    const KIND: &'static str = "text";
    const WRITTEN: Found = Found::Text;

    fn of_unsigned(value: u64) -> Option<Self> {
        Some(value.to_string())
    }

    fn of_signed(value: i64) -> Option<Self> {
        Some(value.to_string())
    }

    /// A phone number written as a float is whole.
    fn of_float(value: f64) -> Option<Self> {
        if value.abs() > EXACT {
            return None;
        }
        Some(whole(value).map_or_else(|| value.to_string(), |value| value.to_string()))
    }

    #[inline]
    fn of_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    #[inline]
    fn of_string(text: String) -> Option<Self> {
        Some(text)
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl Scalar for $integer {
            const KIND: &'static str = "a whole number";
            const WRITTEN: Found = Found::Number;

            fn of_unsigned(value: u64) -> Option<Self> {
                value.try_into().ok()
            }

            fn of_signed(value: i64) -> Option<Self> {
                value.try_into().ok()
            }

            fn of_float(value: f64) -> Option<Self> {
                whole(value)?.try_into().ok()
            }

            fn of_text(text: &str) -> Option<Self> {
                let text = text.trim();
                let float = || whole(text.parse().ok()?)?.try_into().ok();
                text.parse().ok().or_else(float)
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);

impl Scalar for f64 {
    const KIND: &'static str = "a number";
    const WRITTEN: Found = Found::Number;

    fn of_unsigned(value: u64) -> Option<Self> {
        u32::try_from(value).ok().map(Self::from)
    }

    fn of_signed(value: i64) -> Option<Self> {
        i32::try_from(value).ok().map(Self::from)
    }

    fn of_float(value: f64) -> Option<Self> {
        Some(value)
    }

    fn of_text(text: &str) -> Option<Self> {
        text.trim()
            .parse()
            .ok()
            .filter(|value: &Self| value.is_finite())
    }
}

impl Scalar for Number {
    const KIND: &'static str = "a number";
    const WRITTEN: Found = Found::Number;

    fn of_unsigned(value: u64) -> Option<Self> {
        Some(value.into())
    }

    fn of_signed(value: i64) -> Option<Self> {
        Some(value.into())
    }

    fn of_float(value: f64) -> Option<Self> {
        Self::from_f64(value)
    }

    /// Digits that only a float could hold, and not all of them, stay text.
    fn of_text(text: &str) -> Option<Self> {
        let text = text.trim();
        let number: Self = text.parse().ok()?;
        let is_whole = !text.contains(['.', 'e', 'E']);
        (!number.is_f64() || !is_whole || text == "-0").then_some(number)
    }
}

impl Scalar for bool {
    const KIND: &'static str = "a boolean";
    const WRITTEN: Found = Found::Flag;

    fn of_flag(value: bool) -> Option<Self> {
        Some(value)
    }

    fn of_unsigned(value: u64) -> Option<Self> {
        match value {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn of_signed(_: i64) -> Option<Self> {
        None
    }

    fn of_float(_: f64) -> Option<Self> {
        None
    }

    fn of_text(text: &str) -> Option<Self> {
        let text = text.trim();
        [("true", true), ("false", false)]
            .into_iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text))
            .map(|(_, value)| value)
    }
}

struct ScalarVisitor<'r, T> {
    reader: &'r mut Reader,
    kind: PhantomData<T>,
}

impl<T: Scalar> ScalarVisitor<'_, T> {
    #[inline]
    fn take(self, value: Option<T>, found: Found, raw: impl FnOnce() -> Value) -> Read<T> {
        match value {
            Some(value) => {
                if found != T::WRITTEN {
                    self.reader.note(T::KIND, found, Handling::Converted);
                }
                Read::Good(value)
            }
            None => self.reader.keep(T::KIND, raw()),
        }
    }
}

impl<'de, T: Scalar> Visitor<'de> for ScalarVisitor<'_, T> {
    type Value = Read<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::KIND)
    }

    fn visit_unit<E>(self) -> Result<Read<T>, E> {
        Ok(Read::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Read<T>, E> {
        Ok(self.take(T::of_flag(value), Found::Flag, || value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Read<T>, E> {
        Ok(self.take(T::of_unsigned(value), Found::Number, || value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Read<T>, E> {
        Ok(self.take(T::of_signed(value), Found::Number, || value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Read<T>, E> {
        self.reader.look_at_float(value);
        Ok(self.take(T::of_float(value), Found::Number, || value.into()))
    }

    #[inline]
    fn visit_str<E>(self, text: &str) -> Result<Read<T>, E> {
        Ok(self.take(T::of_text(text), Found::Text, || text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Read<T>, E> {
        if T::WRITTEN == Found::Text {
            return Ok(self.take(T::of_string(text), Found::Text, || Value::Null));
        }
        Ok(self.take(T::of_text(&text), Found::Text, || text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Read<T>, A::Error> {
        let raw = raw(SeqAccessDeserializer::new(seq), self.reader)?;
        Ok(self.reader.keep(T::KIND, raw))
    }

    /// An object, or a number: where another crate of the program has `serde_json` keep all
    /// digits (`arbitrary_precision`), numbers come as objects.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Read<T>, A::Error> {
        let raw = raw(MapAccessDeserializer::new(map), self.reader)?;
        let Value::Number(number) = &raw else {
            return Ok(self.reader.keep(T::KIND, raw));
        };
        let read = match (number.as_u64(), number.as_i64()) {
            (Some(value), _) => T::of_unsigned(value),
            (_, Some(value)) => T::of_signed(value),
            // As it is written: whole with more digits than an integer has, or a float.
            _ => match (number.to_string(), number.as_f64()) {
                (text, Some(value)) if text.contains(['.', 'e', 'E']) => T::of_float(value),
                (text, _) => T::of_text(&text),
            },
        };
        Ok(self.take(read, Found::Number, || raw))
    }
}

macro_rules! lenient_scalars {
    ($($kind:ty),*) => {$(
        impl Lenient for $kind {
            const EXPECTED: &'static str = <$kind as Scalar>::KIND;

            #[inline]
            fn read<'de, D: Deserializer<'de>>(
                deserializer: D,
                reader: &mut Reader,
            ) -> Result<Read<Self>, D::Error> {
                deserializer.deserialize_any(ScalarVisitor { reader, kind: PhantomData })
            }
        }
    )*};
}

lenient_scalars!(
    String, bool, i8, i16, i32, i64, u8, u16, u32, u64, f64, Number
);

/// Anything is good where nothing is known.
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

/// A list keeps the items that can be read.
impl<T: Lenient> Lenient for Vec<T> {
    const EXPECTED: &'static str = "a list";

    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        reader: &mut Reader,
    ) -> Result<Read<Self>, D::Error> {
        deserializer.deserialize_any(ListVisitor {
            reader,
            kind: PhantomData,
        })
    }
}

struct ListVisitor<'r, T> {
    reader: &'r mut Reader,
    kind: PhantomData<T>,
}

impl<T: Lenient> ListVisitor<'_, T> {
    fn other<E>(self, raw: Value) -> Result<Read<Vec<T>>, E> {
        Ok(self.reader.keep(Vec::<T>::EXPECTED, raw))
    }
}

impl<'de, T: Lenient> Visitor<'de> for ListVisitor<'_, T> {
    type Value = Read<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Vec::<T>::EXPECTED)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let reader = self.reader;
        let list = reader.mark();
        let mut items: Vec<T> = Vec::with_capacity(seq.size_hint().unwrap_or(0).min(1_024));
        // The whole as it came, from the first item on that can't be read.
        let mut raw: Option<Vec<Value>> = None;
        let mut index = 0;
        loop {
            let mark = reader.mark();
            let Some(read) = seq.next_element_seed(Seed::<T>::new(reader))? else {
                break;
            };
            match read {
                Read::Good(item) => {
                    if let Some(raw) = &mut raw {
                        raw.push(serde_json::to_value(&item).unwrap_or_default());
                    }
                    items.push(item);
                }
                Read::Null => reader.note(T::EXPECTED, Found::Null, Handling::Dropped),
                Read::Partly(item, whole) => {
                    raw.get_or_insert_with(|| as_json(&items)).push(*whole);
                    items.push(item);
                }
                Read::Unreadable(other) => {
                    raw.get_or_insert_with(|| as_json(&items)).push(*other);
                }
            }
            reader.within_item(list, mark, index);
            index += 1;
        }
        Ok(match raw {
            None => Read::Good(items),
            Some(raw) if items.is_empty() => Read::Unreadable(Box::new(Value::Array(raw))),
            Some(raw) => Read::Partly(items, Box::new(Value::Array(raw))),
        })
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Read::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        self.other(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        self.other(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        self.other(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        self.reader.look_at_float(value);
        self.other(value.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        self.other(text.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let raw = raw(MapAccessDeserializer::new(map), self.reader)?;
        self.other(raw)
    }
}

fn as_json<T: Serialize>(items: &[T]) -> Vec<Value> {
    let json = |item| serde_json::to_value(item).unwrap_or_default();
    items.iter().map(json).collect()
}

impl<T: Lenient> Lenient for HashMap<String, T> {
    const EXPECTED: &'static str = "an object";

    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        reader: &mut Reader,
    ) -> Result<Read<Self>, D::Error> {
        let fields = match Map::read(deserializer, reader)? {
            Read::Good(fields) => fields,
            Read::Null => return Ok(Read::Null),
            Read::Partly(_, raw) | Read::Unreadable(raw) => return Ok(Read::Unreadable(raw)),
        };
        let mut map = Self::new();
        let mut lost = false;
        let mark = reader.mark();
        for (key, value) in &fields {
            match super::from_value(value.clone(), reader) {
                Read::Good(value) => {
                    map.insert(key.clone(), value);
                }
                Read::Partly(value, _) => {
                    lost = true;
                    map.insert(key.clone(), value);
                }
                Read::Null => {}
                Read::Unreadable(_) => lost = true,
            }
        }
        reader.within(mark, Segment::Entry);
        Ok(if lost {
            Read::Partly(map, Box::new(Value::Object(fields)))
        } else {
            Read::Good(map)
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

/// Reads a value of a type that knows one form only: all of it, or nothing.
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::{
        lenient::from_slice,
        types::{Contact, ContactPage, Message, Subscription},
    };

    const DIGITS: &str = "123456789012345678901234567890";

    #[test]
    fn what_is_kept_is_kept_to_the_last_digit() {
        let contact = format!(r#"{{"id":"a","ref":{DIGITS},"list":[{{"n":{DIGITS}}}]}}"#);
        let contact = from_slice::<Contact>(contact.as_bytes()).unwrap().value;
        assert_eq!(contact.extra["ref"], DIGITS);
        assert_eq!(contact.extra["list"][0]["n"], DIGITS);

        for content in [DIGITS.to_owned(), format!("[{DIGITS}]")] {
            let page = format!(r#"{{"content":{content}}}"#);
            let page = from_slice::<ContactPage>(page.as_bytes()).unwrap().value;
            assert!(page.extra["content"].to_string().contains(DIGITS));
        }

        let page = format!(r#"{{"totalElements":{DIGITS},"size":1e300}}"#);
        let page = from_slice::<ContactPage>(page.as_bytes()).unwrap().value;
        assert_eq!(page.total_elements, None);
        assert_eq!(page.extra["totalElements"], DIGITS);
        assert_eq!(page.extra["size"], 1e300);

        let subscription = format!(r#"{{"id":"s","expiresIn":{DIGITS},"uri":{{"n":{DIGITS}}}}}"#);
        let subscription = from_slice::<Subscription>(subscription.as_bytes()).unwrap();
        let written = serde_json::to_value(subscription.value).unwrap();
        assert_eq!(
            written,
            json!({"id": "s", "expiresIn": DIGITS, "uri": {"n": DIGITS}})
        );

        let message = format!(r#"{{"id":"m","to":[{DIGITS}],"text":{DIGITS}}}"#);
        let message = from_slice::<Message>(message.as_bytes()).unwrap().value;
        assert_eq!(message.text.as_deref(), Some(DIGITS));
        assert!(message.to.unwrap().numbers().eq([DIGITS]));
    }

    #[test]
    fn large_floats_are_no_reason_to_mend_a_body() {
        let read = from_slice::<Value>(br#"{"n":1e300}"#).unwrap();

        assert_eq!(read.value["n"], 1e300);
        assert!(read.diagnostics.is_empty());
    }

    #[test]
    fn the_same_difference_of_many_items_is_said_once() {
        let items = [json!({"id": 1, "email": [2]}), json!({"id": 3}), json!(4)];
        let items = items.iter().cycle().take(300).cloned();
        let items: Vec<_> = items.chain([json!({"id": 1, "orgId": 2})]).collect();
        // By text, in which the order of the keys is another one.
        let body = json!({"content": items}).to_string();
        let body = body.replacen(r#"{"email":[2],"id":1}"#, r#"{"id":1,"email":[2]}"#, 50);

        let read = from_slice::<ContactPage>(body.as_bytes()).unwrap();

        let said = read.diagnostics.iter().map(|d| (d.path(), d.count()));
        assert_eq!(
            said.collect::<Vec<_>>(),
            [
                ("content[0].id".to_owned(), 201),
                ("content[0].email".to_owned(), 100),
                ("content[2]".to_owned(), 100),
                ("content[300].orgId".to_owned(), 1),
            ]
        );
    }
}
