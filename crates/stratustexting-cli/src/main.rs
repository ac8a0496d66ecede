//! `stratus`: arguments and printing. What it does is in `stratustexting-queue`.
//!
//! - `bulk.rs`: the commands, and what they share.
//! - `bulk/*.rs`: a command each.
//! - `failure.rs`: what went wrong, and with which exit code.
//! - `output.rs`: tables, JSON and questions.

mod bulk;
mod failure;
mod output;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::output::Output;

/// Texts a list by the StratusTexting Connect API: nobody twice, nobody forgotten.
///
/// The account is read from the environment: STRATUS_CLIENT_ID, STRATUS_CLIENT_SECRET,
/// STRATUS_API_KEY, STRATUS_GRANT, STRATUS_SENDER and the others of the SDK. The jobs are in
/// the file of STRATUS_JOURNAL, or in a PostgreSQL database if it is a URL.
///
/// Exit codes: 0 done; 1 something else; 2 wrong usage; 3 set-up; 4 authentication; 5 rejected;
/// 6 rows are still planned; 7 rows are unknown; 8 network or database.
#[derive(Debug, Parser)]
#[command(name = "stratus", version)]
struct Arguments {
    /// Prints one JSON object per line
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plans a list, sends it, and shows what has become of it
    #[command(subcommand)]
    Bulk(bulk::Command),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.json);
    let done = match arguments.command {
        Command::Bulk(command) => bulk::run(command, &output),
    };
    match done {
        Ok(code) => code,
        Err(failure) => failure.report(&output),
    }
}
