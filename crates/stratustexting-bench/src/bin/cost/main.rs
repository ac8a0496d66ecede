//! The cost of a send, compared with a handwritten request: allocations, bytes, instructions.
//!
//! ```text
//! cargo xtask bench                  counts allocations and bytes
//! cargo xtask bench --instructions   and instructions; needs valgrind
//! cargo xtask bench --explain        shows where it allocates; needs valgrind
//! cargo xtask bench --check          fails when the SDK allocates more than is committed
//! cargo xtask bench --write          commits what it allocates now
//! ```
//!
//! Times aren't measured: over a network they depend on the network, and on a shared
//! machine on its load. Counts are the same in each run.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod baseline;
mod count;
mod explain;
mod report;
mod server;
mod valgrind;
mod ways;

use std::{net::SocketAddr, process::ExitCode};

use anyhow::ensure;
use clap::{Parser, Subcommand};

use crate::{baseline::Baseline, server::Server, ways::Way};

/// Counts the cost of a send, compared with a handwritten request.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
#[command(args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    /// How many texts are sent in each of two rounds.
    #[arg(long, default_value_t = 2_000)]
    sends: usize,
    /// Counts instructions too. Needs valgrind.
    #[arg(long)]
    instructions: bool,
    /// Shows where the ways allocate. Needs valgrind.
    #[arg(long)]
    explain: bool,
    /// Fails when the SDK allocates more often than the committed baseline says.
    #[arg(long, conflicts_with = "write")]
    check: bool,
    /// Writes the baseline.
    #[arg(long)]
    write: bool,
}

/// The roles in which this program starts itself.
#[derive(Debug, Subcommand)]
enum Part {
    /// Responds to requests until the standard input ends.
    #[command(hide = true)]
    Serve,
    /// Sends texts and counts nothing.
    #[command(hide = true)]
    Send {
        way: Way,
        count: usize,
        server: SocketAddr,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.part {
        Some(Part::Serve) => server::serve(),
        Some(Part::Send { way, count, server }) => ways::send(way, server, count),
        None => bench(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench(arguments: &Arguments) -> anyhow::Result<()> {
    ensure!(
        // The allocations are the same without optimisation, but the baseline is a release build's.
        !cfg!(debug_assertions) || !arguments.write,
        "the baseline is a release build's: use `cargo xtask bench --write`"
    );
    let server = Server::start()?;
    let address = server.address();
    let mut rounds = Vec::new();
    for way in Way::ALL {
        rounds.push((way, count::measure(way, address, arguments.sends)?));
    }
    let mut instructions = Vec::new();
    if arguments.instructions {
        for way in Way::ALL {
            instructions.push(valgrind::instructions(way, address)?);
        }
    }
    println!("{}", report::figures(&rounds, &instructions));
    if arguments.explain {
        println!("{}", report::call_sites(&explain::call_sites(address)?));
    }
    let measured = Baseline::of(&rounds);
    if arguments.write {
        measured.write()?;
        println!("The baseline is written.");
    } else if arguments.check {
        println!("{}", Baseline::read()?.check(&measured)?);
    }
    Ok(())
}
