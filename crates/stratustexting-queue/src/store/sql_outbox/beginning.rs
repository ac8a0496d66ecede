//! Statements that begin an attempt, or say why none begins.

macro_rules! beginning {
    (connection: $connection:ty, row: $row:ty, lock: $lock:literal) => {
        pub(super) async fn peek(
            connection: &mut $connection,
            job: i64,
            limit: u32,
            now: i64,
        ) -> sqlx::Result<Vec<Candidate>> {
            let rows = sqlx::query(
                "SELECT id, line, number, zone, segments, text FROM stratustexting_outbox
                 WHERE job = $1 AND state = 0 AND due <= $2 ORDER BY due, id LIMIT $3",
            )
            .bind(job)
            .bind(now)
            .bind(i64::from(limit))
            .fetch_all(connection)
            .await?;
            let read = |row: &$row| {
                Ok(Candidate {
                    row: row.try_get("id")?,
                    line: count(row, "line")?,
                    number: row.try_get("number")?,
                    zone: row.try_get("zone")?,
                    segments: count(row, "segments")?,
                    text: row.try_get("text")?,
                })
            };
            rows.iter().map(read).collect()
        }

        fn count<N: TryFrom<i64> + Default>(row: &$row, column: &str) -> sqlx::Result<N> {
            let count: i64 = row.try_get(column)?;
            Ok(N::try_from(count).unwrap_or_default())
        }

        /// The pace is locked first and written last, so that a row that turns out to be taken
        /// costs its sender no turn.
        pub(super) async fn begin(
            connection: &mut $connection,
            request: BeginRequest,
            now: i64,
        ) -> sqlx::Result<Begin> {
            let cost = match turn(&mut *connection, &request, now).await? {
                Turn::Wait(wait) => return Ok(Begin::Wait(wait)),
                Turn::Now { cost } => cost,
            };
            let rows = [request.row];
            let begun = begin_rows(&mut *connection, &request, &rows, None, now);
            let Some((_, attempt)) = begun.await?.pop() else {
                return why_not(connection, request.row, now).await;
            };
            if cost > 0 {
                sqlx::query(
                    "UPDATE stratustexting_pace SET next = $2 + $3, wait = $3 WHERE sender = $1",
                )
                .bind(request.sender)
                .bind(now)
                .bind(cost)
                .execute(connection)
                .await?;
            }
            Ok(Begin::Begun(attempt))
        }

        enum Turn {
            Wait(Duration),
            /// How long the sender then has to wait, in milliseconds.
            Now { cost: i64 },
        }

        /// The time between two segments of a sender that has none, when the service asks for
        /// fewer.
        const SLOWED_INTERVAL: i64 = 250;

        async fn turn(
            connection: &mut $connection,
            request: &BeginRequest,
            now: i64,
        ) -> sqlx::Result<Turn> {
            let query = match request.interval.is_zero() {
                // Without a pace there is nothing to write, and nobody to wait for.
                true => sqlx::query("SELECT * FROM stratustexting_pace WHERE sender = $1"),
                false => sqlx::query(concat!(
                    "SELECT * FROM stratustexting_pace WHERE sender = $1 ",
                    $lock
                )),
            };
            let row = query
                .bind(request.sender.as_str())
                .fetch_one(&mut *connection)
                .await?;
            let (next, wait): (i64, i64) = (row.try_get("next")?, row.try_get("wait")?);
            // Further ahead than it was set: the clock was set back.
            if now < next && next <= now + wait + TOLERANCE {
                return Ok(Turn::Wait(since(now, next)));
            }
            let (slowed, eases): (i64, i64) = (row.try_get("slowed")?, row.try_get("eases")?);
            let slowed = match slowed > 0 && now >= eases {
                true => ease(&mut *connection, &request.sender, slowed - 1, now).await?,
                false => slowed,
            };
            let segments = i64::try_from(request.segments.max(1)).unwrap_or(1);
            let interval = milliseconds(request.interval);
            let interval = match slowed {
                0 => interval,
                _ => interval.max(SLOWED_INTERVAL) << slowed.min(MOST_SLOWED),
            };
            Ok(Turn::Now {
                cost: interval.saturating_mul(segments),
            })
        }

        /// How often the time between two segments is doubled at most.
        const MOST_SLOWED: i64 = 5;
        /// How long a sender stays slower after the service has asked for it.
        const EASES_AFTER: i64 = 60_000;

        async fn ease(
            connection: &mut $connection,
            sender: &str,
            slowed: i64,
            now: i64,
        ) -> sqlx::Result<i64> {
            sqlx::query("UPDATE stratustexting_pace SET slowed = $2, eases = $3 WHERE sender = $1")
                .bind(sender)
                .bind(slowed)
                .bind(now + EASES_AFTER)
                .execute(connection)
                .await?;
            Ok(slowed)
        }

        pub(super) async fn slow_down(
            connection: &mut $connection,
            sender: String,
            wait: Duration,
            now: i64,
        ) -> sqlx::Result<()> {
            sqlx::query(
                "UPDATE stratustexting_pace
                 SET slowed = CASE WHEN slowed < $2 THEN slowed + 1 ELSE slowed END,
                     eases = $3 + $4,
                     next = CASE WHEN next < $3 + $5 THEN $3 + $5 ELSE next END,
                     wait = CASE WHEN wait < $5 THEN $5 ELSE wait END
                 WHERE sender = $1",
            )
            .bind(sender)
            .bind(MOST_SLOWED)
            .bind(now)
            .bind(EASES_AFTER)
            .bind(milliseconds(wait))
            .execute(connection)
            .await?;
            Ok(())
        }

        async fn why_not(
            connection: &mut $connection,
            row: i64,
            now: i64,
        ) -> sqlx::Result<Begin> {
            let stopped: Option<String> =
                sqlx::query_scalar("SELECT reason FROM stratustexting_stop")
                    .fetch_optional(&mut *connection)
                    .await?;
            if let Some(reason) = stopped {
                return Ok(Begin::Stopped(reason));
            }
            let job: Option<i64> = sqlx::query_scalar(
                "SELECT job.state FROM stratustexting_job AS job
                 JOIN stratustexting_outbox AS entry ON entry.job = job.id WHERE entry.id = $1",
            )
            .bind(row)
            .fetch_optional(&mut *connection)
            .await?;
            if job != Some(JobState::Started.code()) {
                return Ok(Begin::NotStarted);
            }
            let cancelled = sqlx::query(
                "UPDATE stratustexting_outbox
                 SET state = 7, ended = $2, reason = 'the recipient has opted out'
                 WHERE id = $1 AND state = 0
                   AND EXISTS (SELECT 1 FROM stratustexting_opt_out AS opted
                               WHERE opted.number = stratustexting_outbox.digits
                                 AND opted.opted_out = 1)",
            )
            .bind(row)
            .bind(now)
            .execute(connection)
            .await?;
            Ok(match cancelled.rows_affected() {
                0 => Begin::Taken,
                _ => Begin::OptedOut,
            })
        }
    };
}

pub(crate) use beginning;
