//! What the commands print with `--json`. `stratus schema` describes it.

use std::{collections::BTreeMap, time::SystemTime};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use stratustexting::Ticket;
use stratustexting_queue::outbox::{
    Attempt, Consent, Counts, Plan, Row, RowState, Status, Summary,
};

/// A planned job.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownPlan {
    job: String,
    /// Rows that are to be sent.
    planned: u64,
    /// Rows that can't be sent.
    refused: u64,
    /// Rows of this list that weren't there before.
    added: u64,
    /// Rows of this list that were there before.
    known: u64,
    segments: u64,
    /// How long it takes at least.
    seconds: f64,
    /// At the price that was given.
    cost: Option<f64>,
    refusals: Vec<ShownRefusal>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownRefusal {
    reason: String,
    rows: u64,
}

/// How far a job is.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownStatus {
    job: String,
    state: &'static str,
    /// Why it is in this state.
    reason: Option<String>,
    /// Why all jobs are stopped, if they are.
    stopped: Option<String>,
    /// The number of rows by their state, and the planned segments.
    #[schemars(with = "BTreeMap<String, u64>")]
    counts: Counts,
    /// How many texts were accepted in the last minute.
    last_minute: u64,
    remaining_seconds: f64,
}

/// How sending ended.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownSummary {
    ended: String,
    /// Whether no row is left to send.
    finished: bool,
    /// The number of rows by their state, and the planned segments.
    #[schemars(with = "BTreeMap<String, u64>")]
    counts: Counts,
}

/// A row of a report.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownRow {
    row: i64,
    line: u64,
    key: Option<String>,
    to: Option<String>,
    /// `null` of a row that has none, and with `--without-texts`.
    text: Option<String>,
    segments: u64,
    state: &'static str,
    reason: Option<String>,
    /// In UTC, as RFC 3339.
    begun: Option<String>,
    ended: Option<String>,
    /// The message's id, if an event told it.
    message: Option<String>,
    #[schemars(with = "Option<Map<String, Value>>")]
    consent: Option<Consent>,
    /// By which a send of unknown outcome is found out later.
    #[schemars(with = "Option<Map<String, Value>>")]
    ticket: Option<Ticket>,
    attempts: Vec<ShownAttempt>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct ShownAttempt {
    number: u32,
    worker: String,
    begun: String,
    ended: String,
    outcome: &'static str,
    reason: Option<String>,
}

/// A row that a person decided about.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Settled {
    pub(super) row: i64,
    pub(super) state: &'static str,
}

/// A job whose state a person changed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Changed {
    pub(super) job: String,
    pub(super) state: &'static str,
}

/// Whether all jobs of the journal are stopped now.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Stopped {
    pub(super) stopped: bool,
}

/// How many numbers were written down.
#[derive(Serialize, JsonSchema)]
pub(crate) struct OptedOut {
    pub(super) numbers: usize,
    pub(super) opted_out: bool,
}

impl ShownPlan {
    pub(super) fn new(plan: &Plan, cost: Option<f64>) -> Self {
        let refusals = plan.refusals.iter().map(|(reason, rows)| ShownRefusal {
            reason: reason.clone(),
            rows: *rows,
        });
        Self {
            job: plan.job.name.clone(),
            planned: plan.counts.planned,
            refused: plan.counts.refused,
            added: plan.added,
            known: plan.known,
            segments: plan.segments,
            seconds: plan.duration.as_secs_f64(),
            cost,
            refusals: refusals.collect(),
        }
    }
}

impl From<&Status> for ShownStatus {
    fn from(status: &Status) -> Self {
        Self {
            job: status.job.name.clone(),
            state: status.job.state.as_str(),
            reason: status.job.reason.clone(),
            stopped: status.stopped.clone(),
            counts: status.counts,
            last_minute: status.last_minute,
            remaining_seconds: status.remaining.as_secs_f64(),
        }
    }
}

impl From<&Summary> for ShownSummary {
    fn from(summary: &Summary) -> Self {
        Self {
            ended: summary.ended.to_string(),
            finished: summary.ended.is_finished(),
            counts: summary.counts,
        }
    }
}

impl ShownRow {
    pub(super) fn new(row: Row, attempts: &[Attempt], has_text: bool) -> Self {
        let attempts = attempts.iter().map(|attempt| ShownAttempt {
            number: attempt.number,
            worker: attempt.worker.clone(),
            begun: time(attempt.begun),
            ended: time(attempt.ended),
            outcome: attempt.outcome.as_str(),
            reason: attempt.reason.clone(),
        });
        Self {
            row: row.id,
            line: row.line,
            key: row.key,
            to: row.to,
            text: row.text.filter(|_| has_text),
            segments: row.segments,
            state: row.state.as_str(),
            reason: row.reason,
            begun: row.begun.map(time),
            ended: row.ended.map(time),
            message: row.message_id,
            consent: row.consent,
            ticket: row.ticket,
            attempts: attempts.collect(),
        }
    }
}

impl Settled {
    pub(super) fn new(row: i64, state: RowState) -> Self {
        Self {
            row,
            state: state.as_str(),
        }
    }
}

/// In UTC, as RFC 3339.
pub(super) fn time(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).map_or_else(|_| String::new(), |time| time.to_string())
}
