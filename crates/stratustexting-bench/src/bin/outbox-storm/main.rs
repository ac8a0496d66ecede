//! The workers that text a list are killed again and again, and nobody may be texted twice or
//! be forgotten.
//!
//! Processes send one job by the outbox of `stratustexting-queue`, from one database. The parent
//! has the service, which is the sandbox, and kills one of the processes by SIGKILL at random
//! moments. At the end the sandbox's account is held against the journal: no number is there
//! twice, each accepted row is there, no row that was reported as failed is, and whatever isn't
//! known is *unknown*. Then each message is shown to the journal, as its event would, and no
//! row that was sent may stay unknown.
//!
//! - `parent.rs`: plans, kills, counts.
//! - `worker.rs`: the process that is killed.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

mod parent;
mod worker;

use clap::{Parser, Subcommand};
use stratustexting_bench::database::Kind;

/// Nobody is texted twice, and nobody is forgotten, whatever is killed
#[derive(Debug, Parser)]
struct Arguments {
    #[command(flatten)]
    storm: Storm,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// A process that sends; its settings come by standard input
    #[command(hide = true)]
    Worker,
}

#[derive(Debug, clap::Args)]
struct Storm {
    /// Where the job is kept; postgres needs PostgreSQL's server programs
    #[arg(long, value_enum, default_value_t = Kind::Sqlite)]
    store: Kind,
    /// How many recipients the list has
    #[arg(long, default_value_t = 10_000)]
    rows: u64,
    /// How often a worker is killed
    #[arg(long, default_value_t = 1_000)]
    kills: usize,
    /// How many processes send
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=16))]
    workers: u64,
    /// The time between two texts, over all processes, in milliseconds: it stretches the job
    /// over the kills
    #[arg(long, default_value_t = 10)]
    pace: u64,
    /// The share of requests that fail in one of many ways, in percent
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(..=90))]
    faults: u8,
    /// The seed of the moments and the faults
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.part {
        Some(Part::Worker) => worker::run().await,
        None => parent::run(&arguments.storm).await,
    }
}
