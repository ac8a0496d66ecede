//! The generator's settings: how the client is to look.
//!
//! Some name types of `stratustexting-client`, the crate that includes the source, and so do
//! the polish and the tables.

use progenitor::{GenerationSettings, HooksMode, InterfaceStyle, TagStyle, TypeImpl};
use schemars08::schema::{InstanceType, SchemaObject};

/// A component schema whose type is written by hand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByHand {
    /// The component's name.
    pub(crate) schema: &'static str,
    /// The path of the type, such as `crate::Thing`.
    pub(crate) rust: &'static str,
}

/// How the client is to look.
pub(crate) fn settings() -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        // With builders an optional parameter that the API adds is no breaking
        // change.
        .with_interface(InterfaceStyle::Builder)
        .with_tag(TagStyle::Merged)
        // A forgotten hook would be a client that sends without credentials, so
        // it has to be an error of the compiler.
        .with_hooks(HooksMode::Expected)
        .with_inner_type("crate::transport::Handle".parse().expect("a path"))
        .with_derive("::schemars::JsonSchema")
        // Times keep their text, so that a time in another form loses nothing.
        .with_conversion(
            SchemaObject {
                instance_type: Some(InstanceType::String.into()),
                format: Some("date-time".to_owned()),
                ..SchemaObject::default()
            },
            "crate::Timestamp",
            [TypeImpl::Display].into_iter(),
        )
        // Numbers of unknown kind stay what they are instead of becoming f64.
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

/// Whether the type of a component schema is written by hand.
pub fn is_by_hand(schema: &str) -> bool {
    BY_HAND.iter().any(|by_hand| by_hand.schema == schema)
}

/// The schemas whose types are written by hand.
pub(crate) const BY_HAND: &[ByHand] = &[
    // Three shapes are possible and none is certain; the type takes all of them.
    ByHand {
        schema: "MessageRecipients",
        rust: "crate::MessageRecipients",
    },
];
