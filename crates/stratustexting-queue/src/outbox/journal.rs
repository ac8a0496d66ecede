//! Where a job is kept: what goes into the journal, and what comes out.
//!
//! Every step is durable before the next: a row is *attempting* on the disk before its request
//! leaves. So after a crash, whatever isn't *planned* any more may have been sent.

#![allow(
    missing_debug_implementations,
    reason = "the types hold numbers and texts, and nobody outside the crate can name them"
)]

use std::{
    fmt,
    future::Future,
    time::{Duration, SystemTime},
};

use super::{
    job::{Attachment, Job, JobState},
    row::{Attempt, Counts, Row, RowState},
};
use crate::Result;

/// Where jobs are kept: `SqliteStore` or `PostgresStore`.
///
/// There are no others: the statements that keep a text from being sent twice are the crate's
/// own.
pub trait Journal: Statements {}

impl<S: Statements> Journal for S {}

/// What a journal does. It isn't public, so that nobody else writes one.
pub trait Statements: Clone + fmt::Debug + Send + Sync + 'static {
    /// Makes the job, or finds the one of this name.
    fn open_job(&self, job: JobRow) -> impl Future<Output = Result<FoundJob>> + Send;
    /// Adds rows in one transaction, and says of each what became of it.
    fn plan(
        &self,
        job: i64,
        rows: Vec<PlanRow>,
    ) -> impl Future<Output = Result<Vec<Planned>>> + Send;
    fn job(&self, name: String) -> impl Future<Output = Result<Option<Job>>> + Send;
    fn jobs(&self) -> impl Future<Output = Result<Vec<Job>>> + Send;
    fn attachments(&self, job: i64) -> impl Future<Output = Result<Vec<Attachment>>> + Send;
    /// Changes the state if it is one of `from`; when it becomes cancelled, so do its rows.
    fn set_job_state(
        &self,
        job: i64,
        from: &'static [JobState],
        to: JobState,
        reason: Option<String>,
    ) -> impl Future<Output = Result<bool>> + Send;
    /// Planned rows that are due, the longest due first.
    fn peek(&self, job: i64, limit: u32) -> impl Future<Output = Result<Vec<Candidate>>> + Send;
    /// Begins an attempt, if the row may be sent now.
    /// This and [`end`](Self::end) take their places in one order when they are polled first: a
    /// step that is on the disk has all before it there.
    fn begin(&self, request: BeginRequest) -> impl Future<Output = Result<Begin>> + Send;
    /// Writes down how an attempt ended. `false` when something surer is known already.
    fn end(&self, ending: Ending) -> impl Future<Output = Result<bool>> + Send;
    /// Makes a planned row due later.
    fn defer(&self, row: i64, wait: Duration) -> impl Future<Output = Result<()>> + Send;
    /// Takes a planned row back.
    fn cancel(&self, row: i64, reason: String) -> impl Future<Output = Result<()>> + Send;
    /// Makes *unknown* what a worker began that is silent since, and says how many rows.
    fn sweep(&self, job: i64) -> impl Future<Output = Result<u64>> + Send;
    /// Makes due what a clock has deferred that was set back since.
    fn set_right(&self, job: i64) -> impl Future<Output = Result<()>> + Send;
    fn left(&self, job: i64) -> impl Future<Output = Result<Left>> + Send;
    /// Makes the next text of this sender wait, and those after it slower for a while.
    fn slow_down(&self, sender: String, wait: Duration) -> impl Future<Output = Result<()>> + Send;
    fn counts(&self, job: i64) -> impl Future<Output = Result<Counts>> + Send;
    /// How many rows were accepted within this time.
    fn accepted_within(&self, job: i64, time: Duration)
    -> impl Future<Output = Result<u64>> + Send;
    fn rows(&self, query: RowQuery) -> impl Future<Output = Result<Vec<Row>>> + Send;
    fn attempts(&self, row: i64) -> impl Future<Output = Result<Vec<Attempt>>> + Send;
    /// Why rows were refused, and how often.
    fn refusals(&self, job: i64) -> impl Future<Output = Result<Vec<(String, u64)>>> + Send;
    /// Rows to this number that may be the ones of a message.
    fn sent_to(&self, digits: String) -> impl Future<Output = Result<Vec<SentRow>>> + Send;
    /// Writes down that this message is this row's.
    fn recognise(&self, row: i64, message_id: String) -> impl Future<Output = Result<bool>> + Send;
    /// Whether a row has this message already.
    fn knows_message(&self, message_id: String) -> impl Future<Output = Result<bool>> + Send;
    /// A person's decision about a row.
    fn decide(
        &self,
        row: i64,
        to: RowState,
        reason: String,
    ) -> impl Future<Output = Result<bool>> + Send;
    /// Stops all jobs, or lets them go on.
    fn set_stop(&self, reason: Option<String>) -> impl Future<Output = Result<()>> + Send;
    /// Why all jobs are stopped.
    fn stop(&self) -> impl Future<Output = Result<Option<String>>> + Send;
}

/// A job to be made.
#[derive(Clone)]
pub struct JobRow {
    pub name: String,
    pub sender: String,
    /// What must be the same when the list is planned again, as JSON.
    pub settings: String,
    pub without_consent: Option<String>,
    pub attachments: Vec<Attachment>,
}

/// The job of a name, and whether it has the same settings.
#[derive(Clone)]
pub struct FoundJob {
    pub job: Job,
    pub is_same: bool,
}

/// A row to be planned.
#[derive(Clone)]
pub struct PlanRow {
    pub line: i64,
    pub key: Option<String>,
    /// What may be once in the job only: the number, unless numbers may repeat.
    pub once: Option<String>,
    pub number: Option<String>,
    pub digits: Option<String>,
    pub text: Option<String>,
    pub segments: i64,
    pub zone: Option<String>,
    pub consent: Option<String>,
    /// Why it is refused, if it is.
    pub refused: Option<String>,
}

/// What became of a row that was to be planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Planned {
    /// It is new.
    Added,
    /// It was there before.
    Known,
    /// It was refused, with this reason.
    Refused(String),
    /// Another row was planned from this line.
    Differs,
}

/// A row that may be sent.
#[derive(Clone)]
pub struct Candidate {
    pub row: i64,
    pub number: String,
    pub zone: Option<String>,
    pub segments: u64,
    pub text: String,
    pub line: u64,
}

#[derive(Clone)]
pub struct BeginRequest {
    pub row: i64,
    pub sender: String,
    pub segments: u64,
    /// The time between two segments.
    pub interval: Duration,
    pub worker: String,
    /// For how long the worker may be silent.
    pub lease: Duration,
}

/// Whether an attempt has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begin {
    /// It has, with this number.
    Begun(i64),
    /// It isn't the sender's turn yet.
    Wait(Duration),
    /// The row isn't planned any more, or isn't due.
    Taken,
    /// The recipient wants no texts; the row was cancelled.
    OptedOut,
    /// The job isn't started.
    NotStarted,
    /// All jobs are stopped, for this reason.
    Stopped(String),
}

/// How an attempt ended.
#[derive(Clone)]
pub struct Ending {
    pub row: i64,
    pub attempt: i64,
    /// [`RowState::Planned`] for another attempt.
    pub outcome: RowState,
    /// How long to wait before that.
    pub wait: Duration,
    pub reason: Option<String>,
    pub ticket: Option<String>,
}

impl Ending {
    /// Whether there is no more to say of it than that.
    pub(crate) fn is_plainly_accepted(&self) -> bool {
        self.outcome == RowState::Accepted && self.reason.is_none() && self.ticket.is_none()
    }
}

/// A step of an attempt, which is taken together with others.
pub(crate) enum Step {
    Begin(BeginRequest),
    End(Ending),
}

/// What a step has come to.
pub(crate) enum Taken {
    Begin(Begin),
    End(bool),
}

/// What is left of a job.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    /// The time by the journal's clock.
    pub now: SystemTime,
    pub planned: bool,
    pub attempting: bool,
}

#[derive(Clone)]
pub struct RowQuery {
    pub job: i64,
    /// `None`: whatever the state.
    pub state: Option<RowState>,
    /// Rows with a greater id.
    pub after: i64,
    pub limit: u32,
}

/// A row whose message may have come to light.
#[derive(Clone)]
pub struct SentRow {
    pub row: i64,
    pub sender: String,
    pub number: String,
    pub text: String,
    pub state: RowState,
    pub begun: SystemTime,
}
