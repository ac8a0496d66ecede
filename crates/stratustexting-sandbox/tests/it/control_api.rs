//! The control API, as seen by a program that knows only its URL.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};
use stratustexting_sandbox::ScriptedResponse;

use crate::{
    receiver::{INBOUND, Receiver},
    support::{Api, fetch},
};

#[tokio::test]
async fn every_error_has_the_same_shape() {
    let api = Api::start().await;
    let at = |path: &str| format!("{}{path}", api.control_url());
    for (method, path, body, expected) in [
        ("GET", "/unknown", "", 404),
        ("POST", "/unknown/more", "{}", 404),
        ("PUT", "/ledger", "", 405),
        ("POST", "/clock/advance", "", 400),
        ("POST", "/clock/advance", "no JSON", 400),
        ("POST", "/clock/advance", r#"{"seconds": "1"}"#, 400),
        ("POST", "/clock/advance", r#"{"second": 1}"#, 400),
        ("POST", "/tokens/revoke", r#"{"kind": "none"}"#, 400),
        ("GET", "/ledger?since=first", "", 400),
        ("GET", "/ledger?until=1", "", 400),
        ("PATCH", "/settings", "[", 400),
        ("DELETE", "/contacts/none", "", 404),
    ] {
        let request = api.http.request(method.parse().unwrap(), at(path));
        let response = request.body(body).send().await.unwrap();

        assert_eq!(response.status(), expected, "{method} {path} {body}");
        assert_eq!(response.headers()["content-type"], "application/json");
        let error: Value = response.json().await.unwrap();
        assert!(error["message"].is_string(), "{method} {path}: {error}");
    }
    assert_eq!(
        api.ledger().len(),
        1,
        "none of these is a request to the API"
    );
}

#[tokio::test]
async fn the_index_works_with_and_without_a_slash() {
    let api = Api::start().await;

    let (status, index) = api.control("GET", "", Value::Null).await;

    assert_eq!(status, 200);
    assert_eq!(api.control("GET", "/", Value::Null).await, (200, index));
}

#[tokio::test]
async fn no_content_type_is_required() {
    let api = Api::start().await;
    let url = format!("{}/clock/advance", api.control_url());

    for content_type in [None, Some("text/plain"), Some("application/json")] {
        let mut request = api.http.post(&url).body(r#"{"seconds": 1}"#);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        assert_eq!(fetch(request).await.0, 204, "{content_type:?}");
    }
}

/// Sends each example of the index to its endpoint.
#[tokio::test]
async fn each_example_of_the_index_works_and_fits_its_schema() {
    let api = Api::with_user().await;
    let receiver = Receiver::start().await;
    let subscription = api.subscribe(&receiver.uri).await;
    let contact = json!({"mobileNumber": "+13035550177"});
    let (_, contact) = api.post("/contact", contact).await;
    let contact = contact["id"].as_str().unwrap().to_owned();
    // An event that can be posted again.
    let text = api.customer_texts("+13035550123", api.number(), "Hello");
    text.await.unwrap();
    api.deliveries_settled().await;
    let delivery = api.deliveries()[0].uuid.clone();
    let (_, index) = api.control("GET", "", Value::Null).await;
    let (_, document) = api.control("GET", "/openapi.json", Value::Null).await;
    let endpoints = index["control"].as_array().unwrap();
    let mut seen = BTreeSet::new();
    for endpoint in endpoints {
        let (method, path) = (
            endpoint["method"].as_str().unwrap(),
            endpoint["path"].as_str().unwrap(),
        );
        assert!(seen.insert(format!("{method} {path}")), "{endpoint}");
        assert!(!endpoint["does"].as_str().unwrap().is_empty());
        let id = if path.contains("contacts") {
            &contact
        } else {
            &subscription
        };
        let mut body = endpoint["body"]["example"].clone();
        if body["filter"].is_string() {
            body["filter"] = json!(api.filter(INBOUND));
        }
        if !body.is_null() {
            let schema = &endpoint["body"]["schema"];
            assert!(fits(schema, schema, &body), "{path}: {body} {schema}");
        }
        let below = path.strip_prefix("/control").unwrap().replace("{id}", id);
        let below = below.replace("{uuid}", &delivery);

        let (status, response) = api.control(method, &below, body).await;

        let operation = &document["paths"][path][method.to_ascii_lowercase()];
        let documented = &operation["responses"][status.to_string()];
        assert!(
            (200..300).contains(&status) && documented.is_object(),
            "{method} {path}: {status} {response}"
        );
        let schema = &documented["content"]["application/json"]["schema"];
        assert!(
            schema.is_null() == response.is_null() && fits(&document, schema, &response),
            "{method} {path}: {response}"
        );
        // So that the next endpoint works.
        api.refuse_connections(false).unwrap();
        api.stop_failing();
        api.clear_responses();
    }
    for endpoint in [
        "PATCH /control/settings",
        "POST /control/faults",
        "GET /control/ledger",
    ] {
        assert!(seen.contains(endpoint), "{endpoint}");
    }
    assert!(seen.len() >= 25, "{}", seen.len());
}

/// The document that the package has, without the server's own URL.
#[tokio::test]
async fn the_document_is_the_one_in_the_package() {
    let api = Api::start().await;
    let (status, mut document) = api.control("GET", "/openapi.json", Value::Null).await;
    assert_eq!(status, 200);
    let server = document["servers"][0]["url"].take();
    assert_eq!(
        format!("{}/control", server.as_str().unwrap()),
        api.control_url()
    );

    document["servers"][0]["url"] = json!("http://127.0.0.1:8080");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("control-api.json");
    let file: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();

    assert!(
        document == file,
        "control-api.json isn't up to date: run `cargo xtask control-api`"
    );
}

/// A 405 names the methods that a path has, so nothing is served that isn't documented.
#[tokio::test]
async fn each_path_of_the_document_has_its_methods_and_no_others() {
    let api = Api::start().await;
    let (_, document) = api.control("GET", "/openapi.json", Value::Null).await;
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path
            .strip_prefix("/control")
            .unwrap()
            .replace("{id}", "none")
            .replace("{uuid}", "none");
        let url = format!("{}{path}", api.control_url());
        let response = api.http.request("PROPFIND".parse().unwrap(), url).send();
        let response = response.await.unwrap();
        assert_eq!(response.status(), 405, "{path}");

        let allowed = response.headers()["allow"].to_str().unwrap();
        let allowed: BTreeSet<String> = allowed
            .split(',')
            .map(|method| method.trim().to_ascii_lowercase())
            .filter(|method| method != "head")
            .collect();

        let documented: BTreeSet<String> = item.as_object().unwrap().keys().cloned().collect();
        assert_eq!(allowed, documented, "{path}");
    }
}

/// The part of JSON Schema that is needed to see that an example fits its schema.
fn fits(root: &Value, schema: &Value, value: &Value) -> bool {
    if schema.is_null() || schema == &json!(true) {
        return true;
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.strip_prefix('#').unwrap());
        return fits(root, target.unwrap(), value);
    }
    for kinds in ["oneOf", "anyOf"] {
        if let Some(kinds) = schema[kinds].as_array() {
            return kinds.iter().any(|kind| fits(root, kind, value));
        }
    }
    if let Some(constant) = schema.get("const") {
        return constant == value;
    }
    match value {
        Value::Object(object) => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let is_there = |key: &Value| object.contains_key(key.as_str().unwrap());
            required.iter().all(is_there)
                && object.iter().all(|(key, value)| {
                    match (&schema["properties"][key], &schema["additionalProperties"]) {
                        (Value::Null, Value::Object(_)) => {
                            fits(root, &schema["additionalProperties"], value)
                        }
                        (Value::Null, additional) => additional == &json!(true),
                        // Anything.
                        (Value::Bool(true), _) => true,
                        (property, _) if is_open(property) => true,
                        (property, _) => fits(root, property, value),
                    }
                })
        }
        Value::Array(items) => {
            let prefix = schema["prefixItems"]
                .as_array()
                .map_or(&[][..], Vec::as_slice);
            items.iter().enumerate().all(|(index, item)| {
                fits(root, prefix.get(index).unwrap_or(&schema["items"]), item)
            })
        }
        Value::Bool(_) => has_type(schema, "boolean"),
        Value::Null => has_type(schema, "null"),
        Value::String(text) => {
            let values = schema["enum"].as_array();
            has_type(schema, "string") && values.is_none_or(|all| all.contains(&json!(text)))
        }
        Value::Number(number) if number.is_u64() => {
            has_type(schema, "integer") || has_type(schema, "number")
        }
        Value::Number(_) => has_type(schema, "number"),
    }
}

/// Whether a schema says nothing but what a value is for.
fn is_open(schema: &Value) -> bool {
    let keys = schema.as_object().unwrap().keys();
    keys.into_iter()
        .all(|key| ["description", "default"].contains(&key.as_str()))
}

fn has_type(schema: &Value, name: &str) -> bool {
    match &schema["type"] {
        Value::String(only) => only == name,
        Value::Array(all) => all.contains(&json!(name)),
        _ => false,
    }
}

#[tokio::test]
async fn a_response_is_given_as_often_as_scripted_and_then_the_next() {
    let api = Api::start().await;
    let scripted = json!({
        "operation": "listSites", "status": 429, "headers": {"retry-after": "2"}, "times": 3,
    });
    assert_eq!(api.control("POST", "/responses", scripted).await.0, 204);
    api.respond_times("listSites", 2, ScriptedResponse::new(503));

    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(api.call("GET", "/site/all").await.0);
    }

    assert_eq!(statuses, [429, 429, 429, 503, 503, 200]);
    let never = json!({"operation": "listSites", "status": 429, "times": 0});
    assert_eq!(api.control("POST", "/responses", never).await.0, 400);
}

#[tokio::test]
async fn waiting_responses_can_be_cleared() {
    let api = Api::start().await;
    let often = json!({"operation": "listSites", "status": 503, "times": 1_000_000_000});
    assert_eq!(api.control("POST", "/responses", often).await.0, 204);
    assert_eq!(api.call("GET", "/site/all").await.0, 503);

    assert_eq!(
        api.control("DELETE", "/responses", Value::Null).await.0,
        204
    );

    assert_eq!(api.call("GET", "/site/all").await.0, 200);
}
