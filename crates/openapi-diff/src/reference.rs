//! References (`$ref`) within a document.

use std::borrow::Cow;

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
    place(document, reference).map(|(value, _)| value)
}

/// What a reference leads to, and the JSON pointer to it without the `#`. As a part of a URL
/// the pointer may have its characters encoded (`%7B`).
pub fn place<'a, 'r>(document: &'a Value, reference: &'r str) -> Option<(&'a Value, Cow<'r, str>)> {
    let pointer = reference.strip_prefix('#')?;
    let decoded = percent_decode_str(pointer).decode_utf8().ok();
    let ways = [Some(Cow::Borrowed(pointer)), decoded];
    let mut ways = ways.into_iter().flatten();
    ways.find_map(|way| Some((document.pointer(&way)?, way)))
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
