//! `stratus bulk`: the commands, and what they share.

mod control;
mod plan;
mod report;
mod send;
mod settings;
mod settle;
mod shown;
mod status;

use std::process::ExitCode;

use clap::Subcommand;
use stratustexting_queue::outbox::{Journal, PostgresStore, SqliteStore};

pub(crate) use self::shown::{
    Changed, OptedOut, Settled, ShownPlan, ShownRow, ShownStatus, ShownSummary, Stopped,
};
use crate::{
    context::{Context, variable},
    failure::{Failure, Result},
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Reads a list, writes its rows into the journal, and shows what would be sent
    Plan(plan::Options),
    /// Sends a planned job, after a question; goes on where it was after a stop or a crash
    Send(send::Options),
    /// Shows how far jobs are, from any terminal while others send
    Status(status::Options),
    /// Lists the rows of a job, as CSV or JSON, with attempts, times and outcomes
    Report(report::Options),
    /// Decides about a row that is unknown, rejected or not sent
    Settle(settle::Options),
    /// Pauses a job, whoever sends it
    Pause(control::Named),
    /// Cancels a job and its planned rows for good
    Cancel(control::Named),
    /// Stops all jobs of the journal within a second
    Stop(control::Reason),
    /// Lets jobs be sent again after `stop`
    Allow,
    /// Writes down that numbers, one per line on standard input, want no more texts
    OptOut(control::OptOut),
}

pub(crate) async fn run(command: Command, context: &Context) -> Result<ExitCode> {
    let place = variable("STRATUS_JOURNAL").unwrap_or_else(|| "stratus.db".to_owned());
    // The URL has a password, so it is no argument.
    if place.starts_with("postgres://") || place.starts_with("postgresql://") {
        run_in(PostgresStore::connect(&place).await?, command, context).await
    } else if place.contains("://") {
        Err(Failure::usage(
            "STRATUS_JOURNAL must be a file's path, or a URL that begins with postgres://",
        ))
    } else {
        run_in(SqliteStore::open(&place).await?, command, context).await
    }
}

async fn run_in<J>(journal: J, command: Command, context: &Context) -> Result<ExitCode>
where
    J: Journal + stratustexting_queue::inbox::Store,
{
    let output = &context.output;
    match command {
        Command::Plan(options) => plan::run(journal, &options, context).await,
        Command::Send(options) => send::run(journal, &options, context).await,
        Command::Status(options) => status::run(journal, &options, output).await,
        Command::Report(options) => report::run(journal, &options, output).await,
        Command::Settle(options) => settle::run(journal, &options, output).await,
        Command::Pause(named) => control::pause(journal, &named, output).await,
        Command::Cancel(named) => control::cancel(journal, &named, output).await,
        Command::Stop(reason) => control::stop(journal, &reason, output).await,
        Command::Allow => control::allow(journal, output).await,
        Command::OptOut(options) => control::opt_out(journal, &options, context).await,
    }
}
