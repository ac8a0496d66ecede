//! The process that is killed: it receives events and handles them.

use std::{io, net::Ipv4Addr, time::Duration};

use axum::{Router, extract::State, routing::any};
use serde::{Deserialize, Serialize};
use stratustexting::webhook::{CallbackResponse, Incoming};
use stratustexting_bench::database::{Location, OwnTable};
use stratustexting_queue::inbox::{Delivery, Failure, Inbox, PostgresStore, SqliteStore};
use tokio::net::TcpListener;

/// The first line to the process.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Settings {
    pub(crate) location: Location,
    pub(crate) port: u16,
}

/// One handler in so many fails.
const FAILS: u32 = 100;

pub(crate) async fn run() -> anyhow::Result<()> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let settings: Settings = serde_json::from_str(&line)?;
    match settings.location {
        Location::Sqlite(path) => serve(SqliteStore::open(path).await?, settings.port).await,
        Location::Postgres(url) => serve(PostgresStore::connect(&url).await?, settings.port).await,
    }
}

async fn serve<S: OwnTable>(store: S, port: u16) -> anyhow::Result<()> {
    store.make_table().await?;
    let inbox = Inbox::builder(store)
        .concurrency(32)
        // What a killed process had is soon another's.
        .lease(Duration::from_secs(2))
        .backoff(Duration::from_millis(100), Duration::from_secs(2))
        .poll_interval(Duration::from_millis(100))
        // A database that is away fails every handler that begins meanwhile.
        .max_attempts(100)
        .build();
    let _worker = inbox.run(handle::<S>);
    let routes = Router::new()
        .route("/hook", any(hook::<S>))
        .with_state(inbox);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("ready");
    axum::serve(listener, routes).await?;
    Ok(())
}

async fn hook<S: OwnTable>(State(inbox): State<Inbox<S>>, incoming: Incoming) -> CallbackResponse {
    inbox.receive(incoming).await
}

async fn handle<S: OwnTable>(delivery: Delivery<S>) -> Result<(), Failure> {
    let id = delivery.event().message_id().ok_or("no message")?;
    let mut transaction = delivery.begin().await?;
    S::write_in(&mut transaction, id)
        .await
        .map_err(|error| Failure::from(error.to_string()))?;
    if fastrand::u32(..FAILS) == 0 {
        return Err(Failure::from("one in a hundred"));
    }
    delivery.complete(transaction).await?;
    Ok(())
}
