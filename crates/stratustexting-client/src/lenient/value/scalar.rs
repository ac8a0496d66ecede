//! Scalars: text, numbers and booleans, converted into each other if nothing is lost.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserializer,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::{Number, Value};

use super::{EXACT, Lenient, Read, raw};
use crate::lenient::diagnostic::{Found, Handling, Reader};

/// Converts the scalars of JSON to a type; `None` if something would be lost.
trait Scalar: Sized {
    const KIND: &'static str;
    /// Its usual type in JSON, which isn't a conversion.
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

    /// A phone number written as a float is an integer.
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

    /// Text with more digits than an integer has stays text: a float would lose some.
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

    /// An object, or a number: if another crate of the program turns on
    /// `arbitrary_precision` of `serde_json`, numbers come as objects.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Read<T>, A::Error> {
        let raw = raw(MapAccessDeserializer::new(map), self.reader)?;
        let Value::Number(number) = &raw else {
            return Ok(self.reader.keep(T::KIND, raw));
        };
        let read = match (number.as_u64(), number.as_i64()) {
            (Some(value), _) => T::of_unsigned(value),
            (_, Some(value)) => T::of_signed(value),
            // By its text: an integer with too many digits, or a float.
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
