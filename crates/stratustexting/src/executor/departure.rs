//! Whether a byte of a request may have left.
//!
//! The HTTP client doesn't say how far a request was when it failed or ran out of time: it
//! may have looked for a connection, opened one, waited for its turn on one, or written the
//! half of it. But it can't write so much as a request's head without knowing whether a body
//! follows and how long that is, so it asks the body first. Here the body notes that it was
//! asked, and that it was dropped: one that was dropped and never asked belongs to a request
//! of which nothing was written, and nothing will be. While it is neither, a connection may
//! be about to take it, so that nobody can tell.

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

/// Tells whether a request has provably not begun to leave.
pub(super) struct Departure(Arc<AtomicU8>);

impl Departure {
    /// Sends a request and watches it.
    pub(super) fn of(
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
        // To know whether it could send the body again after a redirect, the client asks
        // too: here, where there is nothing yet to write it to.
        let _ = state.compare_exchange(ASKED, WAITING, Ordering::AcqRel, Ordering::Acquire);
        (Self(state), sent)
    }

    /// To be asked when the request's future has ended and is dropped.
    pub(super) fn is_ruled_out(&self) -> bool {
        self.0.load(Ordering::Acquire) == DROPPED
    }
}

/// A request's body that notes what becomes of it.
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

    fn watched() -> (Departure, Watched) {
        let state = Arc::new(AtomicU8::new(WAITING));
        let body = Watched {
            body: reqwest::Body::default(),
            state: Arc::clone(&state),
        };
        (Departure(state), body)
    }

    /// A connection may be about to take it.
    #[test]
    fn what_waits_is_not_ruled_out_before_it_is_dropped() {
        let (departure, body) = watched();
        assert!(!departure.is_ruled_out());

        drop(body);

        assert!(departure.is_ruled_out());
    }

    #[test]
    fn what_was_asked_for_anything_is_never_ruled_out() {
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
            let (departure, mut body) = watched();

            ask(&mut body);
            assert!(!departure.is_ruled_out());
            drop(body);

            assert!(!departure.is_ruled_out());
        }
    }

    #[tokio::test]
    async fn what_the_client_asks_while_it_makes_its_request_does_not_count() {
        let http = reqwest::Client::new();
        let url = "http://127.0.0.1:9/".parse().unwrap();
        let request = reqwest::Request::new(http::Method::POST, url);

        let (departure, sent) = Departure::of(&http, request);
        assert!(!departure.is_ruled_out());
        drop(sent);

        assert!(departure.is_ruled_out());
    }
}
