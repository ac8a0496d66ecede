//! Checks of the committed collection and environments. Only `cargo xtask newman`
//! checks whether they are up to date, since that needs the converter.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use stratustexting_codegen::{brands, operations};

use super::*;

fn collection() -> Value {
    committed(&Workspace::find(), COLLECTION).unwrap()
}

/// The requests of a folder; without a name, of all folders except the first.
fn items<'a>(collection: &'a Value, folder: Option<&str>) -> Vec<&'a Value> {
    let folders = collection["item"].as_array().unwrap().iter();
    let wanted = folders.filter(|found| match folder {
        Some(name) => found["name"] == name,
        None => found["name"] != "Authorization",
    });
    wanted
        .flat_map(|folder| folder["item"].as_array().unwrap())
        .collect()
}

fn item<'a>(collection: &'a Value, id: &str) -> &'a Value {
    let found = items(collection, None).into_iter();
    let mut own = found.filter(|item| item["id"] == id);
    own.next().unwrap()
}

/// The texts of a value except Postman's descriptions.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(key, _)| *key != "description");
            fields.flat_map(|(_, value)| texts(value)).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn every_operation_of_openapi_json_is_a_request_once() {
    let collection = collection();
    let document = document(&Workspace::find()).unwrap();

    let mut found: Vec<&str> = items(&collection, None)
        .iter()
        .map(|item| item["id"].as_str().unwrap())
        .collect();

    found.sort_unstable();
    let table = operations(&document).unwrap();
    let mut wanted: Vec<&str> = table.iter().map(|row| row.id.as_str()).collect();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
    assert_eq!(
        items(&collection, Some("Authorization"))
            .iter()
            .map(|item| item["id"].as_str().unwrap())
            .collect::<Vec<_>>(),
        TOKENS
    );
}

#[test]
fn each_request_asserts_its_response() {
    for item in items(&collection(), None) {
        let script = texts(&item["event"]).join("\n");

        assert!(
            script.contains("pm.expect(String(pm.response.code))"),
            "{item}"
        );
    }
}

#[test]
fn no_request_contains_personal_data() {
    let collection = collection();
    for item in items(&collection, None) {
        for text in texts(&item["request"]) {
            assert!(!text.contains("+1"), "{text}");
        }
        let url = &item["request"]["url"];
        for variable in url["variable"].as_array().unwrap() {
            let value = variable["value"].as_str().unwrap();
            assert!(value.starts_with("{{"), "{item}");
        }
    }
    let search = collection["variable"].as_array().unwrap().iter();
    let filled: BTreeSet<&str> = search
        .filter(|variable| variable["value"] != "")
        .map(|variable| variable["key"].as_str().unwrap())
        .collect();
    assert_eq!(filled, BTreeSet::from(["number", "text"]));
}

#[test]
fn ids_flow_from_responses_into_requests() {
    let collection = collection();
    for (id, variable) in [
        ("upsertContact", "contactId"),
        ("createCustomConsent", "customConsentId"),
        ("upsertSubscription", "subscriptionId"),
        ("listSites", "departmentId"),
        ("listContacts", "orgId"),
    ] {
        let set = format!("pm.environment.set(\"{variable}\"");
        let script = texts(&item(&collection, id)["event"]).join("\n");
        assert!(script.contains(&set), "{id}: {script}");
        let reference = format!("{{{{{variable}}}}}");
        let used = items(&collection, None).into_iter();
        let mut used = used.flat_map(|item| texts(&item["request"]));
        assert!(used.any(|text| text.contains(&reference)), "{variable}");
    }
}

#[test]
fn an_mms_sends_the_committed_file() {
    let collection = collection();

    let request = &item(&collection, "sendMms")["request"];

    assert_eq!(request["body"]["mode"], "formdata");
    let file = &request["body"]["formdata"][0];
    assert_eq!(
        (&file["type"], &file["src"]),
        (&json!("file"), &json!("picture.png"))
    );
    assert!(Workspace::find().path(FOLDER).join("picture.png").is_file());
    // A form's content type has a boundary, which the sender adds.
    assert!(
        !texts(&request["header"]).contains(&"Content-Type"),
        "{request}"
    );
}

#[test]
fn a_subscription_uses_the_users_callback() {
    let collection = collection();

    let body = &item(&collection, "upsertSubscription")["request"]["body"];

    let body: Value = serde_json::from_str(body["raw"].as_str().unwrap()).unwrap();
    assert_eq!(body["uri"], "{{callback_url}}");
    assert_eq!(
        body["eventFilters"][0],
        "/orgId/{{orgId}}/department/{{departmentId}}/message?direction=inbound"
    );
}

#[test]
fn the_login_uses_the_environment() {
    let collection = collection();

    let auth = &collection["item"][0]["auth"];

    assert_eq!(auth["type"], "oauth2");
    let settings = auth["oauth2"].as_array().unwrap();
    for (key, value) in [
        ("authUrl", "{{authorization_url}}"),
        ("accessTokenUrl", "{{token_url}}"),
        ("clientId", "{{client_id}}"),
        ("clientSecret", "{{client_secret}}"),
        ("scope", "{{scope}}"),
    ] {
        let setting = settings.iter().find(|setting| setting["key"] == key);
        assert_eq!(setting.unwrap()["value"], value, "{key}");
    }
    assert_eq!(collection["auth"]["bearer"][0]["value"], "{{access_token}}");
}

#[test]
fn each_brand_has_an_environment_with_its_urls_and_no_secret() {
    let workspace = Workspace::find();
    let document = document(&workspace).unwrap();
    let brands = brands(&document).unwrap();
    assert_eq!(brands.len(), 4);
    for brand in brands {
        let environment = environment(&workspace, &brand.id).unwrap();
        let values = environment["values"].as_array().unwrap();
        let value = |key: &str| {
            let found = values.iter().find(|value| value["key"] == key);
            found.unwrap()["value"].as_str().unwrap()
        };
        assert_eq!(value("base_url"), brand.server);
        assert_eq!(
            value("authorization_url"),
            brand.authorization_url.unwrap_or_default()
        );
        assert_eq!(value("token_url"), brand.token_url.unwrap_or_default());
        for empty in ["client_id", "from", "to", "mobileNumber", "agentEmail"] {
            assert_eq!(value(empty), "", "{}: {empty}", brand.id);
        }
        let secrets = values.iter().filter(|value| value["type"] == "secret");
        let secrets: BTreeSet<(&str, &str)> = secrets
            .map(|secret| {
                (
                    secret["key"].as_str().unwrap(),
                    secret["value"].as_str().unwrap(),
                )
            })
            .collect();
        let wanted = [
            "access_token",
            "api_key",
            "authorization_code",
            "client_secret",
            "code_verifier",
            "refresh_token",
        ];
        assert_eq!(
            secrets,
            wanted.map(|name| (name, "")).into(),
            "{}",
            brand.id
        );
    }
}
