//! References to parts of components.

use openapi_diff::reference;

use super::report::Notes;
use crate::document::{Document, Refusal};

/// More levels of such references than anybody writes.
const MOST_LEVELS: usize = 16;

/// Inlines references that don't name a component schema, but a property of one or the
/// schema of a response.
///
/// The generator takes the last segment of every reference for a component's name.
pub(super) fn inline_parts(document: &mut Document, notes: &mut Notes) -> Result<(), Refusal> {
    // A copy, since inlined schemas may contain such references again.
    let shared = document.clone();
    for _ in 0..MOST_LEVELS {
        let mut changed = false;
        document.for_each_schema(|context, schema| {
            let Some(reference) = reference::of(schema) else {
                return Ok(());
            };
            if reference::schema_name(reference).is_some() {
                return Ok(());
            }
            notes.add(format!("{}: {reference}", context.location));
            *schema = shared.resolve(schema, &context.location)?.clone();
            changed = true;
            Ok(())
        })?;
        if !changed {
            return Ok(());
        }
    }
    Err(Refusal::of_document(
        "#/components/schemas",
        "a `$ref` leads to a part that contains it; make that part a component",
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::normalise::test_support::{refusal, schema, with, without};

    #[test]
    fn a_reference_to_a_part_is_lost_without_the_pass() {
        let spec = schema(json!({"type": "object", "properties": {
            "count": {"type": "integer"},
            "other": {"$ref": "#/components/schemas/Thing/properties/count"},
        }}));

        assert!(without("inline-parts", &spec).is_err());
        assert!(
            with(&spec)
                .unwrap()
                .contains("pub other: ::std::option::Option<i64>")
        );
    }

    #[test]
    fn a_part_within_itself_is_refused() {
        let spec = schema(json!({"type": "object", "properties": {
            "a": {"type": "array", "items": {"$ref": "#/components/schemas/Thing/properties/a"}},
        }}));

        assert!(refusal(&spec).reason.contains("contains it"));
    }
}
