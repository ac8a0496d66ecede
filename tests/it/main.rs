//! What stands between a change of `openapi.json` and the people who use the
//! client: snapshots of the generated code, and the contract it has to keep.
//!
//! These tests read the very file that Cargo compiled into the client, from the
//! `OUT_DIR` of its build script, and generate others with the same settings.

mod change;
mod contract;
mod models;
mod provenance;
mod schemas;
mod snapshots;
mod support;
