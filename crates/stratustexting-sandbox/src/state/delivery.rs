//! An event that is posted to a callback, and how far that is.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An event that is posted to a callback.
#[derive(Clone, JsonSchema, Serialize, Deserialize)]
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
    /// The body that is posted.
    pub payload: Value,
    /// How often it was posted so far.
    pub attempts: u32,
    /// Whether it was delivered.
    pub state: DeliveryState,
    /// The status of the callback's last response.
    pub last_status: Option<u16>,
    /// Why the last attempt failed or wasn't made; `None` after a success.
    pub last_error: Option<DeliveryError>,
}

/// Whether an event was delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryState {
    /// It isn't finished.
    UnderWay,
    /// The callback responded with a success.
    Delivered,
    /// The sandbox gave up: after the last attempt, or because the subscription was deleted
    /// or is no longer active.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryError {
    /// The callback responded, but not with a success.
    Status,
    /// Nothing listens at the callback's address.
    Refused,
    /// The callback didn't respond in time.
    TimedOut,
    /// The TLS handshake failed: the certificate isn't trusted, say, or the callback
    /// doesn't speak TLS.
    Tls,
    /// The connection failed for another reason, such as an unknown host.
    Unreachable,
    /// The connection broke before the response was complete.
    Broken,
    /// The subscription was deleted.
    Unsubscribed,
    /// The subscription isn't `ACTIVE` any longer.
    Suspended,
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Status => "the callback responded with an error",
            Self::Refused => "nothing listens at the callback's address",
            Self::TimedOut => "the callback timed out",
            Self::Tls => "TLS with the callback failed",
            Self::Unreachable => "the callback can't be reached",
            Self::Broken => "the connection to the callback broke",
            Self::Unsubscribed => "the subscription was deleted",
            Self::Suspended => "the subscription isn't active",
        })
    }
}
