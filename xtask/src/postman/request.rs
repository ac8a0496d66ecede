//! An operation as a request of the collection.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use serde_json::Value;
use stratustexting_codegen::Document;

use super::{
    call::{Call, Content, Parameter, is_json},
    example,
    flow::{Flow, reference},
    format::{Auth, Body, Pair, Part, RawOptions, Request, Url},
};

/// What a person's program serves, for callbacks.
const CALLBACK: &str = "callback_url";

/// The file beside the collection that stands for any that is uploaded.
const FILE: &str = "picture.png";

/// What a variable of the collection stands for, apart from ids, which flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Input {
    pub(super) example: String,
    pub(super) description: String,
    /// Whether it is an address, which a person has to give: an example must not become
    /// the recipient of anything by accident.
    pub(super) own: bool,
}

/// A request, and the variables that it needs.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) request: Request,
    pub(super) variables: BTreeSet<String>,
}

/// The variables that stand for parameters, by name. Of several with one name the first
/// one says what it is.
pub(super) fn inputs(calls: &[Call], flow: &Flow) -> BTreeMap<String, Input> {
    let mut inputs = BTreeMap::new();
    for call in calls {
        for parameter in &call.parameters {
            if is_variable(parameter, flow) {
                inputs
                    .entry(parameter.name.clone())
                    .or_insert_with(|| Input {
                        example: plain(parameter.example.as_ref()),
                        description: parameter.description.clone(),
                        own: parameter.address,
                    });
            }
        }
        if call.callback.is_some() {
            inputs.entry(CALLBACK.to_owned()).or_insert_with(|| Input {
                example: String::new(),
                description: "Where your program takes what the service posts.".to_owned(),
                own: true,
            });
        }
    }
    inputs
}

fn is_variable(parameter: &Parameter, flow: &Flow) -> bool {
    match parameter.place.as_str() {
        "path" => true,
        "query" => parameter.personal || flow.is_id(&parameter.name),
        _ => false,
    }
}

/// The request of a call.
pub(super) fn fill(
    document: &Document,
    call: &Call,
    flow: &Flow,
    inputs: &BTreeMap<String, Input>,
) -> anyhow::Result<Filled> {
    let mut variables = BTreeSet::new();
    let mut header: Vec<Pair> = call
        .keys
        .iter()
        .map(|key| pair(key, reference("api_key"), "The client's API key."))
        .collect();
    let mut query = Vec::new();
    let mut in_path = Vec::new();
    for parameter in &call.parameters {
        let value = if is_variable(parameter, flow) {
            variables.insert(parameter.name.clone());
            reference(&parameter.name)
        } else {
            plain(parameter.example.as_ref())
        };
        let mut pair = pair(&parameter.name, value, &parameter.description);
        // An optional one without a value isn't sent, but is there to be switched on.
        pair.disabled = pair.value.is_empty() && !parameter.required;
        match parameter.place.as_str() {
            "path" => in_path.push(pair),
            "query" => query.push(pair),
            _ => header.push(pair),
        }
    }
    let body = match &call.content {
        None => None,
        Some(content) => {
            let fields = Fields {
                flow,
                inputs,
                callback: call.callback.as_deref(),
            };
            Some(fields.body(document, content, &mut header, &mut variables)?)
        }
    };
    let request = Request {
        auth: (!call.bearer).then_some(Auth::Nothing),
        method: call.method.clone(),
        header,
        body,
        url: url(&call.path, query, in_path),
        description: call.description.clone(),
    };
    Ok(Filled { request, variables })
}

fn pair(key: &str, value: String, description: &str) -> Pair {
    Pair {
        key: key.to_owned(),
        value,
        description: description.to_owned(),
        disabled: false,
    }
}

/// The URL, as text and in its parts. A parameter that is a whole segment is written as
/// Postman's path variable; one within a segment as a variable in the text.
fn url(template: &str, query: Vec<Pair>, in_path: Vec<Pair>) -> Url {
    let segment = |segment: &str| match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}'))
    {
        Some(name) if !name.contains('{') => format!(":{name}"),
        _ => segment.replace('{', "{{").replace('}', "}}"),
    };
    let path: Vec<String> = template
        .trim_start_matches('/')
        .split('/')
        .map(segment)
        .collect();
    let host = reference("base_url");
    let mut raw = format!("{host}/{}", path.join("/"));
    let sent = query.iter().filter(|pair| !pair.disabled);
    let sent: Vec<String> = sent
        .map(|pair| format!("{}={}", pair.key, pair.value))
        .collect();
    if !sent.is_empty() {
        raw = format!("{raw}?{}", sent.join("&"));
    }
    let is_segment = |pair: &Pair| path.contains(&format!(":{}", pair.key));
    Url {
        raw,
        host: vec![host],
        query,
        variable: in_path.into_iter().filter(is_segment).collect(),
        path,
    }
}

/// How the fields of a body are filled.
struct Fields<'a> {
    flow: &'a Flow,
    inputs: &'a BTreeMap<String, Input>,
    callback: Option<&'a str>,
}

impl Fields<'_> {
    fn body(
        &self,
        document: &Document,
        content: &Content,
        header: &mut Vec<Pair>,
        variables: &mut BTreeSet<String>,
    ) -> anyhow::Result<Body> {
        let media_type = content.media_type.as_str();
        if is_json(media_type) {
            header.push(pair("Content-Type", media_type.to_owned(), ""));
            let example = content.example.clone();
            let example = example.unwrap_or_else(|| example::of(document, &content.schema));
            let value = self.value(example, "", variables);
            return Ok(Body::Raw {
                raw: serde_json::to_string_pretty(&value)?,
                options: RawOptions::default(),
            });
        }
        let schema = document.resolve(&content.schema, media_type)?;
        let mut parts = Vec::new();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let description = property["description"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let one = property.get("items").unwrap_or(property);
            if one["format"] == "binary" {
                parts.push(Part::File {
                    key: name.clone(),
                    src: FILE.to_owned(),
                    description,
                });
            } else {
                let example = example::of(document, property);
                let value = self.value(example, &format!("/{name}"), variables);
                parts.push(Part::Text {
                    key: name.clone(),
                    value: plain(Some(&value)),
                    description,
                });
            }
        }
        match media_type {
            "multipart/form-data" => Ok(Body::Formdata { formdata: parts }),
            "application/x-www-form-urlencoded" => {
                let pairs = parts.into_iter().map(|part| match part {
                    Part::Text {
                        key,
                        value,
                        description,
                    }
                    | Part::File {
                        key,
                        src: value,
                        description,
                    } => pair(&key, value, &description),
                });
                Ok(Body::Urlencoded {
                    urlencoded: pairs.collect(),
                })
            }
            other => bail!("a body of the type {other} can't be shown"),
        }
    }

    /// A value of an example with variables in it. `at` is the pointer to it.
    fn value(&self, value: Value, at: &str, variables: &mut BTreeSet<String>) -> Value {
        match value {
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| {
                    let at = format!("{at}/{name}");
                    (name, self.value(value, &at, variables))
                });
                let mut value = Value::Object(fields.collect());
                value.sort_all_objects();
                value
            }
            Value::Array(items) => {
                let items = items.into_iter().enumerate();
                items
                    .map(|(index, item)| self.value(item, &format!("{at}/{index}"), variables))
                    .collect()
            }
            Value::String(text) => {
                let field = at.rsplit('/').next().unwrap_or_default();
                let variable = if self.callback == Some(at) {
                    Some(CALLBACK)
                } else {
                    Some(field)
                        .filter(|name| self.inputs.contains_key(*name) || self.flow.is_id(name))
                };
                match variable {
                    Some(variable) => {
                        variables.insert(variable.to_owned());
                        Value::String(reference(variable))
                    }
                    None => {
                        let (text, filled) = self.flow.fill(&text);
                        variables.extend(filled);
                        Value::String(text)
                    }
                }
            }
            other => other,
        }
    }
}

/// A value as it stands in a URL or a form.
fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
