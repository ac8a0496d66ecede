//! Whether a byte of a request may have left.
//!
//! The HTTP client doesn't say how far a request was when it failed or timed out: it may have
//! looked for a connection, opened one, waited for its turn on one, or written half of the
//! request. But it can't even write a request's head without knowing whether a body follows
//! and how long it is, so it asks the body first. Here the body notes that it was asked, and
//! that it was dropped. If it was dropped and never asked, nothing of the request was written,
//! and nothing will be. Before that, a connection may be about to take it, and nobody can
//! tell.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

const WAITING: u8 = 0;
const ASKED: u8 = 1;
const DROPPED: u8 = 2;

/// Tells whether provably nothing of a request was written to a connection.
pub(super) struct WriteWatch(Arc<AtomicU8>);

impl WriteWatch {
    /// Sends a request and watches it.
    pub(super) fn send(
        http: &reqwest::Client,
        mut request: reqwest::Request,
    ) -> (
        Self,
        impl Future<Output = reqwest::Result<reqwest::Response>> + use<>,
    ) {
        let state = Arc::new(AtomicU8::new(WAITING));
        let body = request.body_mut();
        *body = Some(reqwest::Body::wrap(Watched {
            body: body.take().unwrap_or_default(),
            state: Arc::clone(&state),
        }));
        let sent = http.execute(request);
        // The client has asked too, to know whether it could send the body again after a
        // redirect. There is no connection yet, so that doesn't count.
        let _ = state.compare_exchange(ASKED, WAITING, Ordering::AcqRel, Ordering::Acquire);
        (Self(state), sent)
    }

    /// Must be asked only after the request's future was dropped.
    pub(super) fn nothing_was_written(&self) -> bool {
        self.0.load(Ordering::Acquire) == DROPPED
    }
}

/// A request's body that notes whether it was asked or dropped.
struct Watched {
    body: reqwest::Body,
    state: Arc<AtomicU8>,
}

impl Watched {
    fn asked(&self) {
        self.state.store(ASKED, Ordering::Release);
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self
            .state
            .compare_exchange(WAITING, DROPPED, Ordering::AcqRel, Ordering::Acquire);
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, reqwest::Error>>> {
        self.asked();
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.asked();
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.asked();
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched() -> (WriteWatch, Watched) {
        let state = Arc::new(AtomicU8::new(WAITING));
        let body = Watched {
            body: reqwest::Body::default(),
            state: Arc::clone(&state),
        };
        (WriteWatch(state), body)
    }

    /// A connection may be about to take it.
    #[test]
    fn a_waiting_body_proves_nothing_before_it_is_dropped() {
        let (watch, body) = watched();
        assert!(!watch.nothing_was_written());

        drop(body);

        assert!(watch.nothing_was_written());
    }

    #[test]
    fn a_body_that_was_asked_never_proves_that_nothing_was_written() {
        let ask: [fn(&mut Watched); 3] = [
            |body| {
                body.is_end_stream();
            },
            |body| {
                body.size_hint();
            },
            |body| {
                let mut context = Context::from_waker(std::task::Waker::noop());
                let _ = Pin::new(body).poll_frame(&mut context);
            },
        ];
        for ask in ask {
            let (watch, mut body) = watched();

            ask(&mut body);
            assert!(!watch.nothing_was_written());
            drop(body);

            assert!(!watch.nothing_was_written());
        }
    }

    #[tokio::test]
    async fn questions_of_the_client_before_it_has_a_connection_do_not_count() {
        let http = reqwest::Client::new();
        let url = "http://127.0.0.1:9/".parse().unwrap();
        let request = reqwest::Request::new(http::Method::POST, url);

        let (watch, sent) = WriteWatch::send(&http, request);
        assert!(!watch.nothing_was_written());
        drop(sent);

        assert!(watch.nothing_was_written());
    }
}
