//! Why a run ended, in a sentence.

use std::fmt;

use crate::{
    Error,
    error::Kind,
    outbox::{Counts, Job, JobState, Journal, Outbox},
};

/// How a run of [`Outbox::send`] ended, and how far the job is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Summary {
    /// Why it ended.
    pub ended: Ended,
    /// The job's rows by state. When the journal couldn't be read any more they are all zero.
    pub counts: Counts,
}

impl Summary {
    pub(super) async fn of<J: Journal>(outbox: &Outbox<J>, job: i64, ended: Ended) -> Self {
        match outbox.journal.counts(job).await {
            Ok(counts) => Self { ended, counts },
            Err(error) => Self {
                ended: match ended {
                    Ended::Failed(first) => Ended::Failed(first),
                    _ => Ended::Failed(error),
                },
                counts: Counts::default(),
            },
        }
    }

    /// The runtime has ended before the run.
    pub(super) fn lost() -> Self {
        Self {
            ended: Ended::Failed(Error::new(Kind::Stopped)),
            counts: Counts::default(),
        }
    }
}

/// Why a run ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Ended {
    /// Every row has a final state.
    Finished,
    /// The program asked for it.
    ShutDown,
    /// The job is paused, for this reason: by a person, or because going on would do harm.
    Paused(String),
    /// The job is cancelled, for this reason.
    Cancelled(String),
    /// All jobs are stopped, for this reason.
    Stopped(String),
    /// The journal can't be used.
    Failed(Error),
}

impl Ended {
    /// Whether every row has a final state.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        matches!(self, Self::Finished)
    }
}

/// A sentence that says what happened, and how to go on.
impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished => f.write_str("every row has been attempted"),
            Self::ShutDown => {
                f.write_str("sending was ended by the program; send the job again to go on")
            }
            Self::Paused(reason) => write!(
                f,
                "the job is paused ({reason}); start it and send it again to go on"
            ),
            Self::Cancelled(reason) => write!(f, "the job is cancelled ({reason})"),
            Self::Stopped(reason) => write!(
                f,
                "all jobs are stopped ({reason}); allow them and send the job again to go on"
            ),
            Self::Failed(error) => write!(
                f,
                "the journal can't be used ({error}); send the job again when it can"
            ),
        }
    }
}

/// Why a job that isn't started ends a run.
pub(super) fn ended_of(job: Job) -> Option<Ended> {
    let reason = job
        .reason
        .unwrap_or_else(|| "no reason was given".to_owned());
    match job.state {
        JobState::Started => None,
        JobState::Cancelled => Some(Ended::Cancelled(reason)),
        JobState::Planning | JobState::Planned | JobState::Paused => Some(Ended::Paused(reason)),
    }
}
