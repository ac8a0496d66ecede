//! The workspace's own commands, run as `cargo xtask …`.
//!
//! This program must work when the generated client doesn't compile, so it
//! depends on none of the workspace's crates but `stratustexting-codegen`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod ci;
mod command;
mod instrument;
mod package;
mod refused;
mod snapshot;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// The workspace's own commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Rewrites the snapshots of the generated code, or checks them.
    Snapshot(snapshot::Options),
    /// Runs all that CI runs, and stops at the first failure.
    Ci(ci::Options),
    /// Checks that a document that can't be generated fails the build in one line.
    Refused,
    /// Packages what is published, and builds each package from its archive.
    Package(package::Options),
    /// Sends through faults of every kind, and counts what arrived.
    Faults(instrument::Options),
    /// Lets many processes share one login while its tokens end.
    Storm(instrument::Options),
    /// Counts what a send costs, beside a request made by hand.
    Bench(instrument::Options),
}

fn main() -> ExitCode {
    let workspace = Workspace::find();
    let outcome = match Arguments::parse().command {
        Command::Snapshot(options) => snapshot::run(&workspace, &options),
        Command::Ci(options) => ci::run(&workspace, &options),
        Command::Refused => refused::run(&workspace),
        Command::Package(options) => package::run(&workspace, &options),
        Command::Faults(options) => instrument::run(&workspace, "faults", &options),
        Command::Storm(options) => instrument::run(&workspace, "storm", &options),
        Command::Bench(options) => instrument::run(&workspace, "cost", &options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
