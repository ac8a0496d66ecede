//! The client's source, made from a document as the build script makes it.
//!
//! The build script itself is included, for its settings: they stand in one place only.

use std::panic;

use stratustexting_codegen::{Error, Generated};

/// The build script.
#[allow(
    dead_code,
    reason = "its `main`, which speaks to Cargo, isn't called here"
)]
#[path = "../../build.rs"]
mod build_script;

/// Generates the client's source from the text of a document.
///
/// # Errors
///
/// When the document can't be generated; the error is one line.
pub(crate) fn generate(text: &str) -> Result<Generated, Error> {
    // The generator says by panicking what it can't do. That is caught and becomes the error,
    // so nobody needs to read it twice.
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let generated = stratustexting_codegen::generate(
        text,
        &mut build_script::settings(),
        build_script::BY_HAND,
    );
    panic::set_hook(hook);
    generated
}
