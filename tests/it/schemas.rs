//! The committed JSON Schemas are those of the current types.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;
use stratustexting_client::MODELS;

/// The program that `cargo xtask schema` runs, for its files.
#[allow(dead_code, reason = "its `main`, which prints, isn't called here")]
#[path = "../../crates/stratustexting-client/examples/schemas.rs"]
mod program;

fn made() -> BTreeMap<String, String> {
    program::files().expect("schemas are JSON")
}

#[test]
fn the_committed_schemas_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/stratustexting-client/schemas");
    let made = made();

    let mut differing: Vec<&str> = Vec::new();
    for (path, text) in &made {
        if fs::read_to_string(folder.join(path)).ok().as_ref() != Some(text) {
            differing.push(path);
        }
    }
    let versions: BTreeSet<&Path> = made
        .keys()
        .filter_map(|path| Path::new(path).parent())
        .collect();
    let committed: usize = versions
        .iter()
        .map(|version| fs::read_dir(folder.join(version)).map_or(0, Iterator::count))
        .sum();
    assert!(
        differing.is_empty() && committed == made.len(),
        "\n\
         crates/stratustexting-client/schemas isn't up to date: the types give {} files\n\
         instead of {committed}, of which these differ: {differing:?}\n\
         Run\n\
         \n    cargo xtask schema\n\n\
         and commit what it changed with the change of openapi.json or of the type.\n",
        made.len()
    );
}

#[test]
fn every_schema_begins_with_its_metadata() {
    for (path, text) in made() {
        let first = text.lines().nth(1).unwrap_or_default();
        assert!(
            first.contains("$comment") && first.contains("cargo xtask schema"),
            "{path} begins with {first}"
        );
        let schema: Value = serde_json::from_str(&text).expect("JSON");
        for key in ["$schema", "$id", "title", "description"] {
            let value = schema[key].as_str().unwrap_or_default();
            assert!(!value.is_empty(), "{path}: no {key}");
        }
        assert!(text.ends_with("}\n"), "{path}");
    }
}

#[test]
fn no_schema_refers_out_of_its_file() {
    for (path, text) in made() {
        let schema: Value = serde_json::from_str(&text).expect("JSON");
        for reference in references(&schema) {
            let pointer = reference.strip_prefix('#');
            let found = pointer.and_then(|pointer| schema.pointer(pointer));
            assert!(found.is_some(), "{path}: {reference}");
        }
    }
}

fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, member)| match member.as_str() {
                Some(reference) if key == "$ref" => vec![reference],
                _ => references(member),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_model_has_a_schema() {
    let names: BTreeSet<&str> = MODELS.iter().map(|model| model.name).collect();

    assert_eq!(names.len(), MODELS.len(), "two models have one name");
    assert_eq!(names.len(), made().len());
}
