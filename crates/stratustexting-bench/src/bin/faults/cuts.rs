//! The points at which an exchange is cut.

use std::{fmt, time::Duration};

use stratustexting_sandbox::{Commit, Fault};

use crate::stage::{DEADLINE, LARGEST_ANSWER};

/// One way for a call to fail.
#[derive(Clone, Debug)]
pub(crate) enum Cut {
    /// Nothing fails: to see that a call is one that works.
    Nothing,
    /// No connection can be opened.
    Refused,
    /// A connection is opened and reset, before a byte is read.
    ConnectionReset,
    /// The request meets a fault.
    Request(Fault),
}

/// Every fault of a request, at every point; redirects go to a place that isn't to be
/// reached. What is late comes before the deadline, and after it.
pub(crate) fn faults(elsewhere: &str) -> Vec<Fault> {
    let mut faults = Fault::every(elsewhere);
    // Said at the size that is too large for the clients here.
    faults.retain(|fault| fault.name() != "oversized_body");
    for commit in [Commit::Before, Commit::After] {
        faults.push(Fault::oversized_body(4 * LARGEST_ANSWER, commit));
        faults.push(Fault::answer_late(too_late(), commit));
    }
    faults
}

fn too_late() -> Duration {
    DEADLINE * 2
}

/// Every cut point.
pub(crate) fn all(elsewhere: &str) -> Vec<Cut> {
    let connections = [Cut::Nothing, Cut::Refused, Cut::ConnectionReset];
    let requests = faults(elsewhere).into_iter().map(Cut::Request);
    connections.into_iter().chain(requests).collect()
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Refused => f.write_str("refused"),
            Self::ConnectionReset => f.write_str("connection_reset"),
            Self::Request(fault) => match serde_json::to_string(fault) {
                Ok(text) => f.write_str(&text),
                Err(_) => f.write_str(fault.name()),
            },
        }
    }
}
