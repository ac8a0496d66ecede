//! The names of properties, unique as fields.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::report::Notes;
use crate::{
    document::{Document, Refusal},
    names::{field_name, numbered, stand_in},
};

/// The field of every model for unlisted fields.
const EXTRA: &str = "extra";

/// Gives a property a stand-in if its name clashes in Rust with another's or with the
/// field for unlisted fields: `foo_bar` beside `foo-bar` becomes the field `foo_bar2`,
/// and `extra` becomes `extra_field`.
///
/// The generated code gets the name on the wire back. A name that is already a Rust
/// name keeps its field.
pub(super) fn name_fields(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    let mut listed: BTreeSet<String> = BTreeSet::new();
    document.for_each_schema(|_, schema| {
        let properties = schema.get("properties").and_then(Value::as_object);
        listed.extend(
            properties
                .into_iter()
                .flatten()
                .map(|(name, _)| name.clone()),
        );
        Ok(())
    })?;
    document.for_each_schema(|context, schema| {
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            return Ok(());
        };
        let mut renamed: Vec<(String, String)> = Vec::new();
        for (name, field) in new_fields(properties) {
            let wires = &notes.wires;
            let key = stand_in(&field, |key| {
                !listed.contains(key) && wires.get(key).is_none_or(|wire| *wire == name)
            });
            notes.add(format!("{}: {name} is {field}", context.location));
            notes.wires.insert(key.clone(), name.clone());
            if let Some(property) = properties.remove(&name) {
                properties.insert(key.clone(), property);
            }
            renamed.push((name, key));
        }
        properties.sort_keys();
        let required = schema.get_mut("required").and_then(Value::as_array_mut);
        for name in required.into_iter().flatten() {
            if let Some((_, key)) = renamed.iter().find(|(old, _)| name == old.as_str()) {
                *name = Value::String(key.clone());
            }
        }
        Ok(())
    })
}

/// The properties that need another field name, each with that name.
fn new_fields(properties: &Map<String, Value>) -> Vec<(String, String)> {
    let is_fixed = |name: &str| field_name(name) == name && name != EXTRA;
    let mut used: BTreeSet<String> = properties
        .keys()
        .filter(|name| is_fixed(name))
        .cloned()
        .collect();
    used.insert(EXTRA.to_owned());
    let mut fields = Vec::new();
    for name in properties.keys().filter(|name| !is_fixed(name)) {
        let own = field_name(name);
        if used.insert(own.clone()) {
            continue;
        }
        let wanted = if own == EXTRA {
            format!("{EXTRA}_field")
        } else {
            own
        };
        let field = numbered(&wanted, |field| !used.contains(field));
        used.insert(field.clone());
        fields.push((name.clone(), field));
    }
    fields
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        document::Document,
        normalise::{
            normalise,
            test_support::{schema, without},
        },
    };

    #[test]
    fn two_properties_become_one_field_without_the_pass() {
        let spec = schema(json!({
            "type": "object",
            "required": ["foo-bar"],
            "properties": {
                "foo-bar": {"type": "string"},
                "foo_bar": {"type": "integer"},
                "extra": {"type": "string"},
            },
        }));

        let trapped = without("name-fields", &spec);
        assert!(
            trapped.is_err() || trapped.unwrap().matches("pub foo_bar:").count() == 2,
            "they have separate fields"
        );
        let normalised = normalise(&Document::parse(&spec.to_string()).unwrap()).unwrap();
        let wires: Vec<&str> = normalised.wires.values().map(String::as_str).collect();
        assert_eq!(wires, ["extra", "foo-bar"]);
        let thing = normalised
            .document
            .get("/components/schemas/Thing")
            .unwrap();
        let (stand_in, _) = normalised
            .wires
            .iter()
            .find(|(_, wire)| *wire == "foo-bar")
            .unwrap();
        assert_eq!(thing["required"], json!([stand_in]));
        assert_eq!(thing["properties"][stand_in], json!({"type": "string"}));
        assert_eq!(thing["properties"]["foo_bar"], json!({"type": "integer"}));
    }
}
