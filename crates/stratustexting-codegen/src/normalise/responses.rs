//! Responses: the generator supports one success shape and no error shape.

use serde_json::{Map, Value, json};

use super::{
    media::{chosen, is_json},
    report::Notes,
};
use crate::document::{Document, Refusal};

/// Removes every response that isn't a success.
///
/// Each error then arrives as the generated client's `UnexpectedResponse`, and one
/// layer of the SDK reads its status, headers and body, whether the service or a
/// gateway sent it.
pub(super) fn keep_success(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    for (site, operation) in document.operations_mut() {
        let responses = responses_of(operation);
        if responses.len() == 1
            && let Some(only) = responses.remove("default")
        {
            // If `default` is the only response, it describes the success.
            responses.insert("2XX".to_owned(), only);
            notes.add(format!("{}: default as 2XX", site.id));
        }
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
            notes.add(format!("{}: {}", site.id, removed.join(", ")));
        }
    }
    Ok(())
}

/// Merges several success responses into one.
///
/// Equal shapes fold into one. Different shapes become a `oneOf`, and the generated
/// type takes the first that matches. If some have a body and some don't, the body is
/// optional. Bodies that aren't always JSON are returned unread.
pub(super) fn merge_success(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    for (site, operation) in document.operations_mut() {
        let responses = responses_of(operation);
        if responses.len() < 2 {
            continue;
        }
        let statuses: Vec<String> = responses.keys().cloned().collect();
        let mut shapes = distinct_shapes(responses);
        let before = shapes.len();
        shapes.retain(|shape| *shape != Shape::Empty);
        let may_be_empty = shapes.len() < before;
        let merged = match shapes.as_slice() {
            [] => json!({"description": "Success."}),
            [Shape::Json(schema)] => json_response(schema.clone(), may_be_empty),
            [Shape::Other(media, content)] => other_response(media, content),
            several => {
                let schemas: Option<Vec<Value>> = several.iter().map(Shape::schema).collect();
                schemas.map_or_else(
                    || other_response("application/octet-stream", &json!({})),
                    |schemas| json_response(json!({"oneOf": schemas}), may_be_empty),
                )
            }
        };
        responses.clear();
        responses.insert("2XX".to_owned(), merged);
        notes.add(format!("{}: {} as 2XX", site.id, statuses.join(", ")));
    }
    Ok(())
}

/// The body of a response.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Empty,
    Json(Value),
    /// A media type with its schema.
    Other(String, Value),
}

impl Shape {
    fn schema(&self) -> Option<Value> {
        match self {
            Self::Json(schema) => Some(schema.clone()),
            Self::Empty | Self::Other(..) => None,
        }
    }
}

fn distinct_shapes(responses: &Map<String, Value>) -> Vec<Shape> {
    let mut shapes: Vec<Shape> = Vec::new();
    for response in responses.values() {
        let content = response.get("content").and_then(Value::as_object);
        let media = content.and_then(|content| content.get_key_value(chosen(content)?));
        let shape = match media {
            None => Shape::Empty,
            Some((media, content)) if is_json(media) => {
                Shape::Json(content.get("schema").cloned().unwrap_or_else(|| json!({})))
            }
            Some((media, content)) => Shape::Other(media.clone(), content.clone()),
        };
        if !shapes.contains(&shape) {
            shapes.push(shape);
        }
    }
    shapes
}

fn json_response(schema: Value, may_be_empty: bool) -> Value {
    let schema = match (may_be_empty, schema) {
        (false, schema) => schema,
        (true, Value::Object(mut choice)) if choice.contains_key("oneOf") => {
            choice.insert("nullable".to_owned(), json!(true));
            Value::Object(choice)
        }
        (true, schema) => json!({"allOf": [schema], "nullable": true}),
    };
    json!({
        "description": "Success.",
        "content": {"application/json": {"schema": schema}},
    })
}

fn other_response(media: &str, content: &Value) -> Value {
    json!({"description": "Success.", "content": {media: content}})
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
    fn a_typed_error_is_taken_for_a_success_without_the_pass() {
        let spec = operation(json!({
            "operationId": "readThing",
            "responses": {
                "200": {"description": "", "content": {"application/json": {"schema": {"type": "string"}}}},
                "400": {"description": "", "content": {"application/json": {"schema": {"type": "integer"}}}},
                "500": {"description": "nothing"},
            },
        }));

        let right = "Result<ResponseValue<::std::string::String>, Error<()>>";
        let trapped = without("success-responses-only", &spec);
        assert!(trapped.is_err() || !trapped.unwrap().contains(right));
        assert!(with(&spec).unwrap().contains(right));
    }

    #[test]
    fn two_success_shapes_make_the_generator_panic_without_the_pass() {
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
    fn a_body_beside_an_empty_success_is_optional() {
        let spec = operation(json!({
            "operationId": "readThing",
            "responses": {
                "200": {"description": "", "content": {"application/json": {"schema": {
                    "type": "object", "properties": {"a": {"type": "string"}}}}}},
                "204": {"description": ""},
            },
        }));

        assert!(without("merge-success-responses", &spec).is_err());
        let generated: String = with(&spec).unwrap().split_whitespace().collect();
        assert!(
            generated.contains("ResponseValue<::std::option::Option<types::ReadThingResponse"),
            "{generated}"
        );
    }

    #[test]
    fn a_body_that_is_not_always_json_is_returned_unread() {
        let spec = operation(json!({
            "operationId": "readThing",
            "responses": {
                "200": {"description": "", "content": {"text/csv": {}}},
                "201": {"description": "", "content": {"application/json": {"schema": {}}}},
                "204": {"description": ""},
            },
        }));

        assert!(without("merge-success-responses", &spec).is_err());
        assert!(with(&spec).unwrap().contains("ResponseValue<ByteStream>"));
    }

    #[test]
    fn a_lone_default_response_is_the_success() {
        let spec = operation(json!({
            "operationId": "readThing",
            "responses": {"default": {"description": "", "content": {
                "application/json": {"schema": {"type": "string"}}}}},
        }));

        let generated = with(&spec).unwrap();

        assert!(generated.contains("Result<ResponseValue<::std::string::String>, Error<()>>"));
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
