//! Whether somebody may be texted now.

use std::{fmt, sync::Arc, time::SystemTime};

use futures::future::BoxFuture;
use stratustexting::PhoneNumber;

use super::{Allowed, builder::Settings};

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

/// What the hours say of a recipient.
pub(super) enum Hours {
    Open,
    NotBefore(SystemTime),
    /// Nothing can be sent to this one.
    Refused(&'static str),
    /// Nothing can be sent at all.
    NoSuchZone,
}

impl Settings {
    /// Whether both the program's hours and the recipient's allow a text now.
    pub(super) fn hours(&self, recipient: &Recipient) -> Hours {
        let now = SystemTime::now();
        let number = &recipient.number;
        if let Some((hours, zone)) = &self.window {
            match hours.may_send_at(now, number, Some(zone)) {
                Allowed::Now => {}
                Allowed::NotBefore(time) => return Hours::NotBefore(time),
                Allowed::UnknownZone | Allowed::Never => return Hours::NoSuchZone,
            }
        }
        let Some(hours) = &self.quiet_hours else {
            return Hours::Open;
        };
        match hours.may_send_at(now, number, recipient.zone.as_deref()) {
            Allowed::Now => Hours::Open,
            Allowed::NotBefore(time) => Hours::NotBefore(time),
            Allowed::UnknownZone => Hours::Refused("the recipient's time zone isn't known"),
            Allowed::Never => Hours::Refused(
                "the recipient may be in time zones whose hours have no time in common",
            ),
        }
    }
}

/// Without the number.
impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipient")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}
