//! Whether a document may be written: it has to be OpenAPI 3.0, whole, and something that
//! the client can be generated from.

use serde_json::{Map, Value};
use stratustexting_codegen::{Document, Error, Refusal, generate, normalise, normalise::Report};

use super::{merge::Piece, problem::Problem, render::Keys};

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

/// Checks the whole, and says what the normaliser does to it before it is generated.
pub(crate) fn document(
    text: &str,
    value: &Value,
    pieces: &[Piece],
) -> Result<Report, Vec<Problem>> {
    let dangling = dangling(value, pieces);
    if !dangling.is_empty() {
        return Err(dangling);
    }
    typed(value).map_err(|error| {
        let text = format!("not OpenAPI 3.0: {error}");
        vec![Problem::of_page("openapi.json", text)]
    })?;
    let refused = |refusal: Refusal| vec![refusal_problem(&refusal, pieces)];
    let parsed = Document::parse(text).map_err(refused)?;
    let report = normalise(&parsed).map_err(refused)?.report;
    generate(text).map_err(|error| match error {
        Error::Refused(refusal) => refused(refusal),
        error => {
            let text = format!("the client can't be generated: {error:#}");
            vec![Problem::of_page("openapi.json", text)]
        }
    })?;
    Ok(report)
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
        match pieces.iter().find(|piece| refers(piece, target)) {
            Some(piece) => piece.fragment.problem(target, text),
            None => Problem::of_page("overlay.yaml", text),
        }
    })
    .collect()
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
