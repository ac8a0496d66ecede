//! The receiver of webhooks is killed again and again, and no event may be lost or counted
//! twice.
//!
//! A process receives events and handles them, by the inbox of `stratustexting-queue`. The
//! parent plays the service: it posts events, some of them twice, in random order, and
//! delivers again what wasn't acknowledged. It kills the process by SIGKILL, and restarts a
//! database server. One handler in a hundred fails. Each handler writes a row in its event's
//! transaction: at the end each acknowledged event must have exactly one.
//!
//! - `parent.rs`: posts, kills, counts.
//! - `receiver.rs`: the process that is killed.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

mod parent;
mod receiver;

use clap::{Parser, Subcommand};
use stratustexting_bench::database::Kind;

/// No event is lost or handled twice, whatever is killed
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    storm: Storm,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// The process that receives; its settings come by standard input
    #[command(hide = true)]
    Receiver,
}

#[derive(Debug, clap::Args)]
struct Storm {
    /// Where the events are kept; postgres needs PostgreSQL's server programs
    #[arg(long, value_enum, default_value_t = Kind::Sqlite)]
    store: Kind,
    /// How many events are delivered, duplicates included
    #[arg(long, default_value_t = 100_000)]
    deliveries: usize,
    /// The percentage of deliveries that repeat another
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u8).range(..=90))]
    duplicates: u8,
    /// How often the receiver is killed
    #[arg(long, default_value_t = 20)]
    kills: usize,
    /// How often PostgreSQL is restarted
    #[arg(long, default_value_t = 3)]
    restarts: usize,
    /// How many deliveries are under way at once
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..))]
    at_once: u64,
    /// The seed of the order, the duplicates and the moments of the kills
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.part {
        Some(Part::Receiver) => receiver::run().await,
        None => parent::run(&arguments.storm).await,
    }
}
