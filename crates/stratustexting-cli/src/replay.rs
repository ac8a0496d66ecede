//! `stratus replay`: hands a kept event on again, by hand and once.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;
use stratustexting::webhook::Event;
use stratustexting_queue::inbox::{EventState, KeptEvent, SqliteStore, Store};

use crate::{
    context::Context,
    failure::{Failure, Result},
    listen::kept,
    output::{table, tell},
    sink::{Item, Sink, SinkArguments, summary, time},
};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The event's number; the newest one without it
    event: Option<i64>,
    /// Lists the kept events, the newest first, and replays none
    #[arg(long, conflicts_with_all = ["event", "forward_to", "exec", "print", "fetch"])]
    list: bool,
    /// How many events to list
    #[arg(long, value_name = "EVENTS", default_value_t = 20, requires = "list")]
    limit: u32,
    #[command(flatten)]
    sink: SinkArguments,
    /// Where the events are kept, as for `stratus listen`
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
}

/// A kept event in the list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListedEvent {
    id: i64,
    /// In UTC, as RFC 3339, to the second.
    received: String,
    /// `waiting`, `handled` or `given_up`.
    state: &'static str,
    failures: u32,
    message_id: Option<String>,
    /// The event in a few words.
    what: String,
}

pub(crate) async fn run(options: Options, context: &Context) -> Result<ExitCode> {
    let account = context.account()?;
    let path = kept::events_path(options.keep, &account)?;
    if !path.exists() {
        return Err(Failure::usage(
            "nothing is kept: `stratus listen` has received no event for this account, or was \
             told to --keep it in another file",
        ));
    }
    let store = SqliteStore::open(path).await?;
    if options.list {
        list(&store.kept_events(i64::MAX, options.limit).await?, context)?;
        return Ok(ExitCode::SUCCESS);
    }
    let before = options.event.map_or(i64::MAX, |id| id.saturating_add(1));
    let found = store.kept_events(before, 1).await?.pop();
    let found = found.filter(|found| options.event.is_none_or(|id| id == found.id));
    let kept = found.ok_or_else(|| {
        Failure::usage("EVENT: there is no such event; `stratus replay --list` shows them")
    })?;
    let sink = Sink::new(options.sink, context.output.is_json())?;
    let event = Event::from_slice(&kept.body)?;
    let message = match event.message_id().filter(|_| sink.fetches()) {
        Some(id) => {
            let client = account.client()?;
            let message = client.messages().get(id).await?.into_inner();
            client.auth().wait_for_renewal().await;
            Some(message)
        }
        None => None,
    };
    if let Some(failure) = sink.take(&Item::of_kept(&kept, message)?).await? {
        return Err(failure.into());
    }
    tell(&format!("event {} was replayed", kept.id));
    Ok(ExitCode::SUCCESS)
}

fn list(events: &[KeptEvent], context: &Context) -> Result<()> {
    let mut rows = vec![["EVENT", "RECEIVED", "STATE", "FAILURES", "WHAT"].map(str::to_owned)];
    for kept in events {
        let event = Event::from_slice(&kept.body).ok();
        let what = event.as_ref().map(summary).unwrap_or_default();
        let state = match kept.state {
            EventState::Handled => "handled",
            EventState::Dead => "given_up",
            _ => "waiting",
        };
        let message_id = event.as_ref().and_then(Event::message_id);
        let listed = ListedEvent {
            id: kept.id,
            received: time(kept.received),
            state,
            failures: kept.failures,
            message_id: message_id.map(str::to_owned),
            what,
        };
        context.output.object(&listed)?;
        rows.push([
            kept.id.to_string(),
            listed.received,
            state.replace('_', " "),
            kept.failures.to_string(),
            listed.what,
        ]);
    }
    let rows: Vec<_> = rows.into_iter().map(Vec::from).collect();
    for line in table(&rows) {
        context.output.say(&line)?;
    }
    Ok(())
}
