//! An error in words: never a secret, a number, a text or a URL's query.

use std::fmt;

use stratustexting_client::operation::Basis;

use super::{Error, Kind};
use crate::{outcome::SendOutcome, refusal};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation() {
            write!(f, "{operation}: ")?;
        }
        match &self.0.kind {
            Kind::Input { field, allowed } => write!(f, "{field}: {allowed}")?,
            Kind::Configuration { field, problem } => write!(f, "{field}: {problem}")?,
            Kind::LoginRequired => f.write_str("a user must log in")?,
            Kind::Login { problem } => write!(f, "the login failed: {problem}")?,
            Kind::TokenRejected => match self.oauth_error() {
                Some(code) => write!(
                    f,
                    "the token endpoint rejected the request: {}",
                    shown(&code)
                )?,
                None => f.write_str("the token endpoint gave no token")?,
            },
            Kind::Store => f.write_str("the token store failed")?,
            Kind::Connect => f.write_str("no connection to the service")?,
            Kind::Timeout { while_ } => write!(f, "timed out {while_}")?,
            Kind::Transport => {
                f.write_str("the connection broke before the response was complete")?;
            }
            // Not where the service may have acted all the same: a reader of "rejected" sends
            // again.
            Kind::Status if self.send_outcome() == SendOutcome::Rejected => {
                f.write_str("the service rejected the request")?;
            }
            Kind::Status => f.write_str("the service responded without success")?,
            Kind::Redirect { target } => {
                let target = target.as_deref().unwrap_or("an unreadable target");
                write!(
                    f,
                    "the service redirects to {target}, which is not followed"
                )?;
            }
            Kind::Decode => f.write_str("the response has an unexpected form")?,
            Kind::TooLarge { limit } => write!(f, "the response has more than {limit} bytes")?,
            Kind::ServiceFailure => {
                f.write_str("the service says in a success that it failed")?;
            }
            Kind::Incomplete { end } => write!(f, "the list may be incomplete: {end}")?,
        }
        if let Some(status) = self.status() {
            write!(f, " (status {status})")?;
        }
        if self.is_no_such_path() {
            f.write_str("; a gateway of this kind says that of a path that it doesn't know")?;
        } else if self.is_status() && matches!(self.status().map(|s| s.as_u16()), Some(401 | 403)) {
            f.write_str(
                "; if it lasts, there are three likely causes: the token lacks a scope, or the role \
                 of the user who logged in doesn't allow this; the token is of another brand; the \
                 API key doesn't belong to the client",
            )?;
        }
        if !self.0.if_invalid_grant.is_empty()
            && self.oauth_error().as_deref() == Some("invalid_grant")
        {
            write!(f, "; {}", self.0.if_invalid_grant)?;
        }
        if self.may_be_inferred_wrongly() {
            f.write_str(
                "; this operation's method and path are inferred, not documented: \
                 if the service's differ, `ClientBuilder::operation` takes the right ones, \
                 and openapi.json is the one place to correct",
            )?;
        }
        Ok(())
    }
}

/// An OAuth error code, if a standard defines it. Anything else isn't quoted, since it could
/// be anything.
fn shown(code: &str) -> &str {
    if refusal::is_registered(code) {
        code
    } else {
        "a code of its own"
    }
}

impl Error {
    /// Whether the gateway says, in words about a token, that it has no such path.
    fn is_no_such_path(&self) -> bool {
        let is_403 = self.status().is_some_and(|status| status.as_u16() == 403);
        let says = || self.service_message();
        self.is_status() && is_403 && says().as_deref() == Some("Missing Authentication Token")
    }

    /// Whether the failure may come from an operation that was inferred wrongly: the response
    /// looks like it, and nothing documents the operation.
    fn may_be_inferred_wrongly(&self) -> bool {
        let inferred = self
            .provenance()
            .is_some_and(|provenance| provenance.basis == Basis::Inferred);
        let telling = match self.0.kind {
            Kind::Decode => true,
            Kind::Status => matches!(
                self.status().map(|status| status.as_u16()),
                Some(400 | 403 | 404 | 405 | 415)
            ),
            // Its status may be the token endpoint's.
            _ => false,
        };
        inferred && telling
    }
}
