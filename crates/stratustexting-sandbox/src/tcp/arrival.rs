//! How long a request may take to arrive. A client that sends a byte now and then would
//! otherwise keep a connection for ever (slow loris).
//!
//! Only the arrival is limited: not a connection without a request, nor the wait for a response.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
};
use futures::StreamExt;
use tokio::time::{Instant, Sleep, sleep, sleep_until};

use super::Connection;

/// The arrival of a part of a request: its head, or its body.
pub(super) struct Arrival {
    /// `None` if it is beyond all time.
    end: Option<Instant>,
    /// Made when there is something to wait for, which there rarely is.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Arrival {
    pub(super) fn within(timeout: Duration) -> Self {
        Self {
            end: Instant::now().checked_add(timeout),
            timer: None,
        }
    }

    /// Ready when the time is over.
    pub(super) fn poll_timed_out(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let end = self.end;
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(end.map_or_else(|| sleep(Duration::MAX), sleep_until)));
        timer.as_mut().poll(cx)
    }
}

/// The body is arriving until this is dropped.
struct BodyArriving(Connection);

impl Drop for BodyArriving {
    fn drop(&mut self) {
        self.0.state().arrival = None;
    }
}

impl Connection {
    /// The head of a request is complete. Its body then has its own time, until it is read or
    /// dropped.
    pub(crate) fn head_received(&self, request: Request) -> Request {
        if request.body().is_end_stream() {
            self.state().arrival = None;
            return request;
        }
        {
            let mut state = self.state();
            state.arrival = Some(Arrival::within(self.0.shared.limits.body_timeout));
            // The server waits for the body already, so it must look at the new time.
            if let Some(reader) = &state.reader {
                reader.wake_by_ref();
            }
        }
        let arriving = BodyArriving(self.clone());
        request.map(|body| {
            let stream = body.into_data_stream();
            Body::from_stream(stream.map(move |part| {
                let _arriving = &arriving;
                part
            }))
        })
    }
}
