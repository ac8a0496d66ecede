//! What a person or a program sees.

use std::io::{self, BufRead, ErrorKind, IsTerminal, Write};

use serde_json::Value;

use crate::failure::{Failure, Result};

pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// A line for people. With `--json` there is none.
    pub(crate) fn say(&self, line: &str) -> Result<()> {
        match self.json {
            true => Ok(()),
            false => write_line(line),
        }
    }

    /// The same for programs. Without `--json` there is none.
    pub(crate) fn json(&self, value: &Value) -> Result<()> {
        match self.json {
            true => write_line(&value.to_string()),
            false => Ok(()),
        }
    }

    /// An error's text for people, or its object for programs, on standard error.
    pub(crate) fn error(&self, text: &str, object: &Value) {
        let line = match self.json {
            true => object.to_string(),
            false => format!("stratus: {text}"),
        };
        let _ = writeln!(io::stderr(), "{line}");
    }

    /// Progress in place, on a terminal only.
    pub(crate) fn progress(&self, line: &str) {
        if !self.json && io::stderr().is_terminal() {
            let _ = write!(io::stderr(), "\r\x1b[K{line}");
            let _ = io::stderr().flush();
        }
    }

    /// Ends the line of the progress.
    pub(crate) fn progress_done(&self) {
        if !self.json && io::stderr().is_terminal() {
            let _ = writeln!(io::stderr());
        }
    }

    /// Asks on a terminal; anything but a yes is a no. Without a terminal it is an error that
    /// names the option.
    pub(crate) fn confirm(&self, question: &str) -> Result<bool> {
        if !io::stdin().is_terminal() {
            return Err(Failure::usage(format!(
                "{question} There is no terminal to ask on; say --yes"
            )));
        }
        let _ = write!(io::stderr(), "{question} [y/N] ");
        let _ = io::stderr().flush();
        let mut reply = String::new();
        io::stdin().lock().read_line(&mut reply)?;
        Ok(matches!(reply.trim(), "y" | "Y" | "yes" | "Yes"))
    }
}

/// A reader that has seen enough, such as `head`, isn't an error.
fn write_line(line: &str) -> Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        done => Ok(done?),
    }
}

/// Columns that are aligned, the last one as wide as it is.
pub(crate) fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<_> = (0..columns).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths);
        let line: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        line.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
