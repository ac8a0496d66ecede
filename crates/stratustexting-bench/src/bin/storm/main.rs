//! Many processes share one login while its tokens end and they are killed.
//!
//! The sandbox rotates refresh tokens, and ends a login if an old refresh token is used
//! again. Eight processes with 64 tasks each call it all the time, with their tokens in
//! one file or one Redis. Again and again all access tokens expire at once; a process
//! that renews them is sometimes killed. The server's ledger must show one renewal per
//! expiry, no call may fail except those of killed processes, and the store must be
//! readable at all times.
//!
//! A kill costs nothing unless it falls between the server's decision and the store's
//! write. In that window the new refresh token is lost. With the server's grace period
//! the next process gets the same token again, by one more request; with `--no-grace`
//! the login is lost, as it must be, and a user logs in again (`relogins`).
//!
//! - `parent.rs`: ends tokens, kills, counts.
//! - `worker.rs`: one of the processes.
//! - `wire.rs`: the messages between the two.
//! - `ledger.rs`: what the server saw.
//! - `store.rs`: the store from outside: Redis's process, and reading it raw.

mod ledger;
mod parent;
mod store;
mod wire;
mod worker;

use clap::{Parser, Subcommand, ValueEnum};

/// One renewal per expiry, whichever process is killed
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    storm: Storm,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// One of the processes; its settings come by standard input
    #[command(hide = true)]
    Worker,
}

#[derive(Debug, clap::Args)]
struct Storm {
    /// Where the processes share their tokens; redis needs an installed redis-server
    #[arg(long, value_enum, default_value_t = Store::File)]
    store: Store,
    /// How often all access tokens expire
    #[arg(long, default_value_t = 1_000)]
    expiries: u64,
    /// The number of processes
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..))]
    processes: u64,
    /// The number of tasks per process
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..))]
    tasks: u64,
    /// The seed; the scheduling of processes doesn't depend on it
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// The percentage of expiries with a kill
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u8).range(..=100))]
    kill_percent: u8,
    /// No grace period: a kill at the wrong moment then loses the login
    #[arg(long)]
    no_grace: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Store {
    File,
    Redis,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.part {
        Some(Part::Worker) => worker::run().await,
        None => parent::run(&arguments.storm).await,
    }
}
