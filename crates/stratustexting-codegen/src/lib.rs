//! From the vendored `openapi.json` to the source of `stratustexting-client`.
//!
//! ```text
//! openapi.json -> Document -> normalise -> generator -> polish -> source text
//!                    |                                    ^          |
//!                    +-> operations, brands, sensitive ---+          +-> outline
//! ```
//!
//! - [`Document`] is the OpenAPI document as JSON.
//! - [`normalise()`] turns a truthful document into one that the generator accepts, and
//!   reports what it changed. It refuses what it can't make safe.
//! - [`operations()`] and [`brands()`] read the document's extensions: what may be
//!   retried, what is personal, what the evidence is.
//! - [`generate()`] runs all of it and returns the source text.
//! - [`outline()`] sums a generated file up, a line per type, field and
//!   operation, for people to review.
//! - [`Compared`] says what a new document means to a client of the old one.
//!
//! This crate knows nothing of the network, git or Cargo: text in, text out.

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
    compare::Compared,
    document::{Document, Refusal, Site},
    generate::{Error, Generated, generate},
    normalise::normalise,
    operations::{Basis, Operation, Pagination, Provenance, Sensitive, operations},
    outline::{Outline, outline},
    settings::is_by_hand,
};
