//! The stream of server-sent events that tells an open page to ask for what is new.
//!
//! It says only that something changed, so it needs no more than a number for each page, and
//! a page that was disconnected has missed nothing that it can't ask for.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures::{Stream, StreamExt, stream};

use crate::shared::Shared;

/// The event's name.
const CHANGE: &str = "change";

/// How often a comment is sent, so that a page that is gone is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

pub(super) async fn stream(
    State(shared): State<Arc<Shared>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let end = shared.shutdown.clone().cancelled_owned();
    let changes = stream::unfold(
        (shared.changes.subscribe(), true),
        |(mut changes, is_first)| async move {
            // At once, so that nothing is missed between the page and its stream.
            if !is_first {
                changes.changed().await.ok()?;
            }
            let number = *changes.borrow_and_update();
            let event = Event::default().event(CHANGE).data(number.to_string());
            Some((Ok(event), (changes, false)))
        },
    );
    // The receiver doesn't keep the sandbox alive; only this stream would hold its port open.
    let changes = changes.take_until(end);
    Sse::new(changes).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}
