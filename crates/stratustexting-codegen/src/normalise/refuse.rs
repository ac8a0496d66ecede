//! Refusals, for a person to resolve: each names operation, location and problem.

use std::collections::BTreeSet;

use openapi_diff::{reference, template};
use serde_json::{Map, Value};

use super::report::Notes;
use crate::document::{Document, Refusal, Site};

/// Checks the version and the operation ids.
pub(super) fn check_document(document: &mut Document, _: &mut Notes) -> Result<(), Refusal> {
    let version = document.get("/openapi").and_then(Value::as_str);
    if !version.is_some_and(|version| version.starts_with("3.0.")) {
        return Err(Refusal::of_document(
            "#/openapi",
            format!(
                "version {} where 3.0.x is needed",
                version.unwrap_or("missing")
            ),
        ));
    }
    let mut ids: BTreeSet<String> = BTreeSet::new();
    for (site, operation) in document.operations() {
        let Some(id) = operation.get("operationId").and_then(Value::as_str) else {
            return Err(Refusal::of_operation(&site, "no operationId"));
        };
        if !ids.insert(id.to_owned()) {
            return Err(Refusal::of_operation(
                &site,
                "another operation has the same operationId",
            ));
        }
    }
    Ok(())
}

/// Checks everything else that is known to go wrong.
pub(super) fn refuse_the_rest(document: &mut Document, _: &mut Notes) -> Result<(), Refusal> {
    for (site, operation) in document.operations() {
        check_parameters(document, &site, operation)?;
    }
    let shared = document.clone();
    document.for_each_schema(|context, schema| {
        let refuse = |reason: &str| Err(context.refuse(reason));
        if schema.get("not").is_some() {
            return refuse("`not` can't be generated; say what the value is instead");
        }
        if schema.get("discriminator").is_some() {
            return refuse(
                "`discriminator` is ignored by the generator, which takes the first fitting variant; \
                 give each variant a property with one allowed value",
            );
        }
        shared.resolve(schema, &context.location)?;
        if context.component && is_itself(&shared, &context.location, schema) {
            return refuse("it only refers to itself");
        }
        Ok(())
    })
}

/// Whether a component's references, also through `allOf` of one part, lead back to it.
fn is_itself(shared: &Document, location: &str, schema: &Value) -> bool {
    let mut schema = schema;
    for _ in 0..64 {
        let parts = schema.get("allOf").and_then(Value::as_array);
        let part = match parts.map(Vec::as_slice) {
            Some([part]) => part,
            _ => schema,
        };
        let Some(target) = reference::of(part) else {
            return false;
        };
        if target == location {
            return true;
        }
        let Some(target) = reference::target(shared.as_value(), target) else {
            return false;
        };
        schema = target;
    }
    true
}

fn check_parameters(
    shared: &Document,
    site: &Site,
    operation: &Map<String, Value>,
) -> Result<(), Refusal> {
    let refuse = |reason: String| Err(Refusal::of_operation(site, reason));
    let parameters = operation.get("parameters").and_then(Value::as_array);
    let parameters: Vec<&Value> = parameters.into_iter().flatten().collect();
    let text = |parameter: &Value, key: &str| -> String {
        let text = parameter.get(key).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    for parameter in &parameters {
        let name = text(parameter, "name");
        if text(parameter, "in") == "cookie" {
            return refuse(format!("the parameter {name} is a cookie"));
        }
        if let style @ ("deepObject" | "matrix" | "label") = text(parameter, "style").as_str() {
            return refuse(format!("the parameter {name} has the style {style}"));
        }
        let Some(schema) = parameter.get("schema") else {
            return refuse(format!("the parameter {name} has no schema"));
        };
        let schema = shared.resolve(schema, &site.location)?;
        let is_object = schema.get("type").and_then(Value::as_str) == Some("object");
        if is_object || schema.get("properties").is_some() {
            return refuse(format!("the parameter {name} is an object"));
        }
    }
    let declared: Vec<String> = parameters
        .iter()
        .filter(|parameter| text(parameter, "in") == "path")
        .map(|parameter| text(parameter, "name"))
        .collect();
    let wanted: Vec<String> = template::names(&site.path).map(str::to_owned).collect();
    if let Some(missing) = wanted.iter().find(|name| !declared.contains(name)) {
        return refuse(format!("the path parameter {missing} is not declared"));
    }
    if let Some(extra) = declared.iter().find(|name| !wanted.contains(name)) {
        return refuse(format!(
            "the path has no placeholder for the parameter {extra}"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::normalise::test_support::{operation, refusal, schema, without};

    fn with_parameter(parameter: Value) -> Value {
        operation(json!({
            "operationId": "readThing",
            "parameters": [parameter],
            "responses": {"200": {"description": ""}},
        }))
    }

    #[test]
    fn another_version_is_refused() {
        let mut spec = schema(json!({"type": "string"}));
        spec["openapi"] = json!("3.1.0");

        assert_eq!(
            refusal(&spec).to_string(),
            "at #/openapi: version 3.1.0 where 3.0.x is needed"
        );
        assert!(without("check-document", &spec).is_err());
    }

    #[test]
    fn an_operation_without_an_id_is_refused() {
        let spec = operation(json!({"responses": {"200": {"description": ""}}}));

        assert_eq!(
            refusal(&spec).to_string(),
            "operation get /thing at #/paths/~1thing/get: no operationId"
        );
        assert!(without("check-document", &spec).is_err());
    }

    #[test]
    fn a_duplicate_id_is_refused() {
        let thing = json!({"operationId": "readThing", "responses": {"200": {"description": ""}}});
        let mut spec = operation(thing.clone());
        spec["paths"]["/other"] = json!({"get": thing});

        assert!(refusal(&spec).reason.contains("same operationId"));
    }

    #[test]
    fn parameters_that_stop_the_generator_are_refused() {
        let parameters = [
            json!({"name": "a", "in": "cookie", "schema": {"type": "string"}}),
            json!({"name": "a", "in": "query", "style": "deepObject", "schema": {"type": "object"}}),
            json!({"name": "a", "in": "query", "schema": {"type": "object"}}),
            json!({"name": "a", "in": "path", "required": true, "schema": {"type": "string"}}),
        ];
        for parameter in parameters {
            let spec = with_parameter(parameter.clone());

            assert_eq!(
                refusal(&spec).operation.as_deref(),
                Some("readThing"),
                "{parameter}"
            );
        }
    }

    #[test]
    fn an_undeclared_placeholder_is_refused() {
        let mut spec = operation(json!({
            "operationId": "readThing", "responses": {"200": {"description": ""}}}));
        let item = spec["paths"]["/thing"].take();
        spec["paths"] = json!({"/thing/{id}": item});

        assert_eq!(
            refusal(&spec).to_string(),
            "operation readThing at #/paths/~1thing~1{id}/get: the path parameter id is not declared"
        );
        assert!(without("refuse-the-rest", &spec).is_err());
    }

    #[test]
    fn schemas_that_stop_or_mislead_the_generator_are_refused() {
        let schemas = [
            json!({"not": {"type": "string"}}),
            json!({"oneOf": [{"type": "string"}, {}], "discriminator": {"propertyName": "kind"}}),
            json!({"type": "object", "properties": {"a": {"$ref": "other.json#/A"}}}),
            json!({"allOf": [{"$ref": "#/components/schemas/Thing"}]}),
            json!({"type": "object", "properties": {"a": {"$ref": "#/components/schemas/Nowhere"}}}),
        ];
        for shape in schemas {
            let refusal = refusal(&schema(shape));

            assert!(
                refusal.location.starts_with("#/components/schemas/Thing"),
                "{refusal}"
            );
        }
    }
}
