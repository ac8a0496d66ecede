//! The pipeline as a whole, on copies of the data and against a site on this machine.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

/// Reduced pages of other vendors.
mod cases;
/// Defects of sites and pages, and their errors.
mod hostile;
/// Pages that aren't strict OpenAPI.
mod loose;
/// Sites of which some pages fail.
mod partial;
/// The pipeline from a site to the document, and the report.
mod refresh;
mod support;
