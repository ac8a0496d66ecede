//! From fragments to one document.

use std::collections::BTreeMap;

use openapi_diff::template::{self, shape};
use serde_json::{Map, Value, json};

use super::{
    facts::{Facts, assume, assume_of_callbacks, derived_tag},
    page::Fragment,
    problem::Problem,
    same, selection,
};

/// A fragment with the id that it has here.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) id: String,
    pub(crate) fragment: Fragment,
    /// Whether it is ours, of an operation that the vendor doesn't document.
    pub(crate) unlisted: bool,
}

impl Piece {
    /// How messages name it.
    fn page(&self) -> &str {
        &self.fragment.page
    }
}

/// What came of merging.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub(crate) document: Value,
    pub(crate) notes: Vec<String>,
    pub(crate) problems: Vec<Problem>,
}

/// Merges the fragments, the vendor's before ours.
///
/// What two pages say of one component has to be the same; where ours differs from the
/// vendor's, the vendor's is the one. Where the rest is wanted all the same, what most pages
/// say is the one, and the others are wrong.
pub(crate) fn merge(pieces: Vec<Piece>, facts: &Facts, keep_going: bool) -> Merged {
    let mut merged = Merged::default();
    let mut pieces = without_superseded(pieces, &mut merged);
    for piece in &mut pieces {
        check_path(piece, &mut merged.problems);
    }
    let components = components(&pieces, keep_going, &mut merged);
    one_name_per_parameter(&mut pieces, &mut merged);
    let pieces = same::one_per_operation(pieces, &mut merged);
    let tags = tags(&pieces, facts);
    let mut paths = Map::new();
    for piece in pieces {
        let Piece { id, fragment, .. } = piece;
        let url = fragment.url;
        let mut operation = fragment.operation;
        let folder = operation.remove("x-apidog-folder");
        let status = operation.remove("x-apidog-status");
        match status.as_ref().and_then(Value::as_str) {
            None | Some("released") => {}
            Some("deprecated") => {
                operation.insert("deprecated".to_owned(), true.into());
            }
            Some(other) => merged.notes.push(format!(
                "{}: its status is {other:?}, and it is taken like any other",
                fragment.page
            )),
        }
        if operation.get("deprecated") == Some(&Value::Bool(false)) {
            operation.remove("deprecated");
        }
        if let Some(fact) = facts.of_id(&id) {
            fact.write(&mut operation);
        } else {
            let folder = folder.as_ref().and_then(Value::as_str).unwrap_or_default();
            let tag = tags
                .get(folder)
                .cloned()
                .unwrap_or_else(|| derived_tag(folder));
            operation.insert("tags".to_owned(), json!([tag]));
            operation.insert("summary".to_owned(), json!(fragment.title));
            assume(
                &mut operation,
                &id,
                &fragment.method,
                url.as_ref(),
                &components,
            );
            merged.notes.push(format!(
                "{}: not in operations.yaml, so its id is {id}, its resource {tag}, it isn't \
                 repeated unless it only reads, and all of it counts as personal",
                fragment.page
            ));
        }
        assume_of_callbacks(&mut operation, &components);
        if operation.get("description").is_some_and(|text| text == "") {
            operation.remove("description");
        }
        let item = paths.entry(fragment.path).or_insert_with(|| json!({}));
        item[&fragment.method] = Value::Object(operation);
    }
    merged.document = json!({"openapi": "3.0.3", "paths": paths, "components": components});
    merged
}

/// Leaves out what is ours and has a page of the vendor's by now.
fn without_superseded(pieces: Vec<Piece>, merged: &mut Merged) -> Vec<Piece> {
    let (unlisted, mut listed): (Vec<Piece>, Vec<Piece>) =
        pieces.into_iter().partition(|piece| piece.unlisted);
    for piece in unlisted {
        let same = |other: &&Piece| {
            other.id == piece.id
                || (shape(&other.fragment.path), &other.fragment.method)
                    == (shape(&piece.fragment.path), &piece.fragment.method)
        };
        match listed.iter().filter(|other| !other.unlisted).find(same) {
            Some(page) => merged.notes.push(format!(
                "{}: the vendor documents it by now ({}); remove our page",
                piece.page(),
                page.page()
            )),
            None => listed.push(piece),
        }
    }
    listed
}

/// Each placeholder has to be a parameter, and the other way round.
fn check_path(piece: &mut Piece, problems: &mut Vec<Problem>) {
    let fragment = &piece.fragment;
    let parameters = fragment
        .operation
        .get("parameters")
        .and_then(Value::as_array);
    let declared: Vec<&str> = parameters
        .into_iter()
        .flatten()
        .filter(|parameter| parameter["in"] == "path")
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    let path = &fragment.path;
    for name in template::names(path) {
        if !declared.contains(&name) {
            let text = format!("{path} has {{{name}}}, which is no parameter");
            problems.push(fragment.problem(path, text));
        }
    }
    for name in declared {
        if !template::names(path).any(|placeholder| placeholder == name) {
            let text = format!("the parameter {name} isn't in the path {path}");
            problems.push(fragment.problem(&format!("name: {name}"), text));
        }
    }
}

/// OpenAPI knows a path by its form: two that differ in their parameters' names are one.
fn one_name_per_parameter(pieces: &mut [Piece], merged: &mut Merged) {
    // The vendor's names before ours, and not by the order of pages: an index that lists them
    // in another one would give a program's arguments other names.
    let mut names: BTreeMap<String, (bool, String)> = BTreeMap::new();
    for piece in &*pieces {
        let name = (piece.unlisted, piece.fragment.path.clone());
        let known = names.entry(shape(&piece.fragment.path));
        let known = known.or_insert_with(|| name.clone());
        *known = name.min(known.clone());
    }
    for piece in pieces {
        let page = piece.page().to_owned();
        let fragment = &mut piece.fragment;
        let Some((_, known)) = names.get(&shape(&fragment.path)) else {
            continue;
        };
        if *known == fragment.path {
            continue;
        }
        let pairs = template::names(&fragment.path).zip(template::names(known));
        let parameters = fragment
            .operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        let parameters: Vec<&mut Value> = parameters.into_iter().flatten().collect();
        let pairs: Vec<(String, String)> = pairs
            .map(|(from, to)| (from.to_owned(), to.to_owned()))
            .collect();
        for parameter in parameters {
            let pair = pairs
                .iter()
                .find(|(from, _)| parameter["name"] == from.as_str());
            if parameter["in"] == "path"
                && let Some((_, to)) = pair
            {
                parameter["name"] = json!(to);
            }
        }
        let (old, new) = (fragment.path.clone(), known.clone());
        merged.notes.push(format!(
            "{page}: {old} is {new}, whose parameters have other names"
        ));
        fragment.path = new;
    }
}

/// The components of all pages.
fn components(pieces: &[Piece], keep_going: bool, merged: &mut Merged) -> Map<String, Value> {
    let mut all: Map<String, Value> = Map::new();
    let mut origins: BTreeMap<(&str, &str), &Piece> = BTreeMap::new();
    for piece in pieces {
        for (kind, members) in &piece.fragment.components {
            for (name, component) in members.as_object().into_iter().flatten() {
                let first = *origins.entry((kind, name)).or_insert_with(|| {
                    let (first, taken) = if keep_going {
                        of_most(pieces, kind, name).unwrap_or((piece, component))
                    } else {
                        (piece, component)
                    };
                    let members = all.entry(kind.as_str()).or_insert_with(|| json!({}));
                    members[name.as_str()] = taken.clone();
                    first
                });
                let known = &all[kind.as_str()][name.as_str()];
                if known == component {
                    continue;
                }
                let (page, other) = (&piece.fragment, &first.fragment);
                let near = format!("{name}:");
                if piece.unlisted && !first.unlisted {
                    merged.notes.push(format!(
                        "{}: its {name} isn't the vendor's ({}), which is taken",
                        page.page, other.page
                    ));
                    continue;
                }
                let text = format!(
                    "{name} differs at {} from that of {}:{}; where one page is right, \
                     --prefer PAGE takes its components for all pages",
                    first_difference(known, component, ""),
                    other.page,
                    other.line_of(&near),
                );
                merged.problems.push(page.problem(&near, text));
            }
        }
    }
    all
}

/// The component that most of the vendor's pages have, and the first page that has it.
fn of_most<'a>(pieces: &'a [Piece], kind: &str, name: &str) -> Option<(&'a Piece, &'a Value)> {
    let listed = pieces.iter().filter(|piece| !piece.unlisted);
    let with = listed.filter_map(|piece| {
        let component = piece.fragment.components.get(kind)?.get(name)?;
        Some((piece, component))
    });
    let with: Vec<(&Piece, &Value)> = with.collect();
    let most = selection::most(with.iter().map(|(_, component)| *component))?;
    with.into_iter().find(|(_, component)| *component == most)
}

/// Where two values differ first, as a JSON pointer.
pub(crate) fn first_difference(one: &Value, other: &Value, at: &str) -> String {
    let inner = match (one, other) {
        (Value::Object(one), Value::Object(other)) => one
            .keys()
            .chain(other.keys())
            .find(|key| one.get(*key) != other.get(*key))
            .map(|key| {
                let null = Value::Null;
                let get = |map: &Map<String, Value>| map.get(key).cloned().unwrap_or(null.clone());
                first_difference(&get(one), &get(other), &format!("{at}/{key}"))
            }),
        _ => None,
    };
    inner.unwrap_or_else(|| if at.is_empty() { "/" } else { at }.to_owned())
}

/// The tags of the listed operations by folder, for those that aren't listed.
fn tags(pieces: &[Piece], facts: &Facts) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for piece in pieces {
        let folder = piece.fragment.operation.get("x-apidog-folder");
        if let (Some(folder), Some(fact)) = (folder.and_then(Value::as_str), facts.of_id(&piece.id))
        {
            tags.insert(folder.to_owned(), fact.tag().to_owned());
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_placeholders_are_no_part_of_a_path() {
        assert_eq!(shape("/a/{id}/b/{name}"), shape("/a/{other}/b/{id}"));
        for other in ["/a/{id}.xml", "/a/{id}", "/a/id.json", "/a/{id}.json/b"] {
            assert_ne!(shape("/a/{id}.json"), shape(other), "{other}");
        }
        assert_ne!(shape("/a/{from}-{to}"), shape("/a/{from}"));
    }
}
