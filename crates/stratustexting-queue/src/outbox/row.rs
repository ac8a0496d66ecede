//! The rows of a job: one text to one number each.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use stratustexting::{PhoneNumber, Ticket};

/// A text that is to be sent to a number.
#[derive(Clone)]
pub struct NewRow {
    /// Where the row stands in its list, counted from 1: no two rows of a job stand at the
    /// same place.
    pub line: u64,
    /// Who gets the text.
    pub to: PhoneNumber,
    /// The text.
    pub text: String,
    /// What makes the row the same as another, in this job or in any other. Without one it is
    /// made of sender, number, text and attachments.
    pub key: Option<String>,
    /// The recipient's time zone, such as `America/Chicago`.
    pub zone: Option<String>,
    /// That the recipient has agreed to be texted.
    pub consent: Option<Consent>,
}

impl NewRow {
    /// A row without key, zone and consent of its own.
    pub fn new(line: u64, to: PhoneNumber, text: impl Into<String>) -> Self {
        Self {
            line,
            to,
            text: text.into(),
            key: None,
            zone: None,
            consent: None,
        }
    }
}

/// A row of a list that nothing can be sent for.
#[derive(Clone)]
pub struct RefusedRow {
    /// Where the row stands in its list, counted from 1.
    pub line: u64,
    /// The number as the list has it, so that a report can name it.
    pub to: Option<String>,
    /// Why the row is refused.
    pub reason: String,
}

/// That somebody has agreed to be texted: what it was, from where it is known, and since when.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What was given, such as `express written`.
    pub kind: String,
    /// Where that is on record, such as `sign-up form`.
    pub source: String,
    /// When it was given, as the record has it.
    pub at: String,
}

/// What has become of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowState {
    /// It is to be sent.
    Planned,
    /// A worker is sending it, or was killed while it did.
    Attempting,
    /// The service took it.
    Accepted,
    /// The service rejected it: nobody was texted.
    Rejected,
    /// Nothing left this machine, and another attempt would end alike.
    NotSent,
    /// It may have been sent. It is never sent again by itself.
    Unknown,
    /// Planning refused it.
    Refused,
    /// It was taken back before it was sent.
    Cancelled,
}

impl RowState {
    /// All states, in the order of a row's life.
    pub const ALL: [Self; 8] = [
        Self::Planned,
        Self::Attempting,
        Self::Accepted,
        Self::Rejected,
        Self::NotSent,
        Self::Unknown,
        Self::Refused,
        Self::Cancelled,
    ];

    /// The state in a report, such as `not_sent`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Attempting => "attempting",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state in the journal. The numbers are in files: they never change.
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Planned => 0,
            Self::Attempting => 1,
            Self::Accepted => 2,
            Self::Rejected => 3,
            Self::NotSent => 4,
            Self::Unknown => 5,
            Self::Refused => 6,
            Self::Cancelled => 7,
        }
    }

    pub(crate) fn of_code(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// A row as the journal has it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Row {
    /// Its id in the journal.
    pub id: i64,
    /// Where it stands in its list.
    pub line: u64,
    /// What makes it the same as another; a refused row has none.
    pub key: Option<String>,
    /// The number, in E.164 form; of a refused row as the list has it.
    pub to: Option<String>,
    /// The text.
    pub text: Option<String>,
    /// How many segments the text has.
    pub segments: u64,
    /// What has become of it.
    pub state: RowState,
    /// Why.
    pub reason: Option<String>,
    /// How often it was attempted.
    pub attempts: u32,
    /// When the last attempt began.
    pub begun: Option<SystemTime>,
    /// When it got its state.
    pub ended: Option<SystemTime>,
    /// What recognises the message of an unknown row.
    pub ticket: Option<Ticket>,
    /// The id of the message, if an event told it.
    pub message_id: Option<String>,
    /// The proof of consent, if one was given.
    pub consent: Option<Consent>,
}

/// One attempt at a row.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// Its number: 1 for the first.
    pub number: u32,
    /// The worker that made it.
    pub worker: String,
    /// When it began.
    pub begun: SystemTime,
    /// When it ended.
    pub ended: SystemTime,
    /// What came of it: [`RowState::Planned`] when the row was to be attempted again.
    pub outcome: RowState,
    /// Why.
    pub reason: Option<String>,
}

/// How many rows are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Rows that are to be sent.
    pub planned: u64,
    /// Rows that are being sent.
    pub attempting: u64,
    /// Rows that the service took.
    pub accepted: u64,
    /// Rows that the service rejected.
    pub rejected: u64,
    /// Rows that couldn't be sent.
    pub not_sent: u64,
    /// Rows that may have been sent.
    pub unknown: u64,
    /// Rows that planning refused.
    pub refused: u64,
    /// Rows that were taken back.
    pub cancelled: u64,
    /// The segments of the planned rows.
    pub planned_segments: u64,
}

impl Counts {
    /// The rows in this state.
    #[must_use]
    pub fn of(&self, state: RowState) -> u64 {
        match state {
            RowState::Planned => self.planned,
            RowState::Attempting => self.attempting,
            RowState::Accepted => self.accepted,
            RowState::Rejected => self.rejected,
            RowState::NotSent => self.not_sent,
            RowState::Unknown => self.unknown,
            RowState::Refused => self.refused,
            RowState::Cancelled => self.cancelled,
        }
    }

    pub(crate) fn set(&mut self, state: RowState, rows: u64) {
        *match state {
            RowState::Planned => &mut self.planned,
            RowState::Attempting => &mut self.attempting,
            RowState::Accepted => &mut self.accepted,
            RowState::Rejected => &mut self.rejected,
            RowState::NotSent => &mut self.not_sent,
            RowState::Unknown => &mut self.unknown,
            RowState::Refused => &mut self.refused,
            RowState::Cancelled => &mut self.cancelled,
        } = rows;
    }

    /// All rows.
    #[must_use]
    pub fn all(&self) -> u64 {
        RowState::ALL.into_iter().map(|state| self.of(state)).sum()
    }

    /// The rows that have no final state yet.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.planned + self.attempting
    }
}

/// How long sending takes at this pace, at least.
pub(crate) fn duration(segments: u64, interval: Duration) -> Duration {
    let each = interval.as_millis();
    let all = each.saturating_mul(u128::from(segments));
    Duration::from_millis(u64::try_from(all).unwrap_or(u64::MAX))
}

// What may hold a customer's data is left out.

impl fmt::Debug for NewRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewRow")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RefusedRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefusedRow")
            .field("line", &self.line)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Consent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Consent")
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("id", &self.id)
            .field("line", &self.line)
            .field("state", &self.state)
            .field("reason", &self.reason)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
