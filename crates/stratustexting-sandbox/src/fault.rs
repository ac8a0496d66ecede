//! Everything that can go wrong between a program and the service, as values.
//!
//! A fault says two things: at which point the exchange breaks, and whether the operation
//! was carried out by then. A client can't see the second and must still be right about it,
//! so every fault states it.

mod apply;
mod plan;
mod queue;

use std::{fmt, time::Duration};

use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::plan::FaultPlan;
pub(crate) use self::{apply::apply, plan::FaultPlanInput, queue::Faults};

/// Whether a fault happens before or after the operation is carried out.
///
/// After it, the message is sent, the contact is changed, the token is issued: only the
/// client doesn't learn of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Commit {
    /// Before: the operation isn't carried out.
    Before,
    /// After: the operation is carried out, once, as if nothing were wrong.
    After,
}

/// Something that goes wrong with one request; for
/// [`Sandbox::fail_next`](crate::Sandbox::fail_next) and [`FaultPlan`].
///
/// ```
/// use std::time::Duration;
/// use stratustexting_sandbox::{Commit, Fault};
///
/// let worst = Fault::reset_before_response(Commit::After);
/// let slow = Fault::respond_late(Duration::from_millis(200), Commit::Before);
/// let busy = Fault::status(429, Commit::Before).retry_after(2);
/// assert_eq!(worst.name(), "reset_before_response");
/// ```
///
/// Refused connections belong to no request, so they aren't here:
/// [`Sandbox::refuse_connections`](crate::Sandbox::refuse_connections).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "FaultKind")]
pub struct Fault(pub(crate) FaultKind);

/// The kinds of fault, private so that more can be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(
    title = "Fault",
    description = "Something that goes wrong with a request."
)]
pub(crate) enum FaultKind {
    ResetBeforeRequest,
    ResetAfterRequestBytes {
        bytes: u64,
    },
    #[serde(alias = "reset_before_answer")]
    ResetBeforeResponse {
        commit: Commit,
    },
    ResetAfterHeaders {
        commit: Commit,
    },
    ResetInBody {
        commit: Commit,
    },
    #[serde(alias = "never_answer")]
    NeverRespond {
        commit: Commit,
    },
    #[serde(alias = "answer_late")]
    RespondLate {
        milliseconds: u64,
        commit: Commit,
    },
    Status {
        status: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
        /// Whether the response comes from the gateway.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        gateway: bool,
        commit: Commit,
    },
    WrongContentType {
        commit: Commit,
    },
    TruncatedBody {
        commit: Commit,
    },
    OversizedBody {
        bytes: usize,
        commit: Commit,
    },
    Redirect {
        status: u16,
        location: String,
        commit: Commit,
    },
}

impl Fault {
    /// The connection is reset as soon as a request begins to arrive; nothing of it is used.
    ///
    /// The sandbox must read a request's first line to know its operation. To reset a
    /// connection before a byte is read, script this fault for `connection` instead of an
    /// operation: it meets the next connection that is opened, as soon as anything arrives
    /// on it.
    #[must_use]
    pub fn reset_before_request() -> Self {
        Self(FaultKind::ResetBeforeRequest)
    }

    /// The connection is reset after this many bytes of the request, head included; or at
    /// its last byte, if it has fewer. It isn't carried out.
    ///
    /// The sandbox must read the first line to know the operation, so it may have read a
    /// few bytes more; [`BrokenRequest::bytes`](crate::BrokenRequest) says how many.
    #[must_use]
    pub fn reset_after_request_bytes(bytes: u64) -> Self {
        Self(FaultKind::ResetAfterRequestBytes { bytes })
    }

    /// The whole request arrives, then the connection is reset without a response.
    #[must_use]
    pub fn reset_before_response(commit: Commit) -> Self {
        Self(FaultKind::ResetBeforeResponse { commit })
    }

    /// The response's headers are sent, then the connection is reset.
    #[must_use]
    pub fn reset_after_headers(commit: Commit) -> Self {
        Self(FaultKind::ResetAfterHeaders { commit })
    }

    /// The response's headers and half of its body are sent, then the connection is reset.
    #[must_use]
    pub fn reset_in_body(commit: Commit) -> Self {
        Self(FaultKind::ResetInBody { commit })
    }

    /// The whole request arrives, and no response ever comes: the connection stays open
    /// until the client closes it, or
    /// [`Sandbox::stop_failing`](crate::Sandbox::stop_failing) resets it.
    #[must_use]
    pub fn never_respond(commit: Commit) -> Self {
        Self(FaultKind::NeverRespond { commit })
    }

    /// The response comes after this delay, rounded down to milliseconds. The operation is
    /// carried out in any case, even if the client has closed the connection by then.
    ///
    /// Here [`Commit::Before`] means that the delay comes first and the operation after it,
    /// possibly when the client has already given up.
    ///
    /// An operation whose response comes later than the gateway waits
    /// ([`Builder::integration_timeout`](crate::Builder::integration_timeout)) gets the
    /// gateway's 504 instead. The OAuth server isn't behind the gateway.
    #[must_use]
    pub fn respond_late(delay: Duration, commit: Commit) -> Self {
        let milliseconds = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        Self(FaultKind::RespondLate {
            milliseconds,
            commit,
        })
    }

    /// A response with this status instead of the operation's own; see
    /// [`retry_after`](Self::retry_after).
    ///
    /// # Panics
    ///
    /// When `status` isn't an error's: 400 to 599.
    #[must_use]
    pub fn status(status: u16, commit: Commit) -> Self {
        Self::checked(FaultKind::Status {
            status,
            retry_after: None,
            gateway: false,
            commit,
        })
    }

    pub(crate) fn never_responds(&self) -> bool {
        matches!(self.0, FaultKind::NeverRespond { .. })
    }

    /// Adds a `Retry-After` in seconds to [`status`](Self::status), such as a 429; has no
    /// effect on other faults.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        if let FaultKind::Status { retry_after, .. } = &mut self.0 {
            *retry_after = Some(seconds);
        }
        self
    }

    /// Makes [`status`](Self::status) a response of the gateway, in its own words and with
    /// the header `x-amzn-errortype`, as when it throttles; has no effect on other faults.
    /// Otherwise the response is the application's.
    ///
    /// # Panics
    ///
    /// When the status is below 500 and the operation is carried out all the same: a request
    /// that the gateway rejects doesn't reach the application.
    #[must_use]
    pub fn by_gateway(mut self) -> Self {
        if let FaultKind::Status { gateway, .. } = &mut self.0 {
            *gateway = true;
        }
        Self::checked(self.0)
    }

    /// A success with a page of HTML instead of the operation's response, as from a proxy
    /// that wants a login.
    #[must_use]
    pub fn wrong_content_type(commit: Commit) -> Self {
        Self(FaultKind::WrongContentType { commit })
    }

    /// The response has a `Content-Length`, and the connection is closed cleanly after half
    /// of the body.
    #[must_use]
    pub fn truncated_body(commit: Commit) -> Self {
        Self(FaultKind::TruncatedBody { commit })
    }

    /// The response's body is padded with blanks to this length: still valid JSON.
    #[must_use]
    pub fn oversized_body(bytes: usize, commit: Commit) -> Self {
        Self(FaultKind::OversizedBody { bytes, commit })
    }

    /// A redirect to another URL.
    ///
    /// # Panics
    ///
    /// When `status` is none of 301, 302, 303, 307 and 308, or `location` isn't valid in a
    /// header.
    #[must_use]
    pub fn redirect(status: u16, location: impl Into<String>, commit: Commit) -> Self {
        let location = location.into();
        Self::checked(FaultKind::Redirect {
            status,
            location,
            commit,
        })
    }

    /// Every kind of fault, at every point: everything that a client must handle. Delays
    /// are 50 ms, the oversized body has 16 MiB, and redirects go to `location`.
    #[must_use]
    pub fn every(location: &str) -> Vec<Self> {
        let mut every = vec![Self::reset_before_request()];
        every.extend([1, 200, u64::MAX].map(Self::reset_after_request_bytes));
        for commit in [Commit::Before, Commit::After] {
            every.extend([
                Self::reset_before_response(commit),
                Self::reset_after_headers(commit),
                Self::reset_in_body(commit),
                Self::never_respond(commit),
                Self::respond_late(Duration::from_millis(50), commit),
                Self::status(429, commit),
                Self::status(429, commit).retry_after(1),
                Self::wrong_content_type(commit),
                Self::truncated_body(commit),
                Self::oversized_body(16 * 1024 * 1024, commit),
            ]);
            let statuses = [400, 401, 403, 404, 408, 500, 502, 503, 504];
            every.extend(statuses.map(|status| Self::status(status, commit)));
            every.extend(REDIRECTS.map(|status| Self::redirect(status, location, commit)));
        }
        every
    }

    /// The kind of fault, in snake case: the name of the function that makes it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.0 {
            FaultKind::ResetBeforeRequest => "reset_before_request",
            FaultKind::ResetAfterRequestBytes { .. } => "reset_after_request_bytes",
            FaultKind::ResetBeforeResponse { .. } => "reset_before_response",
            FaultKind::ResetAfterHeaders { .. } => "reset_after_headers",
            FaultKind::ResetInBody { .. } => "reset_in_body",
            FaultKind::NeverRespond { .. } => "never_respond",
            FaultKind::RespondLate { .. } => "respond_late",
            FaultKind::Status { .. } => "status",
            FaultKind::WrongContentType { .. } => "wrong_content_type",
            FaultKind::TruncatedBody { .. } => "truncated_body",
            FaultKind::OversizedBody { .. } => "oversized_body",
            FaultKind::Redirect { .. } => "redirect",
        }
    }

    /// Whether the operation was carried out when the fault happens; `None` where no whole
    /// request arrives.
    #[must_use]
    pub fn commit(&self) -> Option<Commit> {
        match self.0 {
            FaultKind::ResetBeforeRequest | FaultKind::ResetAfterRequestBytes { .. } => None,
            FaultKind::ResetBeforeResponse { commit }
            | FaultKind::ResetAfterHeaders { commit }
            | FaultKind::ResetInBody { commit }
            | FaultKind::NeverRespond { commit }
            | FaultKind::RespondLate { commit, .. }
            | FaultKind::Status { commit, .. }
            | FaultKind::WrongContentType { commit }
            | FaultKind::TruncatedBody { commit }
            | FaultKind::OversizedBody { commit, .. }
            | FaultKind::Redirect { commit, .. } => Some(commit),
        }
    }

    fn checked(kind: FaultKind) -> Self {
        Self::try_from(kind).unwrap_or_else(|problem| panic!("{problem}"))
    }
}

/// Its name, with a status or a delay if it has one.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match &self.0 {
            FaultKind::Status { status, .. } | FaultKind::Redirect { status, .. } => {
                write!(f, " {status}")
            }
            FaultKind::RespondLate { milliseconds, .. } => write!(f, " by {milliseconds} ms"),
            _ => Ok(()),
        }
    }
}

/// A fault's name as a constant, by its text in a file.
pub(crate) fn known_name(text: &str) -> Option<&'static str> {
    let every = Fault::every("https://elsewhere.invalid/");
    every.iter().map(Fault::name).find(|name| *name == text)
}

const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

impl TryFrom<FaultKind> for Fault {
    type Error = String;

    fn try_from(kind: FaultKind) -> Result<Self, String> {
        match &kind {
            FaultKind::Status { status, .. }
                if !(400..600).contains(status) || StatusCode::from_u16(*status).is_err() =>
            {
                Err(format!(
                    "{status} is no error's status: it must be 400 to 599"
                ))
            }
            FaultKind::Status {
                status: ..500,
                gateway: true,
                commit: Commit::After,
                ..
            } => Err("a request that the gateway rejects can't be carried out".to_owned()),
            FaultKind::Redirect { status, .. } if !REDIRECTS.contains(status) => Err(format!(
                "{status} is no redirect's status: it must be one of {REDIRECTS:?}"
            )),
            FaultKind::Redirect { location, .. } if HeaderValue::from_str(location).is_err() => {
                Err("the location has characters that are not allowed in a header".to_owned())
            }
            _ => Ok(Self(kind)),
        }
    }
}
