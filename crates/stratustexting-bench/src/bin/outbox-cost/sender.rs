//! The process that is measured: it plans and sends, or only sends.

use std::{
    fs, io,
    time::{Duration, Instant},
};

use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};
use stratustexting::{Client, PhoneNumber};
use stratustexting_bench::database::Location;
use stratustexting_queue::outbox::{
    Journal, NewJob, NewRow, Outbox, PostgresStore, RefusedRow, SqliteStore,
};

/// The first line to the process.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Settings {
    pub(crate) what: What,
    pub(crate) rows: u64,
    pub(crate) in_flight: usize,
    pub(crate) location: Location,
    /// What `Client::from_variables` reads.
    pub(crate) variables: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) enum What {
    /// A loop that keeps nothing.
    Bare,
    Outbox,
}

/// The only line from it.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Figures {
    /// How long planning took, in seconds.
    pub(crate) planned: f64,
    /// How long sending took, in seconds.
    pub(crate) sent: f64,
    /// The most memory that was occupied, in kilobytes.
    pub(crate) memory: u64,
}

const JOB: &str = "cost";

pub(crate) async fn run() -> anyhow::Result<()> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let settings: Settings = serde_json::from_str(&line)?;
    let client = Client::from_variables(settings.variables.clone())?;
    // The login isn't what is measured.
    client.auth().access_token().await?;
    let (planned, sent) = match (settings.what, &settings.location) {
        (What::Bare, _) => (Duration::ZERO, bare(&client, &settings).await?),
        (What::Outbox, Location::Sqlite(path)) => {
            outbox(SqliteStore::open(path).await?, &client, &settings).await?
        }
        (What::Outbox, Location::Postgres(url)) => {
            outbox(PostgresStore::connect(url).await?, &client, &settings).await?
        }
    };
    let figures = Figures {
        planned: planned.as_secs_f64(),
        sent: sent.as_secs_f64(),
        memory: peak()?,
    };
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

fn number(row: u64) -> anyhow::Result<PhoneNumber> {
    Ok(format!("+1303{row:07}").parse()?)
}

fn text(row: u64) -> String {
    format!("Number {row}, your order is ready.")
}

async fn bare(client: &Client, settings: &Settings) -> anyhow::Result<Duration> {
    let messages = client.messages();
    let begun = Instant::now();
    stream::iter(1..=settings.rows)
        .map(|row| {
            let messages = &messages;
            async move {
                messages.send_sms(number(row)?, text(row)).await?;
                anyhow::Ok(())
            }
        })
        .buffer_unordered(settings.in_flight)
        .try_collect::<()>()
        .await?;
    Ok(begun.elapsed())
}

async fn outbox<J: Journal>(
    journal: J,
    client: &Client,
    settings: &Settings,
) -> anyhow::Result<(Duration, Duration)> {
    let outbox = Outbox::builder(journal)
        .pace(Duration::ZERO)
        .concurrency(settings.in_flight)
        .build();
    let sender: PhoneNumber = settings
        .variables
        .iter()
        .find(|(name, _)| name == "STRATUS_SENDER")
        .map_or("", |(_, value)| value.as_str())
        .parse()?;
    let begun = Instant::now();
    let rows = stream::iter(1..=settings.rows).map(|line| {
        let refused = |_| RefusedRow {
            line,
            to: None,
            reason: "no number".to_owned(),
        };
        Ok(NewRow::new(
            line,
            number(line).map_err(refused)?,
            text(line),
        ))
    });
    outbox.plan(NewJob::new(JOB, sender), rows).await?;
    let planned = begun.elapsed();
    outbox.start(JOB).await?;
    let begun = Instant::now();
    let summary = outbox.send(JOB, client).await?.finished().await;
    anyhow::ensure!(
        summary.counts.accepted == settings.rows,
        "{}: {:?}",
        summary.ended,
        summary.counts
    );
    Ok((planned, begun.elapsed()))
}

/// The most that the process has occupied, in kilobytes.
fn peak() -> anyhow::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.unwrap_or_default().parse()?)
}
