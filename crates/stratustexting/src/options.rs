//! Settings of one call.

use std::{sync::Arc, time::Duration};

use crate::{
    headers::CallHeaders,
    retry::{Resend, RetryPolicy},
};

/// The settings of one call that differ from the client's defaults.
///
/// [`Call`](crate::Call) has a method for each; this type is for options that are kept, or
/// shared by several calls.
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) retry: Option<Arc<dyn RetryPolicy>>,
    pub(crate) resend: Option<Resend>,
    pub(crate) correlation: Option<Arc<str>>,
    pub(crate) headers: CallHeaders,
}

impl CallOptions {
    /// How long a call may take in all unless something else is set: a minute.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);
    /// How long an attempt may take unless something else is set: 30 seconds.
    pub const DEFAULT_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
    /// How long an attempt to send a message may take unless something else is set: 35
    /// seconds. A gateway of the kind that the service seems to have gives up after 29 and says so;
    /// a client that stops listening earlier never learns it.
    pub const DEFAULT_SEND_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(35);

    /// The client's defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How long the call may take in all: waiting for its turn under the rate limit and
    /// for a token, every attempt, the waits between them, and reading the response. By
    /// default the client's, which is [a minute](Self::DEFAULT_TIMEOUT) unless set.
    ///
    /// A wait that would outlast it isn't begun. A send that times out while it waits for a
    /// connection was not sent; one that times out later may have been.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long one attempt may take, from connecting to the last byte of the response. By
    /// default the client's, which is [30 seconds](Self::DEFAULT_ATTEMPT_TIMEOUT) unless
    /// set, and [35](Self::DEFAULT_SEND_ATTEMPT_TIMEOUT) for sending a message.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// When another attempt is made. By default the client's, which is
    /// [`Backoff`](crate::Backoff) unless set. It doesn't decide whether a send may be
    /// retried: that is [`resend`](Self::resend).
    #[must_use]
    pub fn retry(mut self, policy: impl RetryPolicy) -> Self {
        self.retry = Some(Arc::new(policy));
        self
    }

    /// When an operation that must not be done twice is retried. By default only if provably
    /// no byte of it left.
    #[must_use]
    pub fn resend(mut self, resend: Resend) -> Self {
        self.resend = Some(resend);
        self
    }

    /// A name for this call, such as your own id of the message: the call's span and the
    /// [`Ticket`](crate::Ticket) of an unknown outcome have it. It isn't sent. Put
    /// nothing personal into it.
    #[must_use]
    pub fn correlation(mut self, name: impl Into<Arc<str>>) -> Self {
        self.correlation = Some(name.into());
        self
    }

    /// Sets a header of the call's requests, in place of one of this name that was set before
    /// or that the client would set. Requests for tokens don't get it. Its value isn't logged,
    /// nor shown by `Debug`.
    ///
    /// Headers that the client sets itself, such as `Authorization`, `x-api-key` and
    /// `Content-Type`, can't be set, nor those of the connection: the call fails with
    /// [`Error::is_input`](crate::Error::is_input), and nothing is sent.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.add(name.into(), value.into());
        self
    }

    /// These options, completed by the defaults.
    pub(crate) fn or(&self, defaults: &Self) -> Self {
        Self {
            timeout: self.timeout.or(defaults.timeout),
            attempt_timeout: self.attempt_timeout.or(defaults.attempt_timeout),
            retry: self.retry.as_ref().or(defaults.retry.as_ref()).cloned(),
            resend: self.resend.or(defaults.resend),
            correlation: self.correlation.clone(),
            headers: self.headers.clone(),
        }
    }
}
