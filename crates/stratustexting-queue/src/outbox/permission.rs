//! Whether somebody may be texted now.

use std::{fmt, sync::Arc, time::SystemTime};

use futures::future::BoxFuture;
use stratustexting::PhoneNumber;

/// Who is about to be texted.
#[derive(Clone)]
#[non_exhaustive]
pub struct Recipient {
    /// The number.
    pub number: PhoneNumber,
    /// The time zone, if the row has one.
    pub zone: Option<String>,
    /// Where the row stands in its list.
    pub line: u64,
}

/// The response to the question whether somebody may be texted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Permission {
    /// They may.
    Granted,
    /// They may not; the row is cancelled with this reason.
    Refused(String),
    /// They may later; the row is asked about again then.
    NotBefore(SystemTime),
}

pub(super) type Ask = Arc<
    dyn Fn(
            Recipient,
        )
            -> BoxFuture<'static, Result<Permission, Box<dyn std::error::Error + Send + Sync>>>
        + Send
        + Sync,
>;

/// Without the number.
impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipient")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}
