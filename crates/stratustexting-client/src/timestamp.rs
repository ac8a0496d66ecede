//! A point in time, as the service wrote it.

#[cfg(feature = "schemas")]
use std::borrow::Cow;
use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
#[cfg(feature = "schemas")]
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::lenient::{self, Lenient, Read, Reader};

/// A date and time that keeps the form in which the service wrote it.
///
/// The one documented form is RFC 3339 in UTC with milliseconds, such as
/// `2024-03-10T18:07:52.534Z` (page of a sibling brand). A time without an offset, or
/// epoch milliseconds as a number or as text, still decodes, compares and is written
/// back as it came; [`to_utc`](Self::to_utc) understands them all.
///
/// ```
/// use stratustexting_client::Timestamp;
///
/// let time: Timestamp = serde_json::from_str(r#""2024-03-10T18:07:52.534Z""#)?;
///
/// assert_eq!(time.to_utc().map(|time| time.timestamp_millis()), Some(1_710_094_072_534));
/// assert_eq!(serde_json::to_string(&time)?, r#""2024-03-10T18:07:52.534Z""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(Value);

impl Timestamp {
    /// The point in time, if its form is understood.
    #[must_use]
    pub fn to_utc(&self) -> Option<DateTime<Utc>> {
        match &self.0 {
            Value::String(text) => DateTime::parse_from_rfc3339(text)
                .map(|time| time.to_utc())
                .ok()
                .or_else(|| {
                    let local = text.parse::<chrono::NaiveDateTime>().ok()?;
                    Some(local.and_utc())
                })
                .or_else(|| DateTime::from_timestamp_millis(text.trim().parse().ok()?)),
            Value::Number(millis) => DateTime::from_timestamp_millis(millis.as_i64()?),
            _ => None,
        }
    }

    /// The value as it came.
    #[must_use]
    pub fn as_json(&self) -> &Value {
        &self.0
    }
}

/// Text and numbers may be times; other types aren't.
impl Lenient for Timestamp {
    const EXPECTED: &'static str = "a time";

    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        reader: &mut Reader,
    ) -> Result<Read<Self>, D::Error> {
        let raw = lenient::raw(deserializer, reader)?;
        Ok(match raw {
            Value::String(_) | Value::Number(_) => Read::Good(Self(raw)),
            Value::Null => Read::Null,
            raw => reader.keep(Self::EXPECTED, raw),
        })
    }
}

/// The documented form: UTC with milliseconds.
impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self(Value::String(
            time.to_rfc3339_opts(SecondsFormat::Millis, true),
        ))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Value::String(text) => f.pad(text),
            other => other.fmt(f),
        }
    }
}

#[cfg(feature = "schemas")]
impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time"})
    }
}
