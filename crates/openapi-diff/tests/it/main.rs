//! Small changes and what each means to a client, random changes, and odd documents.
//!
//! These tests share no code with the library. The expectations were written down before the
//! library was run, from the published rules of tools that compare OpenAPI documents.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod edits;
mod expectations;
mod kinds;
mod locations;
mod mutations;
mod odd;
mod random;

use serde_json::Value;

/// Compares many new documents with one old one; the results are JSON.
fn outcomes(old: &Value, new: &[Value]) -> Vec<Value> {
    let old = openapi_diff::Spec::new(old);
    let compare =
        |new| openapi_diff::compare_specs(&old, &openapi_diff::Spec::new(new), &()).json();
    new.iter().map(compare).collect()
}
