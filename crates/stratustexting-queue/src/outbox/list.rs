//! A list in a file: its rows become texts, or are refused before anything is sent.

use std::{cell::RefCell, io::Read};

use futures::stream;
use stratustexting::PhoneNumber;

use super::{
    Consent, Journal, NewJob, NewRow, Outbox, Plan, RefusedRow,
    input::{CsvRows, InputError, Row, Template},
};
use crate::{Error, Result, error::Kind};

impl<J: Journal> Outbox<J> {
    /// Plans the list of a CSV file, and sends nothing.
    ///
    /// The template makes each row's text of its columns. Numbers are read as people write them
    /// in a region, given by its code of ISO 3166-1 such as `US`; without one they must be in
    /// E.164 form. Three columns `consent`, `consent_source` and `consent_date` are the row's
    /// proof of [`Consent`]. A row that can't be read, that lacks a field of the template or
    /// has no number is refused with the reason, and the others are planned.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("texts.db");
    /// use stratustexting_queue::outbox::{
    ///     NewJob, Outbox, SqliteStore,
    ///     input::{CsvRows, CsvSettings, Template},
    /// };
    ///
    /// let file = "First name;Phone;Time\nAda;(202) 555-0123;8 pm\nBob;202-555-0124;\n";
    /// let rows = CsvRows::new(file.as_bytes(), CsvSettings::new())?;
    /// let template = Template::parse("Hi {first_name}, your table is at {time}.")?;
    /// let outbox = Outbox::new(SqliteStore::open(path).await?);
    ///
    /// let job = NewJob::new("tables", "+12025550100".parse()?);
    /// let plan = outbox.plan_csv(job, rows, &template, Some("US")).await?;
    ///
    /// assert_eq!((plan.counts.planned, plan.counts.refused), (1, 1));
    /// assert_eq!(plan.refusals[0].0, "the field `time` is missing or empty");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] for a region that doesn't exist; [`Error::is_list`] when the file can't be read to its end: the rows before are planned,
    /// and the job can't be started until the whole file was. Else as for
    /// [`plan`](Self::plan).
    pub async fn plan_csv<R: Read>(
        &self,
        job: NewJob,
        rows: CsvRows<R>,
        template: &Template,
        region: Option<&str>,
    ) -> Result<Plan> {
        check(region)?;
        let broken = RefCell::new(None);
        let rows = rows.map_while(|row| match row {
            Err(error) if !error.is_of_one_row() => {
                broken.replace(Some(error));
                None
            }
            row => Some(read(row, template, region)),
        });
        let written = self.write(&job, stream::iter(rows)).await?;
        match broken.into_inner() {
            Some(error) => Err(Error::list(error)),
            None => self.complete(&job, written).await,
        }
    }
}

fn read(
    row: Result<Row, InputError>,
    template: &Template,
    region: Option<&str>,
) -> Result<NewRow, RefusedRow> {
    let mut row = row.map_err(|error| RefusedRow {
        line: error.line().unwrap_or_default(),
        to: None,
        reason: without_line(&error),
    })?;
    let refused = |reason: String| RefusedRow {
        line: row.line,
        to: Some(row.to.clone()),
        reason,
    };
    let to = number(&row.to, region).map_err(|error| refused(error.to_string()))?;
    let text = template.render(&row.fields).map_err(|missing| {
        refused(format!(
            "the field `{}` is missing or empty",
            missing.name()
        ))
    })?;
    Ok(NewRow {
        line: row.line,
        to,
        text,
        key: row.key.take(),
        zone: row.zone.take(),
        consent: consent(&row),
    })
}

/// The line has a place of its own in the row.
fn without_line(error: &InputError) -> String {
    let text = error.to_string();
    let line = error.line().map(|line| format!("line {line}: "));
    let rest = line.and_then(|line| text.strip_prefix(line.as_str()));
    rest.unwrap_or(&text).to_owned()
}

/// A region that doesn't exist would refuse each row.
fn check(region: Option<&str>) -> Result<()> {
    let Some(region) = region else { return Ok(()) };
    match PhoneNumber::parse_in("0", region) {
        Err(error) if error.field() == Some("region") => Err(Error::new(Kind::Input(
            "`region` must be a country's code of ISO 3166-1, such as US",
        ))),
        _ => Ok(()),
    }
}

fn number(written: &str, region: Option<&str>) -> stratustexting::Result<PhoneNumber> {
    match region {
        Some(region) => PhoneNumber::parse_in(written, region)?.try_into(),
        None => written.parse(),
    }
}

/// All three columns make a proof; a part of one is none.
fn consent(row: &Row) -> Option<Consent> {
    let field = |name: &str| {
        let value = row.fields.get(name)?;
        (!value.is_empty()).then(|| value.clone())
    };
    Some(Consent {
        kind: field("consent")?,
        source: field("consent_source")?,
        at: field("consent_date")?,
    })
}
