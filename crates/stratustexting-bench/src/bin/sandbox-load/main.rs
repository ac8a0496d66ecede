//! `cargo xtask sandbox-load`: many clients send through one sandbox at once, while other
//! connections stay open.
//!
//! The sandbox is a process of its own, and is used over plain HTTP, without the SDK. At the end
//! its ledger and the messages that it sent are held against the responses: each text must be
//! there exactly once, and nothing else.
//!
//! - `server.rs`: the sandbox, and its memory.
//! - `clients.rs`: the sends.
//! - `streams.rs`: the connections that stay open.
//! - `verdict.rs`: what is missing, and what is there twice.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod clients;
mod server;
mod streams;
mod verdict;

use std::time::Instant;

use anyhow::ensure;
use clap::{Parser, Subcommand};

use crate::{clients::Account, server::Server, streams::Streams, verdict::Verdict};

/// Many clients send through one sandbox at once; nothing may be missing or there twice
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask sandbox-load",
    bin_name = "cargo xtask sandbox-load"
)]
struct Arguments {
    #[command(flatten)]
    load: Load,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// The sandbox; it ends with its standard input
    #[command(hide = true)]
    Server,
}

#[derive(Debug, clap::Args)]
struct Load {
    /// How many clients send at a time
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    clients: u32,
    /// How many messages they send together
    #[arg(long, default_value_t = 50_000)]
    sends: usize,
    /// How many connections stay open meanwhile
    #[arg(long, default_value_t = 0)]
    streams: usize,
    /// The path that these get; if its response doesn't end, such as a stream of events, they
    /// wait within it, otherwise between two requests
    #[arg(long, default_value = "/page/events", value_name = "PATH")]
    stream_path: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.part {
        Some(Part::Server) => server::serve().await,
        None => run(&arguments.load).await,
    }
}

async fn run(load: &Load) -> anyhow::Result<()> {
    let Load {
        clients,
        sends,
        streams,
        ref stream_path,
    } = *load;
    // Before the sandbox starts, which inherits it.
    let limit = streams::raise_open_files();
    let server = Server::start().await?;
    let account = Account::log_in(&server).await?;
    let idle = server.memory()?;
    let open = Streams::open(&server, streams, stream_path, limit).await?;
    let with_streams = server.memory()?;
    let start = Instant::now();
    let answers = clients::send_all(&account, clients, sends).await;
    let seconds = start.elapsed().as_secs_f64();
    let memory = server.memory()?;
    let still_open = open.still_open();
    let verdict = Verdict::of(&account, &answers).await?;
    if streams > 0 {
        println!(
            "streams={streams} opened={} open={still_open} files={} memory={with_streams} MB",
            open.len(),
            limit.map_or_else(|| "unlimited".to_owned(), |limit| limit.to_string()),
        );
    }
    println!(
        "seconds={seconds:.1} started={idle} MB rejected={} failed={}",
        verdict.rejected, verdict.failed
    );
    println!(
        "clients={clients} sends={sends} ledger={} missing={} twice={} memory={memory} MB",
        verdict.ledger, verdict.missing, verdict.twice
    );
    ensure!(open.len() == streams, "not all connections could be opened");
    ensure!(still_open == open.len(), "connections were closed");
    ensure!(verdict.is_right(sends), "the sandbox's books are wrong");
    server.stop().await
}
