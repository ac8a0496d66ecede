//! Shared by the tests: the document, the generator, and snapshots whose failures say
//! what to do.

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::Value;
use stratustexting_codegen::{Error, Generated, generate};

/// The vendored document, as the build script reads it.
pub(crate) const OPENAPI: &str = include_str!("../../openapi.json");

/// The vendored document as JSON.
pub(crate) fn document() -> Value {
    serde_json::from_str(OPENAPI).expect("openapi.json is JSON")
}

/// Generates as the build script does.
pub(crate) fn generated(text: &str) -> Result<Generated, Error> {
    generate(text)
}

/// The outline of generated source.
pub(crate) fn outline(source: &str) -> String {
    stratustexting_codegen::outline(source)
        .expect("the generated source is Rust")
        .to_string()
}

/// The operations of a document: `operationId`, method in upper case, path, and
/// the operation itself.
pub(crate) fn operations(document: &Value) -> Vec<(String, String, String, Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("a path item") {
            if let Some(id) = operation["operationId"].as_str() {
                let method = method.to_ascii_uppercase();
                operations.push((id.to_owned(), method, path.clone(), operation.clone()));
            }
        }
    }
    operations
}

/// Fails if the text differs from the snapshot of that name, and says what to do, since
/// a reader may not know this repository.
pub(crate) fn assert_snapshot(name: &str, what: &str, text: &str) {
    let mut settings = insta::Settings::new();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(what);
    let compared = catch_unwind(AssertUnwindSafe(|| {
        settings.bind(|| insta::assert_snapshot!(name, text));
    }));
    assert!(
        compared.is_ok(),
        "\n\
         tests/it/snapshots/{name}.snap is not what is generated now: {what}.\n\
         If openapi.json, the normaliser, the settings or a version of the generator was changed on\n\
         purpose, run\n\
         \n    cargo xtask snapshot\n\n\
         review what it changed, the outline first (CONTRIBUTING.md says how), and commit the\n\
         snapshots with the change. If nothing was changed on purpose, this is the defect.\n"
    );
}
