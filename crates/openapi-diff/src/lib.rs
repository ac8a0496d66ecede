//! Compares two OpenAPI 3.0 documents: what does the new one mean to a client that was
//! written against the old one?
//!
//! ```
//! use openapi_diff::{Class, compare};
//! use serde_json::json;
//!
//! let old = json!({"openapi": "3.0.3", "paths": {"/pets": {"get": {
//!     "operationId": "listPets",
//!     "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer"}}],
//! }}}});
//! let mut new = old.clone();
//! new["paths"]["/pets"]["get"]["parameters"][0]["required"] = json!(true);
//!
//! let comparison = compare(&old, &new);
//!
//! assert_eq!(comparison.class(), Class::Breaking);
//! let change = &comparison.changes()[0];
//! assert_eq!(change.rule(), "request-parameter-became-required");
//! assert_eq!(change.operations(), ["listPets"]);
//! ```
//!
//! Every pair of JSON values gets a verdict: a document needs no extensions, no
//! `operationId`s, and no generator that can read it. A difference that isn't
//! understood is breaking rather than ignored.
//!
//! | where | what is decided there |
//! |---|---|
//! | `rules.rs` | the rules, and what each means in each direction |
//! | `operations.rs` | which operation of one document is which of the other |
//! | `parameters.rs`, `bodies.rs`, `security.rs`, `document.rs` | the parts of a call, and of the document |
//! | `schema/` | values: types, lists of values, limits, objects, alternatives |
//! | `graph.rs` | which operations lead to what, so that each thing is compared once and a change names the operations it reaches |
//! | `shape.rs`, `fingerprint.rs` | when two schemas mean the same, however they are written |
//! | `change.rs`, `render.rs` | the result, and its output as text, Markdown and JSON |
//!
//! Extensions (`x-…`) are documentation, unless an [`Extensions`] says what they mean.
//! A caller that generates code from the documents can add the changes of that code
//! ([`Comparison::add_code`]).

mod bodies;
mod change;
mod document;
mod extensions;
mod fingerprint;
mod graph;
mod operations;
mod parameters;
pub mod pointer;
pub mod reference;
mod render;
mod rules;
mod schema;
mod security;
mod shape;
mod spec;
pub mod template;
mod wire;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

pub use self::{
    change::{Change, Class, CodeChange, Side},
    extensions::{Extensions, Findings},
    rules::Rule,
    spec::{Element, METHODS, Operation, Spec},
};
use graph::Operations;

/// The result of a comparison.
#[derive(Debug)]
pub struct Comparison {
    wire: Class,
    code: Option<Code>,
    changes: Vec<Change>,
    /// The operations that lead to a component, by its pointer, in either document.
    reach: BTreeMap<String, Operations>,
}

/// The comparison of the generated code.
#[derive(Debug)]
struct Code {
    language: &'static str,
    verdict: Result<Class, String>,
}

/// Whether a value is a document that can be compared: OpenAPI 3.0, with paths.
///
/// # Errors
///
/// Returns what is wrong, in one line.
pub fn check(document: &Value) -> Result<(), String> {
    let version = document.get("openapi").and_then(Value::as_str);
    match version {
        None => Err("not an OpenAPI document: no `openapi` says which version it is".to_owned()),
        Some(version) if !version.starts_with("3.0") => {
            Err(format!("OpenAPI {version}, but only 3.0 is compared"))
        }
        Some(_) if !document.get("paths").is_some_and(Value::is_object) => {
            Err("not an OpenAPI document: no `paths`".to_owned())
        }
        Some(_) => Ok(()),
    }
}

/// Compares two documents. Extensions count as documentation.
pub fn compare(old: &Value, new: &Value) -> Comparison {
    compare_specs(&Spec::new(old), &Spec::new(new), &())
}

/// Compares two documents that are already read, so that one can be compared several times.
pub fn compare_specs(old: &Spec, new: &Spec, extensions: &dyn Extensions) -> Comparison {
    let wire::Outcome { mut changes, reach } = wire::compare(old, new, extensions);
    changes.sort_by_key(Change::order);
    Comparison {
        wire: worst(&changes, Side::Wire),
        code: None,
        changes,
        reach,
    }
}

impl Comparison {
    /// The verdict: the worst of all changes.
    pub fn class(&self) -> Class {
        let code = self
            .code
            .as_ref()
            .and_then(|code| code.verdict.as_ref().ok());
        code.map_or(self.wire, |code| self.wire.max(*code))
    }

    /// The verdict on what goes over the wire alone.
    pub fn wire(&self) -> Class {
        self.wire
    }

    /// The changes, worst first.
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The operations that lead to a component, such as `#/components/schemas/Pet`, in
    /// either document.
    pub fn operations_of(&self, pointer: &str) -> BTreeSet<String> {
        let operations = self.reach.get(pointer);
        operations
            .into_iter()
            .flat_map(|ids| ids.iter().cloned())
            .collect()
    }

    /// Adds the changes of the generated code.
    pub fn add_code(&mut self, language: &'static str, changes: Vec<CodeChange>) {
        let changes = changes.into_iter();
        self.changes
            .extend(changes.map(|change| change.into_change(language)));
        self.changes.sort_by_key(Change::order);
        self.code = Some(Code {
            language,
            verdict: Ok(worst(&self.changes, Side::Code(language))),
        });
    }

    /// Says why the generated code can't be compared. The verdict is then that on the
    /// wire alone.
    pub fn without_code(&mut self, language: &'static str, reason: impl Into<String>) {
        self.code = Some(Code {
            language,
            verdict: Err(reason.into()),
        });
    }
}

/// The worst class on a side; documentation if nothing changed.
fn worst(changes: &[Change], side: Side) -> Class {
    let own = changes.iter().filter(|change| change.side == side);
    let worst = own.map(Change::class).max();
    worst.unwrap_or(Class::Documentation)
}
