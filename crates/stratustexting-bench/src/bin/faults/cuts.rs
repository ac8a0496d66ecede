//! The points at which an exchange is cut.

use std::fmt;

use stratustexting_sandbox::Fault;

/// One way for a call to fail.
#[derive(Clone, Debug)]
pub(crate) enum Cut {
    /// Nothing fails, to check that the call works.
    Nothing,
    /// No connection can be opened.
    Refused,
    /// A connection is opened and reset, before a byte is read.
    ConnectionReset,
    /// The request meets a fault.
    Request(Fault),
}

/// Every cut point, including these faults of requests.
pub(crate) fn all(faults: Vec<Fault>) -> Vec<Cut> {
    let connections = [Cut::Nothing, Cut::Refused, Cut::ConnectionReset];
    let requests = faults.into_iter().map(Cut::Request);
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
