//! The statements of the outbox, which both databases understand.

/// Raised with every change of a table that an older program can't work with.
pub(crate) const OUTBOX_VERSION: i64 = 1;

/// Makes the functions for a database: of its connection and its row, with its types for an id
/// and for bytes, and with what a `SELECT` needs so that nobody changes its rows meanwhile.
macro_rules! outbox_statements {
    (
        connection: $connection:ty,
        row: $row:ty,
        id: $id:literal,
        bytes: $bytes:literal,
        lock: $lock:literal $(,)?
    ) => {
        use std::time::Duration;

        use sqlx::Row as _;

        use crate::{
            Error, Result,
            clock::{TOLERANCE, milliseconds, since, time},
            outbox::{
                Attachment, Attempt, Counts, Job, JobState, Row, RowState,
                journal::{
                    Begin, BeginRequest, Candidate, Ending, FoundJob, JobRow, Left, PlanRow,
                    Planned, RowQuery, SentRow,
                },
            },
            store::sql_outbox::OUTBOX_VERSION,
        };

        /// - `key` and `once` are what a row must share with no other; a refused row has neither.
        /// - `due` and `wait` are as in the inbox.
        /// - `lease` is when a worker that is silent counts as dead.
        /// - `message` is the id of the row's message, which an event told.
        const TABLES: &str = concat!(
            "CREATE TABLE IF NOT EXISTS stratustexting_job (
                 id ",
            $id,
            ",   name TEXT NOT NULL UNIQUE,
                 sender TEXT NOT NULL,
                 settings TEXT NOT NULL,
                 without_consent TEXT,
                 state BIGINT NOT NULL,
                 reason TEXT,
                 created BIGINT NOT NULL);
             CREATE TABLE IF NOT EXISTS stratustexting_attachment (
                 job BIGINT NOT NULL,
                 position BIGINT NOT NULL,
                 name TEXT NOT NULL,
                 content_type TEXT NOT NULL,
                 body ",
            $bytes,
            " NOT NULL,
                 PRIMARY KEY (job, position));
             CREATE TABLE IF NOT EXISTS stratustexting_outbox (
                 id ",
            $id,
            ",   job BIGINT NOT NULL,
                 line BIGINT NOT NULL,
                 key TEXT UNIQUE,
                 once TEXT,
                 number TEXT,
                 digits TEXT,
                 text TEXT,
                 segments BIGINT NOT NULL,
                 zone TEXT,
                 consent TEXT,
                 state BIGINT NOT NULL,
                 due BIGINT NOT NULL,
                 wait BIGINT NOT NULL DEFAULT 0,
                 attempts BIGINT NOT NULL DEFAULT 0,
                 worker TEXT,
                 begun BIGINT,
                 lease BIGINT,
                 ended BIGINT,
                 reason TEXT,
                 ticket TEXT,
                 message TEXT UNIQUE,
                 UNIQUE (job, line),
                 UNIQUE (job, once));
             CREATE INDEX IF NOT EXISTS stratustexting_outbox_due
                 ON stratustexting_outbox (job, due, id) WHERE state = 0;
             CREATE INDEX IF NOT EXISTS stratustexting_outbox_state
                 ON stratustexting_outbox (job, state, ended);
             CREATE INDEX IF NOT EXISTS stratustexting_outbox_digits
                 ON stratustexting_outbox (digits);
             CREATE TABLE IF NOT EXISTS stratustexting_attempt (
                 outbox BIGINT NOT NULL,
                 number BIGINT NOT NULL,
                 worker TEXT NOT NULL,
                 begun BIGINT NOT NULL,
                 ended BIGINT NOT NULL,
                 outcome BIGINT NOT NULL,
                 reason TEXT,
                 PRIMARY KEY (outbox, number));
             CREATE TABLE IF NOT EXISTS stratustexting_pace (
                 sender TEXT PRIMARY KEY,
                 next BIGINT NOT NULL,
                 wait BIGINT NOT NULL,
                 slowed BIGINT NOT NULL,
                 eases BIGINT NOT NULL);
             CREATE TABLE IF NOT EXISTS stratustexting_stop (
                 one BIGINT PRIMARY KEY,
                 reason TEXT NOT NULL,
                 since BIGINT NOT NULL);",
        );

        /// Makes the tables, or checks that this program knows them. The table of versions is
        /// the inbox's.
        pub(super) async fn make_tables(connection: &mut $connection) -> Result<()> {
            let found: Option<i64> = sqlx::query_scalar(
                "SELECT version FROM stratustexting_queue WHERE part = 'outbox'",
            )
            .fetch_optional(&mut *connection)
            .await?;
            if let Some(found) = found {
                return match found == OUTBOX_VERSION {
                    true => Ok(()),
                    false => Err(Error::other_version("outbox", found, OUTBOX_VERSION)),
                };
            }
            sqlx::raw_sql(TABLES).execute(&mut *connection).await?;
            sqlx::query("INSERT INTO stratustexting_queue (part, version) VALUES ('outbox', $1)")
                .bind(OUTBOX_VERSION)
                .execute(connection)
                .await?;
            Ok(())
        }

        // Jobs.

        pub(super) async fn open_job(
            connection: &mut $connection,
            job: JobRow,
            now: i64,
        ) -> sqlx::Result<FoundJob> {
            let made = sqlx::query(
                "INSERT INTO stratustexting_job
                     (name, sender, settings, without_consent, state, created)
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
            )
            .bind(job.name.as_str())
            .bind(job.sender.as_str())
            .bind(job.settings.as_str())
            .bind(job.without_consent)
            .bind(JobState::Planning.code())
            .bind(now)
            .execute(&mut *connection)
            .await?;
            let row = sqlx::query("SELECT * FROM stratustexting_job WHERE name = $1")
                .bind(job.name)
                .fetch_one(&mut *connection)
                .await?;
            let settings: String = row.try_get("settings")?;
            let found = FoundJob {
                job: read_job(&row)?,
                is_same: settings == job.settings,
            };
            if made.rows_affected() == 0 {
                return Ok(found);
            }
            for (position, attachment) in job.attachments.into_iter().enumerate() {
                sqlx::query(
                    "INSERT INTO stratustexting_attachment
                         (job, position, name, content_type, body)
                     VALUES ($1, $2, $3, $4, $5)",
                )
                .bind(found.job.id)
                .bind(i64::try_from(position).unwrap_or_default())
                .bind(attachment.name)
                .bind(attachment.content_type)
                .bind(attachment.bytes)
                .execute(&mut *connection)
                .await?;
            }
            sqlx::query(
                "INSERT INTO stratustexting_pace (sender, next, wait, slowed, eases)
                 VALUES ($1, $2, 0, 0, $2) ON CONFLICT DO NOTHING",
            )
            .bind(job.sender)
            .bind(now)
            .execute(connection)
            .await?;
            Ok(found)
        }

        fn read_job(row: &$row) -> sqlx::Result<Job> {
            let sender: String = row.try_get("sender")?;
            Ok(Job {
                id: row.try_get("id")?,
                name: row.try_get("name")?,
                sender: sender.parse().map_err(broken)?,
                state: JobState::of_code(row.try_get("state")?).ok_or_else(|| broken("state"))?,
                reason: row.try_get("reason")?,
                without_consent: row.try_get("without_consent")?,
                created: time(row.try_get("created")?),
            })
        }

        /// A value that this program didn't write.
        fn broken(
            source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
        ) -> sqlx::Error {
            sqlx::Error::Decode(source.into())
        }

        pub(super) async fn job(
            connection: &mut $connection,
            name: String,
        ) -> sqlx::Result<Option<Job>> {
            let row = sqlx::query("SELECT * FROM stratustexting_job WHERE name = $1")
                .bind(name)
                .fetch_optional(connection)
                .await?;
            row.as_ref().map(read_job).transpose()
        }

        pub(super) async fn jobs(connection: &mut $connection) -> sqlx::Result<Vec<Job>> {
            let rows = sqlx::query("SELECT * FROM stratustexting_job ORDER BY id")
                .fetch_all(connection)
                .await?;
            rows.iter().map(read_job).collect()
        }

        pub(super) async fn attachments(
            connection: &mut $connection,
            job: i64,
        ) -> sqlx::Result<Vec<Attachment>> {
            let rows = sqlx::query(
                "SELECT * FROM stratustexting_attachment WHERE job = $1 ORDER BY position",
            )
            .bind(job)
            .fetch_all(connection)
            .await?;
            let read = |row: &$row| {
                Ok(Attachment {
                    name: row.try_get("name")?,
                    content_type: row.try_get("content_type")?,
                    bytes: row.try_get("body")?,
                })
            };
            rows.iter().map(read).collect()
        }

        pub(super) async fn set_job_state(
            connection: &mut $connection,
            job: i64,
            from: &'static [JobState],
            to: JobState,
            reason: Option<String>,
            now: i64,
        ) -> sqlx::Result<bool> {
            for &from in from {
                let changed = sqlx::query(
                    "UPDATE stratustexting_job SET state = $3, reason = $4
                     WHERE id = $1 AND state = $2",
                )
                .bind(job)
                .bind(from.code())
                .bind(to.code())
                .bind(reason.as_deref())
                .execute(&mut *connection)
                .await?;
                if changed.rows_affected() == 0 {
                    continue;
                }
                if to == JobState::Cancelled {
                    sqlx::query(
                        "UPDATE stratustexting_outbox
                         SET state = 7, ended = $2, reason = 'the job was cancelled'
                         WHERE job = $1 AND state = 0",
                    )
                    .bind(job)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                }
                return Ok(true);
            }
            Ok(false)
        }

        // Planning.

        pub(super) async fn plan(
            connection: &mut $connection,
            job: i64,
            rows: Vec<PlanRow>,
            now: i64,
        ) -> sqlx::Result<Vec<Planned>> {
            let mut planned = Vec::with_capacity(rows.len());
            for row in rows {
                planned.push(plan_one(&mut *connection, job, row, now).await?);
            }
            Ok(planned)
        }

        async fn plan_one(
            connection: &mut $connection,
            job: i64,
            row: PlanRow,
            now: i64,
        ) -> sqlx::Result<Planned> {
            if insert(&mut *connection, job, &row, now).await? {
                return Ok(row.refused.map_or(Planned::Added, Planned::Refused));
            }
            let there = sqlx::query(
                "SELECT state, key, number, reason FROM stratustexting_outbox
                 WHERE job = $1 AND line = $2",
            )
            .bind(job)
            .bind(row.line)
            .fetch_optional(&mut *connection)
            .await?;
            if let Some(there) = there {
                let (key, number): (Option<String>, Option<String>) =
                    (there.try_get("key")?, there.try_get("number")?);
                let was_refused = there.try_get::<i64, _>("state")? == RowState::Refused.code();
                return Ok(match was_refused {
                    // It has no key, and is refused again whatever it says now.
                    true if number == row.number => {
                        let reason: Option<String> = there.try_get("reason")?;
                        Planned::Refused(reason.unwrap_or_default())
                    }
                    false if row.refused.is_none() && key == row.key => Planned::Known,
                    _ => Planned::Differs,
                });
            }
            let reason = double(&mut *connection, job, &row).await?;
            let refused = PlanRow {
                key: None,
                once: None,
                refused: Some(reason.clone()),
                ..row
            };
            insert(connection, job, &refused, now).await?;
            Ok(Planned::Refused(reason))
        }

        /// Says which row has the number or the key already.
        async fn double(
            connection: &mut $connection,
            job: i64,
            row: &PlanRow,
        ) -> sqlx::Result<String> {
            let of_key = sqlx::query(
                "SELECT other.line AS line, other.job AS job, job.name AS name
                 FROM stratustexting_outbox AS other
                 JOIN stratustexting_job AS job ON job.id = other.job
                 WHERE other.key = $1",
            )
            .bind(row.key.as_deref())
            .fetch_optional(&mut *connection)
            .await?;
            if let Some(other) = of_key {
                let (line, name): (i64, String) = (other.try_get("line")?, other.try_get("name")?);
                return Ok(match other.try_get::<i64, _>("job")? == job {
                    true => format!("the same text to the same number is in line {line}"),
                    false => format!(
                        "the same text to the same number is in line {line} of the job {name:?}"
                    ),
                });
            }
            let line: Option<i64> = sqlx::query_scalar(
                "SELECT line FROM stratustexting_outbox WHERE job = $1 AND once = $2",
            )
            .bind(job)
            .bind(row.once.as_deref())
            .fetch_optional(connection)
            .await?;
            Ok(format!("the number is in line {} already", line.unwrap_or_default()))
        }

        async fn insert(
            connection: &mut $connection,
            job: i64,
            row: &PlanRow,
            now: i64,
        ) -> sqlx::Result<bool> {
            let state = match &row.refused {
                None => RowState::Planned,
                Some(_) => RowState::Refused,
            };
            let added = sqlx::query(
                "INSERT INTO stratustexting_outbox
                     (job, line, key, once, number, digits, text, segments, zone, consent,
                      state, due, ended, reason)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
                 ON CONFLICT DO NOTHING",
            )
            .bind(job)
            .bind(row.line)
            .bind(row.key.as_deref())
            .bind(row.once.as_deref())
            .bind(row.number.as_deref())
            .bind(row.digits.as_deref())
            .bind(row.text.as_deref())
            .bind(row.segments)
            .bind(row.zone.as_deref())
            .bind(row.consent.as_deref())
            .bind(state.code())
            .bind(now)
            .bind(row.refused.as_ref().map(|_| now))
            .bind(row.refused.as_deref())
            .execute(connection)
            .await?;
            Ok(added.rows_affected() == 1)
        }

        // Sending.

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
            let pace = turn(&mut *connection, &request, now).await?;
            let cost = match pace {
                Turn::Wait(wait) => return Ok(Begin::Wait(wait)),
                Turn::Now { cost } => cost,
            };
            // The conditions are in the statement itself: what another transaction wrote before
            // it, such as an opt-out, counts.
            let attempt: Option<i64> = sqlx::query_scalar(
                "UPDATE stratustexting_outbox
                 SET state = 1, attempts = attempts + 1, worker = $2, begun = $3,
                     lease = $3 + $4, ended = NULL, reason = NULL
                 WHERE id = $1 AND state = 0 AND due <= $3
                   AND EXISTS (SELECT 1 FROM stratustexting_job AS job
                               WHERE job.id = stratustexting_outbox.job AND job.state = 1)
                   AND NOT EXISTS (SELECT 1 FROM stratustexting_stop)
                   AND NOT EXISTS (SELECT 1 FROM stratustexting_opt_out AS opted
                                   WHERE opted.number = stratustexting_outbox.digits
                                     AND opted.opted_out = 1)
                 RETURNING attempts",
            )
            .bind(request.row)
            .bind(request.worker)
            .bind(now)
            .bind(milliseconds(request.lease))
            .fetch_optional(&mut *connection)
            .await?;
            let Some(attempt) = attempt else {
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
                 RETURNING worker, begun, state",
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
            let attempt = AttemptRow {
                row: ending.row,
                number: ending.attempt,
                worker: row.try_get("worker")?,
                begun: row.try_get("begun")?,
                outcome: row.try_get("state")?,
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
                     ended = $2, reason = $4
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
                "SELECT (SELECT due FROM stratustexting_outbox
                         WHERE job = $1 AND state = 0 ORDER BY due LIMIT 1) AS due,
                        EXISTS (SELECT 1 FROM stratustexting_outbox
                                WHERE job = $1 AND state = 1) AS attempting",
            )
            .bind(job)
            .fetch_one(connection)
            .await?;
            let due: Option<i64> = row.try_get("due")?;
            Ok(Left {
                now: time(now),
                planned: due.is_some(),
                attempting: row.try_get("attempting")?,
                next_due: due.map(|due| since(now, due)),
            })
        }

        // Seeing it.

        pub(super) async fn counts(
            connection: &mut $connection,
            job: i64,
        ) -> sqlx::Result<Counts> {
            let rows = sqlx::query(
                "SELECT state, count(*) AS count FROM stratustexting_outbox
                 WHERE job = $1 GROUP BY state",
            )
            .bind(job)
            .fetch_all(&mut *connection)
            .await?;
            let mut counts = Counts::default();
            for row in &rows {
                if let Some(state) = RowState::of_code(row.try_get("state")?) {
                    counts.set(state, count(row, "count")?);
                }
            }
            let segments: i64 = sqlx::query_scalar(
                "SELECT CAST(coalesce(sum(segments), 0) AS BIGINT) FROM stratustexting_outbox
                 WHERE job = $1 AND state = 0",
            )
            .bind(job)
            .fetch_one(connection)
            .await?;
            counts.planned_segments = u64::try_from(segments).unwrap_or_default();
            Ok(counts)
        }

        pub(super) async fn accepted_within(
            connection: &mut $connection,
            job: i64,
            time: Duration,
            now: i64,
        ) -> sqlx::Result<u64> {
            let row = sqlx::query(
                "SELECT count(*) AS count FROM stratustexting_outbox
                 WHERE job = $1 AND state = 2 AND ended > $2",
            )
            .bind(job)
            .bind(now - milliseconds(time))
            .fetch_one(connection)
            .await?;
            count(&row, "count")
        }

        pub(super) async fn rows(
            connection: &mut $connection,
            query: RowQuery,
        ) -> sqlx::Result<Vec<Row>> {
            let rows = sqlx::query(
                "SELECT * FROM stratustexting_outbox
                 WHERE job = $1 AND id > $2 AND ($3 < 0 OR state = $3) ORDER BY id LIMIT $4",
            )
            .bind(query.job)
            .bind(query.after)
            .bind(query.state.map_or(-1, RowState::code))
            .bind(i64::from(query.limit))
            .fetch_all(connection)
            .await?;
            rows.iter().map(read_row).collect()
        }

        fn read_row(row: &$row) -> sqlx::Result<Row> {
            let (ticket, consent): (Option<String>, Option<String>) =
                (row.try_get("ticket")?, row.try_get("consent")?);
            let (begun, ended): (Option<i64>, Option<i64>) =
                (row.try_get("begun")?, row.try_get("ended")?);
            Ok(Row {
                id: row.try_get("id")?,
                line: count(row, "line")?,
                key: row.try_get("key")?,
                to: row.try_get("number")?,
                text: row.try_get("text")?,
                segments: count(row, "segments")?,
                state: RowState::of_code(row.try_get("state")?).ok_or_else(|| broken("state"))?,
                reason: row.try_get("reason")?,
                attempts: count(row, "attempts")?,
                begun: begun.map(time),
                ended: ended.map(time),
                ticket: ticket.and_then(|ticket| serde_json::from_str(&ticket).ok()),
                message_id: row.try_get("message")?,
                consent: consent.and_then(|consent| serde_json::from_str(&consent).ok()),
            })
        }

        pub(super) async fn attempts(
            connection: &mut $connection,
            row: i64,
        ) -> sqlx::Result<Vec<Attempt>> {
            let rows = sqlx::query(
                "SELECT * FROM stratustexting_attempt WHERE outbox = $1 ORDER BY number",
            )
            .bind(row)
            .fetch_all(connection)
            .await?;
            let read = |row: &$row| {
                Ok(Attempt {
                    number: count(row, "number")?,
                    worker: row.try_get("worker")?,
                    begun: time(row.try_get("begun")?),
                    ended: time(row.try_get("ended")?),
                    outcome: RowState::of_code(row.try_get("outcome")?)
                        .ok_or_else(|| broken("outcome"))?,
                    reason: row.try_get("reason")?,
                })
            };
            rows.iter().map(read).collect()
        }

        pub(super) async fn refusals(
            connection: &mut $connection,
            job: i64,
        ) -> sqlx::Result<Vec<(String, u64)>> {
            let rows = sqlx::query(
                "SELECT reason, count(*) AS count FROM stratustexting_outbox
                 WHERE job = $1 AND state = 6 GROUP BY reason ORDER BY count(*) DESC, reason
                 LIMIT 100",
            )
            .bind(job)
            .fetch_all(connection)
            .await?;
            let read = |row: &$row| {
                let reason: Option<String> = row.try_get("reason")?;
                Ok((reason.unwrap_or_default(), count(row, "count")?))
            };
            rows.iter().map(read).collect()
        }

        // Settling what is unknown.

        pub(super) async fn sent_to(
            connection: &mut $connection,
            digits: String,
        ) -> sqlx::Result<Vec<SentRow>> {
            let rows = sqlx::query(
                "SELECT entry.id AS id, job.sender AS sender, entry.number AS number,
                        entry.text AS text, entry.state AS state, entry.begun AS begun
                 FROM stratustexting_outbox AS entry
                 JOIN stratustexting_job AS job ON job.id = entry.job
                 WHERE entry.digits = $1 AND entry.attempts > 0
                   AND entry.message IS NULL
                 ORDER BY entry.id DESC LIMIT 100",
            )
            .bind(digits)
            .fetch_all(connection)
            .await?;
            let read = |row: &$row| {
                Ok(SentRow {
                    row: row.try_get("id")?,
                    sender: row.try_get("sender")?,
                    number: row.try_get("number")?,
                    text: row.try_get("text")?,
                    state: RowState::of_code(row.try_get("state")?)
                        .ok_or_else(|| broken("state"))?,
                    begun: time(row.try_get("begun")?),
                })
            };
            rows.iter().map(read).collect()
        }

        pub(super) async fn knows_message(
            connection: &mut $connection,
            message_id: String,
        ) -> sqlx::Result<bool> {
            sqlx::query_scalar(
                "SELECT EXISTS (SELECT 1 FROM stratustexting_outbox WHERE message = $1)",
            )
            .bind(message_id)
            .fetch_one(connection)
            .await
        }

        pub(super) async fn recognise(
            connection: &mut $connection,
            row: i64,
            message_id: String,
            now: i64,
        ) -> sqlx::Result<bool> {
            let changed = sqlx::query(
                "UPDATE stratustexting_outbox
                 SET message = $2,
                     ended = CASE WHEN state IN (1, 2) THEN ended ELSE $3 END,
                     reason = CASE WHEN state IN (1, 2) THEN reason
                              ELSE 'an event showed the message' END,
                     state = CASE WHEN state = 1 THEN 1 ELSE 2 END
                 WHERE id = $1 AND message IS NULL AND attempts > 0
                   AND NOT EXISTS (SELECT 1 FROM stratustexting_outbox WHERE message = $2)",
            )
            .bind(row)
            .bind(message_id)
            .bind(now)
            .execute(connection)
            .await?;
            Ok(changed.rows_affected() == 1)
        }

        pub(super) async fn decide(
            connection: &mut $connection,
            row: i64,
            to: RowState,
            reason: String,
            now: i64,
        ) -> sqlx::Result<bool> {
            let changed = sqlx::query(
                "UPDATE stratustexting_outbox
                 SET state = $2, ended = $3, due = $3, wait = 0, reason = $4
                 WHERE id = $1 AND state IN (3, 4, 5)",
            )
            .bind(row)
            .bind(to.code())
            .bind(now)
            .bind(reason)
            .execute(connection)
            .await?;
            Ok(changed.rows_affected() == 1)
        }

        // The switch.

        pub(super) async fn set_stop(
            connection: &mut $connection,
            reason: Option<String>,
            now: i64,
        ) -> sqlx::Result<()> {
            let Some(reason) = reason else {
                sqlx::query("DELETE FROM stratustexting_stop")
                    .execute(connection)
                    .await?;
                return Ok(());
            };
            sqlx::query(
                "INSERT INTO stratustexting_stop (one, reason, since) VALUES (1, $1, $2)
                 ON CONFLICT (one) DO UPDATE SET reason = $1",
            )
            .bind(reason)
            .bind(now)
            .execute(connection)
            .await?;
            Ok(())
        }

        pub(super) async fn stop(connection: &mut $connection) -> sqlx::Result<Option<String>> {
            sqlx::query_scalar("SELECT reason FROM stratustexting_stop")
                .fetch_optional(connection)
                .await
        }
    };
}

pub(crate) use outbox_statements;
