//! What the end of a send means to its row.

use std::time::Duration;

use stratustexting::{Error, SendOutcome, Ticket, http::StatusCode};

/// What becomes of a row, and of its job.
#[derive(Debug)]
pub(super) enum Verdict {
    Accepted,
    Rejected(String),
    /// Nothing left, and nothing would by another attempt.
    NotSent(String),
    Unknown {
        reason: String,
        ticket: Option<Ticket>,
        /// The service asks for fewer requests.
        slower: bool,
    },
    /// The gateway stopped it, because there were too many.
    Slower {
        reason: String,
        wait: Duration,
    },
    /// Nothing left, because something is away.
    Outage(String),
    /// The next row would end alike, and a person can help.
    Pause(String),
}

/// How long a 429 without a `Retry-After` holds a sender up.
const LIMITED: Duration = Duration::from_secs(5);

impl Verdict {
    /// No error's text has a number or a text in it.
    pub(super) fn of(error: &Error) -> Self {
        let reason = error.to_string();
        match error.send_outcome() {
            SendOutcome::Accepted => Self::Accepted,
            SendOutcome::Unknown => Self::Unknown {
                reason,
                ticket: error.ticket().cloned(),
                slower: error.is_rate_limited(),
            },
            SendOutcome::Rejected if error.is_rate_limited() => Self::Slower {
                reason,
                wait: error.retry_after().unwrap_or(LIMITED),
            },
            SendOutcome::Rejected if is_about_access(error) => Self::Pause(reason),
            SendOutcome::Rejected => Self::Rejected(reason),
            SendOutcome::NotSent if error.is_input() => Self::NotSent(reason),
            SendOutcome::NotSent if needs_a_person(error) => Self::Pause(reason),
            SendOutcome::NotSent => Self::Outage(reason),
        }
    }
}

/// Whether the service refused the caller, not the text.
fn is_about_access(error: &Error) -> bool {
    let status = error.status();
    error.is_auth()
        || status == Some(StatusCode::UNAUTHORIZED)
        || status == Some(StatusCode::FORBIDDEN)
}

/// Whether waiting doesn't help.
fn needs_a_person(error: &Error) -> bool {
    if error.is_login_required() || error.is_configuration() {
        return true;
    }
    // A token endpoint that is overloaded or broken recovers by itself.
    let is_passing = error
        .status()
        .is_some_and(|status| status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS);
    error.is_token_rejected() && !is_passing
}
