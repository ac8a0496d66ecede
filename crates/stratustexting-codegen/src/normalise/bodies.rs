//! Request bodies whose media type says more than their schema.

use serde_json::{Value, json};

use super::report::Notes;
use crate::document::{Document, Refusal};

/// Gives bodies of text or bytes, and forms, the one schema that the generator accepts
/// for their media type.
pub(super) fn plain_bodies(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    for (site, operation) in document.operations_mut() {
        let content = operation
            .get_mut("requestBody")
            .and_then(|body| body.get_mut("content"))
            .and_then(Value::as_object_mut);
        for (media, body) in content.into_iter().flatten() {
            let essence = media.split(';').next().unwrap_or_default().trim();
            let schema = body.get("schema");
            let plain = match essence {
                "text/plain" => json!({"type": "string"}),
                "application/octet-stream" => json!({"type": "string", "format": "binary"}),
                "application/x-www-form-urlencoded" if schema.is_none() => {
                    json!({"type": "object"})
                }
                _ => continue,
            };
            if schema != Some(&plain) {
                body["schema"] = plain;
                notes.add(format!("{}: {media}", site.id));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::normalise::test_support::{operation, with, without};

    #[test]
    fn a_text_without_a_schema_stops_the_generator_without_the_pass() {
        for media in [
            "text/plain",
            "application/octet-stream",
            "application/x-www-form-urlencoded",
        ] {
            let spec = operation(json!({
                "operationId": "change",
                "requestBody": {"required": true, "content": {media: {}}},
                "responses": {"200": {"description": ""}},
            }));

            assert!(without("plain-bodies", &spec).is_err(), "{media}");
            assert!(with(&spec).unwrap().contains("pub fn body<"), "{media}");
        }
    }
}
