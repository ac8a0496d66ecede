//! The document's operations, as far as a request of one needs it.

use anyhow::{Context, bail};
use serde_json::{Map, Value};
use stratustexting_codegen::{Basis, Document, Operation, Provenance, Sensitive, Site, operations};

use super::example;

/// An operation, as far as a request of it needs it.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(super) path: String,
    pub(super) tag: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) content: Option<Content>,
    /// The documented statuses of success, such as `200` and `2XX`.
    pub(crate) successes: Vec<String>,
    /// The schema of the answer.
    pub(super) answer: Option<Value>,
    pub(super) answer_example: Option<Value>,
    /// The key of the answer that holds a page's items.
    pub(super) items: Option<String>,
    /// The pointer into the body at which a URL of the caller's stands.
    pub(super) callback: Option<String>,
    /// The headers that API keys go into.
    pub(super) keys: Vec<String>,
    /// Whether it needs a token.
    pub(super) bearer: bool,
}

#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// `path`, `query` or `header`.
    pub(super) place: String,
    pub(super) description: String,
    pub(super) required: bool,
    pub(super) example: Option<Value>,
    /// Whether it is an address: a number, an e-mail address, anything of a given form.
    pub(super) address: bool,
    /// Whether `x-sensitive` says that it is somebody's own.
    pub(super) personal: bool,
}

#[derive(Debug)]
pub(super) struct Content {
    pub(super) media_type: String,
    pub(super) schema: Value,
    pub(super) example: Option<Value>,
}

/// The document's operations, in the order of path and method.
pub(crate) fn calls(document: &Document) -> anyhow::Result<Vec<Call>> {
    let table = operations(document)?;
    let sites = document.operations();
    table
        .into_iter()
        .zip(sites)
        .map(|(row, (site, operation))| {
            call(document, row, &site, operation).with_context(|| format!("operation {}", site.id))
        })
        .collect()
}

fn call(
    document: &Document,
    row: Operation,
    site: &Site,
    operation: &Map<String, Value>,
) -> anyhow::Result<Call> {
    let text = |key: &str| {
        operation
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let mut parameters = Vec::new();
    let shared = &document.as_value()["paths"][&site.path]["parameters"];
    for list in [operation.get("parameters"), Some(shared)] {
        for parameter in list.and_then(Value::as_array).into_iter().flatten() {
            let parameter = document.resolve(parameter, &site.location)?;
            parameters.push(read_parameter(document, &row.sensitive, parameter)?);
        }
    }
    let content = match operation.get("requestBody") {
        Some(body) => Some(read_content(document.resolve(body, &site.location)?)?),
        None => None,
    };
    let mut successes = Vec::new();
    let mut answer = None;
    let responses = operation.get("responses").and_then(Value::as_object);
    for (status, response) in responses.into_iter().flatten() {
        if status.starts_with('2') {
            successes.push(status.clone());
            let response = document.resolve(response, &site.location)?;
            answer = answer.or_else(|| read_content(response).ok());
        }
    }
    if successes.is_empty() {
        bail!("no success is documented");
    }
    let (keys, bearer) = security(document, operation)?;
    let (answer, answer_example) =
        answer.map_or((None, None), |answer| (Some(answer.schema), answer.example));
    Ok(Call {
        name: Some(text("summary"))
            .filter(|name| !name.is_empty())
            .unwrap_or(&row.id)
            .to_owned(),
        description: describe(text("description"), &row.provenance),
        parameters,
        content,
        successes,
        answer,
        answer_example,
        items: row.pagination.map(|pagination| pagination.items),
        callback: callback(operation),
        keys,
        bearer,
        id: row.id,
        method: row.method,
        path: row.path,
        tag: row.tag,
    })
}

fn read_parameter(
    document: &Document,
    sensitive: &Sensitive,
    parameter: &Value,
) -> anyhow::Result<Parameter> {
    let text = |key: &str| parameter[key].as_str().unwrap_or_default().to_owned();
    let (name, place) = (text("name"), text("in"));
    let schema = &parameter["schema"];
    let personal = match place.as_str() {
        "path" => &sensitive.path,
        "query" => &sensitive.query,
        "header" => &Vec::new(),
        other => bail!("a parameter in {other} can't be shown"),
    };
    let required = parameter["required"] == true;
    let example = example::given(parameter).or_else(|| schema.get("default").cloned());
    Ok(Parameter {
        personal: personal.contains(&name),
        description: text("description"),
        example: example.or_else(|| required.then(|| example::of(document, schema))),
        address: schema["type"] == "string"
            && (schema.get("pattern").is_some() || schema.get("format").is_some()),
        required,
        name,
        place,
    })
}

/// The content of a body or an answer: JSON, if it may be.
fn read_content(holder: &Value) -> anyhow::Result<Content> {
    let content = holder["content"].as_object().context("no content")?;
    let json = content.iter().find(|(name, _)| is_json(name));
    let (media_type, media) = json
        .or_else(|| content.iter().next())
        .context("no content")?;
    Ok(Content {
        media_type: media_type.clone(),
        schema: media["schema"].clone(),
        example: example::given(media),
    })
}

pub(super) fn is_json(media_type: &str) -> bool {
    let name = media_type.split(';').next().unwrap_or_default().trim();
    name == "application/json" || name.ends_with("+json")
}

/// The headers for API keys, and whether a token is needed.
fn security(
    document: &Document,
    operation: &Map<String, Value>,
) -> anyhow::Result<(Vec<String>, bool)> {
    let requirements = operation
        .get("security")
        .or_else(|| document.get("/security"));
    let first = requirements
        .and_then(Value::as_array)
        .and_then(|all| all.first());
    let mut keys = Vec::new();
    let mut bearer = false;
    for name in first
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::keys)
    {
        let scheme = &document.as_value()["components"]["securitySchemes"][name];
        match (scheme["type"].as_str(), scheme["in"].as_str()) {
            (Some("oauth2" | "http" | "openIdConnect"), _) => bearer = true,
            (Some("apiKey"), Some("header")) => {
                keys.push(scheme["name"].as_str().unwrap_or_default().to_owned());
            }
            (None, _) => bail!("there is no security scheme {name}"),
            _ => bail!("the security scheme {name} can't be shown"),
        }
    }
    Ok((keys, bearer))
}

/// The pointer of a callback's `{$request.body#/uri}`.
fn callback(operation: &Map<String, Value>) -> Option<String> {
    let callbacks = operation.get("callbacks")?.as_object()?.values();
    let mut expressions = callbacks.filter_map(Value::as_object).flat_map(Map::keys);
    expressions.find_map(|expression| {
        let pointer = expression.strip_prefix("{$request.body#")?;
        Some(pointer.split('}').next().unwrap_or_default().to_owned())
    })
}

fn describe(description: &str, provenance: &Provenance) -> String {
    let basis = match provenance.basis {
        Basis::Documented => "documented by the vendor",
        Basis::SiblingBrand => "documented by a sibling brand",
        Basis::ClientCode => "seen in public client code",
        Basis::Inferred => "inferred; the live service may differ",
    };
    let mut text = format!("{description}\n\n**How it is known:** {basis}.");
    if let Some(note) = &provenance.note {
        text.push(' ');
        text.push_str(note);
    }
    text.trim().to_owned()
}

/// Whether a status is one of the documented successes.
pub(crate) fn is_success(successes: &[String], status: u16) -> bool {
    let status = status.to_string();
    successes.iter().any(|success| {
        success.len() == status.len()
            && success
                .chars()
                .zip(status.chars())
                .all(|(wanted, found)| wanted == found || wanted.eq_ignore_ascii_case(&'x'))
    })
}
