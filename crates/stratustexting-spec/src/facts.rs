//! `operations.yaml`: what no page says about an operation.
//!
//! That is its id and resource, its description, its scopes, and what the code must
//! know beyond HTTP: whether it is idempotent, how it pages, which of its values are
//! personal. For an operation that isn't listed the most careful values are assumed.

use std::collections::BTreeSet;

use anyhow::{Context, ensure};
use heck::{ToLowerCamelCase, ToUpperCamelCase};
use openapi_diff::reference;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use stratustexting_codegen::normalise::chosen;

use super::{
    grammar::{KeyKind, ObjectKind},
    page::Fragment,
    yaml,
};

/// The listed operations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Facts {
    operations: Vec<Fact>,
}

/// The row of one operation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fact {
    /// The `operationId`, which doesn't change when the vendor renames the page.
    pub(crate) id: String,
    /// The page's title, which identifies the operation.
    title: String,
    /// The resource: the operation's one tag.
    tag: String,
    summary: String,
    description: String,
    /// The OAuth scopes, one of which is needed.
    scopes: Vec<String>,
    /// Whether sending it twice has the same effect as sending it once.
    idempotent: bool,
    /// The fields of which a success must have at least one.
    #[serde(default)]
    promise: Vec<String>,
    #[serde(default)]
    pagination: Option<Value>,
    #[serde(default)]
    sensitive: Sensitive,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sensitive {
    #[serde(default)]
    path: Vec<String>,
    #[serde(default)]
    query: Vec<String>,
    #[serde(default)]
    request: Vec<String>,
    #[serde(default)]
    response: Vec<String>,
}

impl Facts {
    pub(crate) fn read(text: &str) -> anyhow::Result<Self> {
        let value = yaml::read(text)
            .map_err(|error| anyhow::anyhow!("operations.yaml:{}: {}", error.line, error.text))?;
        let facts: Self = serde_json::from_value(value).context("operations.yaml")?;
        for (index, fact) in facts.operations.iter().enumerate() {
            let same = |other: &&Fact| {
                other.id == fact.id || other.title.eq_ignore_ascii_case(&fact.title)
            };
            ensure!(
                !facts.operations[..index].iter().any(|other| same(&other)),
                "operations.yaml: {} ({}) has a row already",
                fact.id,
                fact.title
            );
        }
        Ok(facts)
    }

    pub(crate) fn of_id(&self, id: &str) -> Option<&Fact> {
        self.operations.iter().find(|fact| fact.id == id)
    }

    pub(crate) fn of_title(&self, title: &str) -> Option<&Fact> {
        let same = |fact: &&Fact| fact.title.eq_ignore_ascii_case(title.trim());
        self.operations.iter().find(same)
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.operations.iter().map(|fact| fact.id.as_str())
    }
}

impl Fact {
    pub(crate) fn tag(&self) -> &str {
        &self.tag
    }

    /// Writes the row into an operation.
    pub(crate) fn write(&self, operation: &mut Map<String, Value>) {
        let inferred = operation["x-provenance"]["basis"] == "inferred";
        let mut description = self.description.trim().to_owned();
        if inferred {
            description += " The method and path are inferred; `x-provenance` says from what.";
        }
        let none = || json!({"style": "none"});
        let sensitive = &self.sensitive;
        for (key, value) in [
            ("operationId", json!(self.id)),
            ("tags", json!([self.tag])),
            ("summary", json!(self.summary)),
            ("description", json!(description)),
            ("security", security(&self.scopes)),
            ("x-idempotent", json!(self.idempotent)),
            ("x-promise", json!(self.promise)),
            ("x-pagination", self.pagination.clone().unwrap_or_else(none)),
            (
                "x-sensitive",
                json!({
                    "path": sensitive.path,
                    "query": sensitive.query,
                    "request": sensitive.request,
                    "response": sensitive.response,
                }),
            ),
        ] {
            operation.insert(key.to_owned(), value);
        }
    }
}

/// The credentials of each request: a token with one of the scopes, and the API key.
fn security(scopes: &[String]) -> Value {
    json!([{"oauth2": scopes, "apiKey": []}])
}

/// The id of an operation that isn't listed.
pub(crate) fn derived_id(fragment: &Fragment) -> String {
    let of_title = fragment.title.to_lower_camel_case();
    let usable = of_title.starts_with(|c: char| c.is_ascii_alphabetic())
        && of_title.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if usable {
        return of_title;
    }
    id_of_path(fragment)
}

/// The id made from method and path.
pub(crate) fn id_of_path(fragment: &Fragment) -> String {
    let path: String = fragment
        .path
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' })
        .collect();
    format!("{}{}", fragment.method, path.to_upper_camel_case())
}

/// The tag of an operation that isn't listed: its folder's name.
pub(crate) fn derived_tag(folder: &str) -> String {
    let last = folder.rsplit(['/', '>']).next().unwrap_or_default().trim();
    let name = last.strip_suffix("API").unwrap_or(last).trim();
    if name.is_empty() { "Other" } else { name }.to_owned()
}

/// The assumptions for an operation that isn't listed: it isn't idempotent unless it
/// only reads, and all of it is personal.
pub(crate) fn assume(
    operation: &mut Map<String, Value>,
    id: &str,
    method: &str,
    page: Option<&url::Url>,
    components: &Map<String, Value>,
) {
    let sensitive = all_personal(operation, &[], components);
    let only_reads = matches!(method, "get" | "head");
    if let Some(page) = page {
        operation.insert("externalDocs".to_owned(), json!({"url": page.as_str()}));
    }
    for (key, value) in [
        ("operationId", json!(id)),
        ("security", security(&[])),
        ("x-idempotent", json!(only_reads)),
        ("x-promise", json!([])),
        ("x-pagination", json!({"style": "none"})),
        ("x-sensitive", sensitive),
    ] {
        operation.insert(key.to_owned(), value);
    }
}

/// All that callbacks send is personal, since no row says otherwise.
pub(crate) fn assume_of_callbacks(
    operation: &mut Map<String, Value>,
    components: &Map<String, Value>,
) {
    let callbacks = operation
        .get_mut("callbacks")
        .and_then(Value::as_object_mut);
    let callbacks = callbacks.into_iter().flat_map(Map::values_mut);
    let items = callbacks
        .filter_map(Value::as_object_mut)
        .flat_map(Map::values_mut);
    for item in items.filter_map(Value::as_object_mut) {
        let common = item.get("parameters").and_then(Value::as_array).cloned();
        let common = common.unwrap_or_default();
        for (method, posted) in item {
            let is_operation =
                ObjectKind::PathItem.member(method) == KeyKind::Of(ObjectKind::Operation);
            if let Some(posted) = posted.as_object_mut().filter(|_| is_operation)
                && !posted.contains_key("x-sensitive")
            {
                let sensitive = all_personal(posted, &common, components);
                posted.insert("x-sensitive".to_owned(), sensitive);
            }
        }
    }
}

/// All values of an operation, in the form of `x-sensitive`.
fn all_personal(
    operation: &Map<String, Value>,
    common: &[Value],
    components: &Map<String, Value>,
) -> Value {
    let own = operation.get("parameters").and_then(Value::as_array);
    let parameters: Vec<&Value> = own
        .into_iter()
        .flatten()
        .chain(common)
        .map(|parameter| resolved(parameter, components))
        .collect();
    let named = |location: &str| -> Vec<Value> {
        let here = parameters.iter().filter(|p| p["in"] == location);
        here.map(|parameter| parameter["name"].clone()).collect()
    };
    let request = operation.get("requestBody");
    let request = request.map(|body| pointers(resolved(body, components), components));
    let responses = operation.get("responses").and_then(Value::as_object);
    let mut successes = responses
        .into_iter()
        .flatten()
        .filter(|(status, _)| status.starts_with('2'))
        .map(|(_, response)| resolved(response, components));
    let response = successes.find(|response| schema_of(response).is_some());
    let response = response.map(|response| pointers(response, components));
    json!({
        "path": named("path"),
        "query": named("query"),
        "request": request.unwrap_or_default(),
        "response": response.unwrap_or_default(),
    })
}

/// Follows a reference to a component of the document.
fn resolved<'a>(value: &'a Value, components: &'a Map<String, Value>) -> &'a Value {
    let target = value.get("$ref").and_then(Value::as_str);
    let target = target.and_then(|target| target.strip_prefix("#/components/"));
    let found = target
        .and_then(|target| target.split_once('/'))
        .and_then(|(group, name)| components.get(group)?.get(name));
    found.unwrap_or(value)
}

fn schema_of(holder: &Value) -> Option<&Value> {
    let content = holder.get("content")?.as_object()?;
    content.get(chosen(content)?)?.get("schema")
}

/// Pointers to each named field of a body, in the form of `x-sensitive`.
fn pointers(holder: &Value, components: &Map<String, Value>) -> Vec<Value> {
    let mut found = Vec::new();
    if let Some(schema) = schema_of(holder) {
        fields(schema, components, "", &mut BTreeSet::new(), &mut found);
    }
    found
}

/// A component's fields are listed where it is reached first. They belong to its type,
/// so once is enough, and recursive components end.
fn fields<'a>(
    schema: &'a Value,
    components: &'a Map<String, Value>,
    at: &str,
    seen: &mut BTreeSet<&'a str>,
    found: &mut Vec<Value>,
) {
    let name = reference::of(schema).and_then(reference::schema_name);
    if let Some(name) = name {
        let target = components.get("schemas").and_then(|all| all.get(name));
        if let Some(target) = target.filter(|_| seen.insert(name)) {
            fields(target, components, at, seen, found);
        }
        return;
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        let parts = schema.get(key).and_then(Value::as_array);
        for part in parts.into_iter().flatten() {
            fields(part, components, at, seen, found);
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get(key) {
            fields(inner, components, &format!("{at}/*"), seen, found);
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let pointer = format!("{at}/{name}");
        if !found.iter().any(|known| *known == pointer) {
            found.push(pointer.clone().into());
        }
        fields(property, components, &pointer, seen, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(components: &Value) -> Vec<String> {
        let body = json!({"content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/A"},
        }}});
        let components = components.as_object().unwrap();
        let found = pointers(&body, components).into_iter();
        found.map(|p| p.as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn a_duplicate_operation_is_refused() {
        let row = |id: &str, title: &str| format!("  - {{id: {id}, title: {title}}}\n");
        let read = |second: &str| {
            let text = format!("operations:\n{}{second}", row("one", "One"));
            let text = text.replace(
                '}',
                ", tag: T, summary: S, description: D, scopes: [], idempotent: true}",
            );
            Facts::read(&text)
                .map(drop)
                .map_err(|error| error.to_string())
        };

        assert_eq!(read(&row("two", "Two")), Ok(()));
        for (id, title) in [("one", "Two"), ("two", "ONE")] {
            let error = read(&row(id, title)).unwrap_err();
            let expected = format!("operations.yaml: {id} ({title}) has a row already");
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn a_field_is_personal_at_any_depth() {
        let deep = (0..9).fold(
            json!({"type": "string"}),
            |inner, _| json!({"type": "object", "properties": {"in": inner}}),
        );

        let found = all(&json!({"schemas": {"A": deep}}));

        assert_eq!(found.last().unwrap(), "/in/in/in/in/in/in/in/in/in");
    }

    #[test]
    fn each_part_of_a_composed_schema_has_fields() {
        let base = json!({"type": "object", "properties": {"id": {"type": "string"}}});
        let own = json!({"type": "object", "properties": {"name": {"type": "string"}}});
        let whole = json!({"allOf": [own, {"$ref": "#/components/schemas/Base"}]});

        let found = all(&json!({"schemas": {"A": whole, "Base": base}}));

        assert_eq!(found, ["/name", "/id"]);
    }

    #[test]
    fn recursive_components_end() {
        let names: Vec<String> = (0..100).map(|index| format!("f{index}")).collect();
        let holds_all = |name: &str| {
            let inner = json!({"$ref": format!("#/components/schemas/{name}")});
            let all = names.iter().map(|name| (name.clone(), inner.clone()));
            json!({"type": "object", "properties": all.collect::<Map<_, _>>()})
        };
        let components = json!({"schemas": {"A": holds_all("B"), "B": holds_all("A")}});

        assert_eq!(all(&components).len(), 200);
    }
}
