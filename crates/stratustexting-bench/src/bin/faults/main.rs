//! `cargo xtask faults`: every cut point of a request with every operation, and many
//! sends with random faults. The sandbox's ledger decides.
//!
//! The exit code is 0 only if nothing was sent twice, nothing that arrived was called
//! not sent, nothing was called accepted without being carried out, no redirect was
//! followed, and no call exceeded its deadline by much.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod calls;
mod cuts;
mod matrix;
mod sends;
mod setup;
mod verdict;

use std::{
    fs,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Parser;

use crate::{sends::Round, verdict::Counts};

/// Sends through faults of every kind, and counts what arrived.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask faults", bin_name = "cargo xtask faults")]
struct Arguments {
    /// How many messages are sent with random faults.
    #[arg(long, default_value_t = 10_000)]
    sends: usize,
    /// The seed of the random faults.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many messages are sent at the same time; with 1, the same seed gives the
    /// same trace.
    #[arg(long, default_value_t = 32)]
    concurrency: usize,
    /// The deadline of a call, in milliseconds. It is short, because many calls never
    /// get a response; on a busy machine, calls that should succeed may time out.
    #[arg(long, default_value_t = 300)]
    deadline: u64,
    /// 1,000 sends, for CI; every cut point with every operation all the same.
    #[arg(long)]
    reduced: bool,
    /// Leaves out every cut point with every operation.
    #[arg(long)]
    only_sends: bool,
    /// Writes a line per send to this file: index, fault, what the sandbox saw, and the
    /// outcome in the SDK.
    #[arg(long)]
    trace: Option<PathBuf>,
    /// Sends all of them again, one after the other, and compares the traces; with
    /// `--concurrency 1`.
    #[arg(long)]
    twice: bool,
}

impl Arguments {
    fn round(&self) -> Round {
        Round {
            sends: if self.reduced { 1_000 } else { self.sends },
            seed: self.seed,
            concurrency: self.concurrency.max(1),
            deadline: self.deadline(),
        }
    }

    fn deadline(&self) -> Duration {
        Duration::from_millis(self.deadline)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let mut counts = Counts::default();
    if !arguments.only_sends {
        let start = Instant::now();
        let found = matrix::run(arguments.deadline()).await?;
        println!("matrix: {found} in {:.1} s", start.elapsed().as_secs_f64());
        counts += found;
    }
    let start = Instant::now();
    let round = arguments.round();
    let (found, trace) = sends::run(round).await?;
    println!("random: {found} in {:.1} s", start.elapsed().as_secs_f64());
    counts += found;
    let mut same = true;
    if arguments.twice {
        let (_, again) = sends::run(round).await?;
        same = compare(&trace, &again);
    }
    if let Some(path) = &arguments.trace {
        let mut text = trace.join("\n");
        text.push('\n');
        fs::write(path, text).with_context(|| format!("can't write {}", path.display()))?;
    }
    println!("{counts}");
    Ok(same && counts.are_good())
}

/// Whether two traces are the same; prints the differences.
fn compare(trace: &[String], again: &[String]) -> bool {
    let mut different = trace.iter().zip(again).filter(|(a, b)| a != b).peekable();
    let same = different.peek().is_none() && trace.len() == again.len();
    for (a, b) in different.by_ref().take(10) {
        println!("not the same: {a} | {b}");
    }
    println!("traces: {}", if same { "the same" } else { "different" });
    same
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{compare, sends};

    #[tokio::test(flavor = "multi_thread")]
    async fn one_after_the_other_the_same_seed_gives_the_same_trace() {
        let round = |seed| sends::Round {
            sends: 60,
            seed,
            concurrency: 1,
            // Far beyond the time that a busy machine needs for a response.
            deadline: Duration::from_secs(2),
        };
        let rounds = [3, 3, 4].map(|seed| sends::run(round(seed)));
        let [trace, again, other] = futures::future::join_all(rounds)
            .await
            .into_iter()
            .map(|done| done.unwrap().1)
            .collect::<Vec<_>>()
            .try_into()
            .unwrap();

        assert!(compare(&trace, &again));
        assert!(!compare(&trace, &other));
    }
}
