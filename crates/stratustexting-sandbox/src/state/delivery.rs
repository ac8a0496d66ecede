//! An event on its way to a callback, and what is known of it.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

/// An event on its way to a callback, or there.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Delivery {
    /// The event's id, the payload's `uuid`.
    pub uuid: String,
    /// The subscription.
    pub subscription_id: String,
    /// The filter that matched.
    pub event: String,
    /// The callback.
    pub uri: String,
    /// What is posted.
    pub payload: Value,
    /// How often it was posted so far.
    pub attempts: u32,
    /// How it stands.
    pub state: DeliveryState,
    /// The status that the callback answered with last.
    pub last_status: Option<u16>,
    /// Why the last attempt failed, or none was made; none when it didn't.
    pub last_error: Option<DeliveryError>,
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryState {
    /// It isn't over.
    UnderWay,
    /// The callback answered with a success.
    Delivered,
    /// It was given up: after the last attempt, or because the subscription is gone or no
    /// longer active.
    Failed,
}

/// Shows no payload, since it may hold a contact, and no URI, since it may hold a secret.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("uuid", &self.uuid)
            .field("event", &self.event)
            .field("attempts", &self.attempts)
            .field("state", &self.state)
            .field("last_status", &self.last_status)
            .field("last_error", &self.last_error)
            .finish_non_exhaustive()
    }
}

/// Why an attempt to deliver an event failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryError {
    /// The callback answered, but not with a success.
    Status,
    /// Nothing listens there.
    Refused,
    /// The callback took too long.
    TimedOut,
    /// It listens, but there was no agreement by TLS: its certificate isn't trusted, say,
    /// or it doesn't speak TLS.
    Tls,
    /// No connection for another reason, such as a host that isn't known.
    Unreachable,
    /// The connection broke before the answer was there.
    Broken,
    /// The subscription was deleted.
    Unsubscribed,
    /// The subscription isn't `ACTIVE` any longer.
    Suspended,
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Status => "the callback answered with no success",
            Self::Refused => "nothing answers at the callback",
            Self::TimedOut => "the callback took too long",
            Self::Tls => "TLS with the callback failed",
            Self::Unreachable => "there is no connection to the callback",
            Self::Broken => "the callback's answer can't be read",
            Self::Unsubscribed => "the subscription is gone",
            Self::Suspended => "the subscription isn't active",
        })
    }
}
