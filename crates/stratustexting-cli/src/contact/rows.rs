//! The contacts of a file, row by row: CSV with named columns, or a JSON object per line, as
//! `contact export` writes both.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
};

use stratustexting::models::{Contact, ContactRequest};
use stratustexting_queue::outbox::input::{CsvRows, CsvSettings};

use super::csv::{self, Field};
use crate::{
    failure::{Failure, Result},
    files::unreadable,
};

/// A contact as it is in the file, still with the number as a person wrote it.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) number: String,
    pub(super) contact: ContactRequest,
}

/// Why a row can't be used; it shows nothing of the row.
pub(super) struct Invalid {
    pub(super) line: u64,
    pub(super) reason: String,
}

/// The next row, or why it can't be used. An error of the whole file ends it.
type Next = Result<std::result::Result<Row, Invalid>>;

pub(super) enum Rows {
    Csv {
        rows: Box<CsvRows<Box<dyn BufRead>>>,
        columns: Vec<(String, Field)>,
    },
    Json {
        lines: io::Lines<Box<dyn BufRead>>,
        line: u64,
    },
}

/// How the columns are read.
pub(super) struct Columns {
    pub(super) said: Vec<(String, Field)>,
    pub(super) windows_1252: bool,
}

impl Rows {
    pub(super) fn open(path: &Path, columns: Columns) -> Result<Self> {
        let failed = |error: io::Error| unreadable(path, &error);
        let mut reader: Box<dyn BufRead> = match path.as_os_str() == "-" {
            true => Box::new(BufReader::new(io::stdin())),
            false => Box::new(BufReader::new(File::open(path).map_err(failed)?)),
        };
        // No row with names begins with it.
        let is_json = reader.fill_buf().map_err(failed)?.starts_with(b"{");
        if is_json {
            return Ok(Self::Json {
                lines: reader.lines(),
                line: 0,
            });
        }
        let mut settings = CsvSettings::new();
        let number = columns.said.iter().find(|(_, it)| *it == Field::Number);
        if let Some((name, _)) = number {
            settings = settings.number_column(name);
        }
        if columns.windows_1252 {
            settings = settings.windows_1252();
        }
        let rows = CsvRows::new(reader, settings)
            .map_err(|error| Failure::usage(format!("the file: {error}")))?;
        for (name, _) in &columns.said {
            let mut names = rows.names();
            if !names.any(|it| csv::plain(it) == csv::plain(name)) {
                return Err(Failure::usage(format!(
                    "--map: the file has no column {name:?}"
                )));
            }
        }
        Ok(Self::Csv {
            rows: Box::new(rows),
            columns: columns.said,
        })
    }

    /// The columns that no field of a contact is read from.
    pub(super) fn unused(&self) -> Vec<&str> {
        let Self::Csv { rows, columns } = self else {
            return Vec::new();
        };
        let is_number = |name: &str| {
            let said = columns.iter().any(|(_, field)| *field == Field::Number);
            !said && is_usual_number(name)
        };
        rows.names()
            .filter(|name| csv::field(name, columns).is_none() && !is_number(name))
            .collect()
    }

    pub(super) fn next(&mut self) -> Option<Next> {
        match self {
            Self::Csv { rows, columns } => Some(match rows.next()? {
                Ok(row) => Ok(csv::contact(&row.fields, columns)
                    .map(|contact| Row {
                        line: row.line,
                        number: row.to,
                        contact,
                    })
                    .map_err(|reason| Invalid {
                        line: row.line,
                        reason,
                    })),
                Err(error) if error.is_of_one_row() => {
                    let line = error.line().unwrap_or_default();
                    let text = error.to_string();
                    let reason = text.strip_prefix(&format!("line {line}: "));
                    Ok(Err(Invalid {
                        line,
                        reason: reason.unwrap_or(&text).to_owned(),
                    }))
                }
                Err(error) => Err(Failure::usage(format!("the file: {error}"))),
            }),
            Self::Json { lines, line } => loop {
                let text = match lines.next()? {
                    Ok(text) => text,
                    Err(error) => {
                        return Some(Err(Failure::usage(format!(
                            "the file can't be read after line {line}: {error}"
                        ))));
                    }
                };
                *line += 1;
                if !text.trim().is_empty() {
                    return Some(Ok(object(&text, *line)));
                }
            },
        }
    }
}

/// A contact as JSON. What only the service writes, such as the id, is left out.
fn object(text: &str, line: u64) -> std::result::Result<Row, Invalid> {
    let invalid = |reason: &str| Invalid {
        line,
        reason: reason.to_owned(),
    };
    // The error's text may show values.
    let contact: Contact = serde_json::from_str(text)
        .map_err(|_| invalid("the line isn't a contact as a JSON object"))?;
    let number = contact.mobile_number.clone();
    let number = number.ok_or_else(|| invalid("the field mobileNumber is missing"))?;
    Ok(Row {
        line,
        number,
        contact: contact.into(),
    })
}

/// Whether the reader of the file takes a column of this name for the numbers.
fn is_usual_number(name: &str) -> bool {
    let header = format!("{name}\n");
    CsvRows::new(header.as_bytes(), CsvSettings::new()).is_ok()
}
