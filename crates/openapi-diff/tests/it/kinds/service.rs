//! Changes of the service as a whole: credentials, servers and components.

use serde_json::json;

use super::{Kind, SERVICE, add, each_object, each_operation, remove, rename, scopes, set};
use crate::edits::Edit;
use crate::locations::holders;

pub(super) const KINDS: &[(&str, Kind)] = &[
    ("component-added", |document| {
        each_object(document, SERVICE, |schema| {
            let copy = document.pointer(schema).unwrap().clone();
            vec![set(format!("{schema}Again"), copy)]
        })
    }),
    ("component-renamed", |document| {
        let schemas = document["components"]["schemas"]
            .as_object()
            .unwrap()
            .keys();
        // That one is written by hand, and must keep its name.
        let schemas = schemas.filter(|name| *name != "MessageRecipients");
        schemas
            .map(|name| {
                let target = format!("#/components/schemas/{name}");
                let mut edits: Vec<Edit> = holders(document, "$ref")
                    .into_iter()
                    .filter(|holder| document.pointer(holder).unwrap()["$ref"] == target.as_str())
                    .map(|holder| set(format!("{holder}/$ref"), json!(format!("{target}Now"))))
                    .collect();
                edits.push(rename(
                    format!("/components/schemas/{name}"),
                    format!("{name}Now"),
                ));
                edits
            })
            .collect()
    }),
    ("scope-needed", |document| {
        each_operation(document, |operation| {
            scopes(operation.value)?;
            Some(vec![add(
                format!("{}/security/0/oauth2", operation.pointer),
                json!("admin"),
            )])
        })
    }),
    ("scope-no-longer-needed", |document| {
        each_operation(document, |operation| {
            (!scopes(operation.value)?.is_empty())
                .then(|| vec![remove(format!("{}/security/0/oauth2/0", operation.pointer))])
        })
    }),
    ("scheme-no-longer-needed", |document| {
        each_operation(document, |operation| {
            operation.value.pointer("/security/0/apiKey")?;
            Some(vec![remove(format!(
                "{}/security/0/apiKey",
                operation.pointer
            ))])
        })
    }),
    ("way-in-added", |document| {
        each_operation(document, |operation| {
            Some(vec![add(
                format!("{}/security", operation.pointer),
                json!({"apiKey": []}),
            )])
        })
    }),
    ("credentials-no-longer-needed", |document| {
        each_operation(document, |operation| {
            Some(vec![set(
                format!("{}/security", operation.pointer),
                json!([]),
            )])
        })
    }),
    ("token-url-changed", |document| {
        let flows = document["components"]["securitySchemes"]["oauth2"]["flows"].as_object();
        flows
            .unwrap()
            .keys()
            .map(|flow| {
                let flow = format!("/components/securitySchemes/oauth2/flows/{flow}/tokenUrl");
                vec![set(flow, json!("https://login.example.test/token"))]
            })
            .collect()
    }),
    ("server-removed", |document| {
        let count = document["servers"].as_array().unwrap().len();
        (0..count)
            .map(|index| vec![remove(format!("/servers/{index}"))])
            .collect()
    }),
    ("server-added", |_| {
        vec![vec![add(
            "/servers",
            json!({"url": "https://four.example.test"}),
        )]]
    }),
    ("version-changed", |_| {
        vec![vec![set("/info/version", json!("9.9.9"))]]
    }),
];
