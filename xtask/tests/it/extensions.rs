//! Kinds of changes of the extensions that the code reads. `fixtures/extensions.json`
//! has their meaning.

use serde_json::json;

use crate::{
    kinds::{Kind, each_operation, remove, set},
    locations::holders,
};

pub(crate) const KINDS: &[(&str, Kind)] = &[
    ("provenance-changed", |document| {
        let holders = holders(document, "x-provenance").into_iter();
        holders
            .map(|holder| {
                let new = json!({"basis": "documented", "note": "It was looked up."});
                vec![set(format!("{holder}/x-provenance"), new)]
            })
            .collect()
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
    ("brand-removed", |document| {
        let count = document["x-brands"].as_array().unwrap().len();
        (0..count)
            .map(|index| vec![remove(format!("/x-brands/{index}"))])
            .collect()
    }),
    ("brand-moved", |document| {
        let count = document["x-brands"].as_array().unwrap().len();
        (0..count)
            .map(|index| {
                vec![set(
                    format!("/x-brands/{index}/server"),
                    json!("https://five.example.test"),
                )]
            })
            .collect()
    }),
];
