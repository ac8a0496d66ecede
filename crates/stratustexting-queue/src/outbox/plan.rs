//! Planning: a list becomes rows in the journal, and nothing is sent.

use std::time::Duration;

use futures::{Stream, StreamExt, pin_mut};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{
    Job, JobState, Journal, NewJob, NewRow, Outbox, RefusedRow,
    job::ConsentRule,
    journal::{JobRow, PlanRow, Planned},
    row::{self, Counts},
};
use crate::{Error, Result, error::Kind, reply};

/// How many rows go into one transaction.
const TOGETHER: usize = 500;

/// What a job will do; from [`Outbox::plan`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Plan {
    /// The job.
    pub job: Job,
    /// Its rows by state, those of an earlier planning included.
    pub counts: Counts,
    /// How many rows this planning has added.
    pub added: u64,
    /// How many rows had been planned before.
    pub known: u64,
    /// How many segments are to be sent.
    pub segments: u64,
    /// How long that takes at the pace that is set, at least.
    pub duration: Duration,
    /// Why rows were refused, and how many: the commonest 100 reasons first.
    pub refusals: Vec<(String, u64)>,
}

/// The rows of a planning.
pub(super) struct Written {
    job: i64,
    added: u64,
    known: u64,
}

impl Plan {
    /// What sending costs at this price per segment, in the price's own unit.
    #[must_use]
    pub fn cost(&self, price_per_segment: f64) -> f64 {
        self.segments as f64 * price_per_segment
    }
}

impl<J: Journal> Outbox<J> {
    /// Plans a list under the job's name, and sends nothing.
    ///
    /// The rows are written as they come, so the list may be of any size. A planning that was
    /// cut off is finished by planning the same list again: a row that is there already is not
    /// added. Refused rows are kept, too, with the reason.
    ///
    /// # Errors
    ///
    /// [`Error::is_other_job`] when the name belongs to another job or another list;
    /// [`Error::is_database`].
    pub async fn plan(
        &self,
        job: NewJob,
        rows: impl Stream<Item = Result<NewRow, RefusedRow>>,
    ) -> Result<Plan> {
        let written = self.write(&job, rows).await?;
        self.complete(&job, written).await
    }

    /// Writes the rows, and leaves it open whether they are all.
    pub(super) async fn write(
        &self,
        job: &NewJob,
        rows: impl Stream<Item = Result<NewRow, RefusedRow>>,
    ) -> Result<Written> {
        let found = self.journal.open_job(job_row(job)).await?;
        if !found.is_same {
            return Err(Error::new(Kind::OtherJob));
        }
        let id = found.job.id;
        let key = RowKey::of(job);
        let rows = rows.map(|row| plan_row(job, &key, row)).chunks(TOGETHER);
        pin_mut!(rows);
        let (mut added, mut known) = (0, 0);
        while let Some(rows) = rows.next().await {
            let lines: Vec<_> = rows.iter().map(|row| row.line).collect();
            for (planned, line) in self.journal.plan(id, rows).await?.into_iter().zip(lines) {
                match planned {
                    Planned::Added => added += 1,
                    Planned::Known => known += 1,
                    Planned::Refused(_) => {}
                    Planned::Differs => {
                        let line = u64::try_from(line).unwrap_or_default();
                        return Err(Error::new(Kind::OtherList { line }));
                    }
                }
            }
        }
        Ok(Written {
            job: id,
            added,
            known,
        })
    }

    /// Says that the rows are all, and what there is to do.
    pub(super) async fn complete(&self, job: &NewJob, written: Written) -> Result<Plan> {
        let Written {
            job: id,
            added,
            known,
        } = written;
        let from = &[JobState::Planning];
        self.journal
            .set_job_state(id, from, JobState::Planned, None)
            .await?;
        let counts = self.journal.counts(id).await?;
        Ok(Plan {
            job: self.job(&job.name).await?,
            added,
            known,
            segments: counts.planned_segments,
            duration: row::duration(counts.planned_segments, self.settings.interval),
            refusals: self.journal.refusals(id).await?,
            counts,
        })
    }
}

fn job_row(job: &NewJob) -> JobRow {
    let (consent, without_consent) = match &job.consent {
        ConsentRule::NotAsked => ("not asked", None),
        ConsentRule::Required => ("required", None),
        ConsentRule::Overridden(reason) => ("overridden", Some(reason.clone())),
    };
    let attachments: Vec<_> = job
        .attachments
        .iter()
        .map(|file| hex(&Sha256::digest(&file.bytes)))
        .collect();
    let settings = json!({
        "sender": job.sender.as_str(),
        "occasion": job.occasion,
        "repeats_numbers": job.repeats_numbers,
        "consent": consent,
        "attachments": attachments,
    });
    JobRow {
        name: job.name.clone(),
        sender: job.sender.as_str().to_owned(),
        settings: settings.to_string(),
        without_consent,
        attachments: job.attachments.clone(),
    }
}

/// What makes the keys of a job's rows: all that makes a text another one than the same words
/// to the same number.
struct RowKey(Sha256);

impl RowKey {
    fn of(job: &NewJob) -> Self {
        let mut hash = Sha256::new();
        for part in [job.occasion.as_str(), job.sender.as_str()] {
            hash.update(part);
            hash.update([0]);
        }
        for file in &job.attachments {
            hash.update(Sha256::digest(&file.bytes));
        }
        Self(hash)
    }

    fn of_row(&self, number: &str, text: &str) -> String {
        let mut hash = self.0.clone();
        hash.update(number);
        hash.update([0]);
        hash.update(text);
        hex(&hash.finalize())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn plan_row(job: &NewJob, key: &RowKey, row: Result<NewRow, RefusedRow>) -> PlanRow {
    let row = match row {
        Ok(row) => row,
        Err(refused) => {
            return PlanRow {
                line: line(refused.line),
                key: None,
                once: None,
                number: refused.to,
                digits: None,
                text: None,
                segments: 0,
                zone: None,
                consent: None,
                refused: Some(refused.reason),
            };
        }
    };
    let number = row.to.as_str().to_owned();
    let digits = reply::digits(&number);
    let refused = refusal(job, &row);
    let stands = refused.is_none();
    PlanRow {
        line: line(row.line),
        key: stands.then(|| row.key.unwrap_or_else(|| key.of_row(&number, &row.text))),
        once: digits.clone().filter(|_| stands && !job.repeats_numbers),
        digits,
        segments: i64::try_from(segments(&row.text)).unwrap_or(1),
        number: Some(number),
        text: Some(row.text),
        zone: row.zone,
        consent: row
            .consent
            .and_then(|consent| serde_json::to_string(&consent).ok()),
        refused,
    }
}

fn line(line: u64) -> i64 {
    i64::try_from(line).unwrap_or(i64::MAX)
}

/// Why nothing can be sent for a row that can be read.
fn refusal(job: &NewJob, row: &NewRow) -> Option<String> {
    if row.text.trim().is_empty() && job.attachments.is_empty() {
        return Some("the text is empty".to_owned());
    }
    if row.text.contains('\0') {
        return Some("the text has a NUL character, which can't be sent".to_owned());
    }
    if row.to == job.sender {
        return Some("the recipient is the sender".to_owned());
    }
    if job.consent == ConsentRule::Required && row.consent.is_none() {
        return Some("the row has no proof of consent, and the job requires one".to_owned());
    }
    None
}

fn segments(text: &str) -> u64 {
    stratustexting::segments::Segments::of(text).count() as u64
}
