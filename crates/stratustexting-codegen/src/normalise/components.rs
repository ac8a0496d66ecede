//! The names of component schemas, unique in Rust.

use std::collections::{BTreeMap, BTreeSet};

use openapi_diff::pointer::{escape, unescape};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::report::Notes;
use crate::{
    document::{Document, Refusal},
    names::{numbered, type_name},
};

const SCHEMAS: &str = "#/components/schemas/";

/// Names with another meaning in the generated modules: names that the generated code
/// uses without a path, and the handwritten types.
const TAKEN: [&str; 10] = [
    "Default",
    "Err",
    "From",
    "Into",
    "None",
    "Ok",
    "Option",
    "Result",
    "Some",
    "Timestamp",
];

/// Gives each component schema the name of its type, and renames those that clash in
/// Rust: `report_row` beside `ReportRow` becomes `ReportRow2`.
///
/// A name that is already a Rust name stays, whatever comes before it. References
/// follow.
pub(super) fn name_components(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    let names = new_names(document);
    for (old, new) in &names {
        if type_name(old) == *new {
            notes.add(format!("{old}: {new}"));
        } else {
            notes.add(format!("{old}: {new}, because its name is taken"));
        }
    }
    let schemas = document.schemas_mut();
    let renamed: Map<String, Value> = std::mem::take(schemas)
        .into_iter()
        .map(|(name, schema)| (names.get(&name).cloned().unwrap_or(name), schema))
        .collect();
    *schemas = renamed;
    schemas.sort_keys();
    let known: BTreeSet<String> = schemas.keys().cloned().collect();
    document.for_each_text(&mut |key, text| {
        // The mapping of a discriminator names schemas, too.
        if (key == "$ref" || text.starts_with(SCHEMAS))
            && let Some(followed) = follow(text, &names, &known)
        {
            *text = followed;
        }
    });
    Ok(())
}

fn new_names(document: &Document) -> BTreeMap<String, String> {
    let all: Vec<&String> = document.schemas().map(|(name, _)| name).collect();
    let is_fixed = |name: &str| type_name(name) == name && !TAKEN.contains(&name);
    let mut used: BTreeSet<String> = all
        .iter()
        .filter(|name| is_fixed(name))
        .map(|name| (*name).clone())
        .collect();
    let mut names = BTreeMap::new();
    for name in all.into_iter().filter(|name| !is_fixed(name)) {
        let mut wanted = type_name(name);
        if TAKEN.contains(&wanted.as_str()) {
            wanted.push_str("Model");
        }
        let new = numbered(&wanted, |name| !used.contains(name));
        used.insert(new.clone());
        names.insert(name.clone(), new);
    }
    names
}

/// A reference with the new name; `None` if it needs no change.
fn follow(
    reference: &str,
    names: &BTreeMap<String, String>,
    known: &BTreeSet<String>,
) -> Option<String> {
    let rest = reference.strip_prefix(SCHEMAS)?;
    let (segment, inner) = match rest.split_once('/') {
        Some((segment, inner)) => (segment, format!("/{inner}")),
        None => (rest, String::new()),
    };
    let plain = unescape(segment);
    // A reference is a URL fragment, which encodes other characters.
    let decoded = percent_decode_str(&plain).decode_utf8_lossy().into_owned();
    let new = names.get(&plain).or_else(|| names.get(&decoded));
    let new = new.or_else(|| {
        (!known.contains(&plain) && decoded != plain)
            .then(|| known.get(&decoded))
            .flatten()
    })?;
    Some(format!("{SCHEMAS}{}{inner}", escape(new)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        document::Document,
        normalise::{
            normalise,
            test_support::{schema, with, without},
        },
    };

    #[test]
    fn two_components_become_one_type_without_the_pass() {
        let mut spec = schema(json!({"type": "object", "properties": {
            "a": {"$ref": "#/components/schemas/report_row"},
            "b": {"$ref": "#/components/schemas/ReportRow"},
        }}));
        let row = |name: &str| json!({"type": "object", "properties": {name: {"type": "string"}}});
        spec["components"]["schemas"]["report_row"] = row("x");
        spec["components"]["schemas"]["ReportRow"] = row("y");

        let trapped = without("name-components", &spec).unwrap();
        assert!(!trapped.contains("ReportRow2"), "{trapped}");
        let generated = with(&spec).unwrap();
        for expected in [
            "pub a: ::std::option::Option<ReportRow2>",
            "pub b: ::std::option::Option<ReportRow>",
        ] {
            assert!(generated.contains(expected), "{generated}");
        }
    }

    #[test]
    fn references_follow_however_they_are_written() {
        let references = ["Page«Thing»", "Page%C2%ABThing%C2%BB"];
        for reference in references {
            let mut spec = schema(json!({"$ref": format!("#/components/schemas/{reference}")}));
            spec["components"]["schemas"]["Page«Thing»"] = json!({"type": "string"});

            let normalised = normalise(&Document::parse(&spec.to_string()).unwrap()).unwrap();

            let thing = normalised.document.get("/components/schemas/Thing");
            assert_eq!(
                thing,
                Some(&json!({"$ref": "#/components/schemas/PageThing"}))
            );
        }
    }

    #[test]
    fn names_of_the_language_are_not_taken() {
        let mut spec = schema(json!({"$ref": "#/components/schemas/Some"}));
        spec["components"]["schemas"]["Some"] = json!({"type": "string"});

        let trapped = without("name-components", &spec).unwrap();
        assert!(trapped.contains("pub struct Some("), "{trapped}");
        assert!(with(&spec).unwrap().contains("pub struct SomeModel("));
    }
}
