//! What the inbox costs, beside the bare database in the same run.
//!
//! ```text
//! cargo xtask inbox-cost --store sqlite
//! ```
//!
//! - *Acknowledgement*: how long `Inbox::receive` takes while every handler takes ten seconds.
//! - *Throughput*: events per second, received and handled, over the rows per second that the
//!   same database takes from as many callers, a transaction each.
//! - *Memory*: what the process occupies after 1,000 events, 10,000 and so on.
//!
//! All ratios: the times depend on the machine.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

mod database;
mod measures;

use clap::{Parser, ValueEnum};

use self::database::Database;

/// The cost of an event in the inbox, as ratios to the bare database
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// Where the events are kept; postgres needs PostgreSQL's server programs
    #[arg(long, value_enum, default_value_t = Kind::Sqlite)]
    store: Kind,
    /// How many events are received for the throughput
    #[arg(long, default_value_t = 5_000)]
    events: u64,
    /// How many callers receive at once
    #[arg(long, default_value_t = 64)]
    at_once: usize,
    /// The largest number of events for the memory; each step has ten times as many
    #[arg(long, default_value_t = 100_000)]
    stored: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Sqlite,
    Postgres,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match Database::new(arguments.store).await? {
        Database::Sqlite(store, _folder) => measures::all(store, &arguments).await,
        Database::Postgres(store, _server) => measures::all(store, &arguments).await,
    }
}
