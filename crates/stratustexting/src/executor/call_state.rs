//! What belongs to one call: its options, its deadline, its response, and the ticket that it
//! may need.

use std::{
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use stratustexting_client::{Operation, Timestamp};
use tokio::time::Instant;
use url::Url;

use crate::{
    Error, Result, SendOutcome, options::CallOptions, overrides::Overrides, parts::Parts,
    ticket::Payload,
};

/// What belongs to one call, however many attempts it takes. It travels through
/// the generated client as its context.
pub(crate) struct CallState {
    pub(super) options: CallOptions,
    started: chrono::DateTime<chrono::Utc>,
    pub(super) deadline: Instant,
    /// Only of an operation that must not be done twice.
    ticket: OnceLock<TicketDraft>,
    /// The response, for the caller.
    response: Mutex<Option<Parts>>,
    /// A query parameter that no operation of the document has: the token by which a page is
    /// requested.
    page_token: Option<(String, String)>,
    /// The call's span. It stays open until the response was read.
    span: OnceLock<tracing::Span>,
}

/// The part of a ticket that is known before the call ends.
struct TicketDraft {
    operation: Option<&'static Operation>,
    payload: Payload,
    attempts: AtomicU32,
}

impl CallState {
    /// Starts a call with all its options: its time runs from here.
    pub(super) fn new(options: CallOptions) -> Self {
        let timeout = options.timeout.unwrap_or(CallOptions::DEFAULT_TIMEOUT);
        Self {
            options,
            started: chrono::Utc::now(),
            // A timeout beyond what the clock can count means no limit.
            deadline: Instant::now()
                .checked_add(timeout)
                .unwrap_or_else(|| Instant::now() + crate::time::FOREVER),
            ticket: OnceLock::new(),
            response: Mutex::new(None),
            page_token: None,
            span: OnceLock::new(),
        }
    }

    /// Requests a page by a token in a query parameter.
    pub(crate) fn with_page_token(mut self, token: Option<(String, String)>) -> Self {
        self.page_token = token;
        self
    }

    /// Changes a request of the generated client as the caller's settings and the page's
    /// token demand.
    pub(super) fn prepare(
        &self,
        request: &mut reqwest::Request,
        overrides: &Overrides,
        operation: &'static Operation,
        base: &Url,
    ) -> Result<()> {
        overrides.rewrite(request, operation, base)?;
        if let Some((name, token)) = &self.page_token {
            request.url_mut().query_pairs_mut().append_pair(name, token);
        }
        Ok(())
    }

    pub(super) fn keep_span(&self, span: tracing::Span) {
        let _ = self.span.set(span);
    }

    /// Notes in the call's span why the call failed.
    pub(crate) fn record_failure(&self, error: &Error) {
        if let Some(span) = self.span.get() {
            span.record("error.type", error.type_name());
        }
    }

    pub(super) fn keep_response(&self, response: Parts) {
        *self.lock() = Some(response);
    }

    pub(crate) fn take_response(&self) -> Option<Parts> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Parts>> {
        self.response.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what a ticket needs of a request, before the request is given away.
    pub(super) fn draft_ticket(
        &self,
        operation: Option<&'static Operation>,
        request: &reqwest::Request,
    ) {
        let payload = Payload::of(request);
        let attempts = AtomicU32::new(0);
        let _ = self.ticket.set(TicketDraft {
            operation,
            payload,
            attempts,
        });
    }

    /// Notes for the ticket how many attempts were begun.
    pub(super) fn set_attempts(&self, attempts: u32) {
        if let Some(draft) = self.ticket.get() {
            draft.attempts.store(attempts, Ordering::Relaxed);
        }
    }

    /// Adds the ticket that an error needs when the outcome of something that must not be
    /// done twice is unknown.
    pub(crate) fn with_ticket(&self, error: Error) -> Error {
        let Some(draft) = self.ticket.get() else {
            return error;
        };
        if error.send_outcome() != SendOutcome::Unknown || error.ticket().is_some() {
            return error;
        }
        let correlation = match &self.options.correlation {
            Some(name) => name.as_ref().to_owned(),
            None => format!("{:032x}", fastrand::u128(..)),
        };
        let ticket = draft.payload.ticket(
            draft.operation.map(|operation| operation.id),
            Timestamp::from(self.started).to_string(),
            correlation,
            draft.attempts.load(Ordering::Relaxed),
            error.status().map(|status| status.as_u16()),
        );
        error.with_ticket(ticket)
    }

    /// Whether the call would time out during such a wait.
    pub(super) fn times_out_within(&self, wait: Duration) -> bool {
        Instant::now()
            .checked_add(wait)
            .is_none_or(|then| then >= self.deadline)
    }
}
