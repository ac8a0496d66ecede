//! `cargo xtask dialects`: the main job against services that differ from the document,
//! one dialect of the sandbox after the other.
//!
//! Each step is compared with the sandbox's records. It works, with the right data, or
//! it fails with an error that says what differs. The exit code is 0 only if every list
//! returned all contacts, no failure was taken for a success, no message was sent
//! twice, and every error says what differs.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod callback;
mod consents;
mod contacts;
mod draw;
mod job;
mod messages;
mod records;
mod report;
mod setup;

use std::{process::ExitCode, time::Instant};

use clap::Parser;

use crate::{
    draw::Drawn,
    report::{Counts, Report},
};

/// How many contacts each sandbox has.
const CONTACTS: usize = 1_000;

/// Does the main job in other dialects, and counts losses.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask dialects", bin_name = "cargo xtask dialects")]
struct Arguments {
    /// The number of dialects. With at least 20, every value of every kind of
    /// difference is covered; with fewer, every kind is.
    #[arg(long, default_value_t = 20)]
    count: usize,
    /// The seed of the first dialect; the others have the following seeds.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Hides steps that fail with an error that says what differs.
    #[arg(long)]
    quiet: bool,
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
    let start = Instant::now();
    let drawn = draw::draw(arguments.seed, arguments.count)?;
    let mut all = Counts::default();
    for drawn in &drawn {
        println!("{drawn}");
        let report = held_against(drawn, CONTACTS).await?;
        for line in report.lines(arguments.quiet) {
            println!("    {line}");
        }
        let counts = report.counts();
        println!("    {counts}");
        all += counts;
    }
    println!("{all} in {:.1} s", start.elapsed().as_secs_f64());
    println!(
        "dialects={} contacts_lost={} silent={}",
        drawn.len(),
        all.contacts_lost,
        all.silent
    );
    Ok(all.are_good())
}

/// Does the main job in one dialect.
async fn held_against(drawn: &Drawn, contacts: usize) -> anyhow::Result<Report> {
    let mut setup = setup::Setup::new(drawn.seed, drawn.dialect, contacts).await?;
    let mut report = Report::default();
    job::run(&mut setup, &mut report).await?;
    Ok(report)
}

#[cfg(test)]
mod tests {
    use stratustexting_sandbox::Dialect;

    use super::{draw::Drawn, held_against};

    #[tokio::test(flavor = "multi_thread")]
    async fn the_default_dialect_has_no_differences() {
        let today = Drawn::of(1, Dialect::none());

        let report = held_against(&today, 45).await.unwrap();

        assert_eq!(report.lines(false).collect::<Vec<_>>(), [""; 0]);
        let counts = report.counts();
        assert!(counts.are_good() && counts.right >= 25, "{counts}");
    }
}
