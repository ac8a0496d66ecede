//! Generates the client from `openapi.json` into `$OUT_DIR/generated.rs`.
//!
//! It reads that one file and nothing else: no network, no git. The work is done
//! by `stratustexting-codegen`; what stands here are the generator's settings,
//! which name types of this crate. The snapshot tests include this file to use
//! the same settings.

use progenitor::{GenerationSettings, HooksMode, InterfaceStyle, TagStyle, TypeImpl};
use schemars08::schema::{InstanceType, SchemaObject};
use stratustexting_codegen::ByHand;

fn main() {
    println!("cargo::rerun-if-changed=openapi.json");
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(reason) = run() {
        // Cargo fails the build for this line. With an exit status of its own the
        // script would have its whole output printed around it.
        println!("cargo::error=openapi.json: {reason}");
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let document = std::fs::read_to_string("openapi.json")?;
    let generated = stratustexting_codegen::generate(&document, &mut settings(), BY_HAND)?;
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("generated.rs"), generated.source)?;
    std::fs::write(out.join("report.txt"), generated.report.to_string())?;
    Ok(())
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

/// The schemas whose types are written by hand.
pub(crate) const BY_HAND: &[ByHand] = &[
    // Three shapes are possible and none is certain; the type takes all of them.
    ByHand {
        schema: "MessageRecipients",
        rust: "crate::MessageRecipients",
    },
];
