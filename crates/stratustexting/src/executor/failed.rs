//! How an attempt failed, and what the next one must know of it.

use crate::{AccessToken, Error};

/// An attempt that failed.
pub(super) enum Failed {
    /// The service rejected the token, for the first time in the call: worth another
    /// attempt with another token.
    TokenRejected(RejectedToken),
    /// There was no other token after a rejection, so that nothing was sent this time.
    NotRenewed(RejectedToken, Error),
    /// The rate limit has no turn before the call's deadline, nor would it for a retry.
    TooLate(Error),
    Other(Error),
}

/// A token that the service rejected, and the error that says so.
pub(super) struct RejectedToken {
    pub(super) token: AccessToken,
    pub(super) error: Error,
}

impl Failed {
    /// How this attempt failed.
    pub(super) fn error(&self) -> &Error {
        match self {
            Self::TokenRejected(rejected) => &rejected.error,
            Self::NotRenewed(_, error) | Self::TooLate(error) | Self::Other(error) => error,
        }
    }

    /// The error of the call, if this was its last attempt.
    pub(super) fn into_error(self) -> Error {
        match self {
            Self::TokenRejected(rejected) => rejected.error,
            // The failed renewal says more than the 401, which remains what happened
            // to the request: it was sent, and rejected.
            Self::NotRenewed(rejected, renewal) => rejected.error.with_source(renewal),
            Self::TooLate(error) | Self::Other(error) => error,
        }
    }

    /// The token that the next attempt must not use again.
    pub(super) fn into_rejected_token(self) -> Option<RejectedToken> {
        match self {
            Self::TokenRejected(rejected) | Self::NotRenewed(rejected, _) => Some(rejected),
            Self::TooLate(_) | Self::Other(_) => None,
        }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}
