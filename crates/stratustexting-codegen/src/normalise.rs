//! From a truthful document to one that the generator accepts.
//!
//! `openapi.json` describes the service for everybody: error responses, multipart
//! bodies, nullable fields, value lists. On some of that the generator panics, for some
//! it emits code that doesn't compile, and for the rest code that is wrong at run time.
//! This list of [`PASSES`] stands between the two. Each pass removes one trap, reports
//! its changes in the [`Report`], and has a test that shows the trap. Anything that no
//! pass can make safe is refused, with operation and location, before the generator
//! sees it.
//! operation and location, before the generator sees it.

mod bodies;
mod choices;
mod components;
mod compose;
mod descriptions;
mod enums;
mod fields;
mod formats;
mod hoist;
mod media;
mod narrower;
mod nullable;
mod operation_ids;
mod parameter_names;
mod parameters;
mod plain_parameters;
mod references;
mod refuse;
mod report;
mod responses;
mod shapes;
#[cfg(test)]
mod test_support;
mod unknown_fields;
mod validation;
mod values;
mod variants;

pub(crate) use self::media::is_multipart_only;
pub use self::{enums::OpenEnum, media::chosen, report::Report};

use std::collections::BTreeMap;

use self::report::Notes;
use crate::document::{Document, Refusal};

/// The document with each component under the name of its type, as the passes leave it,
/// so that a component's name is also the type's.
pub(crate) fn named(document: &Document) -> Result<Document, Refusal> {
    let mut document = document.clone();
    components::name_components(&mut document, &mut Notes::default())?;
    Ok(document)
}

/// One rewrite of the document.
#[derive(Clone, Copy)]
pub struct Pass {
    /// The name of the pass in the report.
    pub name: &'static str,
    run: fn(&mut Document, &mut Notes) -> Result<(), Refusal>,
}

impl std::fmt::Debug for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The passes in the order in which they run.
///
/// The order matters in three places. Parts that are left out (responses, media types,
/// parameters) go first, so that nothing is refused or hoisted that isn't generated
/// anyway. Value lists become named types before the remaining inline schemas are
/// hoisted. The refusals come last, except the checks of the version and of the ids,
/// which every message needs.
pub const PASSES: &[Pass] = &[
    // The generator reads OpenAPI 3.0 with a unique operationId per operation only.
    Pass {
        name: "check-document",
        run: refuse::check_document,
    },
    // Two components whose names are the same in Rust become one type.
    Pass {
        name: "name-components",
        run: components::name_components,
    },
    // The generator takes the last segment of every reference for a component's name.
    Pass {
        name: "inline-parts",
        run: references::inline_parts,
    },
    // Two operations whose ids are the same in Rust become one method.
    Pass {
        name: "name-operations",
        run: operation_ids::name_operations,
    },
    // A typed error beside another response shape makes the generator panic, or else
    // hides status and headers.
    Pass {
        name: "success-responses-only",
        run: responses::keep_success,
    },
    // Two success shapes make the generator panic.
    Pass {
        name: "merge-success-responses",
        run: responses::merge_success,
    },
    // The generator refuses multipart bodies; the SDK sends them through the same executor.
    Pass {
        name: "leave-out-multipart",
        run: media::leave_out_multipart,
    },
    // The generator makes an optional body mandatory.
    Pass {
        name: "leave-out-optional-bodies",
        run: media::leave_out_optional_bodies,
    },
    // Two media types make the generator panic, and JSON under another name becomes an
    // untyped stream.
    Pass {
        name: "one-media-type",
        run: media::one_media_type,
    },
    // A text without a schema stops the generator.
    Pass {
        name: "plain-bodies",
        run: bodies::plain_bodies,
    },
    // The executor adds credentials; as parameters every caller would have to pass them.
    Pass {
        name: "drop-credential-headers",
        run: parameters::drop_credential_headers,
    },
    // A value without `Display` can't be written into a path or a header.
    Pass {
        name: "plain-parameters",
        run: plain_parameters::plain_parameters,
    },
    // The generator knows parameters by their names alone, and its builders have methods.
    Pass {
        name: "name-parameters",
        run: parameter_names::name_parameters,
    },
    // A text with a format becomes a type of another crate, and a number becomes a
    // float.
    Pass {
        name: "plain-formats",
        run: formats::plain_formats,
    },
    // One odd phone number in a response would lose the whole page.
    Pass {
        name: "drop-validation",
        run: validation::drop_validation,
    },
    // A default of the wrong type stops the generator, and any other default is sent by
    // every caller.
    Pass {
        name: "drop-defaults",
        run: validation::drop_defaults,
    },
    // A component that may be null becomes two types.
    Pass {
        name: "null-belongs-to-the-place",
        run: shapes::null_belongs_to_the_place,
    },
    // An object without fields rejects everything, and a discriminator would be refused.
    Pass {
        name: "plain-objects",
        run: shapes::plain_objects,
    },
    // A list of numbers becomes an enum that doesn't compile or accepts no other number.
    Pass {
        name: "plain-values",
        run: values::plain_values,
    },
    // A value the document doesn't list would lose the whole page.
    Pass {
        name: "open-enums",
        run: enums::open_enums,
    },
    // Nothing is ever read of `anyOf`, and a choice of fields hides them.
    Pass {
        name: "plain-choices",
        run: choices::plain_choices,
    },
    // A schema with an extension escapes the conversions that the settings ask for.
    Pass {
        name: "drop-schema-extensions",
        run: validation::drop_schema_extensions,
    },
    // Properties that the generator merges escape the conversions that the settings ask for.
    Pass {
        name: "merge-parts",
        run: compose::merge_parts,
    },
    // The generator gives inline schemas the same name and keeps the first shape.
    Pass {
        name: "hoist-schemas",
        run: hoist::hoist_schemas,
    },
    // A required nullable field that is absent would be an error.
    Pass {
        name: "nullable-is-not-required",
        run: nullable::nullable_is_not_required,
    },
    // Null for an array or a map that may be absent would be an error.
    Pass {
        name: "nullable-collections",
        run: nullable::nullable_collections,
    },
    // Two properties whose names are the same in Rust become one field.
    Pass {
        name: "name-fields",
        run: fields::name_fields,
    },
    // Unlisted fields would be dropped, or rejected if the document says so.
    Pass {
        name: "keep-unknown-fields",
        run: unknown_fields::keep_unknown_fields,
    },
    // A code block in a description would be compiled as a documentation test.
    Pass {
        name: "plain-descriptions",
        run: descriptions::plain_descriptions,
    },
    // A person must change anything else that the generator gets wrong.
    Pass {
        name: "refuse-the-rest",
        run: refuse::refuse_the_rest,
    },
];

/// The normalised document.
#[derive(Clone, Debug)]
pub struct Normalised {
    /// The document for the generator.
    pub document: Document,
    /// The value lists that became open enums, by name.
    pub enums: Vec<OpenEnum>,
    /// The stand-ins of properties and parameters, each with its name on the wire.
    pub wires: BTreeMap<String, String>,
    /// The document's ids of operations that aren't found by the name of their method,
    /// by that name.
    pub operations: BTreeMap<String, String>,
    /// What was changed, by pass.
    pub report: Report,
}

/// Runs all [`PASSES`] over a document. The given document isn't changed.
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
    let mut wires = BTreeMap::new();
    let mut operations = BTreeMap::new();
    for pass in passes {
        // A stand-in is the same in the whole document.
        let mut notes = Notes::default();
        notes.wires = std::mem::take(&mut wires);
        (pass.run)(&mut document, &mut notes)?;
        enums.append(&mut notes.enums);
        wires = std::mem::take(&mut notes.wires);
        operations.append(&mut notes.operations);
        report.add(pass.name, notes);
    }
    enums.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Normalised {
        document,
        enums,
        wires,
        operations,
        report,
    })
}
