//! Keywords that don't shape a type: useful to others, harmful to the generator's output.

use std::collections::BTreeMap;

use serde_json::Value;

use super::report::Notes;
use crate::document::{Document, Refusal};

/// The keywords that the generated types would enforce while decoding.
const KEYWORDS: [&str; 11] = [
    "pattern",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
    "minimum",
    "maximum",
    "multipleOf",
];

/// Removes validation keywords from every schema.
///
/// In responses, one odd value must not lose a page. In requests, the SDK checks input
/// before anything is sent, with an error that names the field and what is allowed; a
/// second check would say less, and needs a regular expression engine at run time.
pub(super) fn drop_validation(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    remove(document, notes, &KEYWORDS)
}

/// Removes defaults from every schema: values that the caller doesn't set aren't sent.
pub(super) fn drop_defaults(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    remove(document, notes, &["default"])
}

fn remove(document: &mut Document, notes: &mut Notes, keywords: &[&str]) -> Result<(), Refusal> {
    document.for_each_schema(|context, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return Ok(());
        };
        for keyword in keywords {
            // A property may be called `pattern`. A keyword's value is never an object,
            // except that of `default`.
            let keyword_here = match schema.get(*keyword) {
                None => false,
                Some(Value::Object(_)) => *keyword == "default",
                Some(_) => true,
            };
            if keyword_here {
                schema.remove(*keyword);
                notes.add(format!("{}: {keyword}", context.location));
            }
        }
        Ok(())
    })
}

/// Removes extensions (`x-…`) from every schema.
///
/// The settings map times and numbers to our types by comparing whole schemas. A schema
/// with an extension is no longer equal and silently becomes something else.
pub(super) fn drop_schema_extensions(
    document: &mut Document,
    notes: &mut Notes,
) -> Result<(), Refusal> {
    let mut removed = BTreeMap::<String, usize>::new();
    document.for_each_schema(|_, schema| {
        let Some(schema) = schema.as_object_mut() else {
            return Ok(());
        };
        let extensions: Vec<String> = schema
            .keys()
            .filter(|key| key.starts_with("x-"))
            .cloned()
            .collect();
        for key in extensions {
            schema.remove(&key);
            *removed.entry(key).or_default() += 1;
        }
        Ok(())
    })?;
    for (key, count) in removed {
        notes.add(format!("{key}: {count} times"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::normalise::test_support::{schema, with, without};

    #[test]
    fn an_extension_hides_a_time_from_its_conversion_without_the_pass() {
        let spec = schema(json!({
            "type": "object",
            "properties": {"at": {"type": "string", "format": "date-time", "x-provenance": {}}},
        }));

        assert!(
            !without("drop-schema-extensions", &spec)
                .unwrap()
                .contains("crate::Timestamp")
        );
        assert!(with(&spec).unwrap().contains("crate::Timestamp"));
    }

    #[test]
    fn a_pattern_is_enforced_on_responses_without_the_pass() {
        let spec = schema(json!({
            "type": "object",
            "properties": {"number": {"type": "string", "pattern": "^\\+[0-9]+$"}},
        }));

        assert!(
            without("drop-validation", &spec)
                .unwrap()
                .contains("regress")
        );
        let generated = with(&spec).unwrap();
        assert!(!generated.contains("regress"));
        assert!(generated.contains("pub number: ::std::option::Option<::std::string::String>"));
    }

    #[test]
    fn a_default_of_another_type_stops_the_generator_without_the_pass() {
        let spec = schema(json!({
            "type": "object",
            "properties": {"count": {"type": "integer", "default": "10"}},
        }));

        assert!(without("drop-defaults", &spec).is_err());
        assert!(
            with(&spec)
                .unwrap()
                .contains("pub count: ::std::option::Option<i64>")
        );
    }

    #[test]
    fn a_default_is_sent_by_every_caller_without_the_pass() {
        let spec = schema(json!({
            "type": "object",
            "properties": {"count": {"type": "integer", "default": 10}},
        }));

        assert!(
            without("drop-defaults", &spec)
                .unwrap()
                .contains("pub count: i64")
        );
        assert!(
            with(&spec)
                .unwrap()
                .contains("pub count: ::std::option::Option<i64>")
        );
    }
}
