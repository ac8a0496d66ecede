//! Bodies: the generator supports one media type per body, and no multipart.

use serde_json::{Map, Value, json};

use super::report::Notes;
use crate::document::{Document, Refusal, object};

const JSON: &str = "application/json";

/// Removes operations whose body can only be sent as a multipart form.
///
/// They stay in the operation table; the SDK builds their body by hand and sends
/// it through the same executor.
pub(super) fn leave_out_multipart(
    document: &mut Document,
    notes: &mut Notes,
) -> Result<(), Refusal> {
    let left_out: Vec<_> = document
        .operations()
        .filter(|(_, operation)| is_multipart_only(operation))
        .map(|(site, _)| site)
        .collect();
    for site in left_out {
        if let Some(item) = document
            .paths_mut()
            .and_then(|paths| paths.get_mut(&site.path))
        {
            object(item).remove(&site.method);
        }
        notes.add(format!("{}: left to the SDK", site.id));
    }
    Ok(())
}

/// Whether the operation's body has no media type but multipart.
pub(crate) fn is_multipart_only(operation: &Map<String, Value>) -> bool {
    operation
        .get("requestBody")
        .and_then(|body| body.get("content"))
        .and_then(Value::as_object)
        .is_some_and(|content| {
            !content.is_empty() && content.keys().all(|media| media.starts_with("multipart/"))
        })
}

/// Removes bodies that may be absent.
///
/// The document allows to omit them. A caller who needs such a body uses the SDK's raw
/// request.
pub(super) fn leave_out_optional_bodies(
    document: &mut Document,
    notes: &mut Notes,
) -> Result<(), Refusal> {
    for (site, operation) in document.operations_mut() {
        let Some(body) = operation.get("requestBody") else {
            continue;
        };
        if body.get("required").and_then(Value::as_bool) != Some(true) {
            operation.remove("requestBody");
            notes.add(site.id);
        }
    }
    Ok(())
}

/// Keeps one media type per body, JSON if there is a choice, and calls every kind of
/// JSON by its plain name.
pub(super) fn one_media_type(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    for (site, operation) in document.operations_mut() {
        if let Some(body) = operation.get_mut("requestBody")
            && let Some(change) = reduce(body)
        {
            notes.add(format!("{} request: {change}", site.id));
        }
        let responses = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        for (status, response) in responses.into_iter().flatten() {
            if let Some(change) = reduce(response) {
                notes.add(format!("{} {status}: {change}", site.id));
            }
        }
    }
    Ok(())
}

/// The media type that is kept: JSON, or else JSON under another name, or else the
/// first.
#[must_use]
pub fn chosen(content: &Map<String, Value>) -> Option<&String> {
    content
        .keys()
        .find(|media| media.as_str() == JSON)
        .or_else(|| content.keys().find(|media| is_json(media)))
        .or_else(|| content.keys().next())
}

/// Reduces a body's media types to one and returns the change, if any.
fn reduce(holder: &mut Value) -> Option<String> {
    let content = holder.get_mut("content")?.as_object_mut()?;
    if content.is_empty() {
        object(holder).remove("content");
        return None;
    }
    let before: Vec<String> = content.keys().cloned().collect();
    let chosen = chosen(content)?.clone();
    let mut media = content.remove(&chosen)?;
    let json_like = is_json(&chosen);
    let untyped = json_like && media.get("schema").is_none();
    if untyped {
        // JSON without a schema makes the generator panic; it means any JSON.
        object(&mut media).insert("schema".to_owned(), json!({}));
    }
    let name = if json_like { JSON } else { chosen.as_str() };
    let unchanged = before.len() == 1 && name == chosen && !untyped;
    let change = (!unchanged).then(|| format!("{} as {name}", before.join(", ")));
    content.clear();
    content.insert(name.to_owned(), media);
    change
}

/// Whether a media type is JSON: by name, by structured suffix, with parameters, or as
/// `*/*`, which document generators write for it.
pub(super) fn is_json(media: &str) -> bool {
    let essence = media.split(';').next().unwrap_or_default().trim();
    essence == JSON || essence.ends_with("+json") || essence == "*/*"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::normalise::test_support::{operation, with, without};

    #[test]
    fn multipart_stops_the_generator_without_the_pass() {
        let spec = operation(json!({
            "operationId": "sendFile",
            "requestBody": {"required": true, "content": {"multipart/form-data": {"schema": {
                "type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}}}},
            "responses": {"200": {"description": ""}},
        }));

        assert!(without("leave-out-multipart", &spec).is_err());
        assert!(!with(&spec).unwrap().contains("send_file"));
    }

    #[test]
    fn an_optional_body_is_mandatory_without_the_pass() {
        let spec = operation(json!({
            "operationId": "change",
            "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
            "responses": {"200": {"description": ""}},
        }));

        let trapped = without("leave-out-optional-bodies", &spec).unwrap();
        assert!(trapped.contains("body was not initialized"));
        assert!(!with(&spec).unwrap().contains("body was not initialized"));
    }

    #[test]
    fn two_media_types_make_the_generator_panic_without_the_pass() {
        let spec = operation(json!({
            "operationId": "change",
            "requestBody": {"required": true, "content": {
                "application/json": {"schema": {"type": "string"}},
                "application/x-www-form-urlencoded": {"schema": {"type": "string"}},
            }},
            "responses": {"200": {"description": ""}},
        }));

        assert!(without("one-media-type", &spec).is_err());
        assert!(with(&spec).unwrap().contains(".json(&body)"));
    }

    #[test]
    fn json_under_another_name_is_an_untyped_stream_without_the_pass() {
        for media in ["*/*", "application/hal+json"] {
            let spec = operation(json!({
                "operationId": "readThing",
                "responses": {"200": {"description": "", "content": {media: {"schema": {"type": "string"}}}}},
            }));

            let trapped = without("one-media-type", &spec);
            assert!(
                trapped.as_ref().is_err() || trapped.as_ref().unwrap().contains("ByteStream>"),
                "{media}: {trapped:?}"
            );
            assert!(!with(&spec).unwrap().contains("ByteStream>"), "{media}");
        }
    }

    #[test]
    fn json_without_a_schema_makes_the_generator_panic_without_the_pass() {
        let spec = operation(json!({
            "operationId": "readThing",
            "responses": {"200": {"description": "", "content": {"application/json": {}}}},
        }));

        assert!(without("one-media-type", &spec).is_err());
        assert!(with(&spec).unwrap().contains("::serde_json::Value"));
    }
}
