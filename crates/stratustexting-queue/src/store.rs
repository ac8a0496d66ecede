//! Where events are kept: the trait, and what goes in and out.

use std::{
    fmt,
    future::Future,
    time::{Duration, SystemTime},
};

use crate::{
    Result,
    reply::{Refusal, ReplyLimits},
};

pub(crate) mod memory;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql_journal;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql_outbox;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod sql_replies;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod together;

/// Where events are kept until they are handled, and for a while after.
///
/// [`SqliteStore`](crate::inbox::SqliteStore) and `PostgresStore` are durable;
/// [`MemoryStore`](crate::inbox::MemoryStore) is for tests. To write one for another database, keep
/// these promises:
///
/// - What [`add`](Self::add) has returned survives a crash of the machine.
/// - An event with a key that is kept already is not added again, handled or not.
/// - A claim ends with [`settle`](Self::settle), [`commit`](Self::commit) or the end of its
///   lease. Each claim of an event has a greater number than the one before, and whoever has
///   an older number can't change the event any more.
/// - Of the events of one conversation, only the oldest that is not handled can be claimed.
pub trait Store: Clone + fmt::Debug + Send + Sync + 'static {
    /// A transaction in which a handler writes, and which marks the event as handled.
    type Transaction: Send + 'static;

    /// Adds the events, all or none, and returns how many were new.
    fn add(&self, events: Vec<NewEvent>) -> impl Future<Output = Result<u64>> + Send;

    /// Takes events that are due, at most as many as asked for, the oldest first.
    fn claim(&self, request: ClaimRequest) -> impl Future<Output = Result<Vec<Claimed>>> + Send;

    /// Keeps the claims for another lease from now on.
    fn extend(
        &self,
        claims: Vec<ClaimId>,
        lease: Duration,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Ends a claim. Nothing is changed, and `false` returned, when it was taken over.
    fn settle(
        &self,
        claim: ClaimId,
        settlement: Settlement,
    ) -> impl Future<Output = Result<bool>> + Send;

    /// Begins a transaction for a handler's own writes.
    fn begin(&self) -> impl Future<Output = Result<Self::Transaction>> + Send;

    /// Marks the event as handled and commits; or rolls back, with
    /// [`Error::is_claim_lost`](crate::Error::is_claim_lost).
    fn commit(
        &self,
        transaction: Self::Transaction,
        claim: ClaimId,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Writes down that a customer wants no texts, or wants them again. `event` is the event
    /// that said so; what an earlier event said changes nothing any more. Without one it is
    /// somebody's decision, which counts until the next event.
    fn set_opted_out(
        &self,
        number: String,
        opted_out: bool,
        event: Option<i64>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// What is known of a number; `None` of one that has never said anything of the kind.
    fn opt_out(&self, number: String) -> impl Future<Output = Result<Option<OptOut>>> + Send;

    /// Counts an automatic reply to an event before it is sent, if there may be one, and else
    /// says why not. An event has one reply.
    fn count_reply(
        &self,
        event: i64,
        number: String,
        limits: ReplyLimits,
    ) -> impl Future<Output = Result<Result<(), Refusal>>> + Send;

    /// Counts what is kept.
    fn numbers(&self) -> impl Future<Output = Result<Numbers>> + Send;

    /// Reads dead letters with an id greater than `after`, in the order of their ids.
    fn dead_letters(
        &self,
        after: i64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<DeadLetter>>> + Send;

    /// Reads events with an id smaller than `before`, whatever has become of them, the newest
    /// first.
    fn kept_events(
        &self,
        before: i64,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<KeptEvent>>> + Send;

    /// Makes a dead letter due again, with its counts at zero. `false` if there is none.
    fn replay(&self, id: i64) -> impl Future<Output = Result<bool>> + Send;

    /// Removes events that were handled longer ago than that, and returns how many. Dead
    /// letters stay, and so does who wants no texts.
    fn forget(&self, handled_before: Duration) -> impl Future<Output = Result<u64>> + Send;
}

/// An event that is to be kept.
#[derive(Clone)]
pub struct NewEvent {
    /// What makes it the same as another delivery of it. Without one, every delivery is kept.
    pub key: Option<String>,
    /// Events of one conversation are handled in turn.
    pub conversation: Option<String>,
    /// Whether its message must be fetched before the handler gets it.
    pub must_fetch: bool,
    /// The event, as it came.
    pub body: Vec<u8>,
}

/// Which events to take.
#[derive(Clone, Copy, Debug)]
pub struct ClaimRequest {
    /// How many at most.
    pub limit: u32,
    /// For how long they belong to the one who takes them.
    pub lease: Duration,
}

/// One claim of an event: the event's id, and the claim's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClaimId {
    /// The event's id in the store.
    pub event: i64,
    /// The number of the claim: 1 for the first.
    pub number: i64,
}

/// An event that was taken.
#[derive(Clone)]
pub struct Claimed {
    /// The claim.
    pub claim: ClaimId,
    /// How often a handler has failed.
    pub failures: u32,
    /// How often a claim has ended without a word: the process was killed, or lost the store.
    pub interruptions: u32,
    /// When the event was stored.
    pub received: SystemTime,
    /// The conversation, as far as it is known.
    pub conversation: Option<String>,
    /// Whether the message is to be fetched first.
    pub must_fetch: bool,
    /// The message that was fetched, as JSON.
    pub message: Option<String>,
    /// The event, as it came.
    pub body: Vec<u8>,
}

/// How a claim ends.
#[derive(Clone)]
#[non_exhaustive]
pub enum Settlement {
    /// The handler succeeded.
    Handled,
    /// The handler failed, and the event is due again after this time.
    Retry {
        /// The time.
        after: Duration,
        /// Why.
        reason: String,
    },
    /// The handler failed for the last time.
    Dead {
        /// Why.
        reason: String,
    },
    /// Nobody tried to handle it: it is due at once.
    Release,
    /// Its message was fetched: it is due at once.
    Fetched {
        /// The message, as JSON.
        message: String,
        /// The conversation that the message belongs to.
        conversation: Option<String>,
    },
}

/// Whether a customer wants texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OptOut {
    /// Whether they want none.
    pub opted_out: bool,
    /// Since when that is so.
    pub since: SystemTime,
    /// The event that changed it.
    pub changed_by: Option<i64>,
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Numbers {
    /// Events that wait for their first attempt.
    pub waiting: u64,
    /// Events that a worker has at this moment, or had when it was killed.
    pub running: u64,
    /// Events that failed and wait for another attempt.
    pub retrying: u64,
    /// Dead letters.
    pub dead: u64,
    /// Handled events that are still kept.
    pub handled: u64,
    /// How long ago the oldest event came that is neither handled nor dead.
    pub oldest: Option<Duration>,
}

impl Numbers {
    /// The events that are neither handled nor dead.
    #[must_use]
    pub fn depth(&self) -> u64 {
        self.waiting + self.running + self.retrying
    }
}

/// An event that its handler failed to handle as often as it may.
#[derive(Clone)]
#[non_exhaustive]
pub struct DeadLetter {
    /// Its id in the store, for [`Inbox::replay`](crate::inbox::Inbox::replay).
    pub id: i64,
    /// When it was received.
    pub received: SystemTime,
    /// When it was given up.
    pub died: SystemTime,
    /// How often its handler failed.
    pub failures: u32,
    /// The last failure, in the handler's own words.
    pub reason: String,
    /// The event, as it came.
    pub body: Vec<u8>,
}

/// An event that is kept, and what has become of it.
#[derive(Clone)]
#[non_exhaustive]
pub struct KeptEvent {
    /// Its id in the store.
    pub id: i64,
    /// When it was received.
    pub received: SystemTime,
    /// What has become of it.
    pub state: EventState,
    /// How often its handler has failed.
    pub failures: u32,
    /// The event, as it came.
    pub body: Vec<u8>,
}

/// What has become of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventState {
    /// It waits for its first or another attempt, or is being handled.
    Open,
    /// It was handled.
    Handled,
    /// It was given up: it is a dead letter.
    Dead,
}

/// Without the body, which may hold a customer's data.
impl fmt::Debug for KeptEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptEvent")
            .field("id", &self.id)
            .field("received", &self.received)
            .field("state", &self.state)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}

/// The parts that may hold a customer's data are left out.
impl fmt::Debug for DeadLetter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter")
            .field("id", &self.id)
            .field("received", &self.received)
            .field("died", &self.died)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for NewEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewEvent").finish_non_exhaustive()
    }
}

impl fmt::Debug for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claimed")
            .field("claim", &self.claim)
            .field("failures", &self.failures)
            .finish_non_exhaustive()
    }
}

/// Without the reason, which the handler wrote.
impl fmt::Debug for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Handled => "Handled",
            Self::Retry { .. } => "Retry",
            Self::Dead { .. } => "Dead",
            Self::Release => "Release",
            Self::Fetched { .. } => "Fetched",
        })
    }
}
