//! The journal of the outbox in this database.

use std::time::Duration;

use futures::FutureExt;

use super::{SqliteStore, outbox};
use crate::{
    Result,
    outbox::{
        Attachment, Attempt, Counts, Job, JobState, Row, RowState,
        journal::{
            Begin, BeginRequest, Candidate, Ending, FoundJob, JobRow, Left, PlanRow, Planned,
            RowQuery, SentRow, Statements,
        },
    },
};

impl Statements for SqliteStore {
    async fn open_job(&self, job: JobRow) -> Result<FoundJob> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| outbox::open_job(connection, job, now).boxed())
            .await
    }

    async fn plan(&self, job: i64, rows: Vec<PlanRow>) -> Result<Vec<Planned>> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| outbox::plan(connection, job, rows, now).boxed())
            .await
    }

    async fn job(&self, name: String) -> Result<Option<Job>> {
        let mut connection = self.pool.acquire().await?;
        Ok(outbox::job(&mut connection, name).await?)
    }

    async fn jobs(&self) -> Result<Vec<Job>> {
        let mut connection = self.pool.acquire().await?;
        Ok(outbox::jobs(&mut connection).await?)
    }

    async fn attachments(&self, job: i64) -> Result<Vec<Attachment>> {
        let mut connection = self.pool.acquire().await?;
        Ok(outbox::attachments(&mut connection, job).await?)
    }

    async fn set_job_state(
        &self,
        job: i64,
        from: &'static [JobState],
        to: JobState,
        reason: Option<String>,
    ) -> Result<bool> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| {
                outbox::set_job_state(connection, job, from, to, reason, now).boxed()
            })
            .await
    }

    async fn peek(&self, job: i64, limit: u32) -> Result<Vec<Candidate>> {
        let mut connection = self.pool.acquire().await?;
        let now = self.clock.now();
        Ok(outbox::peek(&mut connection, job, limit, now).await?)
    }

    async fn begin(&self, request: BeginRequest) -> Result<Begin> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| outbox::begin(connection, request, now).boxed())
            .await
    }

    async fn end(&self, ending: Ending) -> Result<bool> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| outbox::end(connection, ending, now).boxed())
            .await
    }

    async fn defer(&self, row: i64, wait: Duration) -> Result<()> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| outbox::defer(connection, row, wait, now).boxed())
            .await
    }

    async fn cancel(&self, row: i64, reason: String) -> Result<()> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| outbox::cancel(connection, row, reason, now).boxed())
            .await
    }

    async fn sweep(&self, job: i64) -> Result<u64> {
        let now = self.clock.now();
        {
            let mut connection = self.pool.acquire().await?;
            if !outbox::is_stale(&mut connection, job, now).await? {
                return Ok(0);
            }
        }
        self.writer
            .write(move |connection| outbox::sweep(connection, job, now).boxed())
            .await
    }

    async fn set_right(&self, job: i64) -> Result<()> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| outbox::set_right(connection, job, now).boxed())
            .await
    }

    async fn left(&self, job: i64) -> Result<Left> {
        let mut connection = self.pool.acquire().await?;
        let now = self.clock.now();
        Ok(outbox::left(&mut connection, job, now).await?)
    }

    async fn slow_down(&self, sender: String, wait: Duration) -> Result<()> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| outbox::slow_down(connection, sender, wait, now).boxed())
            .await
    }

    async fn counts(&self, job: i64) -> Result<Counts> {
        let mut connection = self.pool.acquire().await?;
        Ok(outbox::counts(&mut connection, job).await?)
    }

    async fn accepted_within(&self, job: i64, time: Duration) -> Result<u64> {
        let mut connection = self.pool.acquire().await?;
        let now = self.clock.now();
        Ok(outbox::accepted_within(&mut connection, job, time, now).await?)
    }

    async fn rows(&self, query: RowQuery) -> Result<Vec<Row>> {
        let mut connection = self.pool.acquire().await?;
        Ok(outbox::rows(&mut connection, query).await?)
    }

    async fn attempts(&self, row: i64) -> Result<Vec<Attempt>> {
        let mut connection = self.pool.acquire().await?;
        Ok(outbox::attempts(&mut connection, row).await?)
    }

    async fn refusals(&self, job: i64) -> Result<Vec<(String, u64)>> {
        let mut connection = self.pool.acquire().await?;
        Ok(outbox::refusals(&mut connection, job).await?)
    }

    async fn sent_to(&self, digits: String) -> Result<Vec<SentRow>> {
        let mut connection = self.pool.acquire().await?;
        Ok(outbox::sent_to(&mut connection, digits).await?)
    }

    async fn recognise(&self, row: i64, message_id: String) -> Result<bool> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| outbox::recognise(connection, row, message_id, now).boxed())
            .await
    }

    async fn knows_message(&self, message_id: String) -> Result<bool> {
        let mut connection = self.pool.acquire().await?;
        Ok(outbox::knows_message(&mut connection, message_id).await?)
    }

    async fn decide(&self, row: i64, to: RowState, reason: String) -> Result<bool> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| outbox::decide(connection, row, to, reason, now).boxed())
            .await
    }

    async fn set_stop(&self, reason: Option<String>) -> Result<()> {
        let now = self.clock.now();
        self.writer
            .write(move |connection| outbox::set_stop(connection, reason, now).boxed())
            .await
    }

    async fn stop(&self) -> Result<Option<String>> {
        let mut connection = self.pool.acquire().await?;
        Ok(outbox::stop(&mut connection).await?)
    }
}
