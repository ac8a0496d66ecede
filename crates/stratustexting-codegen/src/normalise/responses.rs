//! Responses: the generator takes one success shape and no error shape.

use serde_json::{Map, Value, json};

use super::report::Notes;
use crate::document::{Document, Refusal, Site};

/// Removes every response that isn't a success.
///
/// Each error then arrives as the generated client's `UnexpectedResponse`, and
/// one layer of the SDK reads its status, headers and body, whoever in front of
/// the service wrote it.
pub(super) fn keep_success(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    for (site, operation) in document.operations_mut() {
        let responses = responses_of(operation);
        let removed: Vec<String> = responses
            .keys()
            .filter(|status| !status.starts_with('2'))
            .cloned()
            .collect();
        for status in &removed {
            responses.remove(status);
        }
        if responses.is_empty() {
            return Err(Refusal::of_operation(&site, "no success response"));
        }
        if !removed.is_empty() {
            notes.say(format!("{}: {}", site.id, removed.join(", ")));
        }
    }
    Ok(())
}

/// Makes one response of several successes.
///
/// Equal shapes fold into one. Different shapes become a `oneOf`, of which the
/// generated type takes the first that fits. A shape beside an empty answer is
/// refused: the generated code would try to read JSON out of nothing.
pub(super) fn merge_success(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    for (site, operation) in document.operations_mut() {
        let responses = responses_of(operation);
        if responses.len() < 2 {
            continue;
        }
        let statuses: Vec<String> = responses.keys().cloned().collect();
        let shapes = distinct_shapes(responses);
        let merged = match shapes.as_slice() {
            [None] => json!({"description": "Success."}),
            [Some(schema)] => json_response(schema.clone()),
            several if several.iter().all(Option::is_some) => {
                let schemas: Vec<Value> = several.iter().flatten().cloned().collect();
                json_response(json!({"oneOf": schemas}))
            }
            _ => return Err(mixed(&site, &statuses)),
        };
        responses.clear();
        responses.insert("2XX".to_owned(), merged);
        notes.say(format!("{}: {} as 2XX", site.id, statuses.join(", ")));
    }
    Ok(())
}

fn mixed(site: &Site, statuses: &[String]) -> Refusal {
    Refusal::of_operation(
        site,
        format!(
            "of the success responses {} some have a body and some have none; \
             keep those with a body or those without",
            statuses.join(", ")
        ),
    )
}

fn distinct_shapes(responses: &Map<String, Value>) -> Vec<Option<Value>> {
    let mut shapes: Vec<Option<Value>> = Vec::new();
    for response in responses.values() {
        let shape = response
            .get("content")
            .and_then(Value::as_object)
            .and_then(|content| content.values().next())
            .map(|media| media.get("schema").cloned().unwrap_or_else(|| json!({})));
        if !shapes.contains(&shape) {
            shapes.push(shape);
        }
    }
    shapes
}

fn json_response(schema: Value) -> Value {
    json!({
        "description": "Success.",
        "content": {"application/json": {"schema": schema}},
    })
}

fn responses_of(operation: &mut Map<String, Value>) -> &mut Map<String, Value> {
    crate::document::object(
        operation
            .entry("responses")
            .or_insert_with(|| Value::Object(Map::new())),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::normalise::test_support::{operation, refusal, with, without};

    #[test]
    fn a_typed_error_beside_a_typed_success_panics_the_generator_without_the_pass() {
        let spec = operation(json!({
            "operationId": "readThing",
            "responses": {
                "200": {"description": "", "content": {"application/json": {"schema": {"type": "string"}}}},
                "400": {"description": "", "content": {"application/json": {"schema": {"type": "integer"}}}},
                "500": {"description": "nothing"},
            },
        }));

        assert!(without("success-responses-only", &spec).is_err());
        let generated = with(&spec).unwrap();
        assert!(generated.contains("Result<ResponseValue<::std::string::String>, Error<()>>"));
    }

    #[test]
    fn two_success_shapes_panic_the_generator_without_the_pass() {
        let spec = operation(json!({
            "operationId": "readThing",
            "responses": {
                "200": {"description": "", "content": {"application/json": {"schema": {"type": "string"}}}},
                "201": {"description": "", "content": {"application/json": {"schema": {"type": "integer"}}}},
            },
        }));

        assert!(without("merge-success-responses", &spec).is_err());
        assert!(with(&spec).unwrap().contains("pub enum ReadThingResponse"));
    }

    #[test]
    fn a_body_beside_an_empty_success_is_refused() {
        let refusal = refusal(&operation(json!({
            "operationId": "readThing",
            "responses": {
                "200": {"description": "", "content": {"application/json": {"schema": {"type": "string"}}}},
                "204": {"description": ""},
            },
        })));

        assert_eq!(refusal.operation.as_deref(), Some("readThing"));
        assert!(refusal.reason.contains("200, 204"), "{refusal}");
    }

    #[test]
    fn an_operation_without_success_is_refused() {
        let refusal = refusal(&operation(json!({
            "operationId": "readThing",
            "responses": {"400": {"description": ""}},
        })));

        assert_eq!(
            refusal.to_string(),
            "operation readThing at #/paths/~1thing/get: no success response"
        );
    }
}
