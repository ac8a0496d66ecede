//! The referee: small changes and what each means to a client, changes at random, and odd
//! documents.
//!
//! The referee shares nothing with the library. What it expects was written down before the
//! library was asked, from the published rules of tools that compare OpenAPI documents.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod edits;
mod kinds;
mod mutations;
mod odd;
mod places;
mod random;
mod referee;

use serde_json::Value;

/// The outcomes as JSON, of many new documents against one old one.
fn outcomes(old: &Value, new: &[Value]) -> Vec<Value> {
    let old = openapi_diff::Spec::new(old);
    let compare =
        |new| openapi_diff::compare_specs(&old, &openapi_diff::Spec::new(new), &()).json();
    new.iter().map(compare).collect()
}
