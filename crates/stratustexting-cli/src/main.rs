//! `stratus`: arguments and printing. What it does is in the SDK, the queue crate and the
//! sandbox.
//!
//! - `context.rs`: what every command gets: the account, and where to print.
//! - `account.rs`, `account/`: profiles in a file, or the environment.
//! - `bulk.rs`, `bulk/`: texting a list.
//! - `failure.rs`: what went wrong, and with which exit code.
//! - `output.rs`: tables, JSON and questions.
//! - `trace.rs`: what `-v` shows.

mod account;
mod bulk;
mod context;
mod failure;
mod output;
mod trace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::{
    context::{Context, Global},
    failure::Result,
};

/// Texts by the StratusTexting Connect API, from a terminal or a script.
///
/// The account is a profile, or what the environment says: STRATUS_CLIENT_ID,
/// STRATUS_CLIENT_SECRET, STRATUS_API_KEY and the others of the SDK.
///
/// Exit codes: 0 done; 1 something else; 2 wrong usage; 3 set-up; 4 authentication; 5 rejected;
/// 6 not sent; 7 unknown: somebody may have been texted; 8 network or database.
#[derive(Debug, Parser)]
#[command(name = "stratus", version, max_term_width = 100)]
struct Arguments {
    #[command(flatten)]
    global: Global,
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
    let Arguments { global, command } = Arguments::parse();
    trace::start(global.verbose);
    let context = Context::new(global);
    run(command, &context).unwrap_or_else(|failure| failure.report(&context.output))
}

#[tokio::main]
async fn run(command: Command, context: &Context) -> Result<ExitCode> {
    match command {
        Command::Bulk(command) => bulk::run(command, context).await,
    }
}
