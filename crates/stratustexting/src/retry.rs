//! Which failures are worth another attempt, whether one is allowed, and when.
//!
//! These are three separate rules. The failure tells whether another attempt could help
//! (`Reason`). The operation tells whether one is allowed: an idempotent one is retried;
//! any other, a send above all, only if provably nothing left, or if the caller allows more
//! for this very call ([`Resend`]). A [`RetryPolicy`] decides when, and can't change the
//! other two. Over all calls of a client together, a [`RetryBudget`] keeps retries from
//! adding to the load of a service in trouble.

mod backoff;
mod budget;

use std::{fmt, time::Duration};

use http::StatusCode;

pub(crate) use self::budget::Bucket;
pub use self::{backoff::Backoff, budget::RetryBudget};
use crate::{Error, SendOutcome, error::Kind};

/// Decides how long to wait before the next attempt, or to make none.
///
/// It is asked only if another attempt could help and is allowed. Its wait is lengthened to
/// what the service asks for (`Retry-After`), and a wait that would outlast the call's
/// deadline isn't begun. [`Backoff`] is the default.
pub trait RetryPolicy: Send + Sync + fmt::Debug + 'static {
    /// How long to wait before the next attempt; `None` to give up.
    fn wait(&self, failed: &FailedAttempt<'_>) -> Option<Duration>;
}

/// What a [`RetryPolicy`] decides by.
#[derive(Debug)]
#[non_exhaustive]
pub struct FailedAttempt<'a> {
    /// How many attempts were made so far: 1 after the first.
    pub attempts: u32,
    /// How the last one failed.
    pub error: &'a Error,
}

/// When an operation that must not be done twice, such as a send, is retried.
///
/// It is set for a call, never for a client: it is a decision about one message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resend {
    /// Only if provably no byte of it left. The default.
    #[default]
    IfNotSent,
    /// Also after a response 401, 429 or 503. A 401 says that the token is no longer good,
    /// the others say "later". By HTTP, a request that got a 401 was not applied; whether
    /// this service keeps to that, and whether it may have accepted the message before a 429
    /// or 503, is UNKNOWN.
    IfTurnedAway,
    /// After any failure for which another attempt could help. **A customer may be texted
    /// twice.**
    EvenIfUnknown,
}

/// Why another attempt could help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The service responded that it can't serve the request now.
    Status(StatusCode),
    /// The service rejected the token, and another may be accepted.
    Unauthorized,
    /// There was no connection.
    Connect,
    /// The connection broke, or the response took too long.
    Broken,
    /// The token endpoint gave no token for now.
    Token,
    /// The token store failed.
    Store,
}

impl Reason {
    /// Why another attempt could help after this failure; `None` if it couldn't.
    pub(crate) fn of(error: &Error) -> Option<Self> {
        let status = error.status();
        match error.kind() {
            Kind::Status => status
                .filter(|status| is_transient(*status))
                .map(Self::Status),
            Kind::Connect => Some(Self::Connect),
            Kind::Transport | Kind::Timeout { .. } => Some(Self::Broken),
            Kind::TokenRejected => status
                .filter(|status| is_transient(*status))
                .map(|_| Self::Token),
            Kind::Store => Some(Self::Store),
            _ => None,
        }
    }

    /// Whether the operation may be retried for this reason.
    pub(crate) fn allows(self, idempotent: bool, resend: Resend, error: &Error) -> bool {
        if idempotent || error.send_outcome() == SendOutcome::NotSent {
            return true;
        }
        match resend {
            Resend::IfNotSent => false,
            Resend::IfTurnedAway => matches!(
                self,
                Self::Unauthorized
                    | Self::Status(StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
            ),
            Resend::EvenIfUnknown => true,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => status.as_u16().fmt(f),
            Self::Unauthorized => f.write_str("unauthorized"),
            Self::Connect => f.write_str("connect"),
            Self::Broken => f.write_str("broken"),
            Self::Token => f.write_str("token"),
            Self::Store => f.write_str("store"),
        }
    }
}

/// The statuses after which the same request may succeed a little later.
fn is_transient(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::parts::Parts;

    fn status(code: u16) -> Error {
        Error::new(Kind::Status).with_response(Parts {
            status: StatusCode::from_u16(code).unwrap(),
            headers: Default::default(),
            body: Bytes::new(),
        })
    }

    #[test]
    fn only_passing_failures_are_worth_another_attempt() {
        for code in [408, 429, 500, 502, 503, 504] {
            assert!(Reason::of(&status(code)).is_some(), "{code}");
        }
        for code in [400, 401, 403, 404, 409, 413, 422, 425, 501, 505] {
            assert!(Reason::of(&status(code)).is_none(), "{code}");
        }
        for kind in [
            Kind::LoginRequired,
            Kind::Decode,
            Kind::TooLarge { limit: 1 },
        ] {
            assert!(Reason::of(&Error::new(kind)).is_none());
        }
        for (kind, reason) in [
            (Kind::Connect, Reason::Connect),
            (Kind::Transport, Reason::Broken),
            (Kind::Store, Reason::Store),
        ] {
            assert_eq!(Reason::of(&Error::new(kind)), Some(reason));
        }
    }

    /// The whole table for an operation that must not be done twice.
    #[test]
    fn a_send_is_retried_only_as_far_as_the_caller_allows() {
        let not_sent = Error::new(Kind::Connect);
        let broken = Error::new(Kind::Transport);
        let cases: [(&Error, [bool; 3]); 5] = [
            (&not_sent, [true, true, true]),
            (&broken, [false, false, true]),
            (&status(500), [false, false, true]),
            (&status(429), [false, true, true]),
            (&status(503), [false, true, true]),
        ];
        for (error, allowed) in cases {
            let reason = Reason::of(error).unwrap();
            let rules = [
                Resend::IfNotSent,
                Resend::IfTurnedAway,
                Resend::EvenIfUnknown,
            ];
            for (rule, allowed) in rules.into_iter().zip(allowed) {
                assert_eq!(
                    reason.allows(false, rule, error),
                    allowed,
                    "{error:?} {rule:?}"
                );
                assert!(reason.allows(true, rule, error), "an idempotent one is");
            }
        }
    }
}
