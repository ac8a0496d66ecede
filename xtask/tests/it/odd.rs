//! Documents that nobody would write: they get a verdict, or one line with the reason
//! why not.

use serde_json::{Value, json};

use crate::{
    edits::things,
    support::{diff, diff_of},
};

#[test]
fn broken_and_circular_references_are_compared_on_the_wire() {
    for schemas in [
        json!({"Link0": {"$ref": "#/components/schemas/Link0"}}),
        json!({"Link0": {"$ref": "#/components/schemas/Nowhere"}}),
        json!({"Link0": {"allOf": [{"$ref": "#/components/schemas/Link0"}, {"type": "object", "properties": {}}]}}),
    ] {
        let mut new = things();
        new["components"]["schemas"]["Link0"] = schemas["Link0"].clone();
        new["components"]["schemas"]["Row"]["properties"]["first"] =
            json!({"$ref": "#/components/schemas/Link0"});

        let ended = diff_of(&things(), &new, &["--format", "json"]);

        let outcome: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(outcome["rust"], Value::Null, "{schemas}");
        assert_ne!(outcome["wire"], "documentation", "{schemas}");
        assert!(
            outcome["unknown"].as_str().unwrap().contains("Link0"),
            "{outcome}"
        );
        assert_eq!(ended.stderr, "");
    }
}

#[test]
fn json_that_is_nested_too_deeply_is_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    std::fs::write(directory.path().join("deep.json"), deep).unwrap();

    let ended = diff(directory.path(), &["deep.json", "deep.json"]);

    assert_eq!(ended.code, 1);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("deep.json"), "{}", ended.stderr);
}

#[test]
fn other_json_is_one_line() {
    for odd in [
        json!(null),
        json!([]),
        json!("openapi"),
        json!({}),
        json!({"openapi": "3.1.0"}),
    ] {
        let ended = diff_of(&things(), &odd, &[]);

        assert_eq!(ended.code, 1, "{odd}");
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    }
}
