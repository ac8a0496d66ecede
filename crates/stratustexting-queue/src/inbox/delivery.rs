//! What a handler gets, and what it returns.

use std::{
    error::Error as StdError,
    fmt,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use stratustexting::{models::Message, webhook::Event};

use super::{ClaimId, Store};
use crate::{Result, reply::ReplyLimits};

/// Handles an event: any `async` closure or function of a [`Delivery`].
///
/// `Ok` marks the event as handled. On an error, or a panic, it is tried again after a while;
/// [`Failure`] says more about that.
pub trait Handler<S: Store>: Send + Sync + 'static {
    /// Handles one event.
    fn handle(&self, delivery: Delivery<S>) -> impl Future<Output = Result<(), Failure>> + Send;
}

impl<S, F, R, E> Handler<S> for F
where
    S: Store,
    F: Fn(Delivery<S>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), E>> + Send,
    E: Into<Failure>,
{
    async fn handle(&self, delivery: Delivery<S>) -> Result<(), Failure> {
        self(delivery).await.map_err(Into::into)
    }
}

/// One event for a handler.
pub struct Delivery<S: Store> {
    pub(super) store: S,
    pub(super) claim: ClaimId,
    pub(super) event: Event,
    pub(super) message: Option<Message>,
    pub(super) conversation: Option<String>,
    pub(super) attempt: u32,
    pub(super) received: SystemTime,
    pub(super) completed: Arc<AtomicBool>,
    pub(super) limits: ReplyLimits,
}

impl<S: Store> Delivery<S> {
    /// The event.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// The message that the event is about, with
    /// [`fetch_messages`](super::InboxBuilder::fetch_messages); as it was when the event was
    /// first tried. `None` of an event that names no message.
    #[must_use]
    pub fn message(&self) -> Option<&Message> {
        self.message.as_ref()
    }

    /// Whose events are handled in turn with this one: with
    /// [`fetch_messages`](super::InboxBuilder::fetch_messages), the other side's number.
    #[must_use]
    pub fn conversation(&self) -> Option<&str> {
        self.conversation.as_deref()
    }

    /// How often the event was tried, this time included: 1 for the first.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// When the event was stored.
    #[must_use]
    pub fn received_at(&self) -> SystemTime {
        self.received
    }

    /// The event's id in the store, which is that of its dead letter, too.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.claim.event
    }

    /// Begins a transaction of the store's database. What is written in it before
    /// [`complete`](Self::complete) is written exactly once, however often the event is tried.
    ///
    /// Do slow work before: with SQLite nothing can be received meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::is_database`](crate::Error::is_database).
    pub async fn begin(&self) -> Result<S::Transaction> {
        self.store.begin().await
    }

    /// Marks the event as handled and commits the transaction. Whatever the handler returns
    /// after this, the event is not tried again.
    ///
    /// # Errors
    ///
    /// [`Error::is_claim_lost`](crate::Error::is_claim_lost) when another worker has the event
    /// by now; the transaction was rolled back. [`Error::is_database`](crate::Error::is_database)
    /// when the commit failed: it may have been carried out, and if so the event isn't tried
    /// again.
    pub async fn complete(&self, transaction: S::Transaction) -> Result<()> {
        self.store.commit(transaction, self.claim).await?;
        self.completed.store(true, Ordering::Release);
        Ok(())
    }
}

/// Why a handler failed, and what is to be done about it.
///
/// Every error becomes one by `?`. Its text, with those of its sources, is stored and shown in
/// the [dead letter](super::DeadLetter); it is not logged. So is a text.
///
/// ```
/// use stratustexting_queue::inbox::Failure;
///
/// fn handle(text: &str) -> Result<(), Failure> {
///     let number: u32 = text.parse()?;
///     if number > 100 {
///         return Err(Failure::from("too many").permanent());
///     }
///     Ok(())
/// }
/// # assert!(handle("x").is_err());
/// ```
pub struct Failure {
    pub(super) reason: String,
    pub(super) advice: Advice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Advice {
    Backoff,
    After(Duration),
    Never,
}

impl Failure {
    /// Makes the event a dead letter now: another attempt would fail as well.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.advice = Advice::Never;
        self
    }

    /// Sets how long to wait before the next attempt.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.advice = Advice::After(wait);
        self
    }
}

impl<E: Into<Box<dyn StdError + Send + Sync>>> From<E> for Failure {
    fn from(error: E) -> Self {
        let error = error.into();
        let mut reason = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            reason.push_str(": ");
            reason.push_str(&error.to_string());
            source = error.source();
        }
        Self {
            reason,
            advice: Advice::Backoff,
        }
    }
}

/// Without the reason, which may show what a customer wrote.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Failure").field(&self.advice).finish()
    }
}

impl<S: Store> fmt::Debug for Delivery<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery")
            .field("claim", &self.claim)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
