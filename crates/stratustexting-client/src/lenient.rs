//! Reads values of the service that differ from the document.
//!
//! Most of the document is inferred, so at any time a field may be a number where it
//! says text. One such field must not cost the message, the page or the event around
//! it. So every model that the service sends is read field by field:
//!
//! - a value that can be converted without loss is converted: a number where text is expected,
//!   a number or a boolean written as text;
//! - any other value leaves its field empty, and its JSON is kept under its name in `extra`,
//!   from where it is written back;
//! - a list keeps its readable items;
//! - each difference is a [`Diagnostic`]: where, what was expected, what was found, and never
//!   the value.
//!
//! The code for each model is generated from the document ([`Model`]); `value/` decides
//! what each type tolerates, and `text.rs` repairs text that isn't JSON.
//!
//! ```
//! use stratustexting_client::{lenient, types::Contact};
//!
//! let body = br#"{"id": 17, "mobileNumber": {"e164": "+12025550123"}, "firstName": "Ada"}"#;
//! let read = lenient::from_slice::<Contact>(body)?;
//!
//! assert_eq!(read.value.id.as_deref(), Some("17"));
//! assert_eq!(read.value.first_name.as_deref(), Some("Ada"));
//! assert_eq!(read.value.mobile_number, None);
//! assert_eq!(read.value.extra["mobileNumber"]["e164"], "+12025550123");
//! let said: Vec<String> = read.diagnostics.iter().map(ToString::to_string).collect();
//! assert_eq!(said, [
//!     "id: expected text, found a number, which was converted",
//!     "mobileNumber: expected text, found an object, which is kept as it came",
//! ]);
//! # Ok::<(), lenient::Unreadable>(())
//! ```
//!
//! `Deserialize` of these models reads the same way, without diagnostics.

mod diagnostic;
mod model;
mod text;
mod value;
mod write;

#[cfg(test)]
mod tests;

use std::fmt;

use serde::Deserializer;
use serde_json::Value;

pub(crate) use self::value::raw;
pub use self::{
    diagnostic::{Diagnostic, Found, Handling, Reader},
    model::Model,
    text::{Mended, repair, without_mark},
    value::{Lenient, Read},
};
#[doc(hidden)]
pub use self::{
    model::{Key, read_model},
    write::{write_field, write_strict_field, write_unlisted},
};

/// A value, and how it differed from the document.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reading<T> {
    /// The value.
    pub value: T,
    /// The differences; empty if all is as documented.
    pub diagnostics: Vec<Diagnostic>,
}

/// The reason why a body can't be read at all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreadable {
    /// It isn't JSON, and can't be repaired.
    NotJson {
        /// The line of the first error, counted from 1.
        line: usize,
        /// The column of the first error, in bytes.
        column: usize,
        /// Whether the text ends too early because it was cut off.
        cut: bool,
    },
    /// It is JSON of another type.
    Other {
        /// What was expected.
        expected: &'static str,
        /// What was found.
        found: Found,
    },
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson { line, column, cut } => {
                let what = if *cut {
                    "the JSON ends too early"
                } else {
                    "not JSON"
                };
                write!(f, "{what}, at line {line}, column {column} of the body")
            }
            Self::Other { expected, found } => {
                write!(
                    f,
                    "JSON of another kind: expected {expected}, found {found}"
                )
            }
        }
    }
}

impl std::error::Error for Unreadable {}

impl From<&serde_json::Error> for Unreadable {
    fn from(error: &serde_json::Error) -> Self {
        Self::NotJson {
            line: error.line(),
            column: error.column(),
            cut: error.is_eof(),
        }
    }
}

/// Reads a body.
///
/// A byte order mark is skipped. Text that isn't JSON for a reason that can be repaired
/// (bytes that aren't UTF-8, half of a surrogate pair, a raw control character, a
/// number out of range, endless nesting) is repaired, with a diagnostic. A body that
/// ends too early isn't, since anything could be missing.
///
/// # Errors
///
/// [`Unreadable`] if it isn't JSON, or JSON of another type than `T`.
pub fn from_slice<T: Lenient>(body: &[u8]) -> Result<Reading<T>, Unreadable> {
    let mut reader = Reader::new();
    let read = read_text(without_mark(body), &mut reader);
    let exact = !std::mem::take(&mut reader.is_imprecise);
    match read {
        Ok(read) if exact => finish(read, reader),
        Err(error) if error.is_eof() => Err(Unreadable::from(&error)),
        first => {
            let Some(mended) = repair(body) else {
                return match first {
                    Ok(read) => finish(read, reader),
                    Err(error) => Err(Unreadable::from(&error)),
                };
            };
            let mut reader = Reader::new();
            for found in &mended.found {
                reader.body(*found);
            }
            match read_text(mended.text.as_bytes(), &mut reader) {
                Ok(read) => finish(read, reader),
                Err(error) => Err(Unreadable::from(&error)),
            }
        }
    }
}

/// Reads a value that is already JSON; `reader` collects the diagnostics.
pub fn from_value<T: Lenient>(value: Value, reader: &mut Reader) -> Read<T> {
    let kept = || Read::Unreadable(Box::new(Value::Null));
    // A `Value` can't be malformed.
    T::read(value, reader).unwrap_or_else(|_: serde_json::Error| kept())
}

/// Implements `Deserialize` for lenient types.
#[doc(hidden)]
pub fn deserialize<'de, T: Lenient, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    use serde::de::Error;

    match T::read(deserializer, &mut Reader::new())? {
        Read::Good(value) | Read::Partly(value, _) => Ok(value),
        Read::Null => Err(D::Error::custom(format_args!(
            "expected {}, found null",
            T::EXPECTED
        ))),
        Read::Unreadable(other) => Err(D::Error::custom(format_args!(
            "expected {}, found {}",
            T::EXPECTED,
            Found::of(&other)
        ))),
    }
}

fn read_text<T: Lenient>(text: &[u8], reader: &mut Reader) -> serde_json::Result<Read<T>> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let read = T::read(&mut json, reader)?;
    json.end()?;
    Ok(read)
}

fn finish<T: Lenient>(read: Read<T>, reader: Reader) -> Result<Reading<T>, Unreadable> {
    let found = match read {
        Read::Good(value) | Read::Partly(value, _) => {
            return Ok(Reading {
                value,
                diagnostics: reader.into_diagnostics(),
            });
        }
        Read::Null => Found::Null,
        Read::Unreadable(other) => Found::of(&other),
    };
    Err(Unreadable::Other {
        expected: T::EXPECTED,
        found,
    })
}
