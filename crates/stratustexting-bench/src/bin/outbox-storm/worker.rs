//! The process that is killed: it sends the job.

use std::{io, time::Duration};

use serde::{Deserialize, Serialize};
use stratustexting::Client;
use stratustexting_bench::database::Location;
use stratustexting_queue::outbox::{Journal, Outbox, PostgresStore, SqliteStore};

/// The first line to the process.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Settings {
    pub(crate) location: Location,
    /// What `Client::from_variables` reads.
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) pace: Duration,
}

/// The name of the job.
pub(crate) const JOB: &str = "storm";

/// How long a send may take. Twice as long after it began, a killed worker's row is unknown.
const CALL_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) fn outbox<J: Journal>(journal: J, pace: Duration) -> Outbox<J> {
    Outbox::builder(journal)
        .pace(pace)
        .call_timeout(CALL_TIMEOUT)
        .lease(Duration::ZERO)
        .pause_after_unknown(u32::MAX)
        .build()
}

pub(crate) async fn run() -> anyhow::Result<()> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let settings: Settings = serde_json::from_str(&line)?;
    let client = Client::from_variables(settings.variables)?;
    let pace = settings.pace;
    match settings.location {
        Location::Sqlite(path) => send(SqliteStore::open(path).await?, &client, pace).await,
        Location::Postgres(url) => send(PostgresStore::connect(&url).await?, &client, pace).await,
    }
}

async fn send<J: Journal>(journal: J, client: &Client, pace: Duration) -> anyhow::Result<()> {
    let outbox = outbox(journal, pace);
    let summary = outbox.send(JOB, client).await?.finished().await;
    anyhow::ensure!(summary.ended.is_finished(), "{}", summary.ended);
    Ok(())
}
