//! Which failures are worth another attempt, whether one is allowed, and when.
//!
//! Three questions, kept apart. Whether another attempt could help is asked of the
//! failure (`Reason`). Whether it is allowed is asked of the operation: what may be
//! done twice is repeated, and what may not, a send above all, only when provably
//! nothing left, or when the caller said otherwise for this very call
//! ([`Resend`]). When, is asked of a [`RetryPolicy`], which can't change the other two.
//! Over all calls of a client together a [`RetryBudget`] sees to it that a service in
//! trouble isn't given more of it.

mod after;
mod backoff;
mod budget;

use std::{fmt, time::Duration};

use http::StatusCode;

pub(crate) use self::{after::after, budget::Bucket};
pub use self::{backoff::Backoff, budget::RetryBudget};
use crate::{Error, SendOutcome, error::Kind};

/// Says how long to wait before the next attempt, or that there is to be none.
///
/// It is asked only where another attempt could help and is allowed. What it says is
/// lengthened to what the service asks for (`Retry-After`), and a wait that would
/// outlast the call's time isn't begun. [`Backoff`] is the one that is used by default.
pub trait RetryPolicy: Send + Sync + fmt::Debug + 'static {
    /// How long to wait before the next attempt; none to give up.
    fn wait(&self, failed: &FailedAttempt<'_>) -> Option<Duration>;
}

/// What a [`RetryPolicy`] is told.
#[derive(Debug)]
#[non_exhaustive]
pub struct FailedAttempt<'a> {
    /// How many attempts were made so far: 1 after the first.
    pub attempts: u32,
    /// How the last one failed.
    pub error: &'a Error,
}

/// When an operation that must not be done twice, such as a send, is tried again.
///
/// It is set with the options of a call, never for a client: it is a decision about a
/// message. A [`Messages`](crate::Messages) that has been given it has it for each of its
/// calls, so keep that for the one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Resend {
    /// Only when provably no byte of it left. The default.
    #[default]
    IfNotSent,
    /// Also after the answers 401, 429 and 503: by the first a service says that the
    /// token is no longer good, by the others "later". HTTP says of a 401 that the request
    /// was not applied; whether this service keeps to that, and whether it may have taken
    /// the message before a 429 or 503, is UNKNOWN.
    IfTurnedAway,
    /// After any failure that another attempt could mend. **A customer may be texted
    /// twice.**
    EvenIfUnknown,
}

/// Why another attempt could help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The service answered that it can't now.
    Status(StatusCode),
    /// The service refused the token, which another may mend.
    Unauthorized,
    /// There was no connection.
    Connect,
    /// The connection broke, or the answer took too long.
    Broken,
    /// No token could be had for now.
    Token,
    /// The token store failed.
    Store,
}

impl Reason {
    /// Asks a failure.
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

    /// Whether it is one after which the operation may be tried again.
    pub(crate) fn allows(self, repeatable: bool, resend: Resend, error: &Error) -> bool {
        if repeatable || error.send_outcome() == SendOutcome::NotSent {
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

/// The answers after which the same request may succeed a little later.
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
    fn only_what_may_pass_is_worth_another_attempt() {
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

    /// The whole table for what must not be done twice.
    #[test]
    fn a_send_is_repeated_only_as_far_as_the_caller_allows() {
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
                assert!(reason.allows(true, rule, error), "what may be repeated is");
            }
        }
    }
}
