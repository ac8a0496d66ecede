//! What is wrong with a file.

use std::{error::Error as StdError, fmt, io, sync::Arc};

/// Why a file, or one row of it, can't be used.
///
/// It says what is wrong, where, and what is allowed, and never what is in a cell.
#[derive(Clone, Debug)]
pub struct InputError {
    line: Option<u64>,
    problem: Problem,
    is_of_header: bool,
    source: Option<Arc<io::Error>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    // Of the whole file.
    Read,
    Empty,
    Workbook,
    Nul,
    Utf16,
    Delimiter,
    LongHeader,
    NoNumberColumn,
    NoColumn {
        what: &'static str,
        name: String,
    },
    TwoColumns {
        what: &'static str,
        names: [String; 2],
    },
    SameName {
        columns: [usize; 2],
    },
    LongRow,
    // Of one row.
    Cells {
        found: usize,
        expected: usize,
    },
    NotUtf8,
    NulInRow,
    OpenQuote,
    StrayQuote,
    NoNumber,
    Rounded,
}

/// The longest row, and the longest row with names, in bytes: an unclosed quotation mark must
/// not read the whole file into memory.
pub(super) const LONGEST_ROW: u64 = 1024 * 1024;
pub(super) const LONGEST_HEADER: usize = 64 * 1024;

impl InputError {
    pub(super) fn file(problem: Problem) -> Self {
        Self {
            line: None,
            problem,
            is_of_header: false,
            source: None,
        }
    }

    pub(super) fn at(line: u64, problem: Problem) -> Self {
        Self {
            line: Some(line),
            ..Self::file(problem)
        }
    }

    /// What a reader in between has said, or an error of the file.
    pub(super) fn read(line: Option<u64>, error: io::Error) -> Self {
        let problem = error.get_ref().and_then(|inner| inner.downcast_ref());
        let (problem, source) = match problem {
            Some(Stopped(problem)) => (problem.clone(), None),
            None => (Problem::Read, Some(Arc::new(error))),
        };
        Self {
            line,
            problem,
            is_of_header: false,
            source,
        }
    }

    /// The same in the row with the names, without which the others mean nothing.
    pub(super) fn of_header(self) -> Self {
        Self {
            is_of_header: true,
            ..self
        }
    }

    /// The line on which the row begins, or on which reading ended; `None` if it is about the
    /// file as a whole.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        self.line
    }

    /// Only this row can't be used, and the rows after it are read. Otherwise nothing is read
    /// any more.
    #[must_use]
    pub fn is_of_one_row(&self) -> bool {
        match self.problem {
            Problem::Cells { .. }
            | Problem::NotUtf8
            | Problem::NulInRow
            | Problem::OpenQuote
            | Problem::StrayQuote
            | Problem::NoNumber
            | Problem::Rounded => !self.is_of_header,
            Problem::Read
            | Problem::Empty
            | Problem::Workbook
            | Problem::Nul
            | Problem::Utf16
            | Problem::Delimiter
            | Problem::LongHeader
            | Problem::NoNumberColumn
            | Problem::NoColumn { .. }
            | Problem::TwoColumns { .. }
            | Problem::SameName { .. }
            | Problem::LongRow => false,
        }
    }

    /// A word for what is wrong, for a report that a program reads: it stays the same when the
    /// sentence changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.problem {
            Problem::Read => "unreadable",
            Problem::Empty => "empty",
            Problem::Workbook => "workbook",
            Problem::Nul => "binary",
            Problem::Utf16 => "not-utf-16",
            Problem::Delimiter => "delimiter",
            Problem::LongHeader => "long-header",
            Problem::NoNumberColumn => "no-number-column",
            Problem::NoColumn { .. } => "no-column",
            Problem::TwoColumns { .. } => "two-columns",
            Problem::SameName { .. } => "same-name",
            Problem::LongRow => "long-row",
            Problem::Cells { .. } => "cells",
            Problem::NotUtf8 => "not-utf-8",
            Problem::NulInRow => "nul",
            Problem::OpenQuote => "open-quote",
            Problem::StrayQuote => "stray-quote",
            Problem::NoNumber => "no-number",
            Problem::Rounded => "rounded-number",
        }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        match &self.problem {
            Problem::Read => f.write_str("the file can't be read"),
            Problem::Empty => {
                f.write_str("the file is empty; its first row must name the columns, such as phone")
            }
            Problem::Workbook => {
                f.write_str("the file is a workbook, not text; save it as \"CSV UTF-8\"")
            }
            Problem::Nul => f.write_str(
                "the file isn't text in UTF-8, nor in UTF-16 with a byte order mark; save it as \
                 \"CSV UTF-8\"",
            ),
            Problem::Utf16 => f.write_str(
                "the file is marked as UTF-16 and isn't valid; save it as \"CSV UTF-8\"",
            ),
            Problem::Delimiter => f.write_str(
                "a delimiter is one ASCII character other than a quotation mark, a letter, a \
                 digit or a line break",
            ),
            Problem::LongHeader => write!(
                f,
                "the row with the names is longer than {} KiB; is a quotation mark not closed?",
                LONGEST_HEADER / 1024
            ),
            Problem::NoNumberColumn => f.write_str(
                "no column has a name such as phone, mobile, number or to; the first row must \
                 name the columns, or say which name it is",
            ),
            Problem::NoColumn { what, name } => {
                write!(
                    f,
                    "there is no column `{name}`, which is to have the {what}"
                )
            }
            Problem::TwoColumns { what, names } => write!(
                f,
                "the columns `{}` and `{}` may both have the {what}; say which",
                names[0], names[1]
            ),
            Problem::SameName { columns } => write!(
                f,
                "the columns {} and {} have the same name; each needs its own, without regard \
                 to case, spaces, underscores and hyphens",
                columns[0], columns[1]
            ),
            Problem::LongRow => write!(
                f,
                "the row is longer than {} MiB; is a quotation mark not closed?",
                LONGEST_ROW / (1024 * 1024)
            ),
            Problem::Cells { found, expected } => write!(
                f,
                "the row has {found} cells, and must have {expected} as the row with the names"
            ),
            Problem::NotUtf8 => f.write_str(
                "the row isn't in UTF-8; save the file as \"CSV UTF-8\", or say that it is in \
                 Windows-1252",
            ),
            Problem::NulInRow => {
                f.write_str("the row has the character U+0000, which no message can have")
            }
            Problem::OpenQuote => f.write_str(
                "a quotation mark isn't closed, so that all the rest of the file is in one cell",
            ),
            Problem::StrayQuote => f.write_str(
                "a quotation mark stands within a cell that is in quotation marks; it must be \
                 doubled there, or one before isn't closed",
            ),
            Problem::NoNumber => f.write_str("the cell of the number is empty"),
            Problem::Rounded => f.write_str(
                "the number is rounded, as in 1.2E+10, and its last digits are lost; format the \
                 column as text or as a number without decimals, and save the file again",
            ),
        }
    }
}

impl StdError for InputError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source: &(dyn StdError + 'static) = self.source.as_deref()?;
        Some(source)
    }
}

/// A problem on its way through readers, which know only errors of their own.
#[derive(Debug)]
pub(super) struct Stopped(pub(super) Problem);

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("reading was stopped")
    }
}

impl StdError for Stopped {}

impl From<Problem> for io::Error {
    fn from(problem: Problem) -> Self {
        Self::new(io::ErrorKind::InvalidData, Stopped(problem))
    }
}
