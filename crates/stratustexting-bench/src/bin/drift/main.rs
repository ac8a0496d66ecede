//! `cargo xtask drift`: a hundred thousand bodies that differ from the document.
//!
//! The fixtures of the SDK are changed at random, with one to three changes each:
//! types, missing and unknown fields, duplicate keys, other envelopes, huge values,
//! broken text. Each goes through the SDK as a caller would use it. The exit code is 0
//! only if nothing panicked, no unchanged value was lost, changed values are written
//! back, no truncated body was read, no send was called accepted wrongly, and at most
//! one readable body in a thousand was rejected.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod envelope;
mod mutate;
mod odd;
mod oracle;
mod run;
mod seeds;
mod tree;
mod view;
mod ways;

use std::{panic, process::ExitCode, time::Instant};

use clap::Parser;

/// Reads bodies that differ from the document, and counts losses.
#[derive(Clone, Copy, Debug, Parser)]
#[command(name = "cargo xtask drift", bin_name = "cargo xtask drift")]
struct Arguments {
    /// The number of bodies.
    #[arg(long, default_value_t = 100_000)]
    mutations: u64,
    /// The seed; the same seed makes the same bodies.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Makes only the body of this number, and shows its changes.
    #[arg(long)]
    only: Option<u64>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A panic is counted; its text could contain the body.
    panic::set_hook(Box::new(|_| {}));
    match drift(arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn drift(arguments: Arguments) -> anyhow::Result<bool> {
    let seeds = seeds::all()?;
    println!("seed={} fixtures={}", arguments.seed, seeds.len());
    let numbers = match arguments.only {
        Some(number) => number..number + 1,
        None => 0..arguments.mutations,
    };
    let start = Instant::now();
    let counts = run::run(&seeds, arguments.seed, numbers, arguments.only.is_some());
    for failure in &counts.failures {
        println!("{failure}");
    }
    println!(
        "sends={} accepted={} false_accepted={}",
        counts.sends, counts.accepted, counts.false_accepted
    );
    println!(
        "cut={} taken_for_whole={}",
        counts.cut, counts.taken_for_whole
    );
    println!(
        "read={} silent={} lost_raw={} in {:.1} s",
        counts.read,
        counts.silent,
        counts.lost_raw,
        start.elapsed().as_secs_f64()
    );
    println!(
        "mutations={} panics={} lost_siblings={} unreadable={}",
        counts.mutations, counts.panics, counts.lost_siblings, counts.unreadable
    );
    Ok(counts.are_good())
}
