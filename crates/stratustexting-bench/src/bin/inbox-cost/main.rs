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

mod measures;

use clap::Parser;
use stratustexting_bench::database::{Database, Kind, Location};
use stratustexting_queue::inbox::{PostgresStore, SqliteStore};

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

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let database = Database::new(arguments.store)?;
    match &database.location {
        Location::Sqlite(path) => measures::all(SqliteStore::open(path).await?, &arguments).await,
        Location::Postgres(url) => {
            measures::all(PostgresStore::connect(url).await?, &arguments).await
        }
    }
}
