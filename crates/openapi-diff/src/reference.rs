//! References (`$ref`) within a document.

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// How many references may follow one another. More than a few is a circle.
pub const MOST: usize = 32;

/// The text of a reference, where a value is one.
pub fn of(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()
}

/// What a reference leads to; none where it leads out of the document or to nothing.
pub fn target<'a>(document: &'a Value, reference: &str) -> Option<&'a Value> {
    let pointer = reference.strip_prefix('#')?;
    document.pointer(pointer).or_else(|| {
        // A pointer in a URL may have its signs written as `%7B`.
        let plain = percent_decode_str(pointer).decode_utf8().ok()?;
        document.pointer(&plain)
    })
}

/// The name of the component schema that a reference means, where it means one whole.
pub fn schema_name(reference: &str) -> Option<&str> {
    let name = reference.strip_prefix("#/components/schemas/")?;
    (!name.contains('/')).then_some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_leads_to_a_place_however_it_is_spelled() {
        let document = json!({"paths": {"/a/{id}": {"get": 7}}});
        let wanted = Some(&json!(7));

        assert_eq!(target(&document, "#/paths/~1a~1{id}/get"), wanted);
        assert_eq!(target(&document, "#/paths/~1a~1%7Bid%7D/get"), wanted);
        assert_eq!(target(&document, "other.json#/paths"), None);
        assert_eq!(target(&document, "#/nowhere"), None);
    }

    #[test]
    fn only_a_whole_component_has_a_name() {
        assert_eq!(schema_name("#/components/schemas/A"), Some("A"));
        assert_eq!(schema_name("#/components/schemas/A/properties/b"), None);
        assert_eq!(schema_name("#/components/responses/A"), None);
    }
}
