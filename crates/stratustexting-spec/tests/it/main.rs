//! The pipeline as a whole, on copies of the data and against a site on this machine.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

/// Pages of other vendors, reduced, and what has to come of them.
mod cases;
/// What can be wrong with a site or a page, and what is said of it.
mod hostile;
/// Pages that are not strict OpenAPI, and what becomes of them.
mod loose;
/// Sites of which not all can be had.
mod partial;
/// The way from a site to the document, and the report.
mod refresh;
mod support;
