//! The sandbox is killed again and again while clients use it, and must not forget anything that
//! it has responded.
//!
//! The sandbox runs as a program with `--data`. Clients send SMS and MMS, add contacts and
//! consents, and renew tokens. At a random moment the program is killed by SIGKILL and started
//! again. Then everything that was responded with a success must be there, once, and no id may
//! have been given twice. What a client got no response for may be there or not, but once at most.
//!
//! - `program.rs`: starts the program, and kills it.
//! - `client.rs`: what a client does, and what it was told.
//! - `check.rs`: what is there.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

mod check;
mod client;
mod program;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use clap::Parser;

use self::{
    check::Found,
    client::{Client, Told},
    program::Program,
};

/// Nothing that was responded is lost, whatever moment the sandbox is killed at
#[derive(Debug, Parser)]
struct Arguments {
    /// The sandbox's program; `cargo xtask sandbox-kill` builds it and names it
    #[arg(long, value_name = "FILE")]
    program: PathBuf,
    /// How often it is killed
    #[arg(long, default_value_t = 100)]
    kills: u32,
    /// How many clients use it at the same time
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=64))]
    clients: u32,
    /// The longest time between a start and a kill, in milliseconds
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u64).range(1..))]
    within: u64,
    /// The seed of the moments and of what the clients do
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("sandbox.db");
    let mut random = fastrand::Rng::with_seed(arguments.seed);
    let mut clients: Vec<Client> = (0..arguments.clients)
        .map(|number| Client::new(number, random.u64(..)))
        .collect();
    let mut told = Told::default();
    let mut slowest = Duration::ZERO;
    for kill in 0..arguments.kills {
        let begun = Instant::now();
        let mut program = Program::start(&arguments.program, &file).await?;
        slowest = slowest.max(begun.elapsed());
        let connection = Arc::clone(&program.connection);
        if kill > 0 {
            told.check_tokens(&connection).await?;
        }
        let tasks = clients.drain(..).map(|mut client| {
            let connection = Arc::clone(&connection);
            tokio::spawn(async move {
                let told = client.run(&connection).await;
                (client, told)
            })
        });
        let tasks: Vec<_> = tasks.collect();
        let wait = random.u64(1..=arguments.within);
        // The moment of the kill is what this is about; nothing waits for something else here.
        tokio::time::sleep(Duration::from_millis(wait)).await;
        program.kill().await?;
        for task in tasks {
            let (client, of_client) = task.await.context("a client has panicked")?;
            clients.push(client);
            told.add(of_client?);
        }
    }
    let program = Program::start(&arguments.program, &file).await?;
    let found = Found::of(&program.connection).await?;
    told.check_tokens(&program.connection).await?;
    let lost = found.lost(&told);
    let twice = found.twice(&told);
    println!(
        "sms_and_mms={} contacts={} consents={} renewals={} unanswered={} entries={} \
         slowest_start_ms={}",
        told.messages.len(),
        told.contacts.len(),
        told.consents.len(),
        told.renewals,
        told.unanswered,
        found.entries.len(),
        slowest.as_millis()
    );
    for example in lost.iter().chain(&twice).take(10) {
        println!("{example}");
    }
    println!(
        "kills={} answered={} lost={} twice={}",
        arguments.kills,
        told.answered(),
        lost.len(),
        twice.len()
    );
    ensure!(lost.is_empty(), "the sandbox forgot what it had responded");
    ensure!(twice.is_empty(), "something is there twice");
    ensure!(told.answered() > 0, "no request had a response");
    Ok(())
}
