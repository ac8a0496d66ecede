//! Pages that are one operation: the same method and path, with other examples.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    grammar::{Kind, Member, join},
    merge::{Merged, Piece, first_difference},
    page::Fragment,
};

/// Makes one piece of those that describe one operation and agree but for their examples,
/// which are named by page then. Those that don't agree are a problem, and left out.
pub(crate) fn one_per_operation(pieces: Vec<Piece>, merged: &mut Merged) -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    for piece in pieces {
        let fragment = &piece.fragment;
        let key = (fragment.path.clone(), fragment.method.clone());
        let Some(first) = places.get(&key).and_then(|index| found.get_mut(*index)) else {
            places.insert(key, found.len());
            found.push(piece);
            continue;
        };
        let other = first.fragment.page.clone();
        let bare = |fragment: &Fragment| {
            let mut whole = Value::Object(fragment.operation.clone());
            bare(Kind::Operation, &mut whole);
            whole
        };
        let (one, two) = (bare(&first.fragment), bare(fragment));
        if one != two {
            let (path, method) = (&fragment.path, &fragment.method);
            let text = format!(
                "{method} {path} stands on {other}, too, and they differ at {}",
                first_difference(&one, &two, "")
            );
            merged.problems.push(fragment.problem(path, text));
            continue;
        }
        let names = [stem(&other), stem(&fragment.page)];
        let mut whole = Value::Object(std::mem::take(&mut first.fragment.operation));
        let more = Value::Object(fragment.operation.clone());
        let within = add_examples(Kind::Operation, &mut whole, &more, &names);
        if let Value::Object(whole) = whole {
            first.fragment.operation = whole;
        }
        let schemas = if within {
            "; within schemas those of the first stay"
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

/// Takes out what may differ: examples, what is said, and where the page stands.
fn bare(kind: Kind, value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| bare(kind, item)),
        Value::Object(map) => {
            map.retain(|key, inner| {
                let id = kind == Kind::Operation && key == "operationId";
                let said = kind.member(key) == Member::Words && !id;
                let example = matches!(key.as_str(), "example" | "examples");
                let no = key == "deprecated" && *inner == Value::Bool(false);
                !(said || example || no || key.starts_with("x-"))
            });
            for (key, inner) in map {
                match (kind.member(key), inner) {
                    (Member::Of(kind), inner) => bare(kind, inner),
                    (Member::Named(kind), Value::Object(things)) => {
                        things.values_mut().for_each(|thing| bare(kind, thing));
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// Adds the examples of a thing that is the same otherwise. Says whether some aren't added
/// because a schema can have only one.
fn add_examples(kind: Kind, one: &mut Value, other: &Value, pages: &[&str; 2]) -> bool {
    match (one, other) {
        (Value::Array(items), Value::Array(others)) => {
            let pairs = items.iter_mut().zip(others);
            let each = pairs.map(|(one, other)| add_examples(kind, one, other, pages));
            each.fold(false, |some, one| some | one)
        }
        (Value::Object(map), Value::Object(others)) => {
            let mut within = false;
            if kind == Kind::Schema {
                within = map.get("example") != others.get("example");
            } else if kind.member("examples") == Member::Named(Kind::Example) {
                add(map, others, pages);
            }
            for (key, inner) in map {
                let Some(other) = others.get(key) else {
                    continue;
                };
                match (kind.member(key), inner, other) {
                    (Member::Of(kind), inner, other) => {
                        within |= add_examples(kind, inner, other, pages);
                    }
                    (Member::Named(kind), Value::Object(things), Value::Object(others))
                        if kind != Kind::Example =>
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
