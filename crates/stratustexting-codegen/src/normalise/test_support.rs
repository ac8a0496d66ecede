//! Shared by the tests of the passes: small documents, and the generator run with and
//! without a pass.

use serde_json::{Value, json};

use super::{PASSES, Pass, run};
use crate::{
    document::{Document, Refusal},
    generate::generator_output,
};

/// A document with one operation, `get /thing`.
pub(super) fn operation(operation: Value) -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "", "version": "1.0.0"},
        "paths": {"/thing": {"get": operation}},
    })
}

/// A document with one schema, `Thing`, which an operation returns.
pub(super) fn schema(schema: Value) -> Value {
    let mut spec = operation(json!({
        "operationId": "readThing",
        "responses": {"200": {"description": "", "content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Thing"}}}}},
    }));
    spec["components"] = json!({"schemas": {"Thing": schema}});
    spec
}

/// The refusal of a document by all passes.
pub(super) fn refusal(spec: &Value) -> Refusal {
    let document = Document::parse(&spec.to_string()).expect("the test's document is an object");
    match run(&document, PASSES) {
        Ok(normalised) => panic!("not refused:\n{}", normalised.report),
        Err(refusal) => refusal,
    }
}

/// The generator's output after all passes.
pub(super) fn with(spec: &Value) -> Result<String, String> {
    generate(spec, PASSES)
}

/// The generator's output after all passes except the named one.
pub(super) fn without(pass: &str, spec: &Value) -> Result<String, String> {
    let passes: Vec<Pass> = PASSES.iter().filter(|p| p.name != pass).copied().collect();
    assert_eq!(passes.len() + 1, PASSES.len(), "no pass is called {pass}");
    generate(spec, &passes)
}

fn generate(spec: &Value, passes: &[Pass]) -> Result<String, String> {
    let document = Document::parse(&spec.to_string()).map_err(|refusal| refusal.to_string())?;
    let normalised = run(&document, passes).map_err(|refusal| refusal.to_string())?;
    let mut settings = progenitor::GenerationSettings::default();
    settings.with_interface(progenitor::InterfaceStyle::Builder);
    settings.with_conversion(
        schemars08::schema::SchemaObject {
            instance_type: Some(schemars08::schema::InstanceType::String.into()),
            format: Some("date-time".to_owned()),
            ..Default::default()
        },
        "crate::Timestamp",
        std::iter::empty(),
    );
    settings.with_conversion(
        schemars08::schema::SchemaObject {
            instance_type: Some(schemars08::schema::InstanceType::Number.into()),
            ..Default::default()
        },
        "::serde_json::Number",
        std::iter::empty(),
    );
    let tokens = generator_output(&normalised, &mut settings).map_err(|error| error.to_string())?;
    let file = syn::parse2(tokens).map_err(|error| error.to_string())?;
    Ok(prettyplease::unparse(&file))
}
