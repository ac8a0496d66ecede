//! `cargo xtask diff`, from outside: the referee's table, changes at random, and the
//! command's own manners.
//!
//! The referee shares nothing with the program. What it expects was written down before the
//! program was asked, from the published rules of tools that compare OpenAPI documents.

mod command;
mod kinds;
mod mutations;
mod odd;
mod places;
mod referee;
mod support;
