//! Documents that nobody would write: they get a verdict, or one line with the reason
//! why not.

use serde_json::{Value, json};

use crate::{
    edits::{rules, things},
    outcomes,
};

/// The small document with other schemas beside its own.
fn with(schemas: &Value) -> Value {
    let mut document = things();
    for (name, schema) in schemas.as_object().unwrap() {
        document["components"]["schemas"][name] = schema.clone();
    }
    document["components"]["schemas"]["Row"]["properties"]["first"] =
        json!({"$ref": "#/components/schemas/Link0"});
    document
}

/// A chain of schemas, each with a field of the next one.
fn chain(length: usize, last: &Value) -> Value {
    let mut schemas = json!({});
    for index in 0..length {
        let next = json!({"$ref": format!("#/components/schemas/Link{}", index + 1)});
        schemas[format!("Link{index}")] = json!({"type": "object", "properties": {"next": next}});
    }
    schemas[format!("Link{length}")] = last.clone();
    with(&schemas)
}

#[test]
fn deep_schemas_are_compared() {
    let text = |limit: u8| json!({"type": "object", "properties": {"a": {"type": "string", "maxLength": limit}}});
    let old = chain(3000, &text(9));

    let outcomes = outcomes(&old, &[old.clone(), chain(3000, &text(10))]);

    assert!(rules(&outcomes[0]).is_empty(), "{:?}", rules(&outcomes[0]));
    assert_eq!(
        rules(&outcomes[1]),
        ["response-property-max-length-loosened"]
    );
}

#[test]
fn a_comparison_of_recursive_schemas_ends() {
    let circle = |more: &Value| {
        let mut inner = json!({
            "type": "object",
            "properties": {
                "again": {"$ref": "#/components/schemas/Link0"},
                "all": {"type": "array", "items": {"$ref": "#/components/schemas/Link0"}},
            },
        });
        for (name, value) in more.as_object().unwrap() {
            inner["properties"][name] = value.clone();
        }
        with(&json!({"Link0": inner}))
    };
    let old = circle(&json!({}));

    let outcomes = outcomes(
        &old,
        &[old.clone(), circle(&json!({"name": {"type": "string"}}))],
    );

    assert!(rules(&outcomes[0]).is_empty());
    assert_eq!(rules(&outcomes[1]), ["response-property-added"]);
}

/// Each level refers to the next one twice, so there are a million ways to the last.
#[test]
fn a_schema_with_many_ways_to_it_is_compared_once() {
    let levels = |last: &str| {
        let mut schemas = json!({});
        for index in 0..20 {
            let next = json!({"$ref": format!("#/components/schemas/Link{}", index + 1)});
            let list = json!({"type": "array", "items": next});
            schemas[format!("Link{index}")] =
                json!({"type": "object", "properties": {"one": next, "other": next, "all": list}});
        }
        schemas["Link20"] = json!({"type": "object", "properties": {last: {"type": "string"}}});
        with(&schemas)
    };
    let old = levels("a");

    let outcomes = outcomes(&old, &[levels("b")]);

    let wire = outcomes[0]["changes"].as_array().unwrap().iter();
    let wire: Vec<&Value> = wire.filter(|change| change["side"] == "wire").collect();
    assert_eq!(wire.len(), 2, "{wire:?}");
}

#[test]
fn broken_and_circular_references_get_a_verdict() {
    for schemas in [
        json!({"Link0": {"$ref": "#/components/schemas/Link0"}}),
        json!({"Link0": {"$ref": "#/components/schemas/Link1"}, "Link1": {"$ref": "#/components/schemas/Link0"}}),
        json!({"Link0": {"$ref": "#/components/schemas/Nowhere"}}),
        json!({"Link0": {"allOf": [{"$ref": "#/components/schemas/Link0"}, {"type": "object", "properties": {}}]}}),
    ] {
        let outcomes = outcomes(&things(), &[with(&schemas), things()]);

        assert_ne!(outcomes[0]["wire"], "documentation", "{schemas}");
        assert!(rules(&outcomes[1]).is_empty());
    }
}

#[test]
fn check_rejects_other_json() {
    for (odd, what) in [
        (json!(null), "no `openapi`"),
        (json!([]), "no `openapi`"),
        (json!("openapi"), "no `openapi`"),
        (json!({}), "no `openapi`"),
        (json!({"swagger": "2.0"}), "no `openapi`"),
        (json!({"openapi": "3.1.0", "paths": {}}), "3.1.0"),
        (json!({"openapi": "3.0.3"}), "no `paths`"),
    ] {
        let told = openapi_diff::check(&odd).unwrap_err();

        assert!(told.contains(what), "{told}");
        assert_eq!(told.lines().count(), 1);
    }
    assert_eq!(openapi_diff::check(&things()), Ok(()));
}

/// Ids that occur twice, that move, or that are gone.
#[test]
fn operations_are_matched_by_path_whatever_their_ids() {
    let path = "/things/{thingId}";
    let mut swapped = things();
    swapped["paths"]["/things"]["get"]["operationId"] = json!("deleteThing");
    swapped["paths"][path]["delete"]["operationId"] = json!("listThings");
    let mut twice = things();
    twice["paths"]["/things"]["get"]["operationId"] = json!("deleteThing");
    let mut another = twice.clone();
    another["paths"]["/a"] = json!({"get": {"operationId": "deleteThing", "responses": {}}});

    let changed = outcomes(&things(), &[swapped]);
    let added = outcomes(&twice, &[twice.clone(), another]);

    assert_eq!(rules(&changed[0]), ["operation-id-changed"; 2]);
    assert!(rules(&added[0]).is_empty());
    assert_eq!(rules(&added[1]), ["operation-added"]);
}

#[test]
fn an_address_may_be_listed_twice() {
    let mut document = things();
    document["servers"] = json!([
        {"url": "https://one.example.test", "description": "One."},
        {"url": "https://one.example.test", "description": "The same."},
    ]);

    let outcomes = outcomes(&document, &[document.clone()]);

    assert!(rules(&outcomes[0]).is_empty());
}
