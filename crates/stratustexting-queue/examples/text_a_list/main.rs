//! A list that is texted once, whatever is killed.
//!
//! A file of customers is planned, and shown before anything is sent. A process of its own sends
//! the job; this program kills it in the middle, twice, and starts it again. What is unknown then
//! is settled by the messages themselves. The exit code is 0 only if nobody was forgotten and
//! nobody was texted twice.
//!
//! - `sender.rs`: the program that plans and sends. This is the part to copy.
//! - `main.rs`: the sandbox, the kills, and the count.

#![allow(clippy::print_stdout, reason = "a program for the terminal")]

mod sender;

use std::{
    collections::HashMap,
    fmt::Write as _,
    fs,
    path::Path,
    process::{Child, Command, ExitCode},
    time::Duration,
};

use stratustexting::Client;
use stratustexting_queue::outbox::{Outbox, RowState, SqliteStore};
use stratustexting_sandbox::Sandbox;
use tokio::time;

use self::sender::{JOB, Settings};

type Error = Box<dyn std::error::Error + Send + Sync>;

const CUSTOMERS: usize = 40;

#[tokio::main]
async fn main() -> Result<ExitCode, Error> {
    if let Some(folder) = std::env::args().nth(1) {
        sender::run(&Settings::read(Path::new(&folder))?).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let service = Sandbox::start().await?;
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("customers.csv"), customers())?;
    let settings = Settings::write(folder.path(), service.variables())?;

    let mut sender = start(folder.path())?;
    for texts in [8, 20] {
        while service.sent_messages().len() < texts {
            time::sleep(Duration::from_millis(2)).await;
        }
        sender.kill()?;
        sender.wait()?;
        println!("the sender was killed after {texts} texts, and started again");
        sender = start(folder.path())?;
    }
    let ended = tokio::task::spawn_blocking(move || sender.wait()).await??;
    if !ended.success() {
        return Err("the sender failed".into());
    }
    settle(&service, &settings).await?;
    count(&service, &settings).await
}

/// As a spreadsheet writes it: with a row that lacks a field, and a customer who stands there
/// twice.
fn customers() -> String {
    let mut file = String::from("First name;Phone;Time\r\n");
    for n in 0..CUSTOMERS {
        let _ = write!(file, "Customer {n};(303) 555-{n:04};{} pm\r\n", 5 + n % 5);
    }
    file + "Bob;(303) 555-1001;\r\nCustomer 1;+1 303 555 0001;6 pm\r\n"
}

fn start(folder: &Path) -> Result<Child, Error> {
    Ok(Command::new(std::env::current_exe()?).arg(folder).spawn()?)
}

/// Shows each message of the service to the journal. With a subscription to outbound messages,
/// a handler of the inbox does this by itself.
async fn settle(service: &Sandbox, settings: &Settings) -> Result<(), Error> {
    let client = Client::from_variables(settings.variables.clone())?;
    let outbox = Outbox::new(SqliteStore::open(&settings.journal).await?);
    let unknown = outbox.status(JOB).await?.counts.of(RowState::Unknown);
    println!("{unknown} rows are unknown");
    for sent in service.sent_messages() {
        let message = client.messages().get(sent.id.as_str()).await?;
        outbox.recognise(&sent.id, &message).await?;
    }
    Ok(())
}

async fn count(service: &Sandbox, settings: &Settings) -> Result<ExitCode, Error> {
    let outbox = Outbox::new(SqliteStore::open(&settings.journal).await?);
    let mut texted: HashMap<String, usize> = HashMap::new();
    for message in service.sent_messages() {
        *texted.entry(message.to).or_default() += 1;
    }
    let doubled = texted.values().filter(|times| **times > 1).count();
    let counts = outbox.status(JOB).await?.counts;
    // A row that is still unknown was not sent: there is no message of it. Whoever knows that
    // plans it again by `Outbox::decide`.
    let forgotten = CUSTOMERS - texted.len() - usize::try_from(counts.unknown)?;
    println!(
        "accepted={} unknown={} refused={} doubled={doubled} forgotten={forgotten}",
        counts.accepted, counts.unknown, counts.refused
    );
    Ok(match (doubled, forgotten, counts.open()) {
        (0, 0, 0) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}
