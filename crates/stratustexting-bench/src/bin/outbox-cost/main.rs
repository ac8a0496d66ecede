//! What the outbox costs, beside a bare loop over the SDK on the same sandbox in the same run.
//!
//! ```text
//! cargo xtask outbox-cost --most 100000
//! ```
//!
//! For lists of 1,000 rows, 10,000 and so on: rows planned per second and rows sent per second,
//! both over the sends per second of a loop that keeps nothing; and the most memory that the
//! process which plans and sends has occupied. Sandbox and sender are two processes, so that
//! the sandbox's own account isn't counted. All ratios: the times depend on the machine.
//!
//! - `sender.rs`: the process that is measured.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

mod sender;

use std::{process::Stdio, time::Duration};

use anyhow::{Context, ensure};
use clap::{Parser, Subcommand};
use stratustexting_bench::database::{Database, Kind};
use stratustexting_sandbox::Sandbox;
use tokio::{io::AsyncWriteExt, process::Command, time};

use self::sender::{Figures, Settings, What};

/// The cost of a row in the outbox, as ratios to a bare loop over the SDK
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the job is kept; postgres needs PostgreSQL's server programs
    #[arg(long, value_enum, default_value_t = Kind::Sqlite)]
    store: Kind,
    /// The largest list; each has ten times as many rows as the one before
    #[arg(long, default_value_t = 10_000)]
    most: u64,
    /// How many texts are under way at once
    #[arg(long, default_value_t = 64)]
    in_flight: usize,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// The process that is measured; its settings come by standard input
    #[command(hide = true)]
    Sender,
}

/// How many sends of the bare loop are measured, before and after each list.
const BARE: u64 = 10_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.part.is_some() {
        return sender::run().await;
    }
    let mut rows = 1_000;
    while rows <= arguments.most {
        measure(&arguments, rows).await?;
        rows *= 10;
    }
    Ok(())
}

async fn measure(arguments: &Arguments, rows: u64) -> anyhow::Result<()> {
    let sandbox = Sandbox::start().await?;
    let database = Database::new(arguments.store)?;
    let settings = |what, rows| Settings {
        what,
        rows,
        in_flight: arguments.in_flight,
        location: database.location.clone(),
        variables: sandbox
            .variables()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    };
    let bare_rows = rows.min(BARE);
    let before = run(&sandbox, settings(What::Bare, bare_rows)).await?;
    let outbox = run(&sandbox, settings(What::Outbox, rows)).await?;
    let after = run(&sandbox, settings(What::Bare, bare_rows)).await?;
    // Half before and half after, so that a load on the machine meets both.
    let bare = 2.0 * bare_rows as f64 / (before.sent + after.sent);
    let ratio = |seconds: f64| rows as f64 / seconds / bare;
    println!(
        "rows={rows} planned={:.2} of a bare send's rate, sent={:.2} of it; \
         most memory={} kB (bare {} kB)",
        ratio(outbox.planned),
        ratio(outbox.sent),
        outbox.memory,
        before.memory,
    );
    let expected = 2 * bare_rows + rows;
    let sent = sandbox.sent_messages().len() as u64;
    ensure!(
        sent == expected,
        "{sent} texts were sent in place of {expected}"
    );
    Ok(())
}

async fn run(sandbox: &Sandbox, settings: Settings) -> anyhow::Result<Figures> {
    let mut process = Command::new(std::env::current_exe()?)
        .arg("sender")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut line = serde_json::to_vec(&settings)?;
    line.push(b'\n');
    let mut input = process.stdin.take().context("no standard input")?;
    input.write_all(&line).await?;
    let output = process.wait_with_output();
    tokio::pin!(output);
    // The ledger of a long run would be what the machine's memory goes to.
    let output = loop {
        tokio::select! {
            output = &mut output => break output?,
            () = time::sleep(Duration::from_secs(1)) => sandbox.clear_ledger(),
        }
    };
    ensure!(
        output.status.success(),
        "the sender failed: {}",
        output.status
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}
