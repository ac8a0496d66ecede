//! From the request to the store.

use stratustexting::webhook::{CallbackResponse, Event, Incoming};

use super::{Inbox, NewEvent, Store};
use crate::Result;

impl<S: Store> Inbox<S> {
    /// Stores the events of a request, and makes the response to it.
    ///
    /// The response is 200 when all of them are stored, or were before, and the response to a
    /// handshake. It is 503 when the store fails; then none of the request's events was
    /// stored, and a WARN says why. What the service does after a 503 is UNKNOWN: it may
    /// deliver again, or suspend the subscription.
    pub async fn receive(&self, incoming: Incoming) -> CallbackResponse {
        let response = incoming.response();
        match self.add(incoming).await {
            Ok(_) => response,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "events could not be stored, and are refused"
                );
                CallbackResponse::unavailable()
            }
        }
    }

    /// Stores events that came in another way, and returns how many were new.
    ///
    /// # Errors
    ///
    /// [`Error::is_database`](crate::Error::is_database). Then none was stored.
    pub async fn add(&self, events: impl IntoIterator<Item = Event>) -> Result<u64> {
        let settings = &self.shared.settings;
        let events: Vec<_> = events
            .into_iter()
            .map(|event| NewEvent {
                key: key(&event),
                conversation: settings.conversation.as_ref().and_then(|of| of(&event)),
                must_fetch: settings.client.is_some() && event.message_id().is_some(),
                body: event.raw().to_vec(),
            })
            .collect();
        if events.is_empty() {
            return Ok(0);
        }
        let new = self.store.add(events).await?;
        if new > 0 {
            self.shared.arrived.notify_one();
        }
        Ok(new)
    }
}

/// What another delivery of the event has in common with it. The prefix keeps a message's id
/// apart from an event's own.
fn key(event: &Event) -> Option<String> {
    let text = |prefix: &str, id: &str| (!id.trim().is_empty()).then(|| format!("{prefix}{id}"));
    let message = event.message_id().and_then(|id| text("message:", id));
    message.or_else(|| text("event:", event.payload().uuid.as_deref()?))
}
