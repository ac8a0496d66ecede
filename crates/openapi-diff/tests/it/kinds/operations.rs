//! Changes of operations: path, method, id, documentation.

use serde_json::json;

use super::{Kind, each_operation, remove, rename, set};
use crate::locations::{escape, holders};

pub(super) const KINDS: &[(&str, Kind)] = &[
    ("operation-added", |document| {
        each_operation(document, |operation| {
            let mut new = operation.value.clone();
            let id = new["operationId"].as_str()?.to_owned();
            new["operationId"] = json!(format!("{id}Again"));
            new.as_object_mut()?.remove("callbacks");
            let (path, method) = operation.pointer.rsplit_once('/')?;
            let item = json!({method: new});
            Some(vec![set(format!("{path}~1again"), item)])
        })
    }),
    ("operation-removed", |document| {
        each_operation(document, |operation| Some(vec![remove(&operation.pointer)]))
    }),
    ("path-renamed", |document| {
        let paths = document["paths"].as_object().unwrap().keys();
        paths
            .map(|path| {
                vec![rename(
                    format!("/paths/{}", escape(path)),
                    format!("/v2{path}"),
                )]
            })
            .collect()
    }),
    ("method-changed", |document| {
        each_operation(document, |operation| {
            let (path, _) = operation.pointer.rsplit_once('/')?;
            let taken = document.pointer(&format!("{path}/patch")).is_some();
            (!taken).then(|| vec![rename(&operation.pointer, "patch")])
        })
    }),
    ("operation-id-changed", |document| {
        each_operation(document, |operation| {
            let id = operation.value["operationId"].as_str()?;
            let pointer = format!("{}/operationId", operation.pointer);
            Some(vec![set(pointer, json!(format!("{id}Renamed")))])
        })
    }),
    ("tag-changed", |document| {
        each_operation(document, |operation| {
            let other = if operation.value["tags"] == json!(["Sites"]) {
                "Messages"
            } else {
                "Sites"
            };
            Some(vec![set(
                format!("{}/tags", operation.pointer),
                json!([other]),
            )])
        })
    }),
    ("operation-deprecated", |document| {
        each_operation(document, |operation| {
            Some(vec![set(
                format!("{}/deprecated", operation.pointer),
                json!(true),
            )])
        })
    }),
    ("description-changed", |document| {
        let holders = holders(document, "description").into_iter();
        // The description of the whole document belongs to `info`.
        let holders = holders.filter(|holder| holder != "/info" && !holder.contains("/callbacks/"));
        let holders = holders.filter(|holder| !holder.starts_with("/tags"));
        holders
            .map(|holder| vec![set(format!("{holder}/description"), json!("Other words."))])
            .collect()
    }),
    ("extension-added", |document| {
        each_operation(document, |operation| {
            Some(vec![set(
                format!("{}/x-internal", operation.pointer),
                json!({"a": 1}),
            )])
        })
    }),
    ("callback-removed", |document| {
        each_operation(document, |operation| {
            operation.value["callbacks"]
                .is_object()
                .then(|| vec![remove(format!("{}/callbacks", operation.pointer))])
        })
    }),
];
