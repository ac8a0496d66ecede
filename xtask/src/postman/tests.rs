//! The collection of a small document, and what holds for that of openapi.json.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stratustexting_codegen::Document;

use super::{COLLECTION, FOLDER, calls, document, files, filled, is_success};
use crate::{made::Made, workspace::Workspace};

/// Things on shelves: a thing is made, read and deleted; a shelf is only listed.
fn small(change: impl FnOnce(&mut Value)) -> Document {
    let operation = |id: &str, rest: Value| {
        let mut operation = json!({
            "operationId": id,
            "summary": format!("Do {id}"),
            "description": "What it does.",
            "tags": [if id.contains("Shel") { "Shelves" } else { "Things" }],
            "security": [{"key": [], "oauth": ["write"]}],
            "x-idempotent": true,
            "x-pagination": {"style": "none"},
            "x-sensitive": {"path": [], "query": [], "request": [], "response": []},
            "x-provenance": {"basis": "inferred", "note": "By its name."},
        });
        for (key, value) in rest.as_object().unwrap() {
            operation[key] = value.clone();
        }
        operation
    };
    let answer = |schema: &str, example: Value| {
        json!({"description": "", "content": {"application/json": {
            "schema": {"$ref": format!("#/components/schemas/{schema}")},
            "example": example,
        }}})
    };
    let id = "0123456789abcdef";
    let path = json!([{
        "name": "thingId",
        "in": "path",
        "required": true,
        "description": "Which thing.",
        "schema": {"type": "string"},
    }]);
    let mut document = json!({
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1.0.0"},
        "tags": [{"name": "Things", "description": "What there is."}, {"name": "Shelves"}],
        "x-brands": [{"id": "own", "name": "Own", "server": "https://own.test"}],
        "paths": {
            "/thing/{thingId}": {
                "parameters": path,
                "delete": operation("deleteThing", json!({"responses": {"2XX": {"description": ""}}})),
                "get": operation("getThing", json!({"responses": {"200": answer("Thing", json!({"id": id}))}})),
            },
            "/thing": {"post": operation("makeThing", json!({
                "parameters": [
                    {"name": "owner", "in": "query", "required": true, "example": "+1",
                     "schema": {"type": "string", "pattern": "^\\+"}},
                    {"name": "draft", "in": "query", "example": true, "schema": {"type": "boolean"}},
                    {"name": "note", "in": "query", "schema": {"type": "string"}},
                ],
                "x-sensitive": {"path": [], "query": ["owner"], "request": [], "response": []},
                "requestBody": {"content": {"application/json": {
                    "schema": {"type": "object"},
                    "example": {
                        "on": "/shelf/fedcba9876543210/left",
                        "owner": "+1",
                        "hook": "https://a.test",
                        "count": 2,
                    },
                }}},
                "callbacks": {"done": {"{$request.body#/hook}": {}}},
                "responses": {"201": answer("Thing", json!({"id": id}))},
            }))},
            "/shelf": {"get": operation("listShelves", json!({
                "x-pagination": {"style": "page", "items": "content", "page": "p", "size": "s", "firstPage": 0},
                "responses": {"200": answer("Shelves", json!({"content": [{"id": "fedcba9876543210"}]}))},
            }))},
        },
        "components": {
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "x-key"},
                "oauth": {"type": "oauth2", "flows": {"clientCredentials": {"scopes": {"write": "", "read": ""}}}},
            },
            "schemas": {
                "Thing": {"type": "object", "properties": {
                    "id": {"type": "string"},
                    "within": {"$ref": "#/components/schemas/Thing"},
                }},
                "Shelf": {"type": "object", "properties": {"id": {"type": "string"}}},
                "Shelves": {"type": "object", "properties": {
                    "content": {"type": "array", "items": {"$ref": "#/components/schemas/Shelf"}},
                }},
            },
        },
    });
    change(&mut document);
    Document::parse(&document.to_string()).unwrap()
}

fn collection(document: &Document) -> Value {
    serde_json::from_str(&files(document).unwrap()[COLLECTION]).unwrap()
}

/// Folders and the ids of their requests.
fn outline(collection: &Value) -> Vec<(&str, Vec<&str>)> {
    let folders = collection["item"].as_array().unwrap().iter();
    let folders = folders.map(|folder| {
        let items = folder["item"].as_array().unwrap().iter();
        let ids = items.map(|item| item["id"].as_str().unwrap());
        (folder["name"].as_str().unwrap(), ids.collect())
    });
    folders.collect()
}

fn item<'a>(collection: &'a Value, id: &str) -> &'a Value {
    let folders = collection["item"].as_array().unwrap().iter();
    let mut items = folders.flat_map(|folder| folder["item"].as_array().unwrap());
    items.find(|item| item["id"] == id).unwrap()
}

fn script(item: &Value) -> String {
    let lines = item["event"][0]["script"]["exec"].as_array().unwrap();
    let lines: Vec<&str> = lines.iter().map(|line| line.as_str().unwrap()).collect();
    lines.join("\n")
}

#[test]
fn a_request_has_what_the_document_says_of_it() {
    let collection = collection(&small(|_| {}));

    let test = [
        "pm.test(\"the status is 201\", function () {",
        "    pm.expect(pm.response.code).to.equal(201);",
        "});",
        "if (pm.response.code < 300) {",
        "    // For requests that come later.",
        "    const answer = pm.response.json();",
        "    if (answer?.id) {",
        "        pm.environment.set(\"thingId\", answer?.id);",
        "    }",
        "}",
    ];
    let body = "{\n  \"count\": 2,\n  \"hook\": \"{{callback_url}}\",\n  \
                \"on\": \"/shelf/{{shelfId}}/left\",\n  \"owner\": \"{{owner}}\"\n}";
    assert_eq!(
        *item(&collection, "makeThing"),
        json!({
            "id": "makeThing",
            "name": "Do makeThing",
            "event": [{"listen": "test", "script": {"type": "text/javascript", "exec": test}}],
            "request": {
                "method": "POST",
                "header": [
                    {"key": "x-key", "value": "{{api_key}}", "description": "The client's API key."},
                    {"key": "Content-Type", "value": "application/json"},
                ],
                "body": {"mode": "raw", "raw": body, "options": {"raw": {"language": "json"}}},
                "url": {
                    "raw": "{{base_url}}/thing?owner={{owner}}&draft=true",
                    "host": ["{{base_url}}"],
                    "path": ["thing"],
                    "query": [
                        {"key": "owner", "value": "{{owner}}"},
                        {"key": "draft", "value": "true"},
                        {"key": "note", "value": "", "disabled": true},
                    ],
                },
                "description": "What it does.\n\n**How it is known:** inferred; the live service may differ. By its name.",
            },
        })
    );
}

#[test]
fn what_gives_an_id_comes_before_what_needs_it() {
    let document = small(|_| {});
    let collection = collection(&document);

    let outline = outline(&collection);

    assert_eq!(outline[0].0, "Authorization");
    assert_eq!(
        outline[1..],
        [
            ("Shelves", vec!["listShelves"]),
            ("Things", vec!["makeThing", "getThing", "deleteThing"]),
        ]
    );
    let url = &item(&collection, "getThing")["request"]["url"];
    assert_eq!(url["path"], json!(["thing", ":thingId"]));
    assert_eq!(
        url["variable"],
        json!([{"key": "thingId", "value": "{{thingId}}", "description": "Which thing."}])
    );
}

#[test]
fn a_list_gives_an_id_only_where_there_is_none_and_nothing_makes_one() {
    let with_list = small(|document| {
        let mut list = document["paths"]["/shelf"]["get"].clone();
        list["operationId"] = json!("listThings");
        list["tags"] = json!(["Things"]);
        list["responses"]["200"]["content"]["application/json"]["schema"] =
            json!({"type": "array", "items": {"$ref": "#/components/schemas/Thing"}});
        document["paths"]["/thing"]["get"] = list;
    });
    let collection = collection(&with_list);

    let shelves = script(item(&collection, "listShelves"));
    let things = script(item(&collection, "listThings"));

    assert!(
        shelves.contains("!pm.variables.get(\"shelfId\") && answer?.content?.[0]?.id"),
        "{shelves}"
    );
    assert!(shelves.contains("have.property(\"content\")"), "{shelves}");
    assert!(!things.contains("thingId"), "{things}");
}

#[test]
fn what_no_answer_has_is_for_a_person_to_fill_in() {
    let without_making = small(|document| {
        let paths = document["paths"].as_object_mut().unwrap();
        paths.remove("/thing");
    });
    let text = &files(&without_making).unwrap()["own.postman_environment.json"];

    let environment: Value = serde_json::from_str(text).unwrap();

    let values = environment["values"].as_array().unwrap();
    assert!(
        values
            .iter()
            .any(|value| value["key"] == "thingId" && value["value"] == "")
    );
    let calls = calls(&without_making).unwrap();
    assert!(filled(&without_making, &calls, &[]).is_err());
    assert!(filled(&without_making, &calls, &[("thingId", "1")]).is_ok());
}

#[test]
fn a_form_has_its_files_and_fields() {
    let form = small(|document| {
        document["paths"]["/thing"]["post"]["requestBody"] = json!({"content": {"multipart/form-data": {"schema": {"properties": {
            "file": {"type": "array", "items": {"type": "string", "format": "binary"}},
            "note": {"type": "string", "example": "hello"},
        }}}}});
    });

    let collection = collection(&form);

    assert_eq!(
        item(&collection, "makeThing")["request"]["body"],
        json!({"mode": "formdata", "formdata": [
            {"type": "file", "key": "file", "src": "picture.png"},
            {"type": "text", "key": "note", "value": "hello"},
        ]})
    );
}

#[test]
fn what_needs_no_token_sends_none() {
    let open = small(|document| {
        document["paths"]["/shelf"]["get"]["security"] = json!([]);
    });

    let collection = collection(&open);

    let request = &item(&collection, "listShelves")["request"];
    assert_eq!(request["auth"], json!({"type": "noauth"}));
    assert_eq!(request["header"], json!([]));
    assert_eq!(collection["auth"]["type"], "bearer");
}

#[test]
fn what_cannot_be_shown_is_refused_with_its_operation() {
    type Change = fn(&mut Value);
    let changes: [Change; 3] = [
        |operation| operation["responses"] = json!({"404": {"description": ""}}),
        |operation| operation["requestBody"] = json!({"content": {"text/csv": {}}}),
        |operation| operation["parameters"] = json!([{"name": "a", "in": "cookie"}]),
    ];
    for change in changes {
        let document = small(|document| change(&mut document["paths"]["/thing"]["post"]));

        let error = files(&document).unwrap_err();

        assert!(format!("{error:#}").contains("makeThing"), "{error:#}");
    }
}

#[test]
fn a_range_of_statuses_is_a_success_too() {
    let successes = ["200".to_owned(), "20X".to_owned()];

    assert!(is_success(&successes, 200) && is_success(&successes, 204));
    assert!(!is_success(&successes, 210) && !is_success(&successes, 404));
}

#[test]
fn every_operation_of_openapi_json_is_a_request_once() {
    let document = document(&Workspace::find()).unwrap();
    let collection = collection(&document);

    let outline = outline(&collection);
    let requests: Vec<&str> = outline[1..]
        .iter()
        .flat_map(|(_, ids)| ids.clone())
        .collect();

    let operations: BTreeSet<String> = document.operations().map(|(site, _)| site.id).collect();
    assert_eq!(requests.len(), operations.len());
    for id in operations {
        assert!(requests.contains(&id.as_str()), "{id}");
    }
}

#[test]
fn nothing_secret_is_committed_and_nobody_is_sent_anything_by_accident() {
    let document = document(&Workspace::find()).unwrap();
    let files = files(&document).unwrap();

    let environments = files.iter().filter(|(name, _)| *name != COLLECTION);
    assert_eq!(environments.clone().count(), 4);
    for (name, text) in environments {
        let environment: Value = serde_json::from_str(text).unwrap();
        let values = environment["values"].as_array().unwrap();
        let empty = ["client_id", "from", "to", "mobileNumber", "agentEmail"];
        for value in values {
            let key = value["key"].as_str().unwrap();
            if value["type"] == "secret" || empty.contains(&key) {
                assert_eq!(value["value"], "", "{name}: {key}");
            }
        }
        let secrets = values.iter().filter(|value| value["type"] == "secret");
        assert_eq!(secrets.count(), 6, "{name}");
    }
}

#[test]
fn the_committed_files_are_what_is_made_now() {
    let workspace = Workspace::find();

    let files = files(&document(&workspace).unwrap()).unwrap();

    Made::new(&workspace, FOLDER, files)
        .and_then(|made| made.settle("cargo xtask postman", true))
        .unwrap();
}
