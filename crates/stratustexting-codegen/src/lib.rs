//! The way from the vendored `openapi.json` to the source of `stratustexting-client`.
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
//! - [`compare()`] says what a new document means to a client of the old one.
//!
//! This crate knows nothing of the network, of git, or of Cargo: text in, text
//! out.

mod brands;
mod compare;
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
mod settings;

pub use self::{
    brands::{Brand, brands},
    compare::{Compared, compare},
    document::{Document, Refusal, Site},
    generate::{Error, Generated, generate},
    normalise::normalise,
    operations::{Basis, Operation, Pagination, Provenance, Sensitive, operations},
    outline::{Outline, outline},
    settings::is_by_hand,
};
