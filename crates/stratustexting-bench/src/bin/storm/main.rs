//! Many processes share one login while its tokens end and they are killed.
//!
//! The sandbox rotates refresh tokens, and ends a login whose old refresh token comes
//! again. Eight processes with 64 tasks each call it all the time, with their tokens in
//! one file or one Redis. Again and again all access tokens end at once; whoever renews
//! them is killed now and then. On the server's ledger there has to be one refresh per
//! expiry, no call may fail but those of who was killed, and the store has to be
//! readable at every moment.
//!
//! What a kill costs: nothing, if it falls anywhere but between the server's decision
//! and the store's write. In that window the new refresh token is lost. With the
//! server's grace period the next process gets the same one again, which is one more
//! request; with `--no-grace` the login is gone, as it has to be, and a user logs in
//! again (`relogins`).
//!
//! - `parent.rs`: ends tokens, kills, counts.
//! - `worker.rs`: one of the processes.
//! - `wire.rs`: what the two say to each other.
//! - `ledger.rs`: what the server saw.
//! - `store.rs`: the store from outside: Redis's process, and reading it raw.

mod ledger;
mod parent;
mod store;
mod wire;
mod worker;

use clap::{Parser, Subcommand, ValueEnum};

/// One refresh per expiry, whatever happens to whom
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
    /// Where the processes share their tokens; for redis, redis-server has to be installed
    #[arg(long, value_enum, default_value_t = Store::File)]
    store: Store,
    /// How often all access tokens end
    #[arg(long, default_value_t = 1_000)]
    expiries: u64,
    /// How many processes there are
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..))]
    processes: u64,
    /// How many tasks each process has
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..))]
    tasks: u64,
    /// What chance is made from; how processes run side by side it doesn't decide
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// In how many of a hundred expiries a process is killed
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u8).range(..=100))]
    kill_percent: u8,
    /// Let the server forgive nothing: a kill at the wrong moment then loses the login
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
