//! Guards between a change of `openapi.json` and the users of the client: snapshots of
//! the generated code, and the contract.
//!
//! These tests read the file that Cargo compiled into the client, from the `OUT_DIR` of
//! its build script, and generate others with the same settings.

mod change;
mod contract;
mod models;
mod provenance;
mod schemas;
mod snapshots;
mod support;
