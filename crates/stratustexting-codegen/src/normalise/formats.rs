//! Formats: a text keeps its type whatever it looks like.

use serde_json::Value;

use super::report::Notes;
use crate::document::{Document, Refusal};

/// The formats that the generator maps to types of other crates, which reject a text in
/// another form and which this crate may not depend on.
const OF_TEXTS: [&str; 5] = ["uuid", "date", "ip", "ipv4", "ipv6"];

/// Removes formats whose types would lose something.
///
/// A text keeps its characters, and a number its digits: as a float, a large integer
/// may lose digits, and is written with a point.
pub(super) fn plain_formats(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    document.for_each_schema(|context, schema| {
        let text = |key: &str| schema.get(key).and_then(Value::as_str);
        let (kind, format) = (text("type"), text("format"));
        let lossy = format.is_some_and(|format| match kind {
            Some("number") => true,
            Some("string") | None => OF_TEXTS.contains(&format),
            _ => false,
        });
        if lossy && let Some(schema) = schema.as_object_mut() {
            let format = schema.remove("format");
            let format = format.as_ref().and_then(Value::as_str).unwrap_or_default();
            notes.add(format!("{}: {format}", context.location));
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::normalise::test_support::{schema, with, without};

    #[test]
    fn a_text_with_a_format_has_another_crates_type_without_the_pass() {
        for (format, foreign) in [
            ("uuid", "::uuid::Uuid"),
            ("date", "::chrono::naive::NaiveDate"),
            ("ip", "::std::net::IpAddr"),
            ("ipv4", "::std::net::Ipv4Addr"),
            ("ipv6", "::std::net::Ipv6Addr"),
        ] {
            let spec = schema(json!({
                "type": "object",
                "properties": {"a": {"type": "string", "format": format}},
            }));

            let trapped = without("plain-formats", &spec).unwrap();
            assert!(trapped.contains(foreign), "{trapped}");
            let generated = with(&spec).unwrap();
            assert!(!generated.contains(foreign), "{generated}");
            assert!(generated.contains("pub a: ::std::option::Option<::std::string::String>"));
        }
    }

    #[test]
    fn a_number_loses_digits_without_the_pass() {
        for (format, float) in [("float", "f32"), ("double", "f64")] {
            let spec = schema(json!({
                "type": "object",
                "properties": {"a": {"type": "number", "format": format}},
            }));

            assert!(without("plain-formats", &spec).unwrap().contains(float));
            assert!(!with(&spec).unwrap().contains(float));
        }
    }
}
