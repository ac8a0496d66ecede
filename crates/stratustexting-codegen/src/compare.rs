//! What a new document means to a client of the old one, in this client's language too.
//!
//! Two comparisons, and the worse verdict counts. One reads the documents, as any client of
//! the service would have to: what may be sent, what comes back, what it means
//! (`openapi-diff`). The other reads the outlines of the clients that the two documents give,
//! as a Rust program would have to: which methods, fields and types there are. Each misses
//! something that the other sees. That an operation has another id isn't on the wire; that a
//! value may be `null` now isn't in the outline where the field was optional anyway.

mod code;
mod extensions;
mod origins;

use openapi_diff::{Comparison, Spec};
use serde_json::Value;

use self::{extensions::Ours, origins::Origins};
use crate::{
    generate::{Generated, generate},
    outline::{Outline, outline},
};

const RUST: &str = "Rust";

/// A document, ready to be compared with several others.
#[derive(Debug)]
pub struct Compared {
    spec: Spec,
    /// What its client looks like, or why there is none.
    outline: Result<Outline, String>,
}

impl Compared {
    /// Reads a document, of which the client need not be possible.
    pub fn new(document: &Value) -> Self {
        match generate(&document.to_string()) {
            Ok(generated) => Self::of(document, &generated),
            Err(error) => Self {
                spec: Spec::new(document),
                outline: Err(error.to_string()),
            },
        }
    }

    /// A document whose client was generated already.
    pub fn of(document: &Value, generated: &Generated) -> Self {
        let outline = outline(&generated.source).map_err(|error| error.to_string());
        Self {
            spec: Spec::new(document),
            outline,
        }
    }

    /// What a new document means to a client of this one. Where a client can't be generated
    /// from one of them, the comparison says so beside the wire's verdict.
    pub fn compare(&self, new: &Self) -> Comparison {
        let mut comparison = openapi_diff::compare_specs(&self.spec, &new.spec, &Ours);
        match (&self.outline, &new.outline) {
            (Ok(old_outline), Ok(new_outline)) => {
                let origins = Origins::of([&self.spec, &new.spec], &comparison);
                let changes = code::compare(old_outline, new_outline, &origins);
                comparison.add_code(RUST, changes);
            }
            (Ok(_), Err(reason)) => {
                let reason = format!("the new document's client can't be generated: {reason}");
                comparison.without_code(RUST, reason);
            }
            (Err(reason), _) => {
                let reason = format!("the old document's client can't be generated: {reason}");
                comparison.without_code(RUST, reason);
            }
        }
        comparison
    }
}

/// Compares two documents.
pub fn compare(old: &Value, new: &Value) -> Comparison {
    Compared::new(old).compare(&Compared::new(new))
}
