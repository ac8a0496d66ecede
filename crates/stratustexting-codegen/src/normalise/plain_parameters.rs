//! Parameters are single values, or lists of them in the query.

use serde_json::{Map, Value, json};

use super::report::Notes;
use crate::document::{Document, Refusal, Site};

/// Headers that follow from the media types of bodies; OpenAPI ignores parameters for them.
const OF_BODIES: [&str; 2] = ["accept", "content-type"];

/// Removes duplicate parameters and those that OpenAPI ignores, and makes a text of
/// each parameter that the generator can't write otherwise.
///
/// The generator writes path and header parameters by `Display`, which lists and
/// objects don't have. The caller then writes the text.
pub(super) fn plain_parameters(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    let shared = document.clone();
    for (site, operation) in document.operations_mut() {
        let Some(parameters) = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut)
        else {
            continue;
        };
        let mut seen: Vec<(String, String)> = Vec::new();
        parameters.retain(|parameter| {
            let this = (text(parameter, "in"), text(parameter, "name"));
            let ignored =
                this.0 == "header" && OF_BODIES.contains(&this.1.to_ascii_lowercase().as_str());
            let kept = !ignored && !seen.contains(&this);
            if !kept {
                notes.add(format!("{}: {} is left out", site.id, this.1));
            }
            seen.push(this);
            kept
        });
        for parameter in parameters {
            check_header(&site, parameter)?;
            if make_plain(&shared, parameter).map_err(|refusal| refusal.at(&site))? {
                notes.add(format!(
                    "{}: {} is a text",
                    site.id,
                    text(parameter, "name")
                ));
            }
            if parameter["in"] == "path" {
                parameter["required"] = json!(true);
            }
        }
    }
    Ok(())
}

fn text(parameter: &Value, key: &str) -> String {
    let text = parameter.get(key).and_then(Value::as_str);
    text.unwrap_or_default().to_owned()
}

/// The generated code would panic on an invalid header name.
fn check_header(site: &Site, parameter: &Value) -> Result<(), Refusal> {
    let name = text(parameter, "name");
    let is_sign = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if parameter["in"] == "header" && (name.is_empty() || !name.chars().all(is_sign)) {
        return Err(Refusal::of_operation(
            site,
            format!("no header can be called {name:?}"),
        ));
    }
    Ok(())
}

/// Gives a parameter a schema that can be written; true if that changed it.
fn make_plain(shared: &Document, parameter: &mut Value) -> Result<bool, Refusal> {
    let in_query = parameter["in"] == "query";
    let is_joined = is_joined(parameter);
    let Some(fields) = parameter.as_object_mut() else {
        return Ok(false);
    };
    if is_joined {
        fields.remove("style");
        fields.remove("explode");
    }
    if !fields.contains_key("schema") {
        // JSON in a URL is a text, too.
        fields.remove("content");
        fields.insert("schema".to_owned(), json!({"type": "string"}));
        return Ok(true);
    }
    let Some(schema) = fields.get_mut("schema") else {
        return Ok(false);
    };
    if let Some(schema) = schema.as_object_mut() {
        // A null parameter is one that isn't sent.
        schema.remove("nullable");
    }
    let kind = kind(shared, schema, 0)?;
    let plain = match kind {
        Kind::Scalar => return Ok(false),
        // How an object is written in a query depends on `style`, which the generator ignores.
        Kind::Object if in_query => return Ok(false),
        Kind::List if is_joined => json!({"type": "string"}),
        Kind::List if in_query && list_is_plain(shared, schema)? => return Ok(false),
        Kind::List if in_query => json!({"type": "array", "items": {"type": "string"}}),
        _ => json!({"type": "string"}),
    };
    let mut plain: Map<String, Value> = plain.as_object().cloned().unwrap_or_default();
    if let Some(description) = schema.get("description") {
        plain.insert("description".to_owned(), description.clone());
    }
    *schema = Value::Object(plain);
    Ok(true)
}

/// Whether the items of a list in the query are joined into one value, which the
/// generator doesn't do.
fn is_joined(parameter: &Value) -> bool {
    let style = parameter.get("style").and_then(Value::as_str);
    let is_delimited = matches!(style, Some("spaceDelimited" | "pipeDelimited"));
    parameter["in"] == "query" && (is_delimited || parameter.get("explode") == Some(&json!(false)))
}

fn list_is_plain(shared: &Document, schema: &Value) -> Result<bool, Refusal> {
    let list = shared.resolve(schema, "#/components/schemas")?;
    match list.get("items") {
        Some(items) => Ok(kind(shared, items, 0)? == Kind::Scalar),
        None => Ok(false),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Scalar,
    List,
    Object,
    Other,
}

fn kind(shared: &Document, schema: &Value, depth: usize) -> Result<Kind, Refusal> {
    let schema = shared.resolve(schema, "#/components/schemas")?;
    if ["oneOf", "anyOf", "not"]
        .iter()
        .any(|key| schema.get(key).is_some())
    {
        return Ok(Kind::Other);
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string" | "integer" | "number" | "boolean") => return Ok(Kind::Scalar),
        Some("array") => return Ok(Kind::List),
        Some("object") => return Ok(Kind::Object),
        _ => {}
    }
    if schema.get("properties").is_some() {
        return Ok(Kind::Object);
    }
    if schema.get("enum").is_some() || schema.get("x-extensible-enum").is_some() {
        return Ok(Kind::Scalar);
    }
    match schema
        .get("allOf")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
    {
        Some([part]) if depth < 32 => kind(shared, part, depth + 1),
        _ => Ok(Kind::Other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::normalise::test_support::{operation, refusal, with, without};

    fn with_parameters(parameters: &Value) -> Value {
        let mut spec = operation(json!({}));
        spec["paths"] = json!({"/thing/{id}": {"get": {
            "operationId": "readThing",
            "parameters": parameters,
            "responses": {"200": {"description": ""}},
        }}});
        spec
    }

    #[test]
    fn a_list_in_the_path_cannot_be_written_without_the_pass() {
        let spec = with_parameters(&json!([
            {"name": "id", "in": "path", "required": true,
                "schema": {"type": "array", "items": {"type": "string"}}},
            {"name": "any", "in": "query", "schema": {}},
            {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
        ]));

        let trapped = without("plain-parameters", &spec).unwrap();
        assert!(trapped.contains("id: Result<::std::vec::Vec<"), "{trapped}");
        let generated = with(&spec).unwrap();
        for field in [
            "id: Result<::std::string::String, String>",
            "any: Result<Option<::std::string::String>, String>",
            "tags: Result<Option<::std::vec::Vec<::std::string::String>>, String>",
        ] {
            assert!(generated.contains(field), "{field}: {generated}");
        }
    }

    #[test]
    fn joined_items_become_a_text() {
        let list = json!({"type": "array", "items": {"type": "string"}});
        let spec = with_parameters(&json!([
            {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
            {"name": "a", "in": "query", "explode": false, "schema": list},
            {"name": "b", "in": "query", "style": "pipeDelimited", "schema": list},
            {"name": "c", "in": "query", "content": {"application/json": {"schema": {}}}},
        ]));

        assert!(without("plain-parameters", &spec).is_err());
        let generated = with(&spec).unwrap();
        for name in ["a", "b", "c"] {
            let field = format!("{name}: Result<Option<::std::string::String>, String>");
            assert!(generated.contains(&field), "{field}: {generated}");
        }
    }

    #[test]
    fn duplicates_and_body_headers_are_left_out() {
        let spec = with_parameters(&json!([
            {"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}},
            {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
            {"name": "Content-Type", "in": "header", "required": true, "schema": {"type": "string"}},
        ]));

        let trapped = without("plain-parameters", &spec);
        assert!(trapped.is_err() || trapped.unwrap().contains("content_type"));
        let generated = with(&spec).unwrap();
        assert!(generated.contains("id: Result<i64, String>"), "{generated}");
        assert!(!generated.contains("content_type"));
    }

    #[test]
    fn an_invalid_header_name_is_refused() {
        let spec = with_parameters(&json!([
            {"name": "id", "in": "path", "required": true, "schema": {"type": "string"}},
            {"name": "my header", "in": "header", "schema": {"type": "string"}},
        ]));

        assert_eq!(
            refusal(&spec).to_string(),
            "operation readThing at #/paths/~1thing~1{id}/get: \
             no header can be called \"my header\""
        );
    }
}
