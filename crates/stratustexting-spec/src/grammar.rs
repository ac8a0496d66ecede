//! What stands where in an OpenAPI document: which keys hold words, which facts, and below
//! which there is more.
//!
//! The one table by which sentences are told from facts. Whoever walks a page goes by it, so
//! that no place is forgotten: what it doesn't list is no keyword of OpenAPI. Keywords of
//! JSON Schema that OpenAPI has only since 3.1 are listed too, since pages have them.

use serde_json::Value;

/// What an object of a document describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    PathItem,
    Operation,
    /// Path items by expression.
    Callback,
    /// A header is one, too, but for its name.
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

/// What a key of such an object holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    /// What is said to people.
    Words,
    /// A fact that is one value, or a list of values.
    Plain,
    /// A fact of any shape, such as an example's value. No key inside has a meaning.
    Data,
    /// A thing with keys of its own, or a list of them.
    Of(Kind),
    /// Things by names that somebody chose.
    Named(Kind),
    /// No keyword at all.
    Unknown,
}

/// The methods that a path can have.
const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

impl Kind {
    /// What the components of a group are.
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

    /// What a key holds.
    pub(crate) fn member(self, key: &str) -> Member {
        use Member::{Data, Named, Of, Plain, Unknown, Words};
        match (self, key) {
            (_, "$ref") => Plain,
            (Self::Callback, _) => Of(Self::PathItem),
            (_, "description" | "summary") => Words,
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
                // Ours stands in the place of the site's, so that nothing else is asked of it.
                _ => Words,
            },
            _ => Unknown,
        }
    }
}

fn operation(key: &str) -> Member {
    match key {
        // Ids and groups are given here, and are the vendor's choice of words there.
        "operationId" | "tags" | "externalDocs" => Member::Words,
        "deprecated" => Member::Plain,
        "security" => Member::Data,
        "requestBody" => Member::Of(Kind::Body),
        "responses" => Member::Named(Kind::Response),
        "callbacks" => Member::Named(Kind::Callback),
        _ => Member::Unknown,
    }
}

fn parameter(key: &str) -> Member {
    match key {
        "name" | "in" | "required" | "deprecated" | "allowEmptyValue" | "style" | "explode"
        | "allowReserved" => Member::Plain,
        "schema" => Member::Of(Kind::Schema),
        "content" => Member::Named(Kind::Media),
        "example" => Member::Data,
        "examples" => Member::Named(Kind::Example),
        _ => Member::Unknown,
    }
}

fn schema(key: &str) -> Member {
    match key {
        "title" | "externalDocs" | "$comment" => Member::Words,
        "enum" | "default" | "example" | "const" => Member::Data,
        // A list of values since OpenAPI 3.1.
        "examples" => Member::Named(Kind::Example),
        "discriminator" => Member::Of(Kind::Discriminator),
        "xml" => Member::Of(Kind::Xml),
        "properties" | "patternProperties" | "definitions" | "$defs" | "dependentSchemas" => {
            Member::Named(Kind::Schema)
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
        | "contentSchema" => Member::Of(Kind::Schema),
        "type" | "format" | "nullable" | "required" | "readOnly" | "writeOnly" | "deprecated"
        | "uniqueItems" | "pattern" | "minimum" | "maximum" | "exclusiveMinimum"
        | "exclusiveMaximum" | "multipleOf" | "minLength" | "maxLength" | "minItems"
        | "maxItems" | "minProperties" | "maxProperties" | "minContains" | "maxContains"
        | "contentEncoding" | "contentMediaType" | "$id" | "$anchor" | "$schema" => Member::Plain,
        _ => Member::Unknown,
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
    !later.contains(&key) && Kind::Schema.member(key) != Member::Unknown
}

/// Whether a fact is one value or a list of them.
pub(crate) fn is_plain(value: &Value) -> bool {
    let single = |value: &Value| !value.is_object() && !value.is_array();
    match value {
        Value::Array(items) => items.iter().all(single),
        value => single(value),
    }
}

/// Visits each schema of a thing with its place, the inner ones first.
pub(crate) fn each_schema(
    kind: Kind,
    place: &str,
    value: &mut Value,
    visit: &mut impl FnMut(&mut Value, &str),
) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                each_schema(kind, &join(place, &index.to_string()), item, visit);
            }
        }
        Value::Object(map) => {
            for (key, inner) in map {
                let there = join(place, key);
                match (kind.member(key), inner) {
                    _ if key.starts_with("x-") => {}
                    (Member::Of(kind), inner) => each_schema(kind, &there, inner, visit),
                    (Member::Named(kind), Value::Object(things)) => {
                        for (name, thing) in things {
                            each_schema(kind, &join(&there, name), thing, visit);
                        }
                    }
                    _ => {}
                }
            }
            if kind == Kind::Schema {
                visit(value, place);
            }
        }
        _ => {}
    }
}

/// A place within another one.
pub(crate) fn join(place: &str, key: &str) -> String {
    if place.is_empty() {
        key.to_owned()
    } else {
        format!("{place}/{key}")
    }
}
