//! The statements about replies, which both databases understand.

/// Makes the functions for a database: of its connection.
macro_rules! reply_statements {
    (connection: $connection:ty $(,)?) => {
        use sqlx::Row;

        use crate::{
            clock::{milliseconds, time},
            reply::{Refusal, ReplyLimits},
            store::OptOut,
        };

        /// The events of a number are ordered by their ids, so that an old STOP, handled late,
        /// doesn't undo a newer START.
        pub(super) async fn set_opted_out(
            connection: &mut $connection,
            number: String,
            opted_out: bool,
            event: Option<i64>,
            now: i64,
        ) -> sqlx::Result<()> {
            // Whoever never said anything wants texts: a START of theirs changes nothing.
            sqlx::query(
                "INSERT INTO stratustexting_opt_out
                     (number, opted_out, since, changed_by, last_event)
                 VALUES ($1, 0, $2, NULL, 0) ON CONFLICT (number) DO NOTHING",
            )
            .bind(number.as_str())
            .bind(now)
            .execute(&mut *connection)
            .await?;
            sqlx::query(
                "UPDATE stratustexting_opt_out
                 SET since = CASE WHEN opted_out = $2 THEN since ELSE $3 END,
                     changed_by = CASE WHEN opted_out = $2 THEN changed_by ELSE $4 END,
                     last_event = CASE WHEN $4 IS NULL THEN last_event ELSE $4 END,
                     opted_out = $2
                 WHERE number = $1 AND ($4 IS NULL OR last_event < $4)",
            )
            .bind(number.as_str())
            .bind(i64::from(opted_out))
            .bind(now)
            .bind(event)
            .execute(connection)
            .await?;
            Ok(())
        }

        pub(super) async fn opt_out(
            connection: &mut $connection,
            number: String,
        ) -> sqlx::Result<Option<OptOut>> {
            let row = sqlx::query("SELECT * FROM stratustexting_opt_out WHERE number = $1")
                .bind(number)
                .fetch_optional(connection)
                .await?;
            let Some(row) = row else {
                return Ok(None);
            };
            Ok(Some(OptOut {
                opted_out: row.try_get::<i64, _>("opted_out")? == 1,
                since: time(row.try_get("since")?),
                changed_by: row.try_get("changed_by")?,
            }))
        }

        /// Nobody else may count meanwhile.
        pub(super) async fn count_reply(
            connection: &mut $connection,
            event: i64,
            number: String,
            limits: ReplyLimits,
            now: i64,
        ) -> sqlx::Result<Result<(), Refusal>> {
            let had_one: Option<i64> =
                sqlx::query_scalar("SELECT event FROM stratustexting_reply WHERE event = $1")
                    .bind(event)
                    .fetch_optional(&mut *connection)
                    .await?;
            if had_one.is_some() {
                return Ok(Err(Refusal::AlreadyReplied));
            }
            for (limit, number) in [
                (limits.per_number, Some(number.as_str())),
                (limits.per_number_long, Some(number.as_str())),
                (limits.overall, None),
            ] {
                let sent: i64 = sqlx::query_scalar(
                    "SELECT count(*) FROM stratustexting_reply
                     WHERE at > $1 AND ($2 IS NULL OR number = $2)",
                )
                .bind(now - milliseconds(limit.window))
                .bind(number)
                .fetch_one(&mut *connection)
                .await?;
                if sent >= i64::from(limit.replies) {
                    return Ok(Err(Refusal::TooMany));
                }
            }
            sqlx::query("INSERT INTO stratustexting_reply (event, number, at) VALUES ($1, $2, $3)")
                .bind(event)
                .bind(number)
                .bind(now)
                .execute(connection)
                .await?;
            Ok(Ok(()))
        }

        /// For how long replies are remembered: an event that is handled again later would get
        /// a second one.
        const REMEMBERED: i64 = 7 * 24 * 3_600 * 1_000;

        pub(super) async fn forget(connection: &mut $connection, now: i64) -> sqlx::Result<()> {
            sqlx::query(
                "DELETE FROM stratustexting_reply WHERE at < $1 AND event NOT IN (
                     SELECT id FROM stratustexting_inbox WHERE state <> 1)",
            )
            .bind(now - REMEMBERED)
            .execute(connection)
            .await?;
            Ok(())
        }
    };
}

pub(crate) use reply_statements;
