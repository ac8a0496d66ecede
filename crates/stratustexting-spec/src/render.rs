//! Writes documents and pages: always the same bytes for the same content.
//!
//! OpenAPI's own keys come in reading order, names (of paths, schemas, properties) and
//! everything else in alphabetical order.

use std::cmp::Ordering;

use serde::{
    Serialize, Serializer,
    ser::{SerializeMap, SerializeSeq},
};
use serde_json::{Value, json};

use super::page::Fragment;

/// OpenAPI's own keys in reading order; the rest follows, extensions last.
const ORDER: [&str; 48] = [
    "overlay",
    "openapi",
    "operationId",
    "tags",
    "name",
    "in",
    "title",
    "version",
    "summary",
    "description",
    "url",
    "deprecated",
    "required",
    "$ref",
    "type",
    "format",
    "nullable",
    "enum",
    "default",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "allOf",
    "anyOf",
    "oneOf",
    "properties",
    "additionalProperties",
    "items",
    "info",
    "servers",
    "parameters",
    "requestBody",
    "responses",
    "headers",
    "content",
    "schema",
    "encoding",
    "example",
    "examples",
    "callbacks",
    "paths",
    "components",
    "security",
    "externalDocs",
];

/// Keys whose values are objects with names that the author chose.
const NAMES: [&str; 14] = [
    "paths",
    "schemas",
    "properties",
    "responses",
    "securitySchemes",
    "headers",
    "content",
    "examples",
    "callbacks",
    "requestBodies",
    "encoding",
    "scopes",
    "definitions",
    "links",
];

/// Keys whose values are data, in which no key has a meaning.
const DATA: [&str; 5] = ["example", "default", "enum", "value", "const"];

/// A document as text, ending with a newline.
pub(crate) fn document(value: &Value) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(&Ordered(value, Keys::Fields))? + "\n")
}

/// A page as text, in the platform's form.
pub(crate) fn page(fragment: &Fragment) -> anyhow::Result<String> {
    let document = json!({
        "openapi": "3.0.1",
        "info": {"title": "", "description": "", "version": "1.0.0"},
        "paths": {&fragment.path: {&fragment.method: fragment.operation}},
        "components": fragment.components,
        "servers": [],
        "security": [],
    });
    let yaml = yaml_serde::to_string(&Ordered(&document, Keys::Fields))?;
    Ok(format!(
        "# {}\n\n## OpenAPI Specification\n\n```yaml\n{yaml}\n```\n",
        fragment.title
    ))
}

/// A value whose keys are written in order.
struct Ordered<'a>(&'a Value, Keys);

/// The kind of an object's keys.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// OpenAPI's own.
    Fields,
    /// Names of objects with OpenAPI's own keys.
    Names,
    /// Data, also below.
    Data,
}

impl Keys {
    /// The kind of keys of the value under a key.
    pub(crate) fn below(self, key: &str, value: &Value) -> Self {
        match self {
            Self::Data => Self::Data,
            Self::Names => Self::Fields,
            Self::Fields if DATA.contains(&key) || key.starts_with("x-") => Self::Data,
            Self::Fields if NAMES.contains(&key) => Self::Names,
            // A list in an operation, names in the components.
            Self::Fields if key == "parameters" && value.is_object() => Self::Names,
            Self::Fields => Self::Fields,
        }
    }

    fn compare(self, one: &str, other: &str) -> Ordering {
        let rank = |key: &str| {
            let position = ORDER.iter().position(|known| *known == key);
            let rest = ORDER.len() + usize::from(key.starts_with("x-"));
            position.unwrap_or(rest)
        };
        let by_rank = match self {
            Self::Fields => rank(one).cmp(&rank(other)),
            Self::Names | Self::Data => Ordering::Equal,
        };
        by_rank.then_with(|| one.cmp(other))
    }
}

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by(|(one, _), (other, _)| self.1.compare(one, other));
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    map.serialize_entry(key, &Ordered(value, self.1.below(key, value)))?;
                }
                map.end()
            }
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Ordered(item, self.1))?;
                }
                list.end()
            }
            plain => plain.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page;

    #[test]
    fn keys_come_in_reading_order_and_names_in_alphabetical_order() {
        let value = json!({
            "paths": {"/b": {"get": {"x-a": 1, "responses": {}, "operationId": "b", "z": 1}}, "/a": {}},
            "openapi": "3.0.3",
            "components": {"schemas": {"T": {"properties": {"type": {"example": {"type": 1, "name": 2}, "type": "object"},
                "name": {}}, "type": "object"}}},
        });

        let text = document(&value).unwrap();

        let keys: Vec<&str> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix('"')?.split('"').next())
            .collect();
        assert_eq!(
            keys,
            [
                "openapi",
                "paths",
                "/a",
                "/b",
                "get",
                "operationId",
                "responses",
                "z",
                "x-a",
                "components",
                "schemas",
                "T",
                "type",
                "properties",
                "name",
                "type",
                "type",
                "example",
                "name",
                "type"
            ]
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn a_written_page_reads_the_same() {
        let text = "# Get: it\n\n```yaml\nopenapi: 3.0.1\npaths:\n  /a:\n    get:\n      \
            description: \"# a\\n\\n```json\\n{}\\n```\\n\"\n      x: 'yes'\n      y: '010'\n```\n";
        let fragment = page::read("a.md", text, None).unwrap();

        let written = super::page(&fragment).unwrap();

        let again = page::read("a.md", &written, None).unwrap();
        assert_eq!(again.operation, fragment.operation);
        assert_eq!(again.title, "Get: it");
        assert_eq!(super::page(&again).unwrap(), written);
    }
}
