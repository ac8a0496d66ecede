//! The inbox: events are stored, acknowledged, and then handled.
//!
//! A callback that handles an event before it responds loses events: the service times out, or
//! the host stops what goes on after the response. So [`Inbox::receive`] stores an event, and
//! only then is it acknowledged. [`Inbox::run`] then calls a handler, with retries, until it
//! succeeds or the event becomes a dead letter.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("inbox.db");
//! # let (seen, mut handled) = tokio::sync::mpsc::channel(1);
//! use stratustexting::webhook::Incoming;
//! use stratustexting_queue::inbox::{Delivery, Inbox, SqliteStore};
//!
//! let inbox = Inbox::new(SqliteStore::open(path).await?);
//! let worker = inbox.run(move |delivery: Delivery<SqliteStore>| {
//!     let seen = seen.clone();
//!     async move {
//!         println!("{:?}", delivery.event().message_id());
//! #       seen.send(()).await?;
//!         Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
//!     }
//! });
//!
//! // What a server's handler does with each request:
//! # let request = stratustexting::http::Request::post("/hook")
//! #     .body(r#"{"messageInfo": {"messageId": "m-1"}}"#)?;
//! let response = match Incoming::read(&request) {
//!     Ok(incoming) => inbox.receive(incoming).await,
//!     Err(rejection) => rejection.into(),
//! };
//! assert_eq!(response.status(), 200);
//! # handled.recv().await;
//! worker.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//!
//! - An acknowledged event is handled at least once, or kept as a dead letter, even if processes
//!   are killed. If the store fails, the response is 503.
//! - A duplicate of an event is dropped. It has the same message id or, if the event names no
//!   message, the same `uuid`; an event with neither is handled as often as it is posted.
//! - A handler may be run twice for one event, such as after a crash in the middle. What it
//!   writes by [`Delivery::begin`] and [`Delivery::complete`] is written exactly once.
//! - An event that fails [`max_attempts`](InboxBuilder::max_attempts) times becomes a dead letter.
//!   It never expires; [`Inbox::replay`] makes it due again.
//!
//! # Order
//!
//! Events are handled at the same time, up to [`concurrency`](InboxBuilder::concurrency). With
//! [`fetch_messages`](InboxBuilder::fetch_messages), the texts of one customer are handled one at
//! a time, in order; texts of different customers are handled concurrently.

mod builder;
mod delivery;
mod receive;
mod replies;
mod settle;
mod worker;

use std::{fmt, sync::Arc, time::Duration};

use tokio::sync::Notify;

pub use self::{
    builder::InboxBuilder,
    delivery::{Delivery, Failure, Handler},
    worker::Worker,
};
#[cfg(feature = "postgres")]
pub use crate::store::postgres::PostgresStore;
#[cfg(feature = "sqlite")]
pub use crate::store::sqlite::{SqliteStore, SqliteTransaction};
pub use crate::store::{
    ClaimId, ClaimRequest, Claimed, DeadLetter, EventState, KeptEvent, NewEvent, Numbers, OptOut,
    Settlement, Store, memory::MemoryStore,
};
use crate::{Result, inbox::builder::Settings};

/// Stores events and hands them to a handler; see the [module](self).
///
/// Clones share everything.
pub struct Inbox<S> {
    store: S,
    shared: Arc<Shared>,
}

struct Shared {
    settings: Settings,
    /// Told when an event was stored here: a worker needn't wait for its next poll.
    arrived: Notify,
}

impl<S: Store> Inbox<S> {
    /// An inbox with the defaults of [`InboxBuilder`].
    pub fn new(store: S) -> Self {
        Self::builder(store).build()
    }

    /// An inbox with settings of its own.
    pub fn builder(store: S) -> InboxBuilder<S> {
        InboxBuilder::new(store)
    }

    /// The store, for example to use its connection pool.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// Starts handling events in tasks of the current Tokio runtime. It takes no more events once
    /// the returned [`Worker`] is shut down or dropped, so keep it. Panics outside a runtime.
    ///
    /// Several workers, in one process or in several, share the events of a store: each event
    /// is with one of them at a time.
    pub fn run<H: Handler<S>>(&self, handler: H) -> Worker {
        worker::start(self.clone(), handler)
    }

    /// How much there is to do, and how far behind the handling is.
    ///
    /// # Errors
    ///
    /// [`Error::is_database`](crate::Error::is_database).
    pub async fn numbers(&self) -> Result<Numbers> {
        self.store.numbers().await
    }

    /// The dead letters with an id greater than `after`, at most `limit`: begin with 0 and go
    /// on with the id of the last.
    ///
    /// # Errors
    ///
    /// [`Error::is_database`](crate::Error::is_database).
    pub async fn dead_letters(&self, after: i64, limit: u32) -> Result<Vec<DeadLetter>> {
        self.store.dead_letters(after, limit).await
    }

    /// The events with an id smaller than `before`, at most `limit`, the newest first: begin with
    /// `i64::MAX` and go on with the id of the last. Handled ones are kept for a
    /// [while](InboxBuilder::keep_handled).
    ///
    /// # Errors
    ///
    /// [`Error::is_database`](crate::Error::is_database).
    pub async fn kept_events(&self, before: i64, limit: u32) -> Result<Vec<KeptEvent>> {
        self.store.kept_events(before, limit).await
    }

    /// Makes a dead letter due again, with its attempts counted from zero. It keeps its id and its
    /// time of arrival, so later events of its conversation wait for it. `false` if there is none
    /// with this id.
    ///
    /// # Errors
    ///
    /// [`Error::is_database`](crate::Error::is_database).
    pub async fn replay(&self, id: i64) -> Result<bool> {
        let found = self.store.replay(id).await?;
        self.shared.arrived.notify_one();
        Ok(found)
    }

    /// Removes what was handled longer ago than `older_than`, and returns how many events
    /// that were.
    ///
    /// A worker does this by itself: see [`keep_handled`](InboxBuilder::keep_handled).
    ///
    /// # Errors
    ///
    /// [`Error::is_database`](crate::Error::is_database).
    pub async fn forget(&self, older_than: Duration) -> Result<u64> {
        let mut all = 0;
        loop {
            // A store removes a limited number at once.
            match self.store.forget(older_than).await? {
                0 => return Ok(all),
                some => all += some,
            }
        }
    }
}

impl<S: Clone> Clone for Inbox<S> {
    fn clone(&self) -> Self {
        Self {
            store: self.store.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for Inbox<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("store", &self.store)
            .field("settings", &self.shared.settings)
            .finish()
    }
}
