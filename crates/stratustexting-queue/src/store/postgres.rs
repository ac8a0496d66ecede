//! The store of several machines: a PostgreSQL database.

mod clock;
mod journal;
mod lots;
mod outbox;
mod replies;
mod rows;

use std::{fmt, sync::Arc, time::Duration};

use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use self::{
    clock::DatabaseClock,
    lots::{Adds, Ends, Server, Steps},
};
use super::{
    ClaimId, ClaimRequest, Claimed, DeadLetter, KeptEvent, NewEvent, Numbers, OptOut, Settlement,
    Store, together::Together,
};
use crate::{
    Error, Result,
    clock::milliseconds,
    reply::{Refusal, ReplyLimits},
};

/// Keeps events in a PostgreSQL database: for several machines, each of which may receive,
/// handle, or both.
///
/// Every event is with one worker at a time, whatever machine that is on. A worker that was
/// killed loses its events at the end of their [lease](crate::inbox::InboxBuilder::lease). The
/// times are those of the database, so the machines' clocks may differ.
///
/// The tables are made in the first schema of the connection's `search_path`. With
/// `synchronous_commit` set to `off` there, an event that was acknowledged can be lost.
#[derive(Clone)]
pub struct PostgresStore {
    pool: PgPool,
    clock: Arc<DatabaseClock>,
    adds: Arc<Together<Adds>>,
    ends: Arc<Together<Ends>>,
    steps: Arc<Together<Steps>>,
}

/// Two programs that make the tables at the same time would fail without a lock. The numbers
/// of the locks are text in ASCII, which nobody else is likely to use.
const TABLES: i64 = i64::from_be_bytes(*b"stratust");
/// Two workers that count at the same time would each find room for the last reply.
const REPLIES: i64 = i64::from_be_bytes(*b"stratusr");

/// Waits until nobody else has this lock. It ends with the transaction.
async fn lock(connection: &mut PgConnection, lock: i64) -> sqlx::Result<()> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(lock)
        .execute(connection)
        .await?;
    Ok(())
}

impl PostgresStore {
    /// Connects to the database of a URL such as `postgres://user@host/name`, and makes the
    /// tables there if there are none.
    ///
    /// # Errors
    ///
    /// [`Error::is_database`] when it can't be reached, and [`Error::is_other_version`].
    pub async fn connect(url: &str) -> Result<Self> {
        Self::from_pool(PgPool::connect(url).await?).await
    }

    /// Uses a pool of the program's own, and makes the tables there. Handlers can then write
    /// to the program's tables in [`Delivery::begin`](crate::inbox::Delivery::begin).
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect).
    pub async fn from_pool(pool: PgPool) -> Result<Self> {
        let mut transaction = pool.begin().await?;
        lock(&mut transaction, TABLES).await?;
        rows::make_tables(&mut transaction).await?;
        outbox::make_tables(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Self::new(pool, DatabaseClock::default()))
    }

    fn new(pool: PgPool, clock: DatabaseClock) -> Self {
        let clock = Arc::new(clock);
        let server = Server {
            pool: pool.clone(),
            clock: Arc::clone(&clock),
        };
        Self {
            adds: Arc::new(Together::new(Adds(server.clone()))),
            ends: Arc::new(Together::new(Ends(server.clone()))),
            steps: Arc::new(Together::new(Steps(server))),
            pool,
            clock,
        }
    }

    /// The pool, for the program's own tables in the same database.
    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// For tests: reads the time from somewhere else.
    #[doc(hidden)]
    #[must_use]
    pub fn with_clock(
        self,
        clock: impl Fn() -> std::time::SystemTime + Send + Sync + 'static,
    ) -> Self {
        Self::new(self.pool, DatabaseClock::of(clock))
    }
}

impl Store for PostgresStore {
    type Transaction = Transaction<'static, Postgres>;

    async fn add(&self, events: Vec<NewEvent>) -> Result<u64> {
        self.adds.add(events).await
    }

    async fn claim(&self, request: ClaimRequest) -> Result<Vec<Claimed>> {
        let mut connection = self.pool.acquire().await?;
        let now = self.clock.now(&mut connection).await?;
        if self.clock.may_have_been_set() {
            rows::set_right(&mut connection, now).await?;
        }
        Ok(rows::claim(&mut connection, request, now).await?)
    }

    async fn extend(&self, claims: Vec<ClaimId>, lease: Duration) -> Result<()> {
        let mut connection = self.pool.acquire().await?;
        let now = self.clock.now(&mut connection).await?;
        Ok(rows::extend(&mut connection, claims, lease, now).await?)
    }

    async fn settle(&self, claim: ClaimId, settlement: Settlement) -> Result<bool> {
        if let Settlement::Handled = settlement {
            return self.ends.add(claim).await;
        }
        let mut connection = self.pool.acquire().await?;
        let now = self.clock.now(&mut connection).await?;
        Ok(rows::settle(&mut connection, claim, settlement, now).await?)
    }

    async fn begin(&self) -> Result<Self::Transaction> {
        Ok(self.pool.begin().await?)
    }

    async fn commit(&self, mut transaction: Self::Transaction, claim: ClaimId) -> Result<()> {
        let now = self.clock.now(&mut transaction).await?;
        let handled = Settlement::Handled;
        if rows::settle(&mut transaction, claim, handled, now).await? {
            return Ok(transaction.commit().await?);
        }
        transaction.rollback().await?;
        Err(Error::claim_lost())
    }

    async fn set_opted_out(
        &self,
        number: String,
        opted_out: bool,
        event: Option<i64>,
    ) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        let now = self.clock.now(&mut transaction).await?;
        let digits = number.clone();
        replies::set_opted_out(&mut transaction, number, opted_out, event, now).await?;
        outbox::cancel_opted_out(&mut transaction, digits, now).await?;
        Ok(transaction.commit().await?)
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
        let mut transaction = self.pool.begin().await?;
        lock(&mut transaction, REPLIES).await?;
        let now = self.clock.now(&mut transaction).await?;
        let counted = replies::count_reply(&mut transaction, event, number, limits, now).await?;
        transaction.commit().await?;
        Ok(counted)
    }

    async fn numbers(&self) -> Result<Numbers> {
        let mut connection = self.pool.acquire().await?;
        let now = self.clock.now(&mut connection).await?;
        Ok(rows::numbers(&mut connection, now).await?)
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
        let mut connection = self.pool.acquire().await?;
        let now = self.clock.now(&mut connection).await?;
        Ok(rows::replay(&mut connection, id, now).await?)
    }

    async fn forget(&self, handled_before: Duration) -> Result<u64> {
        let mut connection = self.pool.acquire().await?;
        let now = self.clock.now(&mut connection).await?;
        let limit = now - milliseconds(handled_before);
        replies::forget(&mut connection, now).await?;
        Ok(rows::forget(&mut connection, limit).await?)
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostgresStore")
    }
}
