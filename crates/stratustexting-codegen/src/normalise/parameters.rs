//! Parameters that the caller doesn't set.

use serde_json::Value;

use super::report::Notes;
use crate::document::{Document, Refusal};

/// Headers that the executor sets on every request.
const CREDENTIALS: [&str; 2] = ["authorization", "x-api-key"];

/// Removes header parameters that carry credentials.
pub(super) fn drop_credential_headers(
    document: &mut Document,
    notes: &mut Notes,
) -> Result<(), Refusal> {
    for (site, operation) in document.operations_mut() {
        let Some(parameters) = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut)
        else {
            continue;
        };
        parameters.retain(|parameter| {
            let text = |key: &str| {
                parameter
                    .get(key)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let credential = text("in") == "header"
                && CREDENTIALS.contains(&text("name").to_ascii_lowercase().as_str());
            if credential {
                notes.add(format!("{}: {}", site.id, text("name")));
            }
            !credential
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::normalise::test_support::{operation, with, without};

    #[test]
    fn the_api_key_is_an_argument_of_every_call_without_the_pass() {
        let spec = operation(json!({
            "operationId": "readThing",
            "parameters": [
                {"name": "X-Api-Key", "in": "header", "required": true, "schema": {"type": "string"}},
                {"name": "x-trace", "in": "header", "schema": {"type": "string"}},
            ],
            "responses": {"200": {"description": ""}},
        }));

        assert!(
            without("drop-credential-headers", &spec)
                .unwrap()
                .contains("x_api_key")
        );
        let generated = with(&spec).unwrap();
        assert!(!generated.contains("x_api_key"));
        assert!(generated.contains("x_trace"));
    }
}
