//! The document gives the provenance of everything, and calls nothing known that is
//! only inferred.

use serde_json::Value;

use crate::support::{document, operations};

/// Properties that the document must call inferred, by schema. `*` stands for all
/// properties.
const INFERRED: [(&str, &[&str]); 18] = [
    ("ApplicationError", &["*"]),
    ("Contact", &["*"]),
    ("ContactRequest", &["*"]),
    ("CustomConsentRequest", &["*"]),
    ("CustomConsentTypeRequest", &["*"]),
    ("Department", &["*"]),
    ("GatewayError", &["*"]),
    ("Site", &["*"]),
    ("ContactPage", &["*"]),
    ("CustomConsentPage", &["*"]),
    ("SitePage", &["*"]),
    // `content` was seen; the other fields are Spring's.
    (
        "SubscriptionPage",
        &[
            "totalElements",
            "totalPages",
            "number",
            "size",
            "numberOfElements",
            "first",
            "last",
            "empty",
        ],
    ),
    (
        "CustomConsent",
        &[
            "name",
            "description",
            "type",
            "orgId",
            "createdDateTime",
            "lastUpdateDateTime",
        ],
    ),
    ("Message", &["direction", "media"]),
    ("SubscriptionRequest", &["id"]),
    (
        "WebhookEvent",
        &["timestamp", "subscriptionId", "contactInfo"],
    ),
    ("MessageDirection", &[]),
    ("ConsentType", &[]),
];

/// The parameters that must be called inferred.
const INFERRED_PARAMETERS: [(&str, &str); 8] = [
    ("sendMms", "from"),
    ("findContactByMobile", "mobileNumber"),
    ("updateContactByMobile", "mobileNumber"),
    ("searchContacts", "number"),
    ("updateContact", "contactId"),
    ("updateCustomConsent", "customConsentId"),
    ("changeCustomConsentStatus", "active"),
    ("changeCustomConsentType", "customConsentId"),
];

#[test]
fn every_operation_has_its_extensions() {
    for (id, _, _, operation) in operations(&document()) {
        assert!(operation["x-idempotent"].is_boolean(), "{id}: x-idempotent");
        assert!(
            operation["x-pagination"]["style"].is_string(),
            "{id}: x-pagination"
        );
        assert!(
            operation["x-provenance"]["basis"].is_string(),
            "{id}: x-provenance"
        );
        for part in ["path", "query", "request", "response"] {
            assert!(
                operation["x-sensitive"][part].is_array(),
                "{id}: x-sensitive {part}"
            );
        }
    }
}

#[test]
fn every_property_and_parameter_has_a_provenance() {
    let document = document();
    for (name, schema) in document["components"]["schemas"]
        .as_object()
        .expect("schemas")
    {
        for (property, value) in schema["properties"].as_object().into_iter().flatten() {
            assert!(basis(value).is_some(), "{name}.{property}");
        }
    }
    for (id, _, _, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(&document, parameter);
            assert!(basis(parameter).is_some(), "{id}: {}", parameter["name"]);
        }
        for part in ["requestBody"] {
            if let Some(part) = operation.get(part) {
                assert!(basis(part).is_some(), "{id}: the body");
            }
        }
    }
}

#[test]
fn inferred_properties_are_called_inferred() {
    let document = document();
    for (name, listed) in INFERRED {
        let schema = &document["components"]["schemas"][name];
        assert!(schema.is_object(), "no schema {name}");
        let Some(properties) = schema["properties"].as_object() else {
            assert_eq!(basis(schema), Some("inferred"), "{name}");
            continue;
        };
        for property in listed.iter().filter(|property| **property != "*") {
            assert!(properties.contains_key(*property), "{name}.{property}");
        }
        for (property, value) in properties {
            if listed.contains(&"*") || listed.contains(&property.as_str()) {
                assert_eq!(basis(value), Some("inferred"), "{name}.{property}");
            }
        }
    }
}

#[test]
fn inferred_parameters_are_called_inferred() {
    let document = document();
    for (id, _, _, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["name"] == "page" || parameter["name"] == "size" {
                assert_eq!(basis(parameter), Some("inferred"), "{id}");
            }
        }
    }
    for (id, name) in INFERRED_PARAMETERS {
        let operation = operations(&document)
            .into_iter()
            .find(|(found, ..)| found == id);
        let (.., operation) = operation.expect("the operation");
        let parameter = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|parameter| parameter["name"] == name)
            .expect("the parameter");
        assert_eq!(basis(parameter), Some("inferred"), "{id}: {name}");
    }
}

#[test]
fn everything_inferred_has_a_reason() {
    fn walk(value: &Value, at: &str) {
        let provenance = &value["x-provenance"];
        if provenance["basis"] == "inferred" {
            let note = provenance["note"].as_str().unwrap_or_default();
            assert!(!note.trim().is_empty(), "{at}: inferred without a reason");
        }
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    walk(member, &format!("{at}/{key}"));
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(item, &format!("{at}/{index}"));
                }
            }
            _ => {}
        }
    }
    walk(&document(), "#");
}

fn basis(value: &Value) -> Option<&str> {
    value["x-provenance"]["basis"].as_str()
}

fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value["$ref"]
        .as_str()
        .and_then(|text| text.strip_prefix('#'));
    reference
        .and_then(|pointer| document.pointer(pointer))
        .unwrap_or(value)
}
