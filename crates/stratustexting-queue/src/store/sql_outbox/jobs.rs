//! Statements about jobs, and about all jobs.

macro_rules! jobs {
    (connection: $connection:ty, row: $row:ty, lock: $lock:literal) => {
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
        fn broken(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
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
                    // In the order in which attempts lock rows, too.
                    sqlx::query(concat!(
                        "UPDATE stratustexting_outbox
                         SET state = 7, ended = $2, reason = 'the job was cancelled'
                         WHERE state = 0 AND id IN (
                             SELECT entry.id FROM stratustexting_outbox AS entry
                             WHERE entry.job = $1 AND entry.state = 0 ORDER BY entry.id ",
                        $lock,
                        ")"
                    ))
                    .bind(job)
                    .bind(now)
                    .execute(&mut *connection)
                    .await?;
                }
                return Ok(true);
            }
            Ok(false)
        }

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

pub(crate) use jobs;
