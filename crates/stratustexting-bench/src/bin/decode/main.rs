//! What reading a page of 500 contacts costs, beside what it cost before it was lenient.
//!
//! ```text
//! cargo xtask decode           times and allocations
//! cargo xtask decode --check   fails when a lenient way allocates more often than before
//! ```
//!
//! The ways take turns within one process, so that a busy machine is as busy for all of them,
//! and of many rounds the median counts. Times depend on the machine all the same, so they
//! are no limit for anything; allocations are the same in each run.

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

/// Times and counts what reading a page costs, beside what it cost before.
#[derive(Clone, Copy, Debug, Parser)]
#[command(name = "cargo xtask decode", bin_name = "cargo xtask decode")]
struct Arguments {
    /// How often each way takes its turn.
    #[arg(long, default_value_t = 200)]
    rounds: usize,
    /// Fails when a lenient way allocates more often than serde's derive did; one in a hundred
    /// is allowed, for what there is to say of a page.
    #[arg(long)]
    check: bool,
}

/// What one way cost.
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
            "{} allocates more often than it did before, by more than one in a hundred",
            way.name()
        );
    }
    Ok(())
}

/// Lets the ways take turns.
fn measure(pages: &Pages, rounds: usize) -> anyhow::Result<Vec<Cost>> {
    ensure!(rounds > 0, "--rounds has to be 1 at least");
    let mut all = vec![Vec::with_capacity(rounds); Way::ALL.len()];
    // The first round only warms up.
    for round in 0..=rounds {
        for turn in 0..all.len() {
            // In all orders: what one way frees, the next one gets.
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
