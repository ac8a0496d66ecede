//! `cargo xtask drift`: bodies that differ from what is documented, a hundred thousand of them.
//!
//! The fixtures of the SDK are changed by chance, one to three changes each: types, missing
//! and unknown fields, keys twice, other envelopes, huge values, spoilt text. Each goes through
//! the SDK where a caller would meet it. It ends with 0 only when nothing panicked, nothing
//! that wasn't changed was lost, what was changed is written back, no body that was cut was
//! taken for a whole one, no send was called accepted that isn't said to be, and at most one
//! body of a thousand was refused that had something to say.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod dress;
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

/// Reads bodies that differ from what is documented, and counts what is lost.
#[derive(Clone, Copy, Debug, Parser)]
#[command(name = "cargo xtask drift", bin_name = "cargo xtask drift")]
struct Arguments {
    /// How many bodies are made.
    #[arg(long, default_value_t = 100_000)]
    mutations: u64,
    /// What chance is made from; the same seed makes the same bodies.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Makes only the body of this number, and shows what was done to it.
    #[arg(long)]
    only: Option<u64>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A panic is counted; its text might hold what was read.
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
