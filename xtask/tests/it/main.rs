//! Tests of the program itself.
//!
//! `stratustexting-spec` has the tests of what `refresh` does, and `openapi-diff` those
//! of the wire. Here the table of the latter is compared with the whole verdict,
//! including that on the Rust client.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

/// `cargo xtask diff`: its input, its output formats and its exit codes.
mod command;
/// The table of expectations, with those for Rust programs.
mod expectations;
mod extensions;
/// The instruments: their arguments.
mod instrument;
/// Random changes of the vendored document.
mod mutations;
/// Documents that nobody would write.
mod odd;
/// What the published packages contain.
mod packages;
/// `cargo xtask refresh`: its arguments and its errors.
mod refresh;
mod support;

// Shared with the tests of `openapi-diff`.
#[allow(dead_code, reason = "some columns aren't used here")]
#[path = "../../../crates/openapi-diff/tests/it/edits.rs"]
mod edits;
#[path = "../../../crates/openapi-diff/tests/it/kinds/mod.rs"]
mod kinds;
#[path = "../../../crates/openapi-diff/tests/it/locations.rs"]
mod locations;
#[path = "../../../crates/openapi-diff/tests/it/random.rs"]
mod random;
