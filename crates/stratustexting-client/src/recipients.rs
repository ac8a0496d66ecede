//! The recipients of a message, in whichever shape the service sends them.

#[cfg(feature = "schemas")]
use std::borrow::Cow;
use std::fmt;

#[cfg(feature = "schemas")]
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::lenient::{self, Found, Lenient, Read, Reader};

/// The recipients of a message.
///
/// A working client accepts a number, a list of numbers, and a list of objects
/// with the number under `phoneNumber` or `number`; which of them the service
/// sends is UNKNOWN. All are read by [`numbers`](Self::numbers), and any other
/// shape is kept as it came rather than losing the message.
///
/// ```
/// use stratustexting_client::MessageRecipients;
///
/// for shape in [
///     r#""+12025550100""#,
///     r#"["+12025550100"]"#,
///     r#"[{"phoneNumber":"+12025550100"}]"#,
/// ] {
///     let to: MessageRecipients = serde_json::from_str(shape)?;
///
///     assert_eq!(to.numbers().collect::<Vec<_>>(), ["+12025550100"]);
///     assert_eq!(serde_json::to_string(&to)?, shape);
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageRecipients(Value);

impl MessageRecipients {
    /// The numbers, in the order in which they came.
    pub fn numbers(&self) -> impl Iterator<Item = &str> {
        let items = match &self.0 {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        items.iter().filter_map(|item| match item {
            Value::String(number) => Some(number.as_str()),
            Value::Object(fields) => fields
                .get("phoneNumber")
                .or_else(|| fields.get("number"))?
                .as_str(),
            _ => None,
        })
    }

    /// The value as it came.
    #[must_use]
    pub fn as_json(&self) -> &Value {
        &self.0
    }
}

/// JSON numbers become text; any other shape is kept as it came.
impl Lenient for MessageRecipients {
    const EXPECTED: &'static str = "text";

    fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
        reader: &mut Reader,
    ) -> Result<Read<Self>, D::Error> {
        let mut raw = lenient::raw(deserializer, reader)?;
        let mut converted = false;
        match &mut raw {
            Value::Null => return Ok(Read::Null),
            Value::Array(items) => {
                for item in items {
                    converted |= spell_out(item);
                }
            }
            one => converted = spell_out(one),
        }
        if converted {
            reader.converted(Self::EXPECTED, Found::Number);
        }
        Ok(Read::Good(Self(raw)))
    }
}

/// Turns a number of a known shape into text; returns whether there was one.
fn spell_out(recipient: &mut Value) -> bool {
    let number = match recipient {
        Value::Object(fields) => {
            let key = ["phoneNumber", "number"]
                .into_iter()
                .find(|key| fields.contains_key(*key));
            match key.and_then(|key| fields.get_mut(key)) {
                Some(number) => number,
                None => return false,
            }
        }
        other => other,
    };
    let text = match &*number {
        Value::Number(number) => number.to_string(),
        _ => return false,
    };
    *number = Value::String(text);
    true
}

/// One recipient, as a plain number.
impl From<&str> for MessageRecipients {
    fn from(number: &str) -> Self {
        Self(Value::String(number.to_owned()))
    }
}

/// Shows how many numbers there are, never which.
impl fmt::Debug for MessageRecipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageRecipients({} hidden)", self.numbers().count())
    }
}

#[cfg(feature = "schemas")]
impl JsonSchema for MessageRecipients {
    fn schema_name() -> Cow<'static, str> {
        "MessageRecipients".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "One number, or a list of numbers, or a list of objects with \
                            the number under `phoneNumber` or `number`.",
            "oneOf": [
                {"type": "string"},
                {"type": "array", "items": {"oneOf": [
                    {"type": "string"},
                    {"type": "object", "properties": {
                        "phoneNumber": {"type": "string"},
                        "number": {"type": "string"},
                    }},
                ]}},
            ],
        })
    }
}
