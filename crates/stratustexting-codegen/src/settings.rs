//! The generator's settings.
//!
//! Like the polish and the tables, some of them name types of `stratustexting-client`,
//! the crate that includes the source.

use progenitor::{GenerationSettings, HooksMode, InterfaceStyle, TagStyle, TypeImpl};
use schemars08::schema::{InstanceType, SchemaObject};

/// A component schema with a handwritten type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByHand {
    /// The component's name.
    pub(crate) schema: &'static str,
    /// The path of the type, such as `crate::Thing`.
    pub(crate) rust: &'static str,
}

/// The generator's settings for this client.
pub(crate) fn settings() -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        // With builders, a new optional parameter isn't a breaking change.
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        // A client with a forgotten hook would send without credentials, so it must be
        // a compiler error.
        .with_hooks(HooksMode::Expected)
        .with_inner_type("crate::transport::Handle".parse().expect("a path"))
        .with_derive("::schemars::JsonSchema")
        // Times keep their text, so that a time in another format loses nothing.
        .with_conversion(
            SchemaObject {
                instance_type: Some(InstanceType::String.into()),
                format: Some("date-time".to_owned()),
                ..SchemaObject::default()
            },
            "crate::Timestamp",
            [TypeImpl::Display].into_iter(),
        )
        // Numbers of unknown type stay as they are instead of becoming f64.
        .with_conversion(
            SchemaObject {
                instance_type: Some(InstanceType::Number.into()),
                ..SchemaObject::default()
            },
            "::serde_json::Number",
            [TypeImpl::Display].into_iter(),
        );
    settings
}

/// Whether a component schema has a handwritten type.
pub fn is_by_hand(schema: &str) -> bool {
    BY_HAND.iter().any(|by_hand| by_hand.schema == schema)
}

/// The schemas with handwritten types.
pub(crate) const BY_HAND: &[ByHand] = &[
    // Three shapes are possible and none is certain; the type accepts all of them.
    ByHand {
        schema: "MessageRecipients",
        rust: "crate::MessageRecipients",
    },
];
