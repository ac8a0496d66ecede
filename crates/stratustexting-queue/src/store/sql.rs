//! The statements, which both databases understand.
//!
//! sqlx ties each statement to a database by its types, so they are written once in a macro
//! and made for each. All integers are 64 bits wide, and a flag is 0 or 1: so both databases
//! read them alike.

/// Raised with every change of a table that an older program can't work with.
pub(crate) const VERSION: i64 = 1;

/// Which events are due later than anything can have set since `$1`, with a tolerance of `$2`:
/// the clock that set them has been set back.
macro_rules! set_ahead {
    () => {
        "state = 0 AND due > $1 + $2 AND due > $1 + wait + $2"
    };
}

/// The statement that ends claim `$2` of event `$1`, if nobody has taken it over.
macro_rules! ends_claim {
    ($change:literal) => {
        concat!(
            "UPDATE stratustexting_inbox SET claimed = 0, ",
            $change,
            " WHERE id = $1 AND number = $2 AND state = 0 AND claimed = 1",
        )
    };
}

/// Makes the functions for a database: of its connection and its row, with its types for an id
/// and for bytes, and with what its `claim` needs so that no worker waits for another's rows.
macro_rules! statements {
    (
        connection: $connection:ty,
        row: $row:ty,
        id: $id:literal,
        bytes: $bytes:literal,
        lock: $lock:literal $(,)?
    ) => {
        use std::time::Duration;

        use sqlx::Row;

        use crate::{
            Error, Result,
            clock::{TOLERANCE, milliseconds, since, time},
            store::{
                ClaimId, ClaimRequest, Claimed, DeadLetter, EventState, KeptEvent, NewEvent,
                Numbers, Settlement,
                sql::{VERSION, ends_claim, set_ahead},
            },
        };

        /// - `key` outlives the handling: it is what another delivery is recognised by.
        /// - `state` is 0 while the event is to be handled, 1 when it was, 2 of a dead letter.
        /// - `due` is when it may be claimed. While it is claimed that is the end of the lease.
        /// - `wait` is the time for which `due` was set. More than that ahead, it was set by a
        ///   clock that has been set back since.
        const TABLES: &str = concat!(
            "CREATE TABLE IF NOT EXISTS stratustexting_inbox (
                 id ",
            $id,
            ",   key TEXT UNIQUE,
                 conversation TEXT,
                 must_fetch BIGINT NOT NULL,
                 state BIGINT NOT NULL DEFAULT 0,
                 received BIGINT NOT NULL,
                 due BIGINT NOT NULL,
                 wait BIGINT NOT NULL DEFAULT 0,
                 number BIGINT NOT NULL DEFAULT 0,
                 claimed BIGINT NOT NULL DEFAULT 0,
                 failures BIGINT NOT NULL DEFAULT 0,
                 interruptions BIGINT NOT NULL DEFAULT 0,
                 settled BIGINT,
                 reason TEXT,
                 message TEXT,
                 body ",
            $bytes,
            " NOT NULL);
             CREATE INDEX IF NOT EXISTS stratustexting_inbox_due
                 ON stratustexting_inbox (due, id) WHERE state = 0;
             CREATE INDEX IF NOT EXISTS stratustexting_inbox_turn
                 ON stratustexting_inbox (conversation, id) WHERE state = 0;
             CREATE INDEX IF NOT EXISTS stratustexting_inbox_fetch
                 ON stratustexting_inbox (id)
                 WHERE state = 0 AND must_fetch = 1 AND failures = 0;
             CREATE INDEX IF NOT EXISTS stratustexting_inbox_settled
                 ON stratustexting_inbox (state, settled) WHERE state > 0;
             CREATE TABLE IF NOT EXISTS stratustexting_opt_out (
                 number TEXT PRIMARY KEY,
                 opted_out BIGINT NOT NULL,
                 since BIGINT NOT NULL,
                 changed_by BIGINT,
                 last_event BIGINT NOT NULL);
             CREATE TABLE IF NOT EXISTS stratustexting_reply (
                 event BIGINT PRIMARY KEY,
                 number TEXT NOT NULL,
                 at BIGINT NOT NULL);
             CREATE INDEX IF NOT EXISTS stratustexting_reply_at
                 ON stratustexting_reply (at);",
        );

        /// Makes the tables, or checks that this program knows them.
        pub(super) async fn make_tables(connection: &mut $connection) -> Result<()> {
            sqlx::query(
                "CREATE TABLE IF NOT EXISTS stratustexting_queue
                     (part TEXT PRIMARY KEY, version BIGINT NOT NULL)",
            )
            .execute(&mut *connection)
            .await?;
            let found: Option<i64> =
                sqlx::query_scalar("SELECT version FROM stratustexting_queue WHERE part = 'inbox'")
                    .fetch_optional(&mut *connection)
                    .await?;
            if let Some(found) = found {
                return if found == VERSION {
                    Ok(())
                } else {
                    Err(Error::other_version("inbox", found, VERSION))
                };
            }
            sqlx::raw_sql(TABLES).execute(&mut *connection).await?;
            sqlx::query("INSERT INTO stratustexting_queue (part, version) VALUES ('inbox', $1)")
                .bind(VERSION)
                .execute(connection)
                .await?;
            Ok(())
        }

        /// Makes due what a clock has set that was set back since.
        pub(super) async fn set_right(connection: &mut $connection, now: i64) -> sqlx::Result<()> {
            sqlx::query(concat!(
                "UPDATE stratustexting_inbox SET due = $1 WHERE ",
                set_ahead!(),
            ))
            .bind(now)
            .bind(TOLERANCE)
            .execute(connection)
            .await?;
            Ok(())
        }

        pub(super) async fn claim(
            connection: &mut $connection,
            request: ClaimRequest,
            now: i64,
        ) -> sqlx::Result<Vec<Claimed>> {
            let rows = sqlx::query(concat!(
                "UPDATE stratustexting_inbox
                 SET number = number + 1, interruptions = interruptions + claimed, claimed = 1,
                     due = $1 + $2, wait = $2
                 WHERE id IN (
                     SELECT id FROM stratustexting_inbox AS event
                     WHERE state = 0 AND due <= $1
                       AND (must_fetch = 1 OR conversation IS NULL OR (
                           NOT EXISTS (
                               SELECT 1 FROM stratustexting_inbox AS earlier
                               WHERE earlier.state = 0 AND earlier.id < event.id
                                 AND earlier.conversation = event.conversation)
                           AND NOT EXISTS (
                               SELECT 1 FROM stratustexting_inbox AS unknown
                               WHERE unknown.state = 0 AND unknown.must_fetch = 1
                                 AND unknown.failures = 0 AND unknown.id < event.id)))
                     ORDER BY due, id LIMIT $3 ",
                $lock,
                ") RETURNING *",
            ))
            .bind(now)
            .bind(milliseconds(request.lease))
            .bind(i64::from(request.limit))
            .fetch_all(connection)
            .await?;
            let mut claimed = rows.iter().map(read).collect::<sqlx::Result<Vec<_>>>()?;
            // The statement returns its rows in no order.
            claimed.sort_unstable_by_key(|event| event.claim.event);
            Ok(claimed)
        }

        fn read(row: &$row) -> sqlx::Result<Claimed> {
            Ok(Claimed {
                claim: ClaimId {
                    event: row.try_get("id")?,
                    number: row.try_get("number")?,
                },
                failures: count(row, "failures")?,
                interruptions: count(row, "interruptions")?,
                received: time(row.try_get("received")?),
                conversation: row.try_get("conversation")?,
                must_fetch: row.try_get::<i64, _>("must_fetch")? == 1,
                message: row.try_get("message")?,
                body: row.try_get("body")?,
            })
        }

        fn count<N: TryFrom<i64> + Default>(row: &$row, column: &str) -> sqlx::Result<N> {
            let count: i64 = row.try_get(column)?;
            Ok(N::try_from(count).unwrap_or_default())
        }

        pub(super) async fn extend(
            connection: &mut $connection,
            claims: Vec<ClaimId>,
            lease: Duration,
            now: i64,
        ) -> sqlx::Result<()> {
            for claim in claims {
                sqlx::query(
                    "UPDATE stratustexting_inbox SET due = $1 + $2, wait = $2
                     WHERE id = $3 AND number = $4 AND state = 0 AND claimed = 1",
                )
                .bind(now)
                .bind(milliseconds(lease))
                .bind(claim.event)
                .bind(claim.number)
                .execute(&mut *connection)
                .await?;
            }
            Ok(())
        }

        pub(super) async fn settle(
            connection: &mut $connection,
            claim: ClaimId,
            settlement: Settlement,
            now: i64,
        ) -> sqlx::Result<bool> {
            let query = |statement: &'static str| {
                sqlx::query(statement)
                    .bind(claim.event)
                    .bind(claim.number)
                    .bind(now)
            };
            let statement = match settlement {
                Settlement::Handled => query(ends_claim!(
                    "state = 1, settled = $3, message = NULL, reason = NULL"
                )),
                Settlement::Dead { reason } => query(ends_claim!(
                    "state = 2, settled = $3, failures = failures + 1, reason = $4"
                ))
                .bind(reason),
                Settlement::Retry { after, reason } => query(ends_claim!(
                    "due = $3 + $5, wait = $5, failures = failures + 1, reason = $4"
                ))
                .bind(reason)
                .bind(milliseconds(after)),
                Settlement::Release => query(ends_claim!("due = $3, wait = 0")),
                Settlement::Fetched {
                    message,
                    conversation,
                } => query(ends_claim!(
                    "due = $3, wait = 0, must_fetch = 0, message = $4,
                     conversation = coalesce($5, conversation)"
                ))
                .bind(message)
                .bind(conversation),
            };
            let changed = statement.execute(connection).await?;
            Ok(changed.rows_affected() == 1)
        }

        pub(super) async fn numbers(
            connection: &mut $connection,
            now: i64,
        ) -> sqlx::Result<Numbers> {
            let row = sqlx::query(
                "SELECT count(*) FILTER (WHERE claimed = 0 AND failures = 0) AS waiting,
                        count(*) FILTER (WHERE claimed = 1) AS running,
                        count(*) FILTER (WHERE claimed = 0 AND failures > 0) AS retrying,
                        (SELECT count(*) FROM stratustexting_inbox WHERE state = 1) AS handled,
                        (SELECT count(*) FROM stratustexting_inbox WHERE state = 2) AS dead,
                        min(received) AS oldest
                 FROM stratustexting_inbox WHERE state = 0",
            )
            .fetch_one(connection)
            .await?;
            let oldest: Option<i64> = row.try_get("oldest")?;
            Ok(Numbers {
                waiting: count(&row, "waiting")?,
                running: count(&row, "running")?,
                retrying: count(&row, "retrying")?,
                dead: count(&row, "dead")?,
                handled: count(&row, "handled")?,
                oldest: oldest.map(|received| since(received, now)),
            })
        }

        pub(super) async fn dead_letters(
            connection: &mut $connection,
            after: i64,
            limit: u32,
        ) -> sqlx::Result<Vec<DeadLetter>> {
            let rows = sqlx::query(
                "SELECT * FROM stratustexting_inbox
                 WHERE state = 2 AND id > $1 ORDER BY id LIMIT $2",
            )
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(connection)
            .await?;
            let read = |row: &$row| {
                Ok(DeadLetter {
                    id: row.try_get("id")?,
                    received: time(row.try_get("received")?),
                    died: time(row.try_get("settled")?),
                    failures: count(row, "failures")?,
                    reason: row.try_get("reason")?,
                    body: row.try_get("body")?,
                })
            };
            rows.iter().map(read).collect()
        }

        pub(super) async fn kept_events(
            connection: &mut $connection,
            before: i64,
            limit: u32,
        ) -> sqlx::Result<Vec<KeptEvent>> {
            let rows = sqlx::query(
                "SELECT * FROM stratustexting_inbox WHERE id < $1 ORDER BY id DESC LIMIT $2",
            )
            .bind(before)
            .bind(i64::from(limit))
            .fetch_all(connection)
            .await?;
            let read = |row: &$row| {
                Ok(KeptEvent {
                    id: row.try_get("id")?,
                    received: time(row.try_get("received")?),
                    state: match row.try_get("state")? {
                        0_i64 => EventState::Open,
                        1 => EventState::Handled,
                        _ => EventState::Dead,
                    },
                    failures: count(row, "failures")?,
                    body: row.try_get("body")?,
                })
            };
            rows.iter().map(read).collect()
        }

        pub(super) async fn replay(
            connection: &mut $connection,
            id: i64,
            now: i64,
        ) -> sqlx::Result<bool> {
            let changed = sqlx::query(
                "UPDATE stratustexting_inbox
                 SET state = 0, settled = NULL, due = $2, wait = 0, failures = 0,
                     interruptions = 0
                 WHERE id = $1 AND state = 2",
            )
            .bind(id)
            .bind(now)
            .execute(connection)
            .await?;
            Ok(changed.rows_affected() == 1)
        }

        /// How many rows one transaction removes: more would hold up those who want to write.
        const AT_ONCE: i64 = 1_000;

        pub(super) async fn forget(connection: &mut $connection, limit: i64) -> sqlx::Result<u64> {
            let removed = sqlx::query(
                "DELETE FROM stratustexting_inbox WHERE id IN (
                     SELECT id FROM stratustexting_inbox
                     WHERE state = 1 AND settled < $1 LIMIT $2)",
            )
            .bind(limit)
            .bind(AT_ONCE)
            .execute(connection)
            .await?;
            Ok(removed.rows_affected())
        }
    };
}

pub(crate) use {ends_claim, set_ahead, statements};
