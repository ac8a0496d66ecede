//! The OpenAPI document as the passes see it: JSON with a few ways to traverse it.
//!
//! The passes edit JSON rather than typed OpenAPI structures, so that unknown keys (an
//! extension, a keyword of a later version) survive.

use std::fmt;

use heck::ToUpperCamelCase;
use openapi_diff::{METHODS, pointer::escape, reference};
use serde_json::{Map, Value};

/// A parsed OpenAPI document with its keys in sorted order.
///
/// Keys are sorted because `serde_json` keeps either the source's order or the
/// alphabet's, depending on a feature that any crate of a build may switch on.
/// The generated code must not depend on that.
#[derive(Clone, Debug, PartialEq)]
pub struct Document(Value);

impl Document {
    /// Reads a document from JSON text.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] when the text is not a JSON object.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let mut value: Value = serde_json::from_str(text)
            .map_err(|error| Refusal::of_document("#", format!("not JSON: {error}")))?;
        if !value.is_object() {
            return Err(Refusal::of_document("#", "the document is not an object"));
        }
        value.sort_all_objects();
        Ok(Self(value))
    }

    /// The document as JSON.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.0
    }

    /// The value at a JSON pointer (`/info/version`), if any.
    #[must_use]
    pub fn get(&self, pointer: &str) -> Option<&Value> {
        self.0.pointer(pointer)
    }

    /// The component schemas by name; empty if there are none.
    pub fn schemas(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.get("/components/schemas")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
    }

    /// The component schemas; created if the document has none.
    pub(crate) fn schemas_mut(&mut self) -> &mut Map<String, Value> {
        let components = object_entry(object(&mut self.0), "components");
        object_entry(components, "schemas")
    }

    /// The document with other paths and component schemas, and no other components.
    pub(crate) fn with_parts(&self, paths: Value, schemas: Value) -> Self {
        let mut document = self.clone();
        let fields = object(&mut document.0);
        fields.insert("paths".to_owned(), paths);
        fields.insert(
            "components".to_owned(),
            Value::Object(Map::from_iter([("schemas".to_owned(), schemas)])),
        );
        document
    }

    /// Every operation of the document's paths, in the order of path, method.
    pub fn operations(&self) -> impl Iterator<Item = (Site, &Map<String, Value>)> {
        let paths = self.get("/paths").and_then(Value::as_object);
        paths.into_iter().flatten().flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| {
                let operation = item.get(method)?.as_object()?;
                Some((Site::new(path, method, operation), operation))
            })
        })
    }

    /// [`Document::operations`], mutable.
    pub(crate) fn operations_mut(
        &mut self,
    ) -> impl Iterator<Item = (Site, &mut Map<String, Value>)> {
        let paths = self.0.pointer_mut("/paths").and_then(Value::as_object_mut);
        paths.into_iter().flatten().flat_map(|(path, item)| {
            item.as_object_mut()
                .into_iter()
                .flatten()
                .filter(|(key, _)| METHODS.contains(&key.as_str()))
                .filter_map(move |(method, operation)| {
                    let operation = operation.as_object_mut()?;
                    Some((Site::new(path, method, operation), operation))
                })
        })
    }

    /// A top-level value of the document, mutable.
    pub(crate) fn info_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.0.get_mut("info")?.get_mut(key)
    }

    /// The path items, mutable.
    pub(crate) fn paths_mut(&mut self) -> Option<&mut Map<String, Value>> {
        self.0.pointer_mut("/paths").and_then(Value::as_object_mut)
    }

    /// Follows a local reference; any other value is returned as it is.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] if the reference leads out of the document, to nothing, or in a
    /// cycle.
    pub fn resolve<'a>(&'a self, value: &'a Value, location: &str) -> Result<&'a Value, Refusal> {
        let mut value = value;
        for _ in 0..reference::MOST {
            let Some(target) = reference::of(value) else {
                return Ok(value);
            };
            value = reference::target(&self.0, target).ok_or_else(|| {
                let to = if target.starts_with('#') {
                    "nowhere"
                } else {
                    "another document"
                };
                Refusal::of_document(location, format!("`$ref` to {to}: {target}"))
            })?;
        }
        Err(Refusal::of_document(location, "`$ref` runs in a cycle"))
    }

    /// Inlines references to parameters, request bodies and responses, and copies the
    /// parameters of a path into its operations, so that the passes see one form only.
    ///
    /// References to schemas stay: they become the names of Rust types.
    pub(crate) fn inline_shared_parts(&mut self) -> Result<(), Refusal> {
        let shared = self.clone();
        let inline = |value: &mut Value, location: &str| -> Result<(), Refusal> {
            if value.get("$ref").is_some() {
                *value = shared.resolve(value, location)?.clone();
            }
            Ok(())
        };
        for (path, item) in self.paths_mut().into_iter().flatten() {
            let item = object(item);
            let Some(Value::Array(mut common)) = item.remove("parameters") else {
                continue;
            };
            for parameter in &mut common {
                inline(parameter, &format!("#/paths/{}", escape(path)))?;
            }
            for (_, operation) in item
                .iter_mut()
                .filter(|(key, _)| METHODS.contains(&key.as_str()))
            {
                let own = object(operation)
                    .entry("parameters")
                    .or_insert_with(|| Value::Array(Vec::new()));
                if let Some(own) = own.as_array_mut() {
                    // The operation's own parameter overrides one of the same name.
                    let is_new = |parameter: &&Value| {
                        !own.iter().any(|own| {
                            own["name"] == parameter["name"] && own["in"] == parameter["in"]
                        })
                    };
                    let new: Vec<Value> = common.iter().filter(is_new).cloned().collect();
                    own.extend(new);
                }
            }
        }
        for (site, operation) in self.operations_mut() {
            let parts = operation
                .iter_mut()
                .flat_map(|(key, value)| -> Vec<&mut Value> {
                    match key.as_str() {
                        "parameters" => value.as_array_mut().into_iter().flatten().collect(),
                        "responses" => value
                            .as_object_mut()
                            .into_iter()
                            .flat_map(|responses| responses.values_mut())
                            .collect(),
                        "requestBody" => vec![value],
                        _ => Vec::new(),
                    }
                });
            for part in parts {
                inline(part, &site.location).map_err(|refusal| refusal.at(&site))?;
            }
        }
        Ok(())
    }

    /// Calls `visit` with every string of the document and its key.
    pub(crate) fn for_each_text(&mut self, visit: &mut impl FnMut(&str, &mut String)) {
        walk_texts("", &mut self.0, visit);
    }

    /// Calls `visit` with every schema of the document, inner ones first: component
    /// schemas and inline ones in parameters, bodies and responses.
    pub(crate) fn for_each_schema(
        &mut self,
        mut visit: impl FnMut(&SchemaContext, &mut Value) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut outcome = Ok(());
        let mut guarded = |context: &SchemaContext, schema: &mut Value| {
            if outcome.is_ok() {
                outcome = visit(context, schema);
            }
        };
        if let Some(schemas) = self
            .0
            .pointer_mut("/components/schemas")
            .and_then(Value::as_object_mut)
        {
            for (name, schema) in schemas {
                let context = SchemaContext {
                    operation: None,
                    location: format!("#/components/schemas/{}", escape(name)),
                    name: name.clone(),
                    component: true,
                };
                walk_schema(schema, &context, &mut guarded);
            }
        }
        for (site, operation) in self.operations_mut() {
            for (schema, location, suffix) in in_place_schemas(operation, &site.location) {
                let context = SchemaContext {
                    operation: Some(site.id.clone()),
                    location,
                    name: format!("{} {suffix}", site.id).to_upper_camel_case(),
                    component: false,
                };
                walk_schema(schema, &context, &mut guarded);
            }
        }
        outcome
    }
}

/// Identifies the operation that a pass works on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The document's `operationId`, or method and path if it has none.
    pub id: String,
    /// The path template.
    pub path: String,
    /// The method, in lower case as in the document.
    pub method: String,
    /// A JSON pointer to the operation.
    pub location: String,
}

impl Site {
    fn new(path: &str, method: &str, operation: &Map<String, Value>) -> Self {
        let id = operation
            .get("operationId")
            .and_then(Value::as_str)
            .map_or_else(|| format!("{method} {path}"), str::to_owned);
        Self {
            id,
            path: path.to_owned(),
            method: method.to_owned(),
            location: format!("#/paths/{}/{method}", escape(path)),
        }
    }
}

/// Where a schema is in the document.
#[derive(Clone, Debug)]
pub(crate) struct SchemaContext {
    /// The operation that contains it; `None` for a component schema.
    pub(crate) operation: Option<String>,
    /// A JSON pointer to the schema.
    pub(crate) location: String,
    /// The name of the type for this schema: the component's own, or one made from the
    /// path to it.
    pub(crate) name: String,
    /// Whether it is a component itself rather than inline.
    pub(crate) component: bool,
}

impl SchemaContext {
    fn inner(&self, segment: &str, name: &str) -> Self {
        Self {
            operation: self.operation.clone(),
            location: format!("{}/{}", self.location, escape(segment)),
            name: format!("{}{}", self.name, name.to_upper_camel_case()),
            component: false,
        }
    }

    pub(crate) fn refuse(&self, reason: impl Into<String>) -> Refusal {
        Refusal {
            operation: self.operation.clone(),
            location: self.location.clone(),
            reason: reason.into(),
        }
    }
}

/// Something the normaliser can't make safe for the generator.
///
/// Its text is one line: operation, location, reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// The `operationId`, if one operation is at fault.
    pub operation: Option<String>,
    /// A JSON pointer into the document.
    pub location: String,
    /// What is wrong, and if possible what to write instead.
    pub reason: String,
}

impl Refusal {
    pub(crate) fn of_document(location: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            operation: None,
            location: location.into(),
            reason: reason.into(),
        }
    }

    pub(crate) fn of_operation(site: &Site, reason: impl Into<String>) -> Self {
        Self {
            operation: Some(site.id.clone()),
            location: site.location.clone(),
            reason: reason.into(),
        }
    }

    /// Adds the operation if the refusal has none.
    #[must_use]
    pub(crate) fn at(mut self, site: &Site) -> Self {
        self.operation.get_or_insert_with(|| site.id.clone());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = &self.operation {
            write!(f, "operation {operation} ")?;
        }
        write!(f, "at {}: {}", self.location, self.reason)
    }
}

/// The value as an object; replaces anything else by an empty one.
pub(crate) fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("made an object above"),
    }
}

fn object_entry<'a>(map: &'a mut Map<String, Value>, key: &str) -> &'a mut Map<String, Value> {
    object(map.entry(key).or_insert_with(|| Value::Object(Map::new())))
}

/// The inline schemas of an operation, each with its location and the last part of its
/// name: those of its parameters, its request body and its responses.
fn in_place_schemas<'a>(
    operation: &'a mut Map<String, Value>,
    location: &str,
) -> Vec<(&'a mut Value, String, String)> {
    let mut found = Vec::new();
    for (key, value) in operation {
        match key.as_str() {
            "parameters" => {
                for (index, parameter) in value.as_array_mut().into_iter().flatten().enumerate() {
                    let name = parameter.get("name").and_then(Value::as_str);
                    let name = name.unwrap_or_default().to_owned();
                    if let Some(schema) = parameter.get_mut("schema") {
                        let location = format!("{location}/parameters/{index}/schema");
                        found.push((schema, location, name));
                    }
                }
            }
            "requestBody" => {
                let location = format!("{location}/requestBody");
                found.extend(media_schemas(value, &location, "Request"));
            }
            "responses" => {
                for (status, response) in value.as_object_mut().into_iter().flatten() {
                    let location = format!("{location}/responses/{}", escape(status));
                    found.extend(media_schemas(response, &location, "Response"));
                }
            }
            _ => {}
        }
    }
    found
}

fn media_schemas<'a>(
    holder: &'a mut Value,
    location: &str,
    suffix: &'static str,
) -> impl Iterator<Item = (&'a mut Value, String, String)> {
    let location = location.to_owned();
    holder
        .get_mut("content")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
        .filter_map(move |(media, content)| {
            let schema = content.get_mut("schema")?;
            let location = format!("{location}/content/{}/schema", escape(media));
            Some((schema, location, suffix.to_owned()))
        })
}

fn walk_texts(key: &str, value: &mut Value, visit: &mut impl FnMut(&str, &mut String)) {
    match value {
        Value::String(text) => visit(key, text),
        Value::Array(items) => {
            for item in items {
                walk_texts(key, item, visit);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                walk_texts(key, value, visit);
            }
        }
        _ => {}
    }
}

fn walk_schema(
    schema: &mut Value,
    context: &SchemaContext,
    visit: &mut impl FnMut(&SchemaContext, &mut Value),
) {
    for (key, value) in schema.as_object_mut().into_iter().flatten() {
        match key.as_str() {
            "properties" => {
                for (name, property) in value.as_object_mut().into_iter().flatten() {
                    let context = context.inner("properties", "").inner(name, name);
                    walk_schema(property, &context, visit);
                }
            }
            "items" if value.is_object() => walk_schema(value, &context.inner(key, "Item"), visit),
            "additionalProperties" if value.is_object() => {
                walk_schema(value, &context.inner(key, "Value"), visit);
            }
            "not" => walk_schema(value, &context.inner(key, "Not"), visit),
            "allOf" | "anyOf" | "oneOf" => {
                for (index, part) in value.as_array_mut().into_iter().flatten().enumerate() {
                    let name = format!("Variant{index}");
                    let context = context.inner(key, "").inner(&index.to_string(), &name);
                    walk_schema(part, &context, visit);
                }
            }
            _ => {}
        }
    }
    visit(context, schema);
}
