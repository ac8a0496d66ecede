//! `stratus`: arguments and printing. What it does is in the SDK, the queue crate and the
//! sandbox.
//!
//! - `context.rs`: what every command gets: the account, and where to print.
//! - `account.rs`, `account/`: profiles in a file, or the environment.
//! - `bulk.rs`, `bulk/`: texting a list.
//! - `sandbox.rs`, `trigger.rs`, `control_api.rs`: the sandbox, and customers played there.
//! - `listen.rs`, `listen/`, `replay.rs`, `sink.rs`, `sink/`: what comes in, and where it goes.
//! - `help.rs`, `manual.rs`: the help, completions, manual pages.
//! - `failure.rs`: what went wrong, and with which exit code.
//! - `output.rs`: tables, JSON and questions; `visible.rs`: customers' texts on a terminal.
//! - `trace.rs`: what `-v` shows.

mod account;
mod bulk;
mod context;
mod control_api;
mod failure;
mod help;
mod listen;
mod manual;
mod output;
mod replay;
mod sandbox;
mod sink;
mod trace;
mod trigger;
mod visible;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

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
    /// Starts the service on this machine, with a profile to try everything
    Sandbox(sandbox::Options),
    /// Receives texts and other events: shows them, or hands them on
    Listen(listen::Options),
    /// Plays a customer at the sandbox
    #[command(subcommand)]
    Trigger(trigger::Command),
    /// Hands a received event on again
    Replay(replay::Options),
    /// Writes completions for a shell
    Completions(manual::Completions),
    /// Writes manual pages
    Man(manual::Man),
}

fn main() -> ExitCode {
    let matches = help::in_groups(Arguments::command()).get_matches();
    let Arguments { global, command } =
        Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    trace::start(global.verbose);
    let context = Context::new(global);
    run(command, &context)
        .unwrap_or_else(|failure| context.explain(failure).report(&context.output))
}

#[tokio::main]
async fn run(command: Command, context: &Context) -> Result<ExitCode> {
    match command {
        Command::Bulk(command) => bulk::run(command, context).await,
        Command::Sandbox(options) => sandbox::run(options, context).await,
        Command::Listen(options) => listen::run(options, context).await,
        Command::Trigger(command) => trigger::run(command, context).await,
        Command::Replay(options) => replay::run(options, context).await,
        Command::Completions(options) => manual::completions(&options, Arguments::command()),
        Command::Man(options) => manual::man(&options, Arguments::command()),
    }
}
