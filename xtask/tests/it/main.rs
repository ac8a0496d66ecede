//! The commands from outside: the program itself.
//!
//! What `refresh` does is tested in `stratustexting-spec`, and what goes over the wire in
//! `openapi-diff`. Here the referee's table of the latter is held against the whole verdict,
//! that on the Rust client included.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

/// `cargo xtask diff`: what it reads, what it prints in which form, and how it ends.
mod command;
mod extensions;
/// Changes of the vendored document at random.
mod mutations;
/// Documents that nobody would write.
mod odd;
/// The referee's table, with what Rust programs notice.
mod referee;
/// `cargo xtask refresh`: its arguments and its manners.
mod refresh;
mod support;

// The referee's own words and hands, which are the same there and here.
#[allow(dead_code, reason = "the table says more than is asked here")]
#[path = "../../../crates/openapi-diff/tests/it/edits.rs"]
mod edits;
#[path = "../../../crates/openapi-diff/tests/it/kinds/mod.rs"]
mod kinds;
#[path = "../../../crates/openapi-diff/tests/it/places.rs"]
mod places;
#[path = "../../../crates/openapi-diff/tests/it/random.rs"]
mod random;
