//! Durable queues for the StratusTexting Connect API.
//!
//! The [`inbox`] is for what comes in: it stores each webhook event before the service is told
//! that it has arrived, and hands it to a handler until that succeeds.
//!
//! # Features
//!
//! - `sqlite` (default): `inbox::SqliteStore`, a file without a server, for the programs of one
//!   machine.
//! - `postgres`: `inbox::PostgresStore`, for several machines.

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
