//! The journal of the outbox, on a store that can read and write: the same for both databases.

/// Implements it for a store, from the statements in the module `outbox` beside the place where
/// this stands, and from the store's own `read`, `write` and `step`.
macro_rules! journal {
    ($store:ty) => {
        use std::time::Duration;

        use futures::FutureExt;

        use super::outbox;
        use crate::{
            Error, Result,
            error::Kind,
            outbox::{
                Attachment, Attempt, Counts, Job, JobState, Row, RowState,
                journal::{
                    Begin, BeginRequest, Candidate, Ending, FoundJob, JobRow, Left, PlanRow,
                    Planned, RowQuery, SentRow, Statements, Step, Taken,
                },
            },
        };

        impl Statements for $store {
            async fn open_job(&self, job: JobRow) -> Result<FoundJob> {
                self.write(move |connection, now| outbox::open_job(connection, job, now).boxed())
                    .await
            }

            async fn plan(&self, job: i64, rows: Vec<PlanRow>) -> Result<Vec<Planned>> {
                self.write(move |connection, now| outbox::plan(connection, job, rows, now).boxed())
                    .await
            }

            async fn job(&self, name: String) -> Result<Option<Job>> {
                self.read(move |connection, _| outbox::job(connection, name).boxed())
                    .await
            }

            async fn jobs(&self) -> Result<Vec<Job>> {
                self.read(move |connection, _| outbox::jobs(connection).boxed())
                    .await
            }

            async fn attachments(&self, job: i64) -> Result<Vec<Attachment>> {
                self.read(move |connection, _| outbox::attachments(connection, job).boxed())
                    .await
            }

            async fn set_job_state(
                &self,
                job: i64,
                from: &'static [JobState],
                to: JobState,
                reason: Option<String>,
            ) -> Result<bool> {
                self.write(move |connection, now| {
                    outbox::set_job_state(connection, job, from, to, reason, now).boxed()
                })
                .await
            }

            async fn peek(&self, job: i64, limit: u32) -> Result<Vec<Candidate>> {
                self.read(move |connection, now| outbox::peek(connection, job, limit, now).boxed())
                    .await
            }

            async fn begin(&self, request: BeginRequest) -> Result<Begin> {
                match self.step(Step::Begin(request)).await? {
                    Taken::Begin(begin) => Ok(begin),
                    Taken::End(_) => Err(Error::new(Kind::Stopped)),
                }
            }

            async fn end(&self, ending: Ending) -> Result<bool> {
                match self.step(Step::End(ending)).await? {
                    Taken::End(is_known) => Ok(is_known),
                    Taken::Begin(_) => Err(Error::new(Kind::Stopped)),
                }
            }

            async fn defer(&self, row: i64, wait: Duration) -> Result<()> {
                self.write(move |connection, now| outbox::defer(connection, row, wait, now).boxed())
                    .await
            }

            async fn cancel(&self, row: i64, reason: String) -> Result<()> {
                self.write(move |connection, now| {
                    outbox::cancel(connection, row, reason, now).boxed()
                })
                .await
            }

            async fn sweep(&self, job: i64) -> Result<u64> {
                let is_stale = self
                    .read(move |connection, now| outbox::is_stale(connection, job, now).boxed())
                    .await?;
                match is_stale {
                    true => {
                        self.write(move |connection, now| {
                            outbox::sweep(connection, job, now).boxed()
                        })
                        .await
                    }
                    false => Ok(0),
                }
            }

            async fn set_right(&self, job: i64) -> Result<()> {
                self.write(move |connection, now| outbox::set_right(connection, job, now).boxed())
                    .await
            }

            async fn left(&self, job: i64) -> Result<Left> {
                self.read(move |connection, now| outbox::left(connection, job, now).boxed())
                    .await
            }

            async fn slow_down(&self, sender: String, wait: Duration) -> Result<()> {
                self.write(move |connection, now| {
                    outbox::slow_down(connection, sender, wait, now).boxed()
                })
                .await
            }

            async fn counts(&self, job: i64) -> Result<Counts> {
                self.read(move |connection, _| outbox::counts(connection, job).boxed())
                    .await
            }

            async fn accepted_within(&self, job: i64, time: Duration) -> Result<u64> {
                self.read(move |connection, now| {
                    outbox::accepted_within(connection, job, time, now).boxed()
                })
                .await
            }

            async fn rows(&self, query: RowQuery) -> Result<Vec<Row>> {
                self.read(move |connection, _| outbox::rows(connection, query).boxed())
                    .await
            }

            async fn attempts(&self, row: i64) -> Result<Vec<Attempt>> {
                self.read(move |connection, _| outbox::attempts(connection, row).boxed())
                    .await
            }

            async fn refusals(&self, job: i64) -> Result<Vec<(String, u64)>> {
                self.read(move |connection, _| outbox::refusals(connection, job).boxed())
                    .await
            }

            async fn sent_to(&self, digits: String) -> Result<Vec<SentRow>> {
                self.read(move |connection, _| outbox::sent_to(connection, digits).boxed())
                    .await
            }

            async fn recognise(&self, row: i64, message_id: String) -> Result<bool> {
                self.write(move |connection, now| {
                    outbox::recognise(connection, row, message_id, now).boxed()
                })
                .await
            }

            async fn knows_message(&self, message_id: String) -> Result<bool> {
                self.read(move |connection, _| {
                    outbox::knows_message(connection, message_id).boxed()
                })
                .await
            }

            async fn decide(&self, row: i64, to: RowState, reason: String) -> Result<bool> {
                self.write(move |connection, now| {
                    outbox::decide(connection, row, to, reason, now).boxed()
                })
                .await
            }

            async fn set_stop(&self, reason: Option<String>) -> Result<()> {
                self.write(move |connection, now| outbox::set_stop(connection, reason, now).boxed())
                    .await
            }

            async fn stop(&self) -> Result<Option<String>> {
                self.read(move |connection, _| outbox::stop(connection).boxed())
                    .await
            }
        }
    };
}

pub(crate) use journal;
