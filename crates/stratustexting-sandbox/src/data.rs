//! What outlives a restart: everything that the sandbox has, in one file.
//!
//! The memory is what requests work with; the file follows it. Each collection remembers
//! which of its records changed (`records.rs`, `log.rs`). A thread collects the changes under
//! the collections' locks and writes them as one transaction (`journal.rs`), so that many
//! requests share a commit. A response leaves after the commit that has its changes, so a
//! client was never told of something that a killed program forgets.
//!
//! - `change.rs`: a change of a record, as it is written.
//! - `records.rs`: records by name.
//! - `log.rs`: records by number, of which the oldest may go.
//! - `parts.rs`: what is written of each part of the sandbox, and how it is read again.
//! - `journal.rs`: who waits for which commit, and the thread that makes them.
//! - `file.rs`: the file, with the feature `data`.
//!
//! If a commit fails, the memory is ahead of the file. Then the file is read again, as at the
//! start, and every request with changes since the last commit fails.

#![cfg_attr(
    not(feature = "data"),
    allow(dead_code, reason = "nothing is written without a file")
)]

mod change;
#[cfg(feature = "data")]
mod file;
mod journal;
mod log;
mod parts;
mod records;

#[cfg(feature = "data")]
pub(crate) use self::file::File;
pub(crate) use self::{
    change::{Change, Content, Kind, Row, Rows},
    journal::{Journal, Pending, Store},
    log::Log,
    parts::{Origin, Parts, Restored, origin_of},
    records::Records,
};
