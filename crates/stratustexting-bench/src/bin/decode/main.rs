//! The cost of reading a page of 500 contacts, compared with strict reading.
//!
//! ```text
//! cargo xtask decode           times and allocations
//! cargo xtask decode --check   fails if a lenient way allocates more often than strict reading
//! ```
//!
//! The ways alternate within one process, so that load affects all of them, and the
//! median of many rounds counts. Times still depend on the machine, so they are no
//! limit; allocations are the same in each run.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod before;
mod ways;

use std::{
    alloc::System,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::ensure;
use clap::Parser;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use crate::ways::{Pages, Way};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Measures the time and allocations of reading a page, compared with strict reading.
#[derive(Clone, Copy, Debug, Parser)]
#[command(name = "cargo xtask decode", bin_name = "cargo xtask decode")]
struct Arguments {
    /// The number of rounds.
    #[arg(long, default_value_t = 200)]
    rounds: usize,
    /// Fails if a lenient way allocates more often than serde's derive did; 1 % is
    /// allowed, for a page's diagnostics.
    #[arg(long)]
    check: bool,
}

/// The cost of one way.
#[derive(Clone, Copy, Debug)]
struct Cost {
    time: Duration,
    allocations: usize,
    bytes: usize,
}

fn main() -> ExitCode {
    match decode(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn decode(arguments: Arguments) -> anyhow::Result<()> {
    let pages = Pages::new();
    let costs = measure(&pages, arguments.rounds)?;
    println!(
        "a page of {} contacts, {} bytes, {} rounds",
        ways::CONTACTS,
        pages.size(),
        arguments.rounds
    );
    println!(
        "{:<28}{:>12}{:>8}{:>14}{:>12}",
        "", "median µs", "ratio", "allocations", "bytes"
    );
    let before = costs[0];
    for (way, cost) in Way::ALL.into_iter().zip(&costs) {
        println!(
            "{:<28}{:>12.1}{:>8.2}{:>14}{:>12}",
            way.name(),
            cost.time.as_secs_f64() * 1e6,
            cost.time.as_secs_f64() / before.time.as_secs_f64(),
            cost.allocations,
            cost.bytes
        );
        ensure!(
            !arguments.check || cost.allocations <= before.allocations + before.allocations / 100,
            "{} allocates over 1 % more often than strict reading",
            way.name()
        );
    }
    Ok(())
}

/// Measures the ways in alternation.
fn measure(pages: &Pages, rounds: usize) -> anyhow::Result<Vec<Cost>> {
    ensure!(rounds > 0, "--rounds must be at least 1");
    let mut all = vec![Vec::with_capacity(rounds); Way::ALL.len()];
    // The first round only warms up.
    for round in 0..=rounds {
        for turn in 0..all.len() {
            // In all orders, since a way may reuse the memory of the previous one.
            let turn = if round % 2 == 0 {
                turn
            } else {
                all.len() - 1 - turn
            };
            let turn = (turn + round / 2) % all.len();
            let (way, costs) = (Way::ALL[turn], &mut all[turn]);
            let region = Region::new(ALLOCATOR);
            let start = Instant::now();
            let page = way.read(pages)?;
            let time = start.elapsed();
            let change = region.change();
            drop(page);
            if round > 0 {
                costs.push(Cost {
                    time,
                    allocations: change.allocations + change.reallocations,
                    bytes: change.bytes_allocated,
                });
            }
        }
    }
    Ok(all.into_iter().map(median).collect())
}

fn median(mut costs: Vec<Cost>) -> Cost {
    costs.sort_unstable_by_key(|cost| cost.time);
    costs[costs.len() / 2]
}
