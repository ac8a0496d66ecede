//! Whether a document may be written: it has to be OpenAPI 3.0, whole, and something that
//! the client can be generated from.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use stratustexting_codegen::{
    Document, Error, Generated, Refusal, generate, normalise, normalise::Report,
};

use super::{merge::Piece, problem::Problem, render::Keys};

/// The schemas for which the client has types of its own.
const OWN: [&str; 2] = ["Timestamp", "MessageRecipients"];

/// Checks what one page gives by itself, so that what is wrong has a page.
pub(crate) fn page(piece: &Piece) -> Result<(), Problem> {
    let fragment = &piece.fragment;
    for (kind, members) in &fragment.components {
        for name in members.as_object().into_iter().flat_map(Map::keys) {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            if !name.chars().all(allowed) {
                let text = format!("{kind} has {name:?}, a name that OpenAPI doesn't allow");
                return Err(fragment.problem(name, text));
            }
        }
    }
    let document = serde_json::json!({
        "openapi": "3.0.3",
        "info": {"title": "", "version": "1.0.0"},
        "paths": {&fragment.path: {&fragment.method: fragment.operation}},
        "components": fragment.components,
    });
    typed(&document).map_err(|error| {
        let text = format!("not OpenAPI 3.0: {error}");
        fragment.problem(&fragment.path, text)
    })
}

fn typed(document: &Value) -> Result<(), String> {
    let parsed: Result<openapiv3::OpenAPI, _> = serde_json::from_value(document.clone());
    parsed.map(drop).map_err(|error| error.to_string())
}

/// Checks the whole, and returns what the normaliser does to it and the client that it gives.
pub(crate) fn document(
    text: &str,
    value: &Value,
    pieces: &[Piece],
) -> Result<(Report, Generated), Vec<Problem>> {
    let dangling = dangling(value, pieces);
    if !dangling.is_empty() {
        return Err(dangling);
    }
    typed(value).map_err(|error| {
        let text = format!("not OpenAPI 3.0: {error}");
        vec![Problem::of_page("openapi.json", text)]
    })?;
    let parsed = Document::parse(text);
    let report = parsed.and_then(|parsed| Ok(normalise(&parsed)?.report));
    let whole = match report {
        Ok(report) => match generate(text) {
            Ok(generated) => return Ok((report, generated)),
            Err(error) => error,
        },
        Err(refusal) => Error::Refused(refusal),
    };
    let alone = each_alone(value, pieces);
    if alone.is_empty() {
        Err(vec![problem_of(whole, None, pieces)])
    } else {
        Err(alone)
    }
}

/// The pages whose operations can't be generated even without any other: all of them, where
/// the document as a whole only gives the first. None if it is not for the pages, which is
/// so if none of them can be generated, either.
fn each_alone(document: &Value, pieces: &[Piece]) -> Vec<Problem> {
    let refused = |piece: &Piece| {
        let text = alone(document, &piece.id).to_string();
        generate(&text).err()
    };
    if let Err(error) = generate(&alone(document, "").to_string())
        && !matches!(error, Error::Refused(_))
    {
        return Vec::new();
    }
    let listed = pieces.iter().filter(|piece| !piece.unlisted);
    let count = listed.clone().count();
    let problems: Vec<Problem> = listed
        .filter_map(|piece| Some(problem_of(refused(piece)?, Some(piece), pieces)))
        .collect();
    if problems.len() == count {
        return Vec::new();
    }
    problems
}

/// The document with one operation and what that refers to.
fn alone(document: &Value, id: &str) -> Value {
    let mut document = document.clone();
    if let Some(paths) = document["paths"].as_object_mut() {
        paths.retain(|_, item| {
            if let Some(item) = item.as_object_mut() {
                item.retain(|_, operation| operation["operationId"] == id);
            }
            item.as_object().is_some_and(|item| !item.is_empty())
        });
    }
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    // What the client's own types stand for has to be there in any case.
    wanted.extend(OWN.map(|name| format!("#/components/schemas/{name}")));
    let mut left = vec![document["paths"].clone()];
    left.extend(wanted.iter().filter_map(|target| at(&document, target)));
    while let Some(value) = left.pop() {
        let mut targets = Vec::new();
        references(&value, Keys::Fields, &mut targets);
        for target in targets {
            if wanted.insert(target.to_owned()) {
                left.extend(at(&document, target));
            }
        }
    }
    for group in [
        "schemas",
        "responses",
        "parameters",
        "requestBodies",
        "headers",
    ] {
        if let Some(members) = document["components"].get_mut(group)
            && let Some(members) = members.as_object_mut()
        {
            members.retain(|name, _| wanted.contains(&format!("#/components/{group}/{name}")));
        }
    }
    document
}

fn at(document: &Value, target: &str) -> Option<Value> {
    document.pointer(target.strip_prefix('#')?).cloned()
}

/// Why there is no client, with the page that it is for.
fn problem_of(error: Error, piece: Option<&Piece>, pieces: &[Piece]) -> Problem {
    let text = match error {
        Error::Refused(refusal) if piece.is_none() || refusal.operation.is_some() => {
            return refusal_problem(&refusal, pieces);
        }
        Error::Refused(refusal) => refusal.to_string(),
        error => format!("the client can't be generated: {error:#}"),
    };
    match piece {
        Some(piece) => piece.fragment.problem(&piece.fragment.path, text),
        None => Problem::of_page("openapi.json", text),
    }
}

/// The page of the operation that is refused.
fn refusal_problem(refusal: &Refusal, pieces: &[Piece]) -> Problem {
    let piece = pieces
        .iter()
        .find(|piece| refusal.operation.as_deref() == Some(&piece.id));
    let text = refusal.to_string();
    match piece {
        Some(piece) => piece.fragment.problem(&piece.fragment.path, text),
        None => Problem::of_page("openapi.json", text),
    }
}

/// References that lead out of the document or to nothing.
fn dangling(document: &Value, pieces: &[Piece]) -> Vec<Problem> {
    let mut targets = Vec::new();
    references(document, Keys::Fields, &mut targets);
    targets.sort_unstable();
    targets.dedup();
    let lost = targets.into_iter().filter(|target| {
        let pointer = target.strip_prefix('#');
        pointer.is_none_or(|pointer| document.pointer(pointer).is_none())
    });
    lost.map(|target| {
        let text = format!("a $ref to nowhere: {target}");
        let mut with = pieces.iter().filter(|piece| refers(piece, target));
        match with.next() {
            Some(piece) => {
                let others = with.map(|piece| piece.fragment.page.clone());
                let problem = piece.fragment.problem(target, text);
                problem.shared_by(others.collect())
            }
            None => Problem::of_page("overlay.yaml", text),
        }
    })
    .collect()
}

/// The components that components refer to and that aren't among them, by group and name.
pub(crate) fn lost_components(components: &Value) -> Vec<(String, String)> {
    let mut targets = Vec::new();
    for (group, members) in components.as_object().into_iter().flatten() {
        references(members, Keys::Fields.below(group, members), &mut targets);
    }
    let names = targets.into_iter().filter_map(|target| {
        let (group, name) = target.strip_prefix("#/components/")?.split_once('/')?;
        let known = components.get(group).and_then(|members| members.get(name));
        let lost = (group.to_owned(), name.to_owned());
        known.is_none().then_some(lost)
    });
    names.collect()
}

/// Whether a page has a reference, as it is called by now.
fn refers(piece: &Piece, target: &str) -> bool {
    let mut targets = Vec::new();
    for (key, value) in &piece.fragment.operation {
        references(value, Keys::Fields.below(key, value), &mut targets);
    }
    for (key, value) in &piece.fragment.components {
        references(value, Keys::Fields.below(key, value), &mut targets);
    }
    targets.contains(&target)
}

/// The references in a value. Where data stands, a key of that name means nothing, and where
/// names do, `default` and `example` are names.
fn references<'a>(value: &'a Value, keys: Keys, found: &mut Vec<&'a str>) {
    match value {
        _ if keys == Keys::Data => {}
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(target) if key == "$ref" && keys == Keys::Fields => {
                        found.push(target);
                    }
                    member => references(member, keys.below(key, member), found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, keys, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_is_one_where_the_document_has_one() {
        let lost = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
        let document = json!({
            "paths": {"/a": {"get": {"responses": {
                "default": {"content": {"text/plain": {"schema": lost("A"), "example": lost("No")}}},
            }}}},
            "components": {"schemas": {
                "example": {"properties": {"default": lost("B"), "value": lost("C")}},
                "default": {"default": lost("No"), "enum": [lost("No")]},
            }},
        });

        let found = dangling(&document, &[]);

        let found: Vec<String> = found.iter().map(Problem::to_string).collect();
        let says = |name| format!("overlay.yaml: a $ref to nowhere: #/components/schemas/{name}");
        assert_eq!(found, ["A", "B", "C"].map(says));
    }
}
