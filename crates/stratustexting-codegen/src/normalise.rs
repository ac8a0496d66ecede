//! From a truthful document to one the generator can eat.
//!
//! `openapi.json` describes the service for everybody: error responses,
//! multipart bodies, nullable fields, value lists. The generator panics on some
//! of that, emits code that doesn't compile for some, and for the rest code that
//! is wrong at run time. Between the two stands this list of [`PASSES`], each of
//! which does away with one trap, says in the [`Report`] what it changed, and has
//! a test that shows the trap. What no pass can make safe is refused, with
//! operation and location, before the generator sees it.

mod compose;
mod descriptions;
mod enums;
mod hoist;
mod media;
mod nullable;
mod parameters;
mod refuse;
mod report;
mod responses;
#[cfg(test)]
mod test_support;
mod unknown_fields;
mod validation;

pub(crate) use self::media::is_multipart_only;
pub use self::{enums::OpenEnum, media::chosen, report::Report};

use self::report::Notes;
use crate::document::{Document, Refusal};

/// One rewrite of the document.
#[derive(Clone, Copy)]
pub struct Pass {
    /// The name under which the report lists the pass.
    pub name: &'static str,
    /// Which trap of the generator it does away with.
    pub purpose: &'static str,
    run: fn(&mut Document, &mut Notes) -> Result<(), Refusal>,
}

impl std::fmt::Debug for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The passes in the order in which they run.
///
/// The order matters in three places: what is left out (responses, media types,
/// parameters) goes first, so that nothing is refused or hoisted that would not
/// be generated anyway; value lists become named types before the remaining
/// schemas in place are hoisted; and the refusals come last but for the checks of
/// the version and of the ids, which every message needs.
pub const PASSES: &[Pass] = &[
    Pass {
        name: "check-document",
        purpose: "the generator reads OpenAPI 3.0 with a unique operationId per operation only",
        run: refuse::check_document,
    },
    Pass {
        name: "success-responses-only",
        purpose: "a typed error beside another response shape panics the generator, and hides status and headers where it doesn't",
        run: responses::keep_success,
    },
    Pass {
        name: "merge-success-responses",
        purpose: "two success shapes panic the generator",
        run: responses::merge_success,
    },
    Pass {
        name: "leave-out-multipart",
        purpose: "the generator refuses multipart bodies; the SDK sends them through the same executor",
        run: media::leave_out_multipart,
    },
    Pass {
        name: "leave-out-optional-bodies",
        purpose: "the generator makes an optional body mandatory",
        run: media::leave_out_optional_bodies,
    },
    Pass {
        name: "one-media-type",
        purpose: "two media types panic the generator, and JSON under another name becomes an untyped stream",
        run: media::one_media_type,
    },
    Pass {
        name: "drop-credential-headers",
        purpose: "credentials are the executor's; as parameters every caller would have to pass them",
        run: parameters::drop_credential_headers,
    },
    Pass {
        name: "drop-validation",
        purpose: "one odd phone number in an answer would lose the whole page",
        run: validation::drop_validation,
    },
    Pass {
        name: "drop-defaults",
        purpose: "a default that isn't of its type stops the generator, and one that is gets sent by every caller",
        run: validation::drop_defaults,
    },
    Pass {
        name: "open-enums",
        purpose: "a value the document doesn't list would lose the whole page",
        run: enums::open_enums,
    },
    Pass {
        name: "drop-schema-extensions",
        purpose: "a schema with an extension escapes the conversions that build.rs asks for",
        run: validation::drop_schema_extensions,
    },
    Pass {
        name: "merge-parts",
        purpose: "properties that the generator merges escape the conversions that build.rs asks for",
        run: compose::merge_parts,
    },
    Pass {
        name: "hoist-schemas",
        purpose: "the generator gives schemas in place the same name and keeps the first shape",
        run: hoist::hoist_schemas,
    },
    Pass {
        name: "nullable-is-not-required",
        purpose: "a required nullable field that is absent would be an error",
        run: nullable::nullable_is_not_required,
    },
    Pass {
        name: "nullable-collections",
        purpose: "null for an array or a map that may be absent would be an error",
        run: nullable::nullable_collections,
    },
    Pass {
        name: "keep-unknown-fields",
        purpose: "fields the document doesn't list would be dropped, or refused where it says so",
        run: unknown_fields::keep_unknown_fields,
    },
    Pass {
        name: "plain-descriptions",
        purpose: "a code block in a description would be compiled as a documentation test",
        run: descriptions::plain_descriptions,
    },
    Pass {
        name: "refuse-the-rest",
        purpose: "what else panics the generator, or compiles to something wrong, needs a person",
        run: refuse::refuse_the_rest,
    },
];

/// What the normaliser makes of a document.
#[derive(Clone, Debug)]
pub struct Normalised {
    /// The document for the generator.
    pub document: Document,
    /// The value lists that became open enums, by name.
    pub enums: Vec<OpenEnum>,
    /// What was changed, by pass.
    pub report: Report,
}

/// Runs all [`PASSES`] over a document. The document given stays as it is.
///
/// # Errors
///
/// The first [`Refusal`] of a pass.
pub fn normalise(document: &Document) -> Result<Normalised, Refusal> {
    run(document, PASSES)
}

fn run(document: &Document, passes: &[Pass]) -> Result<Normalised, Refusal> {
    let mut document = document.clone();
    document.inline_shared_parts()?;
    let mut report = Report::default();
    let mut enums = Vec::new();
    for pass in passes {
        let mut notes = Notes::default();
        (pass.run)(&mut document, &mut notes)?;
        enums.append(&mut notes.enums);
        report.add(pass.name, notes);
    }
    enums.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Normalised {
        document,
        enums,
        report,
    })
}
