//! Durable queues for the StratusTexting Connect API.
//!
//! The [`inbox`] is for what comes in. It stores each webhook event before it acknowledges it, and
//! then runs a handler until that succeeds or the event becomes a dead letter. The [`outbox`] is
//! for what goes out: it texts a list, nobody twice and nobody forgotten. [`reply`] has the rules
//! for automatic replies: opt-out words, limits, and protection against loops.
//!
//! # Features
//!
//! - `sqlite` (default): `SqliteStore`, a file without a server, for the programs of one
//!   machine.
//! - `postgres`: `PostgresStore`, for several machines.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod clock;
mod error;
pub mod inbox;

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub mod outbox;
pub mod reply;
mod store;

pub use self::error::{Error, Result};

/// The README's program, compiled and run.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../README.md")]
struct Readme;
