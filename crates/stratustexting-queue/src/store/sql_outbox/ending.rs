//! Statements that end an attempt, or take a row back.

macro_rules! ending {
    (connection: $connection:ty) => {
        /// An attempt's own ending is surer than what others assumed of it: of an unknown row,
        /// and of one that somebody planned again meanwhile. A message is surer still.
        pub(super) async fn end(
            connection: &mut $connection,
            ending: Ending,
            now: i64,
        ) -> sqlx::Result<bool> {
            let row = sqlx::query(
                "UPDATE stratustexting_outbox
                 SET state = CASE WHEN message IS NULL THEN $3 ELSE 2 END,
                     due = $4 + $5, wait = $5, ended = $4, reason = $6, ticket = $7
                 WHERE id = $1 AND attempts = $2 AND state IN (0, 1, 5, 7)
                 RETURNING worker, begun, lease, state",
            )
            .bind(ending.row)
            .bind(ending.attempt)
            .bind(ending.outcome.code())
            .bind(now)
            .bind(milliseconds(ending.wait))
            .bind(ending.reason.as_deref())
            .bind(ending.ticket)
            .fetch_optional(&mut *connection)
            .await?;
            let Some(row) = row else {
                return Ok(false);
            };
            let state: i64 = row.try_get("state")?;
            let lease: Option<i64> = row.try_get("lease")?;
            if state == RowState::Accepted.code() && lease.is_some() {
                // The row says all of it. One without a lease was swept, and is on record.
                return Ok(true);
            }
            let attempt = AttemptRow {
                row: ending.row,
                number: ending.attempt,
                worker: row.try_get("worker")?,
                begun: row.try_get("begun")?,
                outcome: state,
                reason: ending.reason,
            };
            record(connection, attempt, now).await?;
            Ok(true)
        }

        struct AttemptRow {
            row: i64,
            number: i64,
            worker: String,
            begun: i64,
            outcome: i64,
            reason: Option<String>,
        }

        async fn record(
            connection: &mut $connection,
            attempt: AttemptRow,
            now: i64,
        ) -> sqlx::Result<()> {
            sqlx::query(
                "INSERT INTO stratustexting_attempt
                     (outbox, number, worker, begun, ended, outcome, reason)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT (outbox, number)
                 DO UPDATE SET ended = $5, outcome = $6, reason = $7",
            )
            .bind(attempt.row)
            .bind(attempt.number)
            .bind(attempt.worker)
            .bind(attempt.begun)
            .bind(now)
            .bind(attempt.outcome)
            .bind(attempt.reason)
            .execute(connection)
            .await?;
            Ok(())
        }

        pub(super) async fn defer(
            connection: &mut $connection,
            row: i64,
            wait: Duration,
            now: i64,
        ) -> sqlx::Result<()> {
            sqlx::query(
                "UPDATE stratustexting_outbox SET due = $2 + $3, wait = $3
                 WHERE id = $1 AND state = 0",
            )
            .bind(row)
            .bind(now)
            .bind(milliseconds(wait))
            .execute(connection)
            .await?;
            Ok(())
        }

        pub(super) async fn cancel(
            connection: &mut $connection,
            row: i64,
            reason: String,
            now: i64,
        ) -> sqlx::Result<()> {
            sqlx::query(
                "UPDATE stratustexting_outbox SET state = 7, ended = $2, reason = $3
                 WHERE id = $1 AND state = 0",
            )
            .bind(row)
            .bind(now)
            .bind(reason)
            .execute(connection)
            .await?;
            Ok(())
        }

        /// Planned rows of a number that has opted out are not sent.
        pub(super) async fn cancel_opted_out(
            connection: &mut $connection,
            digits: String,
            now: i64,
        ) -> sqlx::Result<()> {
            sqlx::query(
                "UPDATE stratustexting_outbox
                 SET state = 7, ended = $2, reason = 'the recipient has opted out'
                 WHERE digits = $1 AND state = 0
                   AND EXISTS (SELECT 1 FROM stratustexting_opt_out AS opted
                               WHERE opted.number = $1 AND opted.opted_out = 1)",
            )
            .bind(digits)
            .bind(now)
            .execute(connection)
            .await?;
            Ok(())
        }

        const SILENT: &str = "the worker ended in the middle of the attempt";

        /// Whether a sweep would change anything: an idle worker must not write all the time.
        pub(super) async fn is_stale(
            connection: &mut $connection,
            job: i64,
            now: i64,
        ) -> sqlx::Result<bool> {
            sqlx::query_scalar(
                "SELECT EXISTS (
                     SELECT 1 FROM stratustexting_outbox
                     WHERE job = $1 AND state = 1 AND (lease <= $2 OR begun > $2 + $3))",
            )
            .bind(job)
            .bind(now)
            .bind(TOLERANCE)
            .fetch_one(connection)
            .await
        }

        pub(super) async fn sweep(
            connection: &mut $connection,
            job: i64,
            now: i64,
        ) -> sqlx::Result<u64> {
            let rows = sqlx::query(
                "UPDATE stratustexting_outbox
                 SET state = CASE WHEN message IS NULL THEN 5 ELSE 2 END,
                     ended = $2, lease = NULL, reason = $4
                 WHERE job = $1 AND state = 1 AND (lease <= $2 OR begun > $2 + $3)
                 RETURNING id, attempts, worker, begun, state",
            )
            .bind(job)
            .bind(now)
            .bind(TOLERANCE)
            .bind(SILENT)
            .fetch_all(&mut *connection)
            .await?;
            for row in &rows {
                let attempt = AttemptRow {
                    row: row.try_get("id")?,
                    number: row.try_get("attempts")?,
                    worker: row.try_get("worker")?,
                    begun: row.try_get("begun")?,
                    outcome: row.try_get("state")?,
                    reason: Some(SILENT.to_owned()),
                };
                record(&mut *connection, attempt, now).await?;
            }
            Ok(rows.len() as u64)
        }

        /// Makes due what a clock has deferred that was set back since.
        pub(super) async fn set_right(
            connection: &mut $connection,
            job: i64,
            now: i64,
        ) -> sqlx::Result<()> {
            sqlx::query(
                "UPDATE stratustexting_outbox SET due = $2
                 WHERE job = $1 AND state = 0 AND due > $2 + $3 AND due > $2 + wait + $3",
            )
            .bind(job)
            .bind(now)
            .bind(TOLERANCE)
            .execute(connection)
            .await?;
            Ok(())
        }

        pub(super) async fn left(
            connection: &mut $connection,
            job: i64,
            now: i64,
        ) -> sqlx::Result<Left> {
            let row = sqlx::query(
                "SELECT EXISTS (SELECT 1 FROM stratustexting_outbox
                                WHERE job = $1 AND state = 0) AS planned,
                        EXISTS (SELECT 1 FROM stratustexting_outbox
                                WHERE job = $1 AND state = 1) AS attempting",
            )
            .bind(job)
            .fetch_one(connection)
            .await?;
            Ok(Left {
                now: time(now),
                planned: row.try_get("planned")?,
                attempting: row.try_get("attempting")?,
            })
        }
    };
}

pub(crate) use ending;
