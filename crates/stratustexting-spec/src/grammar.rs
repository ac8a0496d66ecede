//! The keys of an OpenAPI document: which hold sentences, which hold facts, and which
//! contain more objects.
//!
//! This one table distinguishes sentences from facts. All code that walks a page uses
//! it, so that no key is forgotten: a key that it doesn't list isn't an OpenAPI
//! keyword. Keywords of JSON Schema that OpenAPI only has since 3.1 are listed too,
//! since pages have them.

use serde_json::Value;

/// What an object of a document describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ObjectKind {
    PathItem,
    Operation,
    /// A callback: path items by expression.
    Callback,
    /// A parameter, or a header, which has no name of its own.
    Parameter,
    Body,
    Response,
    Media,
    Encoding,
    Schema,
    Example,
    Link,
    Server,
    Variable,
    Discriminator,
    Xml,
    SecurityScheme,
}

/// The kind of a key of such an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// A sentence for people.
    Prose,
    /// A fact that is one value, or a list of values.
    Plain,
    /// A fact of any shape, such as an example's value. Keys inside have no meaning.
    Data,
    /// An object with keys of its own, or a list of them.
    Of(ObjectKind),
    /// Objects by names that the author chose.
    Named(ObjectKind),
    /// Not a keyword.
    Unknown,
}

/// The methods that a path can have.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

impl ObjectKind {
    /// The kind of the components of a group.
    pub(crate) fn of_components(group: &str) -> Option<Self> {
        Some(match group {
            "schemas" | "definitions" => Self::Schema,
            "responses" => Self::Response,
            "parameters" | "headers" => Self::Parameter,
            "examples" => Self::Example,
            "requestBodies" => Self::Body,
            "securitySchemes" => Self::SecurityScheme,
            "links" => Self::Link,
            "callbacks" => Self::Callback,
            "pathItems" => Self::PathItem,
            _ => return None,
        })
    }

    /// The kind of a key.
    pub(crate) fn member(self, key: &str) -> KeyKind {
        use KeyKind::{Data, Named, Of, Plain, Prose, Unknown};
        match (self, key) {
            (_, "$ref") => Plain,
            (Self::Callback, _) => Of(Self::PathItem),
            (_, "description" | "summary") => Prose,
            (Self::PathItem, method) if METHODS.contains(&method) => Of(Self::Operation),
            (Self::PathItem | Self::Operation, "parameters") => Of(Self::Parameter),
            (Self::PathItem | Self::Operation, "servers") => Of(Self::Server),
            (Self::Operation, key) => operation(key),
            (Self::Parameter, key) => parameter(key),
            (Self::Body | Self::Response, "content") => Named(Self::Media),
            (Self::Body, "required") => Plain,
            (Self::Response | Self::Encoding, "headers") => Named(Self::Parameter),
            (Self::Response, "links") => Named(Self::Link),
            (Self::Media, "schema") => Of(Self::Schema),
            (Self::Media, "example") => Data,
            (Self::Media, "examples") => Named(Self::Example),
            (Self::Media, "encoding") => Named(Self::Encoding),
            (Self::Encoding, "contentType" | "style" | "explode" | "allowReserved") => Plain,
            (Self::Schema, key) => schema(key),
            (Self::Example, "value") => Data,
            (Self::Example, "externalValue") => Plain,
            (Self::Link, "operationRef" | "operationId") => Plain,
            (Self::Link, "parameters" | "requestBody") => Data,
            (Self::Link, "server") => Of(Self::Server),
            (Self::Server, "url") => Plain,
            (Self::Server, "variables") => Named(Self::Variable),
            (Self::Variable, "enum" | "default") => Plain,
            (Self::Discriminator, "propertyName") => Plain,
            (Self::Discriminator, "mapping") => Data,
            (Self::Xml, "name" | "namespace" | "prefix" | "attribute" | "wrapped") => Plain,
            (Self::SecurityScheme, key) => match key {
                "type" | "name" | "in" | "scheme" | "bearerFormat" | "openIdConnectUrl" => Plain,
                // Our schemes replace the site's, so nothing else is read of those.
                _ => Prose,
            },
            _ => Unknown,
        }
    }
}

fn operation(key: &str) -> KeyKind {
    match key {
        // Ids and tags are ours; the vendor's count as prose.
        "operationId" | "tags" | "externalDocs" => KeyKind::Prose,
        "deprecated" => KeyKind::Plain,
        "security" => KeyKind::Data,
        "requestBody" => KeyKind::Of(ObjectKind::Body),
        "responses" => KeyKind::Named(ObjectKind::Response),
        "callbacks" => KeyKind::Named(ObjectKind::Callback),
        _ => KeyKind::Unknown,
    }
}

fn parameter(key: &str) -> KeyKind {
    match key {
        "name" | "in" | "required" | "deprecated" | "allowEmptyValue" | "style" | "explode"
        | "allowReserved" => KeyKind::Plain,
        "schema" => KeyKind::Of(ObjectKind::Schema),
        "content" => KeyKind::Named(ObjectKind::Media),
        "example" => KeyKind::Data,
        "examples" => KeyKind::Named(ObjectKind::Example),
        _ => KeyKind::Unknown,
    }
}

fn schema(key: &str) -> KeyKind {
    match key {
        "title" | "externalDocs" | "$comment" => KeyKind::Prose,
        "enum" | "default" | "example" | "const" => KeyKind::Data,
        // Since OpenAPI 3.1 this is a list of values.
        "examples" => KeyKind::Named(ObjectKind::Example),
        "discriminator" => KeyKind::Of(ObjectKind::Discriminator),
        "xml" => KeyKind::Of(ObjectKind::Xml),
        "properties" | "patternProperties" | "definitions" | "$defs" | "dependentSchemas" => {
            KeyKind::Named(ObjectKind::Schema)
        }
        "items"
        | "additionalProperties"
        | "not"
        | "allOf"
        | "anyOf"
        | "oneOf"
        | "prefixItems"
        | "contains"
        | "propertyNames"
        | "if"
        | "then"
        | "else"
        | "additionalItems"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "contentSchema" => KeyKind::Of(ObjectKind::Schema),
        "type" | "format" | "nullable" | "required" | "readOnly" | "writeOnly" | "deprecated"
        | "uniqueItems" | "pattern" | "minimum" | "maximum" | "exclusiveMinimum"
        | "exclusiveMaximum" | "multipleOf" | "minLength" | "maxLength" | "minItems"
        | "maxItems" | "minProperties" | "maxProperties" | "minContains" | "maxContains"
        | "contentEncoding" | "contentMediaType" | "$id" | "$anchor" | "$schema" => KeyKind::Plain,
        _ => KeyKind::Unknown,
    }
}

/// Whether a schema of OpenAPI 3.0 can have a key.
pub(crate) fn is_of_3_0(key: &str) -> bool {
    let later = [
        "patternProperties",
        "definitions",
        "$defs",
        "dependentSchemas",
        "prefixItems",
        "contains",
        "propertyNames",
        "if",
        "then",
        "else",
        "additionalItems",
        "unevaluatedItems",
        "unevaluatedProperties",
        "contentSchema",
        "minContains",
        "maxContains",
        "contentEncoding",
        "contentMediaType",
        "$id",
        "$anchor",
        "$schema",
        "$comment",
        "summary",
    ];
    !later.contains(&key) && ObjectKind::Schema.member(key) != KeyKind::Unknown
}

/// Whether a fact is one value or a list of them.
pub(crate) fn is_plain(value: &Value) -> bool {
    let single = |value: &Value| !value.is_object() && !value.is_array();
    match value {
        Value::Array(items) => items.iter().all(single),
        value => single(value),
    }
}

/// Visits each schema of an object with its location, inner ones first.
pub(crate) fn each_schema(
    kind: ObjectKind,
    location: &str,
    value: &mut Value,
    visit: &mut impl FnMut(&mut Value, &str),
) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                each_schema(kind, &join(location, &index.to_string()), item, visit);
            }
        }
        Value::Object(map) => {
            for (key, inner) in map {
                let there = join(location, key);
                match (kind.member(key), inner) {
                    _ if key.starts_with("x-") => {}
                    (KeyKind::Of(kind), inner) => each_schema(kind, &there, inner, visit),
                    (KeyKind::Named(kind), Value::Object(things)) => {
                        for (name, thing) in things {
                            each_schema(kind, &join(&there, name), thing, visit);
                        }
                    }
                    _ => {}
                }
            }
            if kind == ObjectKind::Schema {
                visit(value, location);
            }
        }
        _ => {}
    }
}

/// A location within another one.
pub(crate) fn join(location: &str, key: &str) -> String {
    if location.is_empty() {
        key.to_owned()
    } else {
        format!("{location}/{key}")
    }
}
