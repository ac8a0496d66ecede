//! Merges fragments into one document.

use std::collections::BTreeMap;

use openapi_diff::template::{self, shape};
use serde_json::{Map, Value, json};

use super::{
    facts::{Facts, assume, assume_of_callbacks, derived_tag},
    page::Fragment,
    problem::Problem,
    same, selection,
};

/// A fragment with the id of its operation.
#[derive(Clone, Debug)]
pub(crate) struct OperationPage {
    pub(crate) id: String,
    pub(crate) fragment: Fragment,
    /// Whether the page is ours, because the vendor doesn't document the operation.
    pub(crate) unlisted: bool,
}

impl OperationPage {
    /// Its name in messages.
    fn page(&self) -> &str {
        &self.fragment.page
    }
}

/// The result of merging.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub(crate) document: Value,
    pub(crate) notes: Vec<String>,
    pub(crate) problems: Vec<Problem>,
}

/// Merges the fragments, the vendor's before ours.
///
/// Pages must agree about a component; if one of ours differs from the vendor's, the
/// vendor's wins. With `keep_going` the version of most pages wins, and the other pages
/// are wrong.
pub(crate) fn merge(
    operation_pages: Vec<OperationPage>,
    facts: &Facts,
    keep_going: bool,
) -> Merged {
    let mut merged = Merged::default();
    let mut operation_pages = without_superseded(operation_pages, &mut merged);
    for operation_page in &mut operation_pages {
        check_path(operation_page, &mut merged.problems);
    }
    let components = components(&operation_pages, keep_going, &mut merged);
    one_name_per_parameter(&mut operation_pages, &mut merged);
    let operation_pages = same::one_per_operation(operation_pages, &mut merged);
    let tags = tags(&operation_pages, facts);
    let mut paths = Map::new();
    for operation_page in operation_pages {
        let OperationPage { id, fragment, .. } = operation_page;
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

/// Removes our pages of operations that the vendor documents by now.
fn without_superseded(
    operation_pages: Vec<OperationPage>,
    merged: &mut Merged,
) -> Vec<OperationPage> {
    let (unlisted, mut listed): (Vec<OperationPage>, Vec<OperationPage>) = operation_pages
        .into_iter()
        .partition(|operation_page| operation_page.unlisted);
    for operation_page in unlisted {
        let same = |other: &&OperationPage| {
            other.id == operation_page.id
                || (shape(&other.fragment.path), &other.fragment.method)
                    == (
                        shape(&operation_page.fragment.path),
                        &operation_page.fragment.method,
                    )
        };
        match listed.iter().filter(|other| !other.unlisted).find(same) {
            Some(page) => merged.notes.push(format!(
                "{}: the vendor documents it by now ({}); remove our page",
                operation_page.page(),
                page.page()
            )),
            None => listed.push(operation_page),
        }
    }
    listed
}

/// Each placeholder must be a parameter, and the other way round.
fn check_path(operation_page: &mut OperationPage, problems: &mut Vec<Problem>) {
    let fragment = &operation_page.fragment;
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
            let text = format!("{path} has {{{name}}}, which isn't a parameter");
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

/// OpenAPI ignores the names of placeholders: two paths that only differ in them are one.
fn one_name_per_parameter(operation_pages: &mut [OperationPage], merged: &mut Merged) {
    // The vendor's names come before ours, in an order that doesn't depend on the
    // index: another order would rename the arguments of a program.
    let mut names: BTreeMap<String, (bool, String)> = BTreeMap::new();
    for operation_page in &*operation_pages {
        let name = (
            operation_page.unlisted,
            operation_page.fragment.path.clone(),
        );
        let known = names.entry(shape(&operation_page.fragment.path));
        let known = known.or_insert_with(|| name.clone());
        *known = name.min(known.clone());
    }
    for operation_page in operation_pages {
        let page = operation_page.page().to_owned();
        let fragment = &mut operation_page.fragment;
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
fn components(
    operation_pages: &[OperationPage],
    keep_going: bool,
    merged: &mut Merged,
) -> Map<String, Value> {
    let mut all: Map<String, Value> = Map::new();
    let mut origins: BTreeMap<(&str, &str), &OperationPage> = BTreeMap::new();
    for operation_page in operation_pages {
        for (kind, members) in &operation_page.fragment.components {
            for (name, component) in members.as_object().into_iter().flatten() {
                let first = *origins.entry((kind, name)).or_insert_with(|| {
                    let (first, taken) = if keep_going {
                        of_most(operation_pages, kind, name).unwrap_or((operation_page, component))
                    } else {
                        (operation_page, component)
                    };
                    let members = all.entry(kind.as_str()).or_insert_with(|| json!({}));
                    members[name.as_str()] = taken.clone();
                    first
                });
                let known = &all[kind.as_str()][name.as_str()];
                if known == component {
                    continue;
                }
                let (page, other) = (&operation_page.fragment, &first.fragment);
                let near = format!("{name}:");
                if operation_page.unlisted && !first.unlisted {
                    merged.notes.push(format!(
                        "{}: its {name} differs from the vendor's ({}), which is used",
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

/// The version of a component on most of the vendor's pages, and the first page that has it.
fn of_most<'a>(
    operation_pages: &'a [OperationPage],
    kind: &str,
    name: &str,
) -> Option<(&'a OperationPage, &'a Value)> {
    let listed = operation_pages
        .iter()
        .filter(|operation_page| !operation_page.unlisted);
    let with = listed.filter_map(|operation_page| {
        let component = operation_page.fragment.components.get(kind)?.get(name)?;
        Some((operation_page, component))
    });
    let with: Vec<(&OperationPage, &Value)> = with.collect();
    let most = selection::most(with.iter().map(|(_, component)| *component))?;
    with.into_iter().find(|(_, component)| *component == most)
}

/// The first difference of two values, as a JSON pointer.
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

/// The tags of listed operations by folder, for unlisted operations.
fn tags(operation_pages: &[OperationPage], facts: &Facts) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for operation_page in operation_pages {
        let folder = operation_page.fragment.operation.get("x-apidog-folder");
        if let (Some(folder), Some(fact)) = (
            folder.and_then(Value::as_str),
            facts.of_id(&operation_page.id),
        ) {
            tags.insert(folder.to_owned(), fact.tag().to_owned());
        }
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_placeholders_are_ignored() {
        assert_eq!(shape("/a/{id}/b/{name}"), shape("/a/{other}/b/{id}"));
        for other in ["/a/{id}.xml", "/a/{id}", "/a/id.json", "/a/{id}.json/b"] {
            assert_ne!(shape("/a/{id}.json"), shape(other), "{other}");
        }
        assert_ne!(shape("/a/{from}-{to}"), shape("/a/{from}"));
    }
}
