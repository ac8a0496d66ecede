//! The settings of an inbox.

use std::{fmt, sync::Arc, time::Duration};

use stratustexting::{Client, webhook::Event};
use tokio::sync::Notify;

use super::{Inbox, Shared, Store};
use crate::reply::ReplyLimits;

/// Makes an [`Inbox`]; from [`Inbox::builder`].
#[derive(Debug)]
#[must_use = "it does nothing until `build`"]
pub struct InboxBuilder<S> {
    store: S,
    settings: Settings,
}

pub(super) struct Settings {
    pub(super) concurrency: usize,
    pub(super) max_attempts: u32,
    pub(super) first_wait: Duration,
    pub(super) longest_wait: Duration,
    pub(super) lease: Duration,
    pub(super) poll: Duration,
    pub(super) keep_handled: Duration,
    pub(super) reply_limits: ReplyLimits,
    pub(super) client: Option<Client>,
    pub(super) conversation: Option<Conversation>,
}

/// Reads from an event which conversation it belongs to.
type Conversation = Arc<dyn Fn(&Event) -> Option<String> + Send + Sync>;

impl<S: Store> InboxBuilder<S> {
    pub(super) fn new(store: S) -> Self {
        Self {
            store,
            settings: Settings {
                concurrency: 16,
                max_attempts: 10,
                first_wait: Duration::from_secs(1),
                longest_wait: Duration::from_secs(600),
                lease: Duration::from_secs(30),
                poll: Duration::from_secs(1),
                keep_handled: Duration::from_secs(7 * 24 * 3_600),
                reply_limits: ReplyLimits::default(),
                client: None,
                conversation: None,
            },
        }
    }

    /// How many events a worker handles at the same time; by default 16, at least 1.
    pub fn concurrency(mut self, events: usize) -> Self {
        self.settings.concurrency = events.max(1);
        self
    }

    /// How often an event is tried before it is a dead letter; by default 10, at least 1.
    ///
    /// An event whose worker was killed so often is one, too: it may be what kills it.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.max_attempts = attempts.max(1);
        self
    }

    /// How long to wait after the first failure, and at most after a later one; by default a
    /// second and ten minutes. In between, each wait is twice the one before, less a random
    /// part of up to a half.
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.settings.first_wait = first;
        self.settings.longest_wait = longest.max(first);
        self
    }

    /// How long an event belongs to a worker that is silent; by default 30 seconds, at least
    /// one.
    ///
    /// A living worker says three times in this time that it is still at it, however long its
    /// handler takes. When it is killed, another takes the event over after it.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.settings.lease = lease.max(Duration::from_secs(1));
        self
    }

    /// How often a worker looks for events that were stored by another process, or that are
    /// due again; by default every second. It hears at once of those stored by its own.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.settings.poll = interval.max(Duration::from_millis(1));
        self
    }

    /// How long a handled event is remembered; by default 7 days. A second delivery that comes
    /// later than this is handled again.
    pub fn keep_handled(mut self, time: Duration) -> Self {
        self.settings.keep_handled = time;
        self
    }

    /// Fetches the message of an event before the handler gets it, as
    /// [`Delivery::message`](super::Delivery::message). An event whose message can't be fetched
    /// counts as failed.
    ///
    /// Two things come with it. The event is confirmed: whoever knows the callback's URL can
    /// post one, but only the service has messages. And the conversation is known, which is the
    /// number of the other side: its events are handled in turn. Until the event is handled,
    /// the message's text and numbers are in the store, and in a dead letter for as long as
    /// that is kept.
    pub fn fetch_messages(mut self, client: Client) -> Self {
        self.settings.client = Some(client);
        self
    }

    /// Handles events in turn for which this gives the same text. The texts are stored.
    ///
    /// By default only those whose [message was fetched](Self::fetch_messages) have an order:
    /// as far as is known, an event doesn't tell whose text it is about.
    pub fn conversation(
        mut self,
        of: impl Fn(&Event) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.settings.conversation = Some(Arc::new(of));
        self
    }

    /// How many automatic replies there may be; by default those of
    /// [`ReplyLimits`](crate::reply::ReplyLimits).
    pub fn reply_limits(mut self, limits: ReplyLimits) -> Self {
        self.settings.reply_limits = limits;
        self
    }

    /// Makes the inbox.
    pub fn build(self) -> Inbox<S> {
        Inbox {
            store: self.store,
            shared: Arc::new(Shared {
                settings: self.settings,
                arrived: Notify::new(),
            }),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("concurrency", &self.concurrency)
            .field("max_attempts", &self.max_attempts)
            .field("first_wait", &self.first_wait)
            .field("longest_wait", &self.longest_wait)
            .field("lease", &self.lease)
            .field("poll", &self.poll)
            .field("keep_handled", &self.keep_handled)
            .field("fetches_messages", &self.client.is_some())
            .finish_non_exhaustive()
    }
}
