//! What a new document means to a client of the old one, on the wire and in Rust.
//!
//! There are two comparisons, and the worse verdict counts. One compares the documents:
//! requests, responses and their meaning (`openapi-diff`). The other compares the
//! outlines of the two generated clients: methods, fields and types. Each misses
//! something that the other sees. A new `operationId` isn't on the wire; a value that
//! may be `null` now isn't in the outline if the field was optional anyway.

mod code;
mod extensions;
mod origins;

use openapi_diff::{Comparison, Spec};
use serde_json::Value;

use self::{extensions::ClientExtensions, origins::Origins};
use crate::{
    generate::{Generated, generate},
    outline::{Outline, outline},
};

const RUST: &str = "Rust";

/// A document, ready to be compared with several others.
#[derive(Debug)]
pub struct Compared {
    spec: Spec,
    /// The outline of its client, or why there is none.
    outline: Result<Outline, String>,
}

impl Compared {
    /// Reads a document, even if no client can be generated from it.
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

    /// What a new document means to a client of this one. If one of the clients can't
    /// be generated, the comparison says so beside the verdict on the wire.
    pub fn compare(&self, new: &Self) -> Comparison {
        let mut comparison = openapi_diff::compare_specs(&self.spec, &new.spec, &ClientExtensions);
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
