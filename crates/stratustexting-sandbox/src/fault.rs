//! What can go wrong between a program and the service, as values.
//!
//! A fault says two things: at which point the exchange is cut or spoilt, and whether
//! the operation was carried out by then. The second is what a client can't see and has
//! to be right about, so no fault leaves it open.

mod plan;
mod queue;
mod strike;

use std::time::Duration;

use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::plan::FaultPlan;
pub(crate) use self::{plan::Scripted as ScriptedPlan, queue::Faults, strike::strike};

/// Whether a fault strikes before or after the operation is carried out.
///
/// After it, the message is among those that were sent, the contact is changed, the
/// token is given out: only the client doesn't get to know.
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
/// let worst = Fault::reset_before_answer(Commit::After);
/// let slow = Fault::answer_late(Duration::from_millis(200), Commit::Before);
/// let busy = Fault::status(429, Commit::Before).retry_after(2);
/// assert_eq!(worst.name(), "reset_before_answer");
/// ```
///
/// Connections that are refused are no request's fault, but the service's:
/// [`Sandbox::refuse_connections`](crate::Sandbox::refuse_connections).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Kind")]
pub struct Fault(pub(crate) Kind);

/// The kinds, private so that they can grow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(title = "Fault", description = "What goes wrong with a request.")]
pub(crate) enum Kind {
    ResetBeforeRequest,
    ResetAfterRequestBytes {
        bytes: u64,
    },
    ResetBeforeAnswer {
        commit: Commit,
    },
    ResetAfterHeaders {
        commit: Commit,
    },
    ResetInBody {
        commit: Commit,
    },
    NeverAnswer {
        commit: Commit,
    },
    AnswerLate {
        milliseconds: u64,
        commit: Commit,
    },
    Status {
        status: u16,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
        /// Whether it is the gateway that answers.
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
    /// The connection is reset as soon as a request shows on it; nothing of it is used.
    ///
    /// Of an operation's request the first line has to be read to know the operation.
    /// For a connection that is reset without a byte of it being read, script this fault
    /// for `connection` instead of an operation: it meets the next connection that is
    /// opened, as soon as anything arrives on it.
    #[must_use]
    pub fn reset_before_request() -> Self {
        Self(Kind::ResetBeforeRequest)
    }

    /// The connection is reset when so many bytes of the request have arrived, head
    /// included; or with its last byte, where it has fewer. It isn't carried out.
    ///
    /// The first line has to be read to know the operation, so a few more bytes than
    /// asked for may have been taken; [`BrokenRequest::bytes`](crate::BrokenRequest)
    /// says how many.
    #[must_use]
    pub fn reset_after_request_bytes(bytes: u64) -> Self {
        Self(Kind::ResetAfterRequestBytes { bytes })
    }

    /// The request arrives whole, then the connection is reset without an answer.
    #[must_use]
    pub fn reset_before_answer(commit: Commit) -> Self {
        Self(Kind::ResetBeforeAnswer { commit })
    }

    /// The answer's headers are sent, then the connection is reset.
    #[must_use]
    pub fn reset_after_headers(commit: Commit) -> Self {
        Self(Kind::ResetAfterHeaders { commit })
    }

    /// The answer's headers and half of its body are sent, then the connection is reset.
    #[must_use]
    pub fn reset_in_body(commit: Commit) -> Self {
        Self(Kind::ResetInBody { commit })
    }

    /// The request arrives whole, and no answer ever comes: the connection stays open
    /// until the client closes it, or
    /// [`Sandbox::stop_failing`](crate::Sandbox::stop_failing) resets it.
    #[must_use]
    pub fn never_answer(commit: Commit) -> Self {
        Self(Kind::NeverAnswer { commit })
    }

    /// The answer comes, after so many milliseconds (what is less doesn't count). The
    /// operation is carried out in any case, also when the client has gone away
    /// meanwhile: before or after the wait.
    ///
    /// Here [`Commit::Before`] says that the wait is before the operation is carried
    /// out: a client that gave up is overtaken by what it asked for.
    #[must_use]
    pub fn answer_late(delay: Duration, commit: Commit) -> Self {
        let milliseconds = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX);
        Self(Kind::AnswerLate {
            milliseconds,
            commit,
        })
    }

    /// An answer with this status instead of the operation's own; see
    /// [`retry_after`](Self::retry_after).
    ///
    /// # Panics
    ///
    /// When `status` isn't one of an error: 400 to 599.
    #[must_use]
    pub fn status(status: u16, commit: Commit) -> Self {
        Self::checked(Kind::Status {
            status,
            retry_after: None,
            gateway: false,
            commit,
        })
    }

    /// Adds a `Retry-After` in seconds to an answer of [`status`](Self::status), such as
    /// a 429; to nothing else.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        if let Kind::Status { retry_after, .. } = &mut self.0 {
            *retry_after = Some(seconds);
        }
        self
    }

    /// Makes it the gateway that answers with [`status`](Self::status), in its own words
    /// and with the header `x-amzn-errortype`, as when it throttles; of nothing else.
    /// Without it the answer is the application's.
    ///
    /// # Panics
    ///
    /// When the status is below 500 and the operation is carried out all the same: what
    /// the gateway turns away doesn't get to the application.
    #[must_use]
    pub fn by_gateway(mut self) -> Self {
        if let Kind::Status { gateway, .. } = &mut self.0 {
            *gateway = true;
        }
        Self::checked(self.0)
    }

    /// A success with a page of HTML, as of a proxy that wants a login, instead of what
    /// the operation answers.
    #[must_use]
    pub fn wrong_content_type(commit: Commit) -> Self {
        Self(Kind::WrongContentType { commit })
    }

    /// The answer says how long its body is, and the connection is closed in good order
    /// after half of it.
    #[must_use]
    pub fn truncated_body(commit: Commit) -> Self {
        Self(Kind::TruncatedBody { commit })
    }

    /// The answer's body, made this long by blanks after it: still valid JSON.
    #[must_use]
    pub fn oversized_body(bytes: usize, commit: Commit) -> Self {
        Self(Kind::OversizedBody { bytes, commit })
    }

    /// A redirect to another place.
    ///
    /// # Panics
    ///
    /// When `status` is none of 301, 302, 303, 307 and 308, or `location` can't be a
    /// header's value.
    #[must_use]
    pub fn redirect(status: u16, location: impl Into<String>, commit: Commit) -> Self {
        let location = location.into();
        Self::checked(Kind::Redirect {
            status,
            location,
            commit,
        })
    }

    /// Every kind of fault, at every point: what a client has to bear. Delays are 50 ms,
    /// the oversized body has 16 MiB, and redirects go to `location`.
    #[must_use]
    pub fn every(location: &str) -> Vec<Self> {
        let mut every = vec![Self::reset_before_request()];
        every.extend([1, 200, u64::MAX].map(Self::reset_after_request_bytes));
        for commit in [Commit::Before, Commit::After] {
            every.extend([
                Self::reset_before_answer(commit),
                Self::reset_after_headers(commit),
                Self::reset_in_body(commit),
                Self::never_answer(commit),
                Self::answer_late(Duration::from_millis(50), commit),
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

    /// What kind it is, in snake case, as the function that makes it is called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.0 {
            Kind::ResetBeforeRequest => "reset_before_request",
            Kind::ResetAfterRequestBytes { .. } => "reset_after_request_bytes",
            Kind::ResetBeforeAnswer { .. } => "reset_before_answer",
            Kind::ResetAfterHeaders { .. } => "reset_after_headers",
            Kind::ResetInBody { .. } => "reset_in_body",
            Kind::NeverAnswer { .. } => "never_answer",
            Kind::AnswerLate { .. } => "answer_late",
            Kind::Status { .. } => "status",
            Kind::WrongContentType { .. } => "wrong_content_type",
            Kind::TruncatedBody { .. } => "truncated_body",
            Kind::OversizedBody { .. } => "oversized_body",
            Kind::Redirect { .. } => "redirect",
        }
    }

    /// Where the operation stands when it strikes; none where no whole request arrives.
    #[must_use]
    pub fn commit(&self) -> Option<Commit> {
        match self.0 {
            Kind::ResetBeforeRequest | Kind::ResetAfterRequestBytes { .. } => None,
            Kind::ResetBeforeAnswer { commit }
            | Kind::ResetAfterHeaders { commit }
            | Kind::ResetInBody { commit }
            | Kind::NeverAnswer { commit }
            | Kind::AnswerLate { commit, .. }
            | Kind::Status { commit, .. }
            | Kind::WrongContentType { commit }
            | Kind::TruncatedBody { commit }
            | Kind::OversizedBody { commit, .. }
            | Kind::Redirect { commit, .. } => Some(commit),
        }
    }

    fn checked(kind: Kind) -> Self {
        Self::try_from(kind).unwrap_or_else(|problem| panic!("{problem}"))
    }
}

const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

impl TryFrom<Kind> for Fault {
    type Error = String;

    fn try_from(kind: Kind) -> Result<Self, String> {
        match &kind {
            Kind::Status { status, .. }
                if !(400..600).contains(status) || StatusCode::from_u16(*status).is_err() =>
            {
                Err(format!("{status} is no error's status: 400 to 599 are"))
            }
            Kind::Status {
                status: ..500,
                gateway: true,
                commit: Commit::After,
                ..
            } => Err("what the gateway turns away isn't carried out".to_owned()),
            Kind::Redirect { status, .. } if !REDIRECTS.contains(status) => Err(format!(
                "{status} is no redirect's status: it has to be one of {REDIRECTS:?}"
            )),
            Kind::Redirect { location, .. } if HeaderValue::from_str(location).is_err() => {
                Err("the location has characters that it can't have".to_owned())
            }
            _ => Ok(Self(kind)),
        }
    }
}
