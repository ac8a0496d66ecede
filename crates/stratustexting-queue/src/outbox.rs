//! The outbox: a list is texted, nobody twice, nobody forgotten.
//!
//! A text costs money and can't be unsent, and the service takes no idempotency key. So each
//! row of a list has a state that is on the disk before its request leaves, and after it has
//! ended. After a crash, the rows that were never attempted are sent, and no others: a row that
//! was in the middle is *unknown*. It is never sent again by itself; it is listed, and settled
//! by the message's own event ([`Outbox::recognise`]) or by a person ([`Outbox::decide`]).
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let sandbox = stratustexting_sandbox::Sandbox::start().await?;
//! # let client = stratustexting::Client::from_variables(sandbox.variables())?;
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("texts.db");
//! use futures::stream;
//! use std::time::Duration;
//! use stratustexting_queue::outbox::{NewJob, NewRow, Outbox, RowState, SqliteStore};
//!
//! # let sender = sandbox.number().parse()?;
//! let outbox = Outbox::builder(SqliteStore::open(path).await?)
//! #   .pace(Duration::ZERO)
//!     .build();
//! let rows = [
//!     NewRow::new(1, "+12025550123".parse()?, "Ada, your table is at seven."),
//!     NewRow::new(2, "+12025550124".parse()?, "Alan, your table is at eight."),
//! ];
//!
//! // Nothing is sent yet.
//! let job = NewJob::new("tables of 28 November", sender);
//! let plan = outbox.plan(job, stream::iter(rows.map(Ok))).await?;
//! println!("{} texts, {} segments, {:?}", plan.counts.planned, plan.segments, plan.duration);
//!
//! outbox.start(&plan.job.name).await?;
//! let summary = outbox.send(&plan.job.name, &client).await?.finished().await;
//!
//! println!("{}", summary.ended);
//! assert_eq!(summary.counts.of(RowState::Accepted), 2);
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//!
//! - A row is attempted again only if provably nothing of the attempt before left this machine,
//!   or if the gateway stopped it before the service.
//! - A row that a killed worker had in hand becomes *unknown* after its
//!   [`lease`](OutboxBuilder::lease).
//! - Whoever has opted out, by the inbox of the same database or by
//!   [`Inbox::set_opted_out`](crate::inbox::Inbox::set_opted_out), gets no text whose attempt
//!   begins after that was stored; planned rows are cancelled with it.
//! - The same text to the same number is planned once in a journal, in whatever job, unless an
//!   [`occasion`](NewJob::occasion) or a [key](NewRow::key) says that it is another.
//! - When nothing can be sent, because the service is away, the login is over or the disk is
//!   full, the job is paused or ends with the reason, and can be gone on with.
//!
//! # Several machines
//!
//! With `PostgresStore`, workers on several machines share the rows of a job, and one pace per
//! sending number. Give their clients one token store, so that they share a login.

mod builder;
mod contact_consent;
pub mod input;
mod job;
pub(crate) mod journal;
mod list;
mod observe;
mod permission;
mod plan;
mod quiet;
mod row;
mod send;
mod verdict;

use std::{fmt, sync::Arc, time::Duration};

pub use self::{
    builder::OutboxBuilder,
    job::{Attachment, Job, JobState, NewJob},
    journal::Journal,
    observe::Recognised,
    permission::{Permission, Recipient},
    plan::Plan,
    quiet::{Allowed, InvalidHours, QuietHours},
    row::{Attempt, Consent, Counts, NewRow, RefusedRow, Row, RowState},
    send::{Ended, Sending, StopHandle, Summary},
};
use self::{builder::Settings, journal::RowQuery};
#[cfg(feature = "postgres")]
pub use crate::store::postgres::PostgresStore;
#[cfg(feature = "sqlite")]
pub use crate::store::sqlite::SqliteStore;
use crate::{Error, Result, error::Kind};

/// Plans and sends lists; see the [module](self).
///
/// Clones share everything.
#[derive(Clone)]
pub struct Outbox<J> {
    journal: J,
    settings: Arc<Settings>,
}

/// How far a job is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// The job.
    pub job: Job,
    /// Its rows by state.
    pub counts: Counts,
    /// How many rows were accepted in the last minute.
    pub last_minute: u64,
    /// How long the rest takes at the pace that is set, at least.
    pub remaining: Duration,
    /// Why all jobs are stopped, if they are.
    pub stopped: Option<String>,
}

impl<J: Journal> Outbox<J> {
    /// An outbox with the defaults of [`OutboxBuilder`].
    pub fn new(journal: J) -> Self {
        Self::builder(journal).build()
    }

    /// An outbox with settings of its own.
    pub fn builder(journal: J) -> OutboxBuilder<J> {
        OutboxBuilder::new(journal)
    }

    /// The journal, for example to use its connection pool.
    #[must_use]
    pub fn journal(&self) -> &J {
        &self.journal
    }

    /// The job of this name.
    ///
    /// # Errors
    ///
    /// [`Error::is_no_job`], [`Error::is_database`].
    pub async fn job(&self, name: &str) -> Result<Job> {
        let job = self.journal.job(name.to_owned()).await?;
        job.ok_or_else(|| Error::new(Kind::NoJob))
    }

    /// All jobs, the oldest first.
    ///
    /// # Errors
    ///
    /// [`Error::is_database`].
    pub async fn jobs(&self) -> Result<Vec<Job>> {
        self.journal.jobs().await
    }

    /// Lets a planned or paused job be sent, by [`send`](Self::send) here or elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_started`] of a job that is cancelled, or whose list isn't planned to its
    /// end; [`Error::is_no_job`], [`Error::is_database`].
    pub async fn start(&self, name: &str) -> Result<()> {
        let from = &[JobState::Planned, JobState::Paused, JobState::Started];
        self.set_state(name, from, JobState::Started, None).await
    }

    /// Pauses a job, whoever sends it: no attempt begins after this.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_started`], [`Error::is_no_job`], [`Error::is_database`].
    pub async fn pause(&self, name: &str, reason: &str) -> Result<()> {
        let from = &[JobState::Started];
        let reason = Some(reason.to_owned());
        self.set_state(name, from, JobState::Paused, reason).await
    }

    /// Cancels a job and its planned rows for good. What was sent stays sent.
    ///
    /// # Errors
    ///
    /// [`Error::is_no_job`], [`Error::is_database`].
    pub async fn cancel(&self, name: &str, reason: &str) -> Result<()> {
        let from = &[
            JobState::Planning,
            JobState::Planned,
            JobState::Started,
            JobState::Paused,
            JobState::Cancelled,
        ];
        let reason = Some(reason.to_owned());
        self.set_state(name, from, JobState::Cancelled, reason)
            .await
    }

    async fn set_state(
        &self,
        name: &str,
        from: &'static [JobState],
        to: JobState,
        reason: Option<String>,
    ) -> Result<()> {
        let job = self.job(name).await?;
        match self.journal.set_job_state(job.id, from, to, reason).await? {
            true => Ok(()),
            false => Err(Error::new(Kind::NotStarted)),
        }
    }

    /// Stops all jobs of the journal: no attempt begins after this, on any machine.
    ///
    /// # Errors
    ///
    /// [`Error::is_database`].
    pub async fn stop_all(&self, reason: &str) -> Result<()> {
        self.journal.set_stop(Some(reason.to_owned())).await
    }

    /// Lets jobs be sent again after [`stop_all`](Self::stop_all).
    ///
    /// # Errors
    ///
    /// [`Error::is_database`].
    pub async fn allow_all(&self) -> Result<()> {
        self.journal.set_stop(None).await
    }

    /// How far a job is, whoever sends it.
    ///
    /// # Errors
    ///
    /// [`Error::is_no_job`], [`Error::is_database`].
    pub async fn status(&self, name: &str) -> Result<Status> {
        let job = self.job(name).await?;
        let counts = self.journal.counts(job.id).await?;
        let minute = Duration::from_secs(60);
        Ok(Status {
            last_minute: self.journal.accepted_within(job.id, minute).await?,
            remaining: row::duration(counts.planned_segments, self.settings.interval),
            stopped: self.journal.stop().await?,
            counts,
            job,
        })
    }

    /// The rows of a job with an id greater than `after`, at most `limit`, of one state or of
    /// all: begin with 0 and go on with the id of the last.
    ///
    /// # Errors
    ///
    /// [`Error::is_no_job`], [`Error::is_database`].
    pub async fn rows(
        &self,
        name: &str,
        state: Option<RowState>,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Row>> {
        let query = RowQuery {
            job: self.job(name).await?.id,
            state,
            after,
            limit,
        };
        self.journal.rows(query).await
    }

    /// The attempts at a row, the first one first. One under way is not among them.
    ///
    /// # Errors
    ///
    /// [`Error::is_database`].
    pub async fn attempts(&self, row: i64) -> Result<Vec<Attempt>> {
        self.journal.attempts(row).await
    }
}

impl<J: fmt::Debug> fmt::Debug for Outbox<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("journal", &self.journal)
            .field("settings", &self.settings)
            .finish()
    }
}
