//! `operations.yaml`: what no page says of an operation.
//!
//! Its id and its resource, the words that we describe it by, the scopes that a token
//! needs, and what the code has to know beyond HTTP: whether it can be done twice, how it
//! pages, what of it is personal. An operation that isn't listed is taken for the most
//! delicate kind.

use anyhow::Context;
use heck::{ToLowerCamelCase, ToUpperCamelCase};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{page::Fragment, yaml};

/// The listed operations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Facts {
    operations: Vec<Fact>,
}

/// What is known of one operation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fact {
    /// The `operationId`, which doesn't change when the vendor renames the page.
    pub(crate) id: String,
    /// The page's title, by which it is known.
    title: String,
    /// The resource: the operation's one tag.
    tag: String,
    summary: String,
    description: String,
    /// The OAuth scopes of which one is known to be needed.
    scopes: Vec<String>,
    /// Whether doing it twice has the effect of doing it once.
    idempotent: bool,
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
            .map_err(|fault| anyhow::anyhow!("operations.yaml:{}: {}", fault.line, fault.text))?;
        serde_json::from_value(value).context("operations.yaml")
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

    /// Writes what is known into an operation.
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

/// What each request carries: a token, with some of the scopes, and the API key.
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

/// What is assumed of an operation that isn't listed: that it can't be done twice unless
/// it only reads, and that all of it is personal.
pub(crate) fn assume(
    operation: &mut Map<String, Value>,
    id: &str,
    method: &str,
    page: Option<&url::Url>,
    components: &Map<String, Value>,
) {
    let named = |place: &str| -> Vec<Value> {
        let parameters = operation.get("parameters").and_then(Value::as_array);
        let here = parameters
            .into_iter()
            .flatten()
            .filter(|p| p["in"] == place);
        here.map(|parameter| parameter["name"].clone()).collect()
    };
    let request = operation
        .get("requestBody")
        .map(|body| pointers(body, components));
    let responses = operation.get("responses").and_then(Value::as_object);
    let success = responses
        .into_iter()
        .flatten()
        .find(|(status, _)| status.starts_with('2'));
    let response = success.map(|(_, response)| pointers(response, components));
    let sensitive = json!({
        "path": named("path"),
        "query": named("query"),
        "request": request.unwrap_or_default(),
        "response": response.unwrap_or_default(),
    });
    let only_reads = matches!(method, "get" | "head");
    if let Some(page) = page {
        operation.insert("externalDocs".to_owned(), json!({"url": page.as_str()}));
    }
    for (key, value) in [
        ("operationId", json!(id)),
        ("security", security(&[])),
        ("x-idempotent", json!(only_reads)),
        ("x-pagination", json!({"style": "none"})),
        ("x-sensitive", sensitive),
    ] {
        operation.insert(key.to_owned(), value);
    }
}

/// Pointers to each named field of a body, in the form of `x-sensitive`.
fn pointers(holder: &Value, components: &Map<String, Value>) -> Vec<Value> {
    let content = holder.get("content").and_then(Value::as_object);
    let schema = content
        .and_then(|content| content.get("application/json").or(content.values().next()))
        .and_then(|media| media.get("schema"));
    let mut found = Vec::new();
    if let Some(schema) = schema {
        fields(schema, components, "", 0, &mut found);
    }
    found
}

fn fields(
    schema: &Value,
    components: &Map<String, Value>,
    at: &str,
    depth: usize,
    found: &mut Vec<Value>,
) {
    // A schema that holds itself has no last field.
    if depth > 4 {
        return;
    }
    let part = schema
        .get("$ref")
        .or_else(|| schema["allOf"][0].get("$ref"));
    let name = part
        .and_then(Value::as_str)
        .and_then(|target| target.strip_prefix("#/components/schemas/"));
    let schema = name
        .and_then(|name| components.get("schemas")?.get(name))
        .unwrap_or(schema);
    if let Some(items) = schema.get("items") {
        fields(items, components, &format!("{at}/*"), depth + 1, found);
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        let pointer = format!("{at}/{name}");
        found.push(pointer.clone().into());
        fields(property, components, &pointer, depth + 1, found);
    }
}
