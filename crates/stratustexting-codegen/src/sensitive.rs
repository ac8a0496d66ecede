//! From `x-sensitive` pointers to fields of generated types.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{
    document::{Document, Refusal, Site},
    normalise::chosen,
    operations::{Sensitive, extension},
};

/// The fields whose values `Debug` must not print, as (schema, property).
pub(crate) type SensitiveFields = BTreeSet<(String, String)>;

/// Follows every pointer of `x-sensitive` to the schema that has the field, and looks
/// for every parameter that it names.
///
/// # Errors
///
/// A [`Refusal`] for what isn't there: something that was renamed would otherwise start
/// to be printed.
pub(crate) fn sensitive_fields(document: &Document) -> Result<SensitiveFields, Refusal> {
    let mut document = document.clone();
    document.inline_shared_parts()?;
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
        for (place, names) in [("path", &sensitive.path), ("query", &sensitive.query)] {
            for name in names {
                let there = |parameter: &Value| {
                    parameter["in"] == place && parameter["name"] == name.as_str()
                };
                let parameters = operation.get("parameters").and_then(Value::as_array);
                if !parameters.is_some_and(|all| all.iter().any(there)) {
                    return Err(lost(&site, name));
                }
            }
        }
        let request = operation.get("requestBody").and_then(kept_schema);
        let response = operation
            .get("responses")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .find(|(status, _)| status.starts_with('2'))
            .and_then(|(_, response)| kept_schema(response));
        for (pointers, schema) in [
            (&sensitive.request, request),
            (&sensitive.response, response),
        ] {
            for pointer in pointers {
                let found = schema
                    .and_then(|schema| follow(&document, schema, pointer))
                    .ok_or_else(|| lost(&site, pointer))?;
                fields.extend(found);
            }
        }
    }
    Ok(fields)
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

/// The named field at the end of a pointer: `Some(None)` where it exists but
/// belongs to no component, so that no generated type has it.
fn follow(document: &Document, schema: &Value, pointer: &str) -> Option<Option<(String, String)>> {
    let mut schema = schema;
    let mut owner = None;
    let mut field = None;
    for segment in pointer.split('/').skip(1) {
        let (component, resolved) = look_through(document, schema)?;
        if segment == "*" {
            schema = resolved.get("items")?;
            field = None;
        } else {
            schema = resolved.get("properties")?.get(segment)?;
            owner = component;
            field = Some(segment);
        }
    }
    Some(
        owner
            .zip(field)
            .map(|(owner, field)| (owner, field.to_owned())),
    )
}

/// Follows references and single-part `allOf`s, and says which component was
/// reached.
fn look_through<'a>(
    document: &'a Document,
    mut schema: &'a Value,
) -> Option<(Option<String>, &'a Value)> {
    let mut component = None;
    for _ in 0..32 {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            component = reference
                .strip_prefix("#/components/schemas/")
                .map(str::to_owned);
            schema = document.get(reference.strip_prefix('#')?)?;
        } else if let Some([part]) = schema
            .get("allOf")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
        {
            schema = part;
        } else {
            return Some((component, schema));
        }
    }
    None
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
    fn follows_references_and_items() {
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

        for (place, name) in [("query", "onwer"), ("path", "owner")] {
            let mut spec = spec.clone();
            spec["paths"]["/things"]["get"]["x-sensitive"][place] = json!([name]);

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
