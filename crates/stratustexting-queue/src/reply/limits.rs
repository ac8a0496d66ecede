//! How many automatic replies are too many.

use std::{fmt, time::Duration};

/// How many automatic replies there may be: to one number, and in all.
///
/// The defaults are those of a user of the service whose program had texted itself 224 times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplyLimits {
    /// To one number in a short time; by default 1 in 15 minutes.
    pub per_number: Limit,
    /// To one number in a long time; by default 5 in 24 hours.
    pub per_number_long: Limit,
    /// To all numbers together; by default 30 in an hour.
    pub overall: Limit,
}

/// So many in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub replies: u32,
    /// In which time. At most a week is remembered.
    pub window: Duration,
}

impl Limit {
    /// So many in so much time.
    #[must_use]
    pub const fn new(replies: u32, window: Duration) -> Self {
        Self { replies, window }
    }
}

impl Default for ReplyLimits {
    fn default() -> Self {
        Self {
            per_number: Limit::new(1, Duration::from_secs(15 * 60)),
            per_number_long: Limit::new(5, Duration::from_secs(24 * 3_600)),
            overall: Limit::new(30, Duration::from_secs(3_600)),
        }
    }
}

/// Why an event gets no automatic reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The message isn't known: the event names none, or the inbox doesn't
    /// [fetch messages](crate::inbox::InboxBuilder::fetch_messages).
    NoMessage,
    /// The message was sent, not received; or it doesn't say which.
    NotInbound,
    /// The message came from the number that it went to.
    OwnNumber,
    /// The sender isn't a number.
    NoNumber,
    /// The text is a [reaction](super::is_reaction) to another.
    Reaction,
    /// The customer wants no texts.
    OptedOut,
    /// This event had its reply, or an attempt at one: what became of it may be unknown.
    AlreadyReplied,
    /// The number, or all numbers together, had as many replies as there may be.
    TooMany,
    /// The text isn't one that ended or began anything, so there is nothing to confirm.
    NothingChanged,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoMessage => "the message isn't known",
            Self::NotInbound => "the message isn't one that was received",
            Self::OwnNumber => "the message came from the number that it went to",
            Self::NoNumber => "the sender isn't a number",
            Self::Reaction => "the text is a reaction to another",
            Self::OptedOut => "the customer wants no texts",
            Self::AlreadyReplied => "the event had its reply",
            Self::TooMany => "there were too many automatic replies",
            Self::NothingChanged => "the text changed nothing",
        })
    }
}

impl std::error::Error for Refusal {}
