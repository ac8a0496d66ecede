//! References (`$ref`) within a document.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// How many references may follow one another. More than that is a cycle.
pub const MOST: usize = 32;

/// The text of a reference, if the value is one.
pub fn of(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()
}

/// The target of a reference; `None` if it leads out of the document or to nothing.
pub fn target<'a>(document: &'a Value, reference: &str) -> Option<&'a Value> {
    element(document, reference).map(|(value, _)| value)
}

/// The target of a reference, and its JSON pointer without the `#`. The pointer is part
/// of a URL, so its characters may be percent-encoded (`%7B`).
pub fn element<'a, 'r>(
    document: &'a Value,
    reference: &'r str,
) -> Option<(&'a Value, Cow<'r, str>)> {
    let pointer = reference.strip_prefix('#')?;
    let decoded = percent_decode_str(pointer).decode_utf8().ok();
    let graph = [Some(Cow::Borrowed(pointer)), decoded];
    let mut graph = graph.into_iter().flatten();
    graph.find_map(|way| Some((document.pointer(&way)?, way)))
}

/// The name of the component schema that a reference means, if it means a whole one.
pub fn schema_name(reference: &str) -> Option<&str> {
    let name = reference.strip_prefix("#/components/schemas/")?;
    (!name.contains('/')).then_some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_is_followed_however_it_is_spelled() {
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
