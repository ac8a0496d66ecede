//! What `build.rs` and `xtask` of the workspace share: the way from the vendored
//! `openapi.json` to the source of `stratustexting-client`.
//!
//! ```text
//! openapi.json -> Document -> normalise -> generator -> polish -> source text
//!                    |                                    ^          |
//!                    +-> operations, brands, sensitive ---+          +-> outline
//! ```
//!
//! - [`Document`] is the OpenAPI document as JSON.
//! - [`normalise()`] makes of a truthful document one that the generator can eat,
//!   and reports what it changed. What it can't make safe it refuses.
//! - [`operations()`] and [`brands()`] read what the document says beyond HTTP
//!   shapes: what may be repeated, what is personal, how we know.
//! - [`generate()`] runs all of it and returns the source text.
//! - [`outline()`] sums a generated file up, a line per type, field and
//!   operation, for people to review.
//!
//! This crate knows nothing of the network, of git, or of Cargo: text in, text
//! out. The generator's settings are not here either but in `build.rs`, because
//! they name types of the client crate.

mod brands;
mod document;
mod failure;
mod generate;
mod models;
mod names;
pub mod normalise;
mod operations;
mod outline;
mod polish;
mod render;
mod sensitive;
mod setters;

pub use self::{
    brands::{Brand, brands},
    document::{Document, Refusal, Site},
    generate::{ByHand, Error, Generated, generate},
    normalise::normalise,
    operations::{Basis, Operation, Pagination, Provenance, Sensitive, operations},
    outline::outline,
};
