//! The workspace's own commands, run as `cargo xtask …`.
//!
//! This program must work when the generated client doesn't compile, so it only depends
//! on the crates that make the client and its document.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for the terminal"
)]

mod callback;
mod ci;
mod command;
mod control_api;
mod copy;
mod diff;
mod example;
mod generated_files;
mod instrument;
mod newman;
mod oauth_clients;
mod package;
mod page;
mod postman;
mod program;
mod python_client;
mod refresh;
mod refused;
mod sandbox;
mod sandbox_start;
mod schema;
mod schemathesis;
mod shapes;
mod snapshot;
mod start_time;
mod test;
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
    /// Makes openapi.json from the documentation site's pages, and reports the changes.
    Refresh(refresh::Options),
    /// Says what a new openapi.json means to a client of the old one.
    ///
    /// The exit code is 0 for nothing or documentation only, 10 for additive, 20 for
    /// breaking, and 1 for an error.
    Diff(diff::Options),
    /// Rewrites the snapshots of the generated code, or checks them.
    Snapshot(snapshot::Options),
    /// Writes the models as JSON Schemas, or checks them.
    Schema(schema::Options),
    /// Writes the Postman collection and its environments, or checks them.
    Postman(postman::Options),
    /// Runs the Postman collection against the sandbox.
    Newman,
    /// Runs an example as the tests have built it.
    Example(example::Options),
    /// Generates a Python client with another generator, and runs it against the sandbox.
    PythonClient,
    /// Tests the sandbox with requests that schemathesis makes of openapi.json.
    Schemathesis(schemathesis::Options),
    /// Logs in at the sandbox with OAuth clients of Python and JavaScript.
    OauthClients,
    /// Writes the OpenAPI document of the sandbox's control API, or checks it.
    ControlApi(control_api::Options),
    /// Runs all tests, and searches their output for secrets and personal data.
    Test,
    /// Runs all steps of CI, and stops at the first failure.
    Ci(ci::Options),
    /// Checks that a refused document fails the build with one line.
    Refused,
    /// Checks that a client with odd names and shapes compiles.
    Shapes,
    /// Drives the sandbox's page in a browser.
    Page(page::Options),
    /// Packages the published crates, and builds each from its archive.
    Package(package::Options),
    /// Sends through faults of every kind, and counts what arrived.
    Faults(instrument::Options),
    /// Sends over connections that the server ends after each response.
    Idle(instrument::Options),
    /// Sends by many clients through one sandbox, and checks its books.
    SandboxLoad(instrument::Options),
    /// Does the main job in other dialects of the service, and counts losses.
    Dialects(instrument::Options),
    /// Runs many processes that share one login while its tokens expire.
    Storm(instrument::Options),
    /// Kills the receiver of webhook events again and again, and counts what was lost.
    InboxStorm(instrument::Options),
    /// Measures the inbox, compared with the bare database.
    InboxCost(instrument::Options),
    /// Kills the workers that text a list again and again, and counts who was texted.
    OutboxStorm(instrument::Options),
    /// Measures planning and sending a list, compared with a bare loop over the SDK.
    OutboxCost(instrument::Options),
    /// Kills the sandbox again and again while clients use it, and counts what it forgot.
    SandboxKill(instrument::Options),
    /// Measures how long the sandbox takes from its start to its first response.
    SandboxStart(sandbox_start::Options),
    /// Gives callbacks odd requests, and counts panics.
    Callbacks(instrument::Options),
    /// Counts the cost of a send, compared with a handwritten request.
    Bench(instrument::Options),
    /// Reads bodies that differ from the document, and counts losses.
    Drift(instrument::Options),
    /// Measures time and allocations of reading a page, compared with serde's derive.
    Decode(instrument::Options),
    /// Measures how long `stratus` takes to start, compared with hello world.
    StartTime(start_time::Options),
}

fn main() -> ExitCode {
    command::this_program();
    let workspace = Workspace::find();
    let done = |()| ExitCode::SUCCESS;
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help is one of these, too. Wrong usage exits like every other error,
            // since the other codes are classes of `diff`.
            let wrong = error.use_stderr();
            let _ = error.print();
            return if wrong {
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let outcome = match arguments.command {
        Command::Refresh(options) => refresh::run(&workspace, &options).map(done),
        Command::Diff(options) => diff::run(&workspace, &options),
        Command::Snapshot(options) => snapshot::run(&workspace, &options).map(done),
        Command::Schema(options) => schema::run(&workspace, &options).map(done),
        Command::Postman(options) => postman::run(&workspace, &options).map(done),
        Command::Newman => newman::run(&workspace).map(done),
        Command::Example(options) => example::run(&workspace, &options).map(done),
        Command::PythonClient => python_client::run(&workspace).map(done),
        Command::Schemathesis(options) => schemathesis::run(&workspace, &options).map(done),
        Command::OauthClients => oauth_clients::run(&workspace).map(done),
        Command::ControlApi(options) => control_api::run(&workspace, &options).map(done),
        Command::Test => test::run(&workspace).map(done),
        Command::Ci(options) => ci::run(&workspace, &options).map(done),
        Command::Refused => refused::run(&workspace).map(done),
        Command::Shapes => shapes::run(&workspace).map(done),
        Command::Page(options) => page::run(&workspace, &options).map(done),
        Command::Package(options) => package::run(&workspace, &options).map(done),
        Command::Faults(options) => instrument::run(&workspace, "faults", &options).map(done),
        Command::Idle(options) => instrument::run(&workspace, "idle", &options).map(done),
        Command::SandboxLoad(options) => {
            instrument::run(&workspace, "sandbox-load", &options).map(done)
        }
        Command::Dialects(options) => instrument::run(&workspace, "dialects", &options).map(done),
        Command::Storm(options) => instrument::run(&workspace, "storm", &options).map(done),
        Command::InboxStorm(options) => {
            instrument::run(&workspace, "inbox-storm", &options).map(done)
        }
        Command::InboxCost(options) => {
            instrument::run(&workspace, "inbox-cost", &options).map(done)
        }
        Command::OutboxStorm(options) => {
            instrument::run(&workspace, "outbox-storm", &options).map(done)
        }
        Command::OutboxCost(options) => {
            instrument::run(&workspace, "outbox-cost", &options).map(done)
        }
        Command::SandboxKill(options) => {
            instrument::run_with_sandbox(&workspace, "sandbox-kill", options).map(done)
        }
        Command::SandboxStart(options) => sandbox_start::run(&workspace, &options).map(done),
        Command::Callbacks(options) => instrument::run(&workspace, "callbacks", &options).map(done),
        Command::Bench(options) => instrument::run(&workspace, "cost", &options).map(done),
        Command::Drift(options) => instrument::run(&workspace, "drift", &options).map(done),
        Command::Decode(options) => instrument::run(&workspace, "decode", &options).map(done),
        Command::StartTime(options) => start_time::run(&workspace, &options).map(done),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
