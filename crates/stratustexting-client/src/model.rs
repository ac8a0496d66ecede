//! The models as JSON Schemas; with the feature `schemas`.
//!
//! For programs that handle the service's callbacks or responses in another language,
//! or that check them before reading. The list is generated; nobody maintains a second
//! one.

use std::fmt;

use schemars::{JsonSchema, Schema, generate::SchemaSettings};

/// A model of the API: a type of [`types`](crate::types) that the document describes; with the
/// feature `schemas`.
///
/// ```
/// use stratustexting_client::MODELS;
///
/// let contact = MODELS.iter().find(|model| model.name == "Contact");
/// let schema = contact.expect("a model").schema();
///
/// assert_eq!(schema.get("title"), Some(&"Contact".into()));
/// assert!(schema.pointer("/properties/mobileNumber").is_some());
/// ```
#[non_exhaustive]
pub struct Model {
    /// The type's name.
    pub name: &'static str,
    schema: fn() -> Schema,
}

impl Model {
    pub(crate) const fn of<T: JsonSchema>(name: &'static str) -> Self {
        Self {
            name,
            schema: schema_of::<T>,
        }
    }

    /// Its schema by JSON Schema 2020-12, complete in itself: the models that it refers
    /// to are in `$defs`.
    ///
    /// Like the types, it allows more than the service is known to send: unlisted
    /// fields, unlisted values, and `null` for optional values. Of the forms of a
    /// [`Timestamp`](crate::Timestamp) it allows the documented one.
    #[must_use]
    pub fn schema(&self) -> Schema {
        (self.schema)()
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Model").field(&self.name).finish()
    }
}

fn schema_of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<T>()
}
