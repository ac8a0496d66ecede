//! Changes of operations: where they are, what they are called, what is said of them.

use serde_json::json;

use super::{Kind, each_operation, remove, rename, set};
use crate::diff::places::{escape, holders};

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
        // That of the whole document is part of what it says of itself.
        let holders = holders.filter(|holder| holder != "/info" && !holder.contains("/callbacks/"));
        let holders = holders.filter(|holder| !holder.starts_with("/tags"));
        holders
            .map(|holder| vec![set(format!("{holder}/description"), json!("Other words."))])
            .collect()
    }),
    ("provenance-changed", |document| {
        let holders = holders(document, "x-provenance").into_iter();
        holders
            .map(|holder| {
                let new = json!({"basis": "documented", "note": "It was looked up."});
                vec![set(format!("{holder}/x-provenance"), new)]
            })
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
    ("became-repeatable", |document| {
        each_operation(document, |operation| {
            (operation.value["x-idempotent"] == false).then(|| {
                vec![set(
                    format!("{}/x-idempotent", operation.pointer),
                    json!(true),
                )]
            })
        })
    }),
    ("no-longer-repeatable", |document| {
        each_operation(document, |operation| {
            (operation.value["x-idempotent"] == true).then(|| {
                vec![set(
                    format!("{}/x-idempotent", operation.pointer),
                    json!(false),
                )]
            })
        })
    }),
    ("pages-cannot-be-followed", |document| {
        each_operation(document, |operation| {
            (operation.value["x-pagination"]["style"] == "page").then(|| {
                vec![set(
                    format!("{}/x-pagination", operation.pointer),
                    json!({"style": "none"}),
                )]
            })
        })
    }),
    ("pages-counted-from-one", |document| {
        each_operation(document, |operation| {
            (operation.value["x-pagination"]["firstPage"] == 0).then(|| {
                vec![set(
                    format!("{}/x-pagination/firstPage", operation.pointer),
                    json!(1),
                )]
            })
        })
    }),
    ("no-longer-sensitive", |document| {
        each_operation(document, |operation| {
            let mut lists = operation.value["x-sensitive"].as_object()?.iter();
            let (part, _) =
                lists.find(|(_, list)| list.as_array().is_some_and(|all| !all.is_empty()))?;
            Some(vec![remove(format!(
                "{}/x-sensitive/{part}/0",
                operation.pointer
            ))])
        })
    }),
];
