//! The store of one machine: a SQLite file, without a server.

mod journal;
mod outbox;
mod replies;
mod rows;
mod transaction;
mod writer;

use std::{
    fmt,
    ops::{Deref, DerefMut},
    path::Path,
    sync::Arc,
    time::Duration,
};

use futures::FutureExt;
use sqlx::{
    SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use tokio::sync::OwnedMutexGuard;

use self::{transaction::Writing, writer::Writer};
use super::{
    ClaimId, ClaimRequest, Claimed, DeadLetter, KeptEvent, NewEvent, Numbers, OptOut, Settlement,
    Store,
};
use crate::{
    Error, Result,
    clock::{Clock, milliseconds},
    reply::{Refusal, ReplyLimits},
};

/// Keeps events in a SQLite file: durable, for the programs of one machine, without a server.
///
/// An event is on the disk before [`Inbox::receive`](crate::inbox::Inbox::receive) has
/// acknowledged it: the file is in WAL mode with `synchronous = FULL`. Events that come at
/// the same time share one write to the disk.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("inbox.db");
/// use stratustexting_queue::inbox::{Inbox, SqliteStore};
///
/// let inbox = Inbox::new(SqliteStore::open(path).await?);
///
/// assert_eq!(inbox.numbers().await?.depth(), 0);
/// # Ok(())
/// # }
/// ```
///
/// The file needs a local disk: SQLite's locks don't work on most network file systems.
#[derive(Clone)]
pub struct SqliteStore {
    pool: SqlitePool,
    writer: Arc<Writer>,
    clock: Clock,
}

/// A transaction of a handler: what it writes commits together with the mark that the event is
/// handled.
///
/// It is used like sqlx's own: `sqlx::query(…).execute(&mut *transaction)`. SQLite has one
/// writer at a time, so nothing can be received while it is open: begin it when all slow work
/// is done.
pub struct SqliteTransaction {
    transaction: Writing,
    /// Whose turn it is to write.
    turn: OwnedMutexGuard<()>,
}

impl SqliteStore {
    /// Opens the file, and makes it if there is none.
    ///
    /// # Errors
    ///
    /// [`Error::is_database`] when it can't be opened or written, and
    /// [`Error::is_other_version`].
    pub async fn open(path: impl AsRef<Path>) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options)
            .await?;
        Self::from_pool(pool).await
    }

    /// Uses a pool of the program's own, and makes the tables there. Handlers can then write
    /// to the program's tables in [`Delivery::begin`](crate::inbox::Delivery::begin).
    ///
    /// Set `journal_mode` to WAL and `synchronous` to FULL: with less, an event that was
    /// acknowledged can be lost when the machine loses power. The pool needs two connections.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub async fn from_pool(pool: SqlitePool) -> Result<Self> {
        let mut transaction = Writing::begin(&pool).await?;
        rows::make_tables(&mut transaction).await?;
        outbox::make_tables(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Self {
            writer: Arc::new(Writer::new(pool.clone())),
            pool,
            clock: Clock::system(),
        })
    }

    /// The pool, for the program's own tables in the same file.
    #[must_use]
    pub fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// For tests: reads the time from somewhere else.
    #[doc(hidden)]
    #[must_use]
    pub fn with_clock(
        mut self,
        clock: impl Fn() -> std::time::SystemTime + Send + Sync + 'static,
    ) -> Self {
        self.clock = Clock::of(clock);
        self
    }
}

impl Store for SqliteStore {
    type Transaction = SqliteTransaction;

    async fn add(&self, events: Vec<NewEvent>) -> Result<u64> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| rows::add(connection, events, now).boxed())
            .await
    }

    async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>> {
        let now = self.clock.now();
        if !rows::any_due(&self.pool, now).await? {
            // Without this, an idle program would write to the disk at every poll.
            return Ok(Vec::new());
        }
        self.writer
            .write(move |connection| {
                async move {
                    rows::set_right(&mut *connection, now).await?;
                    rows::claim(connection, request, now).await
                }
                .boxed()
            })
            .await
    }

    async fn extend(&self, claims: Vec<ClaimId>, lease: Duration) -> Result<()> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| rows::extend(connection, claims, lease, now).boxed())
            .await
    }

    async fn settle(&self, claim: ClaimId, settlement: Settlement) -> Result<bool> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| rows::settle(connection, claim, settlement, now).boxed())
            .await
    }

    async fn begin(&self) -> Result<SqliteTransaction> {
        let turn = self.writer.turn().await;
        let transaction = Writing::begin(&self.pool).await?;
        Ok(SqliteTransaction { transaction, turn })
    }

    async fn commit(&self, transaction: SqliteTransaction, claim: ClaimId) -> Result<()> {
        let SqliteTransaction {
            mut transaction,
            turn,
        } = transaction;
        let now = self.clock.now();
        let handled = Settlement::Handled;
        let result = match rows::settle(&mut transaction, claim, handled, now).await? {
            true => transaction.commit().await.map_err(Error::from),
            false => {
                drop(transaction);
                Err(Error::claim_lost())
            }
        };
        drop(turn);
        result
    }

    async fn set_opted_out(
        &self,
        number: String,
        opted_out: bool,
        event: Option<i64>,
    ) -> Result<()> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| {
                async move {
                    let digits = number.clone();
                    replies::set_opted_out(connection, number, opted_out, event, now).await?;
                    outbox::cancel_opted_out(connection, digits, now).await
                }
                .boxed()
            })
            .await
    }

    async fn opt_out(&self, number: String) -> Result<Option<OptOut>> {
        let mut connection = self.pool.acquire().await?;
        Ok(replies::opt_out(&mut connection, number).await?)
    }

    async fn count_reply(
        &self,
        event: i64,
        number: String,
        limits: ReplyLimits,
    ) -> Result<Result<(), Refusal>> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| {
                replies::count_reply(connection, event, number, limits, now).boxed()
            })
            .await
    }

    async fn numbers(&self) -> Result<Numbers> {
        let mut connection = self.pool.acquire().await?;
        Ok(rows::numbers(&mut connection, self.clock.now()).await?)
    }

    async fn dead_letters(&self, after: i64, limit: u32) -> Result<Vec<DeadLetter>> {
        let mut connection = self.pool.acquire().await?;
        Ok(rows::dead_letters(&mut connection, after, limit).await?)
    }

    async fn kept_events(&self, before: i64, limit: u32) -> Result<Vec<KeptEvent>> {
        let mut connection = self.pool.acquire().await?;
        Ok(rows::kept_events(&mut connection, before, limit).await?)
    }

    async fn replay(&self, id: i64) -> Result<bool> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| rows::replay(connection, id, now).boxed())
            .await
    }

    async fn forget(&self, handled_before: Duration) -> Result<u64> {
        let now = self.clock.now();
        let limit = now - milliseconds(handled_before);
        self.writer
            .write(move |connection| {
                async move {
                    replies::forget(connection, now).await?;
                    rows::forget(connection, limit).await
                }
                .boxed()
            })
            .await
    }
}

impl Deref for SqliteTransaction {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.transaction
    }
}

impl DerefMut for SqliteTransaction {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.transaction
    }
}

impl fmt::Debug for SqliteTransaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteTransaction")
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteStore")
    }
}
