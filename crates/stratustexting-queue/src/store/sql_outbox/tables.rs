//! The tables of the outbox, and the names that the statements use.

macro_rules! tables {
    (connection: $connection:ty, id: $id:literal, bytes: $bytes:literal) => {
        use std::{
            collections::{HashMap, HashSet},
            time::Duration,
        };

        use sqlx::Row as _;

        use crate::{
            Error, Result,
            clock::{TOLERANCE, milliseconds, since, time},
            outbox::{
                Attachment, Attempt, Counts, Job, JobState, Row, RowState,
                journal::{
                    Begin, BeginRequest, Candidate, Ending, FoundJob, JobRow, Left, PlanRow,
                    Planned, RowQuery, SentRow, Step, Taken,
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
    };
}

pub(crate) use tables;
