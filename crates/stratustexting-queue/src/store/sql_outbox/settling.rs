//! Statements that settle what is unknown.

macro_rules! settling {
    (connection: $connection:ty, row: $row:ty) => {
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
    };
}

pub(crate) use settling;
