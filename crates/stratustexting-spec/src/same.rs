//! Merges pages of one operation: the same method and path, with different examples.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    grammar::{KeyKind, ObjectKind, join},
    merge::{Merged, OperationPage, first_difference},
    page::Fragment,
};

/// Merges pages that describe one operation and only differ in their examples, which
/// are then named by page. Pages that differ otherwise are a problem, and left out.
pub(crate) fn one_per_operation(
    operation_pages: Vec<OperationPage>,
    merged: &mut Merged,
) -> Vec<OperationPage> {
    let mut found: Vec<OperationPage> = Vec::new();
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    for operation_page in operation_pages {
        let fragment = &operation_page.fragment;
        let key = (fragment.path.clone(), fragment.method.clone());
        let Some(first) = places.get(&key).and_then(|index| found.get_mut(*index)) else {
            places.insert(key, found.len());
            found.push(operation_page);
            continue;
        };
        let other = first.fragment.page.clone();
        let bare = |fragment: &Fragment| {
            let mut whole = Value::Object(fragment.operation.clone());
            bare(ObjectKind::Operation, &mut whole);
            whole
        };
        let (one, two) = (bare(&first.fragment), bare(fragment));
        if one != two {
            let (path, method) = (&fragment.path, &fragment.method);
            let text = format!(
                "{method} {path} is on {other}, too, and they differ at {}",
                first_difference(&one, &two, "")
            );
            merged.problems.push(fragment.problem(path, text));
            continue;
        }
        let names = [stem(&other), stem(&fragment.page)];
        let mut whole = Value::Object(std::mem::take(&mut first.fragment.operation));
        let more = Value::Object(fragment.operation.clone());
        let within = add_examples(ObjectKind::Operation, &mut whole, &more, &names);
        if let Value::Object(whole) = whole {
            first.fragment.operation = whole;
        }
        let schemas = if within {
            "; within schemas only those of the first"
        } else {
            ""
        };
        merged.notes.push(format!(
            "{}: the same operation as {other}, with its examples{schemas}",
            fragment.page
        ));
    }
    found
}

fn stem(page: &str) -> &str {
    page.strip_suffix(".md").unwrap_or(page)
}

/// Removes what may differ: examples, descriptions, id and extensions.
fn bare(kind: ObjectKind, value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| bare(kind, item)),
        Value::Object(map) => {
            map.retain(|key, inner| {
                let id = kind == ObjectKind::Operation && key == "operationId";
                let is_prose = kind.member(key) == KeyKind::Prose && !id;
                let example = matches!(key.as_str(), "example" | "examples");
                let no = key == "deprecated" && *inner == Value::Bool(false);
                !(is_prose || example || no || key.starts_with("x-"))
            });
            for (key, inner) in map {
                match (kind.member(key), inner) {
                    (KeyKind::Of(kind), inner) => bare(kind, inner),
                    (KeyKind::Named(kind), Value::Object(things)) => {
                        things.values_mut().for_each(|thing| bare(kind, thing));
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Adds the examples of an object that is the same otherwise. Returns whether some
/// weren't added because a schema can have only one.
fn add_examples(kind: ObjectKind, one: &mut Value, other: &Value, pages: &[&str; 2]) -> bool {
    match (one, other) {
        (Value::Array(items), Value::Array(others)) => {
            let pairs = items.iter_mut().zip(others);
            let each = pairs.map(|(one, other)| add_examples(kind, one, other, pages));
            each.fold(false, |some, one| some | one)
        }
        (Value::Object(map), Value::Object(others)) => {
            let mut within = false;
            if kind == ObjectKind::Schema {
                within = map.get("example") != others.get("example");
            } else if kind.member("examples") == KeyKind::Named(ObjectKind::Example) {
                add(map, others, pages);
            }
            for (key, inner) in map {
                let Some(other) = others.get(key) else {
                    continue;
                };
                match (kind.member(key), inner, other) {
                    (KeyKind::Of(kind), inner, other) => {
                        within |= add_examples(kind, inner, other, pages);
                    }
                    (KeyKind::Named(kind), Value::Object(things), Value::Object(others))
                        if kind != ObjectKind::Example =>
                    {
                        for (name, thing) in things {
                            if let Some(other) = others.get(name) {
                                within |= add_examples(kind, thing, other, pages);
                            }
                        }
                    }
                    _ => {}
                }
            }
            within
        }
        _ => false,
    }
}

fn add(map: &mut Map<String, Value>, others: &Map<String, Value>, pages: &[&str; 2]) {
    let of = |map: &Map<String, Value>, page: &str| -> Map<String, Value> {
        let named = map.get("examples").and_then(Value::as_object);
        let mut named = named.cloned().unwrap_or_default();
        if let Some(value) = map.get("example") {
            named.insert(page.to_owned(), json!({"value": value}));
        }
        named
    };
    let (mut all, more) = (of(map, pages[0]), of(others, pages[1]));
    let before = all.len();
    for (name, example) in more {
        let same = |known: &Value| known.get("value") == example.get("value");
        if all.values().any(same) {
            continue;
        }
        let name = if all.contains_key(&name) {
            join(&name, pages[1])
        } else {
            name
        };
        all.insert(name, example);
    }
    if all.len() > before {
        map.remove("example");
        map.insert("examples".to_owned(), Value::Object(all));
    }
}
