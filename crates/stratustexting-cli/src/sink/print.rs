//! A line per event on standard output.

use std::io::{self, ErrorKind, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use stratustexting::models::{Message, MessageDirection};

use super::{Item, Kind, SinkFailure};
use crate::output::{json_line, printable_cell};

pub(super) struct Print {
    pub(super) is_json: bool,
}

/// A received event.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PrintedEvent {
    id: i64,
    /// In UTC, as RFC 3339, to the second.
    received: String,
    /// Whether it is handed on again by hand.
    is_replay: bool,
    /// As the service posted it; `--fetch` adds `message`.
    event: Value,
}

impl Print {
    pub(super) fn take(&self, item: &Item) -> Result<(), SinkFailure> {
        let line = match self.is_json {
            true => json_line(&PrintedEvent {
                id: item.id(),
                received: item.received(),
                is_replay: item.is_replay(),
                event: item.json(),
            })
            .unwrap_or_default(),
            false => line(item),
        };
        let mut output = io::stdout().lock();
        // At once: a program at the other end waits for it.
        let written = writeln!(output, "{line}").and_then(|()| output.flush());
        written.map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => SinkFailure::new(Kind::NobodyReads),
            _ => SinkFailure::new(Kind::Output(error)),
        })
    }
}

/// Time, number and text; of another event what is known of it.
fn line(item: &Item) -> String {
    let what = match item.message() {
        Some(message) => text(message),
        None => summary(item.event()),
    };
    format!("{}  {what}", item.received())
}

fn text(message: &Message) -> String {
    let from = message
        .from
        .as_deref()
        .map(printable_cell)
        .unwrap_or_default();
    let to = match message.direction {
        // Whom a customer texts is the account's number; the other way it matters.
        Some(MessageDirection::Inbound) | None => String::new(),
        _ => {
            let to = message.to.iter().flat_map(|to| to.numbers());
            let to: Vec<_> = to.map(printable_cell).collect();
            format!(" to {}", to.join(", "))
        }
    };
    let files = match message.media.as_ref().map_or(0, Vec::len) {
        0 => String::new(),
        1 => "  [1 file]".to_owned(),
        more => format!("  [{more} files]"),
    };
    let text = message
        .text
        .as_deref()
        .map(printable_cell)
        .unwrap_or_default();
    format!("{from}{to}  {text}{files}")
}

/// An event without its message, in a few words.
pub(crate) fn summary(event: &stratustexting::webhook::Event) -> String {
    let filter = event.filter();
    let topic = match &filter {
        Some(filter) => match (filter.direction(), filter.contact_event()) {
            (Some(direction), _) => format!("{direction} message"),
            (None, Some(event)) => format!("contact {event}"),
            (None, None) => "event".to_owned(),
        },
        None if event.message_id().is_some() => "message".to_owned(),
        None => "event".to_owned(),
    };
    let payload = event.payload();
    let contact = payload.contact_info.as_ref();
    let id = event
        .message_id()
        .or_else(|| contact?.get("id")?.as_str())
        .or(payload.uuid.as_deref());
    match id {
        Some(id) => format!("{}  {}", printable_cell(&topic), printable_cell(id)),
        None => printable_cell(&topic).into_owned(),
    }
}
