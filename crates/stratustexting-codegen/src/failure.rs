//! Finds the part of a document on which the generator fails, since its own messages
//! rarely say.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use openapi_diff::{pointer::escape, reference};

use crate::document::{Document, Refusal};

const SCHEMAS: &str = "#/components/schemas/";

/// Looks for the smallest part of a document that fails alone, and refuses that: a
/// component with those that it needs, or else an operation. `None` if only the whole
/// fails.
pub(crate) fn find(
    document: &Document,
    fails: impl Fn(&Document) -> Option<String>,
) -> Option<Refusal> {
    let mut components: Vec<(BTreeSet<String>, &String)> = document
        .schemas()
        .map(|(name, schema)| {
            let mut needed = BTreeSet::from([name.clone()]);
            needed_by(document, schema, &mut needed);
            (needed, name)
        })
        .collect();
    // A component that fails by itself comes before those that need it.
    components.sort_by_key(|(needed, _)| needed.len());
    for (needed, name) in components {
        if let Some(reason) = fails(&part(document, &needed, None)) {
            let location = format!("{SCHEMAS}{}", escape(name));
            return Some(Refusal::of_document(location, reason));
        }
    }
    for (site, operation) in document.operations() {
        let mut needed = BTreeSet::new();
        needed_by(document, &Value::Object(operation.clone()), &mut needed);
        let alone = (site.path.as_str(), site.method.as_str(), operation);
        if let Some(reason) = fails(&part(document, &needed, Some(alone))) {
            return Some(Refusal::of_operation(&site, reason));
        }
    }
    None
}

/// The components that a value refers to, with those that they refer to.
fn needed_by(document: &Document, value: &Value, needed: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(name) = reference::of(value).and_then(reference::schema_name)
                && needed.insert(name.to_owned())
                && let Some((_, schema)) = document.schemas().find(|(other, _)| *other == name)
            {
                needed_by(document, schema, needed);
            }
            for value in fields.values() {
                needed_by(document, value, needed);
            }
        }
        Value::Array(items) => {
            for item in items {
                needed_by(document, item, needed);
            }
        }
        _ => {}
    }
}

fn part(
    document: &Document,
    needed: &BTreeSet<String>,
    operation: Option<(&str, &str, &Map<String, Value>)>,
) -> Document {
    let schemas: Map<String, Value> = document
        .schemas()
        .filter(|(name, _)| needed.contains(*name))
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    let paths = operation.map_or_else(
        || json!({}),
        |(path, method, operation)| json!({path: {method: operation}}),
    );
    document.with_parts(paths, Value::Object(schemas))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(spec: &Value) -> Option<String> {
        let document = Document::parse(&spec.to_string()).unwrap();
        // A generator that fails on one word.
        let fails = |part: &Document| {
            let text = part.as_value().to_string();
            text.contains("\"odd\"").then(|| "it is odd".to_owned())
        };
        find(&document, fails).map(|refusal| refusal.to_string())
    }

    #[test]
    fn the_component_that_fails_by_itself_is_named() {
        let spec = json!({"paths": {}, "components": {"schemas": {
            "A": {"$ref": "#/components/schemas/B"},
            "B": {"type": "odd"},
            "C": {"type": "string"},
        }}});

        let wanted = "at #/components/schemas/B: it is odd";
        assert_eq!(found(&spec).as_deref(), Some(wanted));
    }

    #[test]
    fn the_operation_that_fails_by_itself_is_named() {
        let spec = json!({"paths": {
            "/a": {"get": {"operationId": "readA"}, "post": {"operationId": "changeA", "x": "odd"}},
        }});

        let wanted = "operation changeA at #/paths/~1a/post: it is odd";
        assert_eq!(found(&spec).as_deref(), Some(wanted));
    }

    #[test]
    fn nothing_is_named_if_only_the_whole_fails() {
        assert_eq!(found(&json!({"info": "odd", "paths": {}})), None);
    }
}
