//! `stratus contact import`
//!
//! Rows are read and written one by one, so the file may have any size. A row that can't be used,
//! and one that the service rejects, is reported by its line, and the next follows. What isn't
//! about a row, such as a connection that fails, ends the import: it would be the same for all.
//!
//! To create or update a contact isn't known to be idempotent. So a row whose outcome is unknown
//! isn't written again by itself.

use std::{
    io,
    path::PathBuf,
    pin::{Pin, pin},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;
use stratustexting::Contacts;

use super::{
    csv::Field,
    rows::{Columns, Invalid, Row, Rows},
};
use crate::{
    context::Context,
    failure::{Class, Failure, Result},
    output::Output,
};

/// Creates or updates the contacts of a file
///
/// The file is CSV whose first row names the columns, such as phone, first_name and tags, or has
/// a JSON object per line, as `contact export` prints both. Cells that are empty aren't written.
/// Rows that can't be used or are rejected are reported by their lines, and the others are
/// written.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file; - is standard input
    file: PathBuf,
    /// Takes a column for a field, such as Vorname=first-name; may be given several times
    #[arg(long, value_name = "COLUMN=FIELD", value_parser = mapping)]
    map: Vec<(String, Field)>,
    /// The file is in Windows-1252, as an older spreadsheet writes it
    #[arg(long)]
    windows_1252: bool,
    /// Begins at this line, as the end of an interrupted import says
    #[arg(long, value_name = "LINE", default_value_t = 1)]
    from_line: u64,
    /// Checks all rows, and writes nothing
    #[arg(long)]
    dry_run: bool,
}

/// What has become of a row.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ImportedRow {
    /// The line on which the row begins, from 1.
    line: u64,
    /// All but `written` and `valid` have a reason.
    outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    mobile_number: Option<String>,
    /// The contact's id, if the service gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Written,
    /// Of a dry run: it could be written.
    Valid,
    /// The row can't be used.
    Invalid,
    /// The service rejected it.
    Rejected,
    /// It may have been written.
    Unknown,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Written => "written",
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
        }
    }
}

/// The last object: how many rows had which outcome.
#[derive(Default, Serialize, JsonSchema)]
pub(crate) struct ImportSummary {
    dry_run: bool,
    written: u64,
    /// Only of a dry run.
    valid: u64,
    invalid: u64,
    rejected: u64,
    unknown: u64,
}

/// After so many rows in a row whose outcome is unknown, the service isn't asked any more.
const UNKNOWN_IN_A_ROW: u64 = 3;

fn mapping(text: &str) -> std::result::Result<(String, Field), String> {
    let names = Field::value_variants().iter();
    let names = names.filter_map(ValueEnum::to_possible_value);
    let names: Vec<_> = names.map(|name| name.get_name().to_owned()).collect();
    let (column, field) = text
        .rsplit_once('=')
        .ok_or("must be COLUMN=FIELD, such as Vorname=first-name")?;
    let field = Field::from_str(field, true)
        .map_err(|_| format!("the field must be one of {}", names.join(", ")))?;
    Ok((column.to_owned(), field))
}

pub(super) async fn run(options: &Options, context: &Context) -> Result<ExitCode> {
    let output = &context.output;
    let contacts = match options.dry_run {
        true => None,
        false => Some(context.client()?.contacts()),
    };
    let columns = Columns {
        said: options.map.clone(),
        windows_1252: options.windows_1252,
    };
    let mut rows = Rows::open(&options.file, columns)?;
    let unused = rows.unused();
    if !unused.is_empty() {
        output.note(&format!(
            "columns that aren't imported: {}",
            unused.join(", ")
        ));
    }
    let mut summary = ImportSummary {
        dry_run: options.dry_run,
        ..ImportSummary::default()
    };
    let from = options.from_line;
    let ended = import(&mut rows, from, contacts.as_ref(), &mut summary, context).await;
    output.progress_done();
    report(&summary, output)?;
    ended?;
    Ok(match &summary {
        summary if summary.unknown > 0 => Class::Unknown.code(),
        summary if summary.invalid + summary.rejected > 0 => Class::Rejected.code(),
        _ => ExitCode::SUCCESS,
    })
}

async fn import(
    rows: &mut Rows,
    from_line: u64,
    contacts: Option<&Contacts>,
    summary: &mut ImportSummary,
    context: &Context,
) -> Result<()> {
    let output = &context.output;
    let mut unknown_in_a_row = 0;
    let mut stop = Stop::new();
    while let Some(row) = rows.next() {
        let done = match row? {
            Ok(row) if row.line < from_line => continue,
            Err(row) if row.line < from_line => continue,
            Ok(row) => {
                let line = row.line;
                stop.unless(write(row, contacts, context), line, output)
                    .await?
            }
            Err(invalid) => invalid.into(),
        };
        let count = match done.outcome {
            Outcome::Written => &mut summary.written,
            Outcome::Valid => &mut summary.valid,
            Outcome::Invalid => &mut summary.invalid,
            Outcome::Rejected => &mut summary.rejected,
            Outcome::Unknown => &mut summary.unknown,
        };
        *count += 1;
        output.object(&done)?;
        if let Some(reason) = &done.reason {
            let outcome = done.outcome.name();
            output.note(&format!("line {}, {outcome}: {reason}", done.line));
        }
        output.progress(&format!(
            "{} written, at line {}",
            summary.written, done.line
        ));
        unknown_in_a_row = match done.outcome {
            Outcome::Unknown => unknown_in_a_row + 1,
            // The service wasn't asked.
            Outcome::Invalid => unknown_in_a_row,
            _ => 0,
        };
        if stop.is_asked_for {
            let (line, next) = (done.line, done.line + 1);
            return Err(Failure::new(
                Class::NotSent,
                format!("stopped after line {line}; go on by --from-line {next}"),
            ));
        }
        if unknown_in_a_row == UNKNOWN_IN_A_ROW {
            return Err(Failure::new(
                Class::Unknown,
                format!(
                    "stopped after line {}: the service doesn't say what it does",
                    done.line
                ),
            ));
        }
    }
    Ok(())
}

/// Ctrl-C: the row under way is finished, so that it is known how far the import is.
struct Stop {
    next: Pin<Box<dyn Future<Output = io::Result<()>>>>,
    is_asked_for: bool,
}

impl Stop {
    fn new() -> Self {
        Self {
            next: Box::pin(tokio::signal::ctrl_c()),
            is_asked_for: false,
        }
    }

    /// Finishes a row; the second Ctrl-C doesn't wait for it.
    async fn unless<T>(
        &mut self,
        row: impl Future<Output = Result<T>>,
        line: u64,
        output: &Output,
    ) -> Result<T> {
        let mut row = pin!(row);
        loop {
            tokio::select! {
                done = &mut row => return done,
                _ = &mut self.next => {
                    if self.is_asked_for {
                        return Err(Failure::new(
                            Class::Unknown,
                            format!("interrupted at line {line}, which may have been written"),
                        ));
                    }
                    self.is_asked_for = true;
                    self.next = Box::pin(tokio::signal::ctrl_c());
                    output.note("Finishing the row that is under way");
                }
            }
        }
    }
}

/// Writes a row, or only checks it.
async fn write(row: Row, contacts: Option<&Contacts>, context: &Context) -> Result<ImportedRow> {
    let line = row.line;
    let number = match context.number("number", &row.number) {
        Ok(number) => number,
        Err(error) if error.class() == Class::Usage => {
            let reason = error.to_string();
            return Ok(Invalid { line, reason }.into());
        }
        Err(error) => return Err(error),
    };
    let mobile_number = Some(number.as_str().to_owned());
    let done = |outcome, id, reason| ImportedRow {
        line,
        outcome,
        mobile_number,
        id,
        reason,
    };
    let Some(contacts) = contacts else {
        return Ok(done(Outcome::Valid, None, None));
    };
    let written = contacts
        .upsert(row.contact.with_mobile_number(number))
        .await;
    let failure = match written {
        Ok(contact) => return Ok(done(Outcome::Written, contact.into_inner().id, None)),
        Err(error) => {
            // Without the right to write, no row is written.
            let is_of_all = matches!(error.status().map(|it| it.as_u16()), Some(401 | 403 | 429));
            (Failure::from(error), is_of_all)
        }
    };
    match failure {
        (failure, false) if failure.class() == Class::Rejected => {
            Ok(done(Outcome::Rejected, None, Some(failure.to_string())))
        }
        (failure, false) if failure.class() == Class::Usage => {
            Ok(done(Outcome::Invalid, None, Some(failure.to_string())))
        }
        (failure, false) if failure.class() == Class::Unknown => {
            Ok(done(Outcome::Unknown, None, Some(failure.to_string())))
        }
        (failure, _) => Err(failure.at(&format!("stopped at line {line}"))),
    }
}

impl From<Invalid> for ImportedRow {
    fn from(invalid: Invalid) -> Self {
        Self {
            line: invalid.line,
            outcome: Outcome::Invalid,
            mobile_number: None,
            id: None,
            reason: Some(invalid.reason),
        }
    }
}

fn report(summary: &ImportSummary, output: &Output) -> Result<()> {
    output.object(summary)?;
    let mut parts = match summary.dry_run {
        true => vec![format!("{} can be written", summary.valid)],
        false => vec![format!("{} written", summary.written)],
    };
    for (count, name) in [
        (summary.invalid, "invalid"),
        (summary.rejected, "rejected"),
        (summary.unknown, "unknown"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {name}"));
        }
    }
    output.say(&parts.join(", "))?;
    if summary.dry_run {
        output.say("Nothing was written.")?;
    }
    if summary.unknown > 0 {
        output.note("Unknown rows may have been written. Look before you import them again.");
    }
    Ok(())
}
