//! The whole pipeline, from the document's text to the client's source.

use std::{
    panic::{self, AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
};

use proc_macro2::TokenStream;
use progenitor::{GenerationSettings, Generator};
use serde_json::json;

use crate::{
    brands::brands,
    document::{Document, Refusal},
    failure,
    models::models,
    normalise::{self, Normalised, Report, normalise},
    operations::operations,
    polish::polish,
    render,
    sensitive::{posted_schemas, sensitive_fields, sensitive_fields_of_types},
    settings::{BY_HAND, ByHand, settings},
};

/// What [`generate`] returns.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The client's source: one file, for a module to include.
    pub source: String,
    /// What the normaliser changed.
    pub report: Report,
}

/// Why there is no source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The document has something that a person must change.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The normalised document isn't OpenAPI.
    #[error("not an OpenAPI document: {0}")]
    NotOpenApi(String),
    /// The generator gave up; the normaliser lacks a pass or a refusal.
    #[error("the generator gave up: {0}")]
    Generator(String),
    /// The generator wrote something that isn't Rust.
    #[error("the generator's output isn't Rust: {0}")]
    NotRust(#[from] syn::Error),
}

/// Makes the client's source from the text of an OpenAPI document.
///
/// # Errors
///
/// See [`Error`]; its text is one line.
pub fn generate(text: &str) -> Result<Generated, Error> {
    let mut settings = settings();
    let mut document = Document::parse(text)?;
    let operations = operations(&document)?;
    let brands = brands(&document)?;
    let named = normalise::named(&document)?;
    let mut sensitive = sensitive_fields(&named)?;
    let posted = posted_schemas(&named)?;
    for replacement in BY_HAND {
        replace(&mut document, replacement, &mut settings)?;
    }
    let normalised = normalise(&document)?;
    sensitive.extend(sensitive_fields_of_types(
        &normalised.document,
        &normalised.wires,
    )?);
    let mut file: syn::File = syn::parse2(generator_output(&normalised, &mut settings)?)?;
    polish(&mut file, &normalised, &sensitive, &posted);
    let models = models(&file, &normalised.enums, BY_HAND)?;
    file.items.push(render::open_enums(&normalised.enums));
    file.items
        .push(render::tables(&operations, &brands, &models));
    Ok(Generated {
        source: prettyplease::unparse(&file),
        report: normalised.report,
    })
}

/// Registers a handwritten type, and makes its schema opaque, so that nothing is
/// generated for its parts.
fn replace(
    document: &mut Document,
    replacement: &ByHand,
    settings: &mut GenerationSettings,
) -> Result<(), Refusal> {
    let schema = document
        .schemas_mut()
        .get_mut(replacement.schema)
        .ok_or_else(|| {
            let reason = format!(
                "{} has a handwritten type, but the document lacks it",
                replacement.schema
            );
            Refusal::of_document("#/components/schemas", reason)
        })?;
    *schema = json!({"type": "string"});
    settings.with_replacement(replacement.schema, replacement.rust, std::iter::empty());
    Ok(())
}

/// The generator's own output for a normalised document.
pub(crate) fn generator_output(
    normalised: &Normalised,
    settings: &mut GenerationSettings,
) -> Result<TokenStream, Error> {
    for list in &normalised.enums {
        settings.with_replacement(
            &list.name,
            format!("crate::open_enums::{}", list.name),
            [progenitor::TypeImpl::Display, progenitor::TypeImpl::FromStr].into_iter(),
        );
    }
    let settings = &*settings;
    tokens(&normalised.document, settings).map_err(|error| {
        let fails = |part: &Document| tokens(part, settings).err().map(|error| error.to_string());
        match failure::find(&normalised.document, fails) {
            Some(refusal) => Error::Refused(refusal),
            None => error,
        }
    })
}

fn tokens(document: &Document, settings: &GenerationSettings) -> Result<TokenStream, Error> {
    let spec: openapiv3::OpenAPI = serde_json::from_value(document.as_value().clone())
        .map_err(|error| Error::NotOpenApi(one_line(&error.to_string())))?;
    // The generator panics on what it doesn't support. The normaliser should have
    // refused it; if it didn't, one line is still better than a backtrace.
    quietly(|| {
        catch_unwind(AssertUnwindSafe(|| {
            Generator::new(settings).generate_tokens(&spec)
        }))
    })
    .map_err(|panic| {
        let text = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied());
        Error::Generator(one_line(text.unwrap_or("it panicked")))
    })?
    .map_err(|error| Error::Generator(one_line(&error.to_string())))
}

/// Keeps panics from being printed, since they are caught and reported.
fn quietly<T>(work: impl FnOnce() -> T) -> T {
    // The hook is global to the process, so only one thread at a time replaces it.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let done = work();
    panic::set_hook(hook);
    done
}

/// The text in one line, without the dump of a structure at its end.
fn one_line(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}
