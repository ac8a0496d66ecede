//! From `x-sensitive` pointers to fields of generated types.

use std::collections::{BTreeMap, BTreeSet};

use openapi_diff::reference;
use serde_json::{Map, Value};

use crate::{
    document::{Document, Refusal, Site},
    normalise::chosen,
    operations::{Sensitive, extension},
};

/// The fields whose values `Debug` must not print, as (schema, property).
pub(crate) type SensitiveFields = BTreeSet<(String, String)>;

/// Follows every pointer of `x-sensitive` to the schema that has the field, and checks
/// every parameter that it names.
///
/// # Errors
///
/// A [`Refusal`] for a name that isn't there: a renamed value would otherwise start to
/// be printed.
pub(crate) fn sensitive_fields(document: &Document) -> Result<SensitiveFields, Refusal> {
    let mut document = document.clone();
    document.inline_shared_parts()?;
    collect(&document, &BTreeMap::new(), |site, name| {
        Err(lost(site, name))
    })
}

/// Like [`sensitive_fields`], for a normalised document, whose schemas all have names,
/// even inline ones. Names that the normaliser left out are ignored.
///
/// # Errors
///
/// A [`Refusal`] for an extension that can't be read.
pub(crate) fn sensitive_fields_of_types(
    document: &Document,
    wires: &BTreeMap<String, String>,
) -> Result<SensitiveFields, Refusal> {
    collect(document, wires, |_, _| Ok(()))
}

fn collect(
    document: &Document,
    wires: &BTreeMap<String, String>,
    missing: impl Fn(&Site, &str) -> Result<(), Refusal>,
) -> Result<SensitiveFields, Refusal> {
    let mut fields = SensitiveFields::new();
    let operations = document
        .operations()
        .map(|(site, operation)| (site, operation.clone()));
    let callbacks = document.operations().flat_map(|(site, operation)| {
        callback_operations(operation)
            .map(move |operation| (site.clone(), operation.clone()))
            .collect::<Vec<_>>()
    });
    for (site, operation) in operations.chain(callbacks) {
        if operation.get("x-sensitive").is_none() {
            continue;
        }
        let sensitive: Sensitive = extension(&site, &operation, "x-sensitive")?;
        for (location, names) in [("path", &sensitive.path), ("query", &sensitive.query)] {
            for name in names {
                let there = |parameter: &Value| {
                    parameter["in"] == location && parameter["name"] == name.as_str()
                };
                let parameters = operation.get("parameters").and_then(Value::as_array);
                if !parameters.is_some_and(|all| all.iter().any(there)) {
                    missing(&site, name)?;
                }
            }
        }
        let request = operation.get("requestBody").and_then(kept_schema);
        let response = success_schema(&operation);
        for (pointers, schema) in [
            (&sensitive.request, request),
            (&sensitive.response, response),
        ] {
            for pointer in pointers {
                match schema.and_then(|schema| follow(document, wires, schema, pointer)) {
                    Some(found) => fields.extend(found),
                    None => missing(&site, pointer)?,
                }
            }
        }
    }
    Ok(fields)
}

fn success_schema(operation: &Map<String, Value>) -> Option<&Value> {
    let responses = operation.get("responses").and_then(Value::as_object)?;
    let mut successes = responses
        .iter()
        .filter(|(status, _)| status.starts_with('2'));
    successes.find_map(|(_, response)| kept_schema(response))
}

/// Whether an operation's success lists a field at its top level. The document's shared
/// parts must be inlined.
pub(crate) fn success_has_field(
    document: &Document,
    operation: &Map<String, Value>,
    field: &str,
) -> bool {
    let schema = success_schema(operation);
    schema.is_some_and(|schema| {
        follow(document, &BTreeMap::new(), schema, &format!("/{field}")).is_some()
    })
}

/// The components in the requests of callbacks.
///
/// # Errors
///
/// If the document's shared parts can't be inlined.
pub(crate) fn posted_schemas(document: &Document) -> Result<BTreeSet<String>, Refusal> {
    let mut document = document.clone();
    document.inline_shared_parts()?;
    let name = |schema: &Value| {
        let name = reference::schema_name(reference::of(schema)?)?;
        Some(name.to_owned())
    };
    Ok(document
        .operations()
        .flat_map(|(_, operation)| callback_operations(operation))
        .filter_map(|posted| name(kept_schema(posted.get("requestBody")?)?))
        .collect())
}

fn lost(site: &Site, pointer: &str) -> Refusal {
    Refusal::of_operation(
        site,
        format!("`x-sensitive` names {pointer}, which isn't there"),
    )
}

fn callback_operations(
    operation: &Map<String, Value>,
) -> impl Iterator<Item = &Map<String, Value>> {
    let callbacks = operation.get("callbacks").and_then(Value::as_object);
    callbacks
        .into_iter()
        .flat_map(Map::values)
        .filter_map(Value::as_object)
        .flat_map(Map::values)
        .filter_map(Value::as_object)
        .flat_map(Map::values)
        .filter_map(Value::as_object)
}

/// The schema of the media type that the client is generated for.
fn kept_schema(holder: &Value) -> Option<&Value> {
    let content = holder.get("content")?.as_object()?;
    content.get(chosen(content)?)?.get("schema")
}

/// The named field at the end of a pointer, in every component whose type has it; empty
/// if it belongs to no component, so that no generated type has it.
fn follow(
    document: &Document,
    wires: &BTreeMap<String, String>,
    schema: &Value,
    pointer: &str,
) -> Option<SensitiveFields> {
    let mut here = vec![schema];
    let mut fields = SensitiveFields::new();
    for segment in pointer.split('/').skip(1) {
        let mut parts = Vec::new();
        for schema in here {
            let mut seen = BTreeSet::new();
            look_through(document, schema, &mut Vec::new(), &mut seen, &mut parts);
        }
        fields.clear();
        here = Vec::new();
        for (components, part) in parts {
            if segment == "*" {
                // Like the items of a list, the values of a map have no names.
                let values = part.get("additionalProperties");
                here.extend(part.get("items").into_iter().chain(values));
            } else if let Some(property) = property(part, segment, wires) {
                here.push(property);
                fields.extend(
                    components
                        .into_iter()
                        .map(|name| (name, segment.to_owned())),
                );
            }
        }
        if here.is_empty() {
            return None;
        }
    }
    Some(fields)
}

/// A property by its name on the wire.
fn property<'a>(
    part: &'a Value,
    name: &str,
    wires: &BTreeMap<String, String>,
) -> Option<&'a Value> {
    let all = part.get("properties")?.as_object()?;
    all.get(name).or_else(|| {
        let is_meant = |key: &String| wires.get(key).is_some_and(|wire| wire == name);
        all.iter()
            .find(|(key, _)| is_meant(key))
            .map(|(_, property)| property)
    })
}

/// Follows references, `allOf` and choices to the schemas that have fields, each with
/// the components on the way: a type made of several parts has the fields of all of
/// them. Each part is visited once.
fn look_through<'a>(
    document: &'a Document,
    schema: &'a Value,
    components: &mut Vec<String>,
    seen: &mut BTreeSet<&'a str>,
    parts: &mut Vec<(Vec<String>, &'a Value)>,
) {
    if let Some(reference) = reference::of(schema) {
        let name = reference::schema_name(reference);
        let target = reference::target(document.as_value(), reference);
        if let (Some(name), Some(target)) = (name, target)
            && seen.insert(name)
        {
            components.push(name.to_owned());
            look_through(document, target, components, seen, parts);
            components.pop();
        }
        return;
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        let inner = schema.get(key).and_then(Value::as_array);
        for part in inner.into_iter().flatten() {
            look_through(document, part, components, seen, parts);
        }
    }
    parts.push((components.clone(), schema));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(response: &str) -> Document {
        let spec = json!({
            "openapi": "3.0.3",
            "paths": {"/things": {"get": {
                "operationId": "listThings",
                "responses": {"200": {"$ref": "#/components/responses/Page"}},
                "x-sensitive": {"path": [], "query": [], "request": [], "response": [response]},
            }}},
            "components": {
                "responses": {"Page": {"description": "", "content": {"application/json": {"schema": {
                    "type": "object",
                    "properties": {"content": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}},
                }}}}},
                "schemas": {"Thing": {"type": "object", "properties": {"name": {"type": "string"}}}},
            },
        });
        Document::parse(&spec.to_string()).unwrap()
    }

    #[test]
    fn references_and_items_are_followed() {
        let fields = sensitive_fields(&document("/content/*/name")).unwrap();

        assert_eq!(
            fields.into_iter().collect::<Vec<_>>(),
            [("Thing".to_owned(), "name".to_owned())]
        );
    }

    #[test]
    fn reads_the_media_type_that_is_generated() {
        let mut spec = document("/content/*/name").as_value().clone();
        let page = &mut spec["components"]["responses"]["Page"];
        page["content"]["application/hal+json"] = json!({"schema": {"type": "object"}});

        let fields = sensitive_fields(&Document::parse(&spec.to_string()).unwrap()).unwrap();

        assert_eq!(fields.len(), 1);
    }

    #[test]
    fn a_field_of_a_part_is_a_field_of_the_whole() {
        let mut spec = document("/content/*/name").as_value().clone();
        let schemas = &mut spec["components"]["schemas"];
        schemas["Base"] = schemas["Thing"].take();
        schemas["Thing"] = json!({"allOf": [
            {"type": "object", "properties": {"own": {"type": "string"}}},
            {"$ref": "#/components/schemas/Base"},
        ]});

        let fields = sensitive_fields(&Document::parse(&spec.to_string()).unwrap()).unwrap();

        let name = |schema: &str| (schema.to_owned(), "name".to_owned());
        assert_eq!(fields, SensitiveFields::from([name("Base"), name("Thing")]));
    }

    #[test]
    fn a_field_of_an_inline_schema_belongs_to_its_type() {
        let mut spec = document("/content/*/home_town").as_value().clone();
        spec["info"] = json!({"title": "", "version": "1"});
        let things =
            &mut spec["components"]["responses"]["Page"]["content"]["application/json"]["schema"];
        let location = json!({"type": "object", "properties": {
            "home-town": {"type": "string"}, "home_town": {"type": "string"}}});
        things["properties"]["content"]["items"] = json!({"oneOf": [location, {"type": "string"}]});
        let mut hidden = SensitiveFields::new();
        for name in ["home_town", "home-town"] {
            spec["paths"]["/things"]["get"]["x-sensitive"]["response"] =
                json!([format!("/content/*/{name}")]);
            let document = Document::parse(&spec.to_string()).unwrap();
            let normalised = crate::normalise::normalise(&document).unwrap();

            let fields = sensitive_fields_of_types(&normalised.document, &normalised.wires);
            hidden.extend(fields.unwrap());
        }

        for field in ["home-town", "home_town"] {
            let of_type = "ListThingsResponseContentItemVariant0".to_owned();
            assert!(hidden.contains(&(of_type, field.to_owned())), "{hidden:?}");
        }
    }

    #[test]
    fn refuses_a_parameter_that_is_not_there() {
        let mut spec = document("/content/*/name").as_value().clone();
        let operation = &mut spec["paths"]["/things"]["get"];
        operation["parameters"] = json!([{"name": "owner", "in": "query", "schema": {}}]);
        let sensitive = |spec: &Value| {
            let document = Document::parse(&spec.to_string()).unwrap();
            sensitive_fields(&document)
        };
        spec["paths"]["/things"]["get"]["x-sensitive"]["query"] = json!(["owner"]);
        assert!(sensitive(&spec).is_ok());

        for (location, name) in [("query", "onwer"), ("path", "owner")] {
            let mut spec = spec.clone();
            spec["paths"]["/things"]["get"]["x-sensitive"][location] = json!([name]);

            let refusal = sensitive(&spec).unwrap_err();

            assert!(refusal.reason.contains(name), "{refusal}");
        }
    }

    #[test]
    fn refuses_a_pointer_that_leads_nowhere() {
        let refusal = sensitive_fields(&document("/content/*/nmae")).unwrap_err();

        assert!(refusal.reason.contains("/content/*/nmae"), "{refusal}");
    }
}
