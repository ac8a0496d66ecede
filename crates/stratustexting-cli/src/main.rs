//! `stratus`: arguments and printing. What it does is in the SDK, the queue crate and the
//! sandbox.
//!
//! - `context.rs`: what every command gets: the account, and where to print.
//! - `account.rs`, `account/`: profiles in a file, or the environment; logging in, and checking.
//! - `sms.rs`, `sms/`, `mms.rs`, `sending.rs`: sending a message.
//! - `message.rs`, `contact.rs`, `contact/`, `consent.rs`, `subscription.rs`, `site.rs`, `api.rs`:
//!   the other operations; `list.rs` and `change.rs` are what those share.
//! - `bulk.rs`, `bulk/`: texting a list.
//! - `sandbox.rs`, `trigger.rs`, `control_api.rs`: the sandbox, and customers played there.
//! - `listen.rs`, `listen/`, `replay.rs`, `sink.rs`, `sink/`: what comes in, and where it goes.
//! - `help.rs`, `manual.rs`: the help, completions, manual pages.
//! - `failure.rs`: what went wrong, and with which exit code.
//! - `output.rs`, `output/`: tables, JSON and questions; `schema.rs`: what the JSON looks like.
//! - `files.rs`: what arguments read; `private.rs`: what only the owner may read;
//!   `numbers.rs`: numbers as people write them.
//! - `trace.rs`: what `-v` shows.

mod account;
mod api;
mod bulk;
mod change;
mod consent;
mod contact;
mod context;
mod control_api;
mod failure;
mod files;
mod help;
mod list;
mod listen;
mod manual;
mod message;
mod mms;
mod numbers;
mod output;
mod private;
mod replay;
mod sandbox;
mod schema;
mod sending;
mod sink;
mod site;
mod sms;
mod subscription;
mod trace;
mod trigger;

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
    /// Logs in, and keeps the account as a profile
    Login(account::login::Options),
    /// Forgets the login
    Logout(account::logout::Options),
    /// Shows the account that commands use
    Whoami(account::whoami::Options),
    /// Lists, shows and changes profiles
    #[command(subcommand)]
    Profiles(account::manage::Command),
    /// Finds out what is wrong with the set-up, without sending a message
    ///
    /// Each thing is ok, a note, a problem, or skipped. The first problem is the one to mend
    /// first, and its kind is the exit code: 3 set-up, 4 authentication, 8 network.
    Doctor,
    /// Sends an SMS, and says before how many segments it is
    #[command(subcommand)]
    Sms(sms::Command),
    /// Sends an MMS: pictures and other files
    #[command(subcommand)]
    Mms(mms::Command),
    /// Shows a message by its id
    #[command(subcommand)]
    Message(message::Command),
    /// Lists, finds, changes, imports and exports contacts
    #[command(subcommand)]
    Contact(contact::Command),
    /// Custom consents: lists, changes, grants and revokes them
    #[command(subcommand)]
    Consent(consent::Command),
    /// Webhook subscriptions: lists, creates and deletes them
    #[command(subcommand)]
    Subscription(subscription::Command),
    /// Lists the sites and their departments
    #[command(subcommand)]
    Site(site::Command),
    Api(api::Options),
    Schema(schema::Options),
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
    let done = match command {
        Command::Login(options) => account::login::run(&options, context).await,
        Command::Logout(options) => account::logout::run(&options, context).await,
        Command::Whoami(options) => account::whoami::run(&options, context).await,
        Command::Profiles(command) => account::manage::run(&command, context).await,
        Command::Doctor => account::doctor::run(context).await,
        Command::Sms(command) => sms::run(command, context).await,
        Command::Mms(command) => mms::run(command, context).await,
        Command::Message(command) => message::run(command, context).await,
        Command::Contact(command) => contact::run(command, context).await,
        Command::Consent(command) => consent::run(command, context).await,
        Command::Subscription(command) => subscription::run(command, context).await,
        Command::Site(command) => site::run(command, context).await,
        Command::Api(options) => api::run(options, context).await,
        Command::Schema(options) => schema::run(&options, context),
        Command::Bulk(command) => bulk::run(command, context).await,
        Command::Sandbox(options) => sandbox::run(options, context).await,
        Command::Listen(options) => listen::run(options, context).await,
        Command::Trigger(command) => trigger::run(command, context).await,
        Command::Replay(options) => replay::run(options, context).await,
        Command::Completions(options) => manual::completions(&options, Arguments::command()),
        Command::Man(options) => manual::man(&options, Arguments::command()),
    };
    context.settle().await;
    done
}
