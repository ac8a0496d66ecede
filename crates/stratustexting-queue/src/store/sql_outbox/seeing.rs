//! Statements that show rows and numbers.

macro_rules! seeing {
    (connection: $connection:ty, row: $row:ty) => {
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
                "SELECT number, worker, begun, ended, outcome, reason
                 FROM stratustexting_attempt WHERE outbox = $1
                 UNION ALL
                 SELECT entry.attempts, entry.worker, entry.begun, entry.ended, entry.state,
                        entry.reason
                 FROM stratustexting_outbox AS entry
                 WHERE entry.id = $1 AND entry.state = 2 AND NOT EXISTS (
                     SELECT 1 FROM stratustexting_attempt AS known
                     WHERE known.outbox = $1 AND known.number = entry.attempts)
                 ORDER BY 1",
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
    };
}

pub(crate) use seeing;
