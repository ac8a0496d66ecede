//! One event on its way, with its message if that was fetched.

use std::time::SystemTime;

use serde_json::{Value, json};
use stratustexting::{bytes::Bytes, models::Message, webhook::Event};
use stratustexting_queue::inbox::{Delivery, KeptEvent, SqliteStore};

use crate::failure::{Class, Failure, Result};

pub(crate) struct Item {
    id: i64,
    attempt: u32,
    received: SystemTime,
    event: Event,
    message: Option<Message>,
    is_replay: bool,
}

impl Item {
    pub(crate) fn of_delivery(delivery: &Delivery<SqliteStore>) -> Self {
        Self {
            id: delivery.id(),
            attempt: delivery.attempt(),
            received: delivery.received_at(),
            event: delivery.event().clone(),
            message: delivery.message().cloned(),
            is_replay: false,
        }
    }

    /// A replay, which is marked as one.
    pub(crate) fn of_kept(kept: &KeptEvent, message: Option<Message>) -> Result<Self> {
        let event = Event::from_slice(&kept.body)
            .map_err(|error| Failure::new(Class::Other, format!("event {}: {error}", kept.id)))?;
        Ok(Self {
            id: kept.id,
            attempt: 1,
            received: kept.received,
            event,
            message,
            is_replay: true,
        })
    }

    pub(crate) fn id(&self) -> i64 {
        self.id
    }

    pub(super) fn attempt(&self) -> u32 {
        self.attempt
    }

    pub(super) fn is_replay(&self) -> bool {
        self.is_replay
    }

    pub(super) fn event(&self) -> &Event {
        &self.event
    }

    pub(super) fn message(&self) -> Option<&Message> {
        self.message.as_ref()
    }

    /// In UTC, as RFC 3339, to the second.
    pub(super) fn received(&self) -> String {
        time(self.received)
    }

    /// The event as the service posted it; with the message, if that was fetched.
    pub(super) fn body(&self) -> Bytes {
        match self.message {
            None => self.event.raw().clone(),
            Some(_) => serde_json::to_vec(&self.json()).unwrap_or_default().into(),
        }
    }

    /// The same as a value.
    pub(super) fn json(&self) -> Value {
        let event = serde_json::from_slice(self.event.raw()).unwrap_or_default();
        match (&self.message, event) {
            (Some(message), Value::Object(mut event)) => {
                let name = match event.contains_key("message") {
                    true => "fetched_message",
                    false => "message",
                };
                event.insert(name.to_owned(), json!(message));
                Value::Object(event)
            }
            (_, event) => event,
        }
    }
}

pub(crate) fn time(time: SystemTime) -> String {
    let time = jiff::Timestamp::try_from(time).unwrap_or_default();
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
