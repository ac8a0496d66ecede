//! What a person or a program sees: results on standard output, everything else on standard
//! error.
//!
//! A person gets lines and tables, a program one JSON object a line (`--json`). Texts come from
//! customers and from the service, so nothing of them reaches a terminal as a control character.
//! Colours are for terminals only, as `anstream` decides: not with `NO_COLOR`, not with
//! `TERM=dumb`.

mod ask;
mod facts;
mod table;
mod text;

use std::{
    io::{self, ErrorKind, IsTerminal, Write},
    sync::atomic::{AtomicBool, Ordering},
};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use serde_json::Value;

pub(crate) use self::{
    ask::tell,
    table::{Table, table},
    text::{json_line, pretty_json, printable, printable_cell},
};
use crate::failure::{Failure, Result};

pub(crate) struct Output {
    json: bool,
    /// Whether the last line of standard error is a progress.
    shows_progress: AtomicBool,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self {
            json,
            shows_progress: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// A line for people. With `--json` there is none.
    pub(crate) fn say(&self, line: &str) -> Result<()> {
        match self.json {
            true => Ok(()),
            false => self.line(&printable(line)),
        }
    }

    /// The same for programs. Without `--json` there is none.
    pub(crate) fn object(&self, value: &impl Serialize) -> Result<()> {
        match self.json {
            true => self.line(&json_line(value)?),
            false => Ok(()),
        }
    }

    /// One object: all that is in it for people, those names first; or JSON.
    pub(crate) fn show(&self, value: &impl Serialize, first: &[&str]) -> Result<()> {
        if self.json {
            return self.object(value);
        }
        for line in facts::lines(value, first) {
            self.line(&line)?;
        }
        Ok(())
    }

    /// What a person asked for byte by byte; only on a terminal it is made harmless.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<()> {
        let mut out = io::stdout().lock();
        let text;
        let bytes = match out.is_terminal() {
            true => {
                text = printable(&String::from_utf8_lossy(bytes)).into_owned();
                text.as_bytes()
            }
            false => bytes,
        };
        written(out.write_all(bytes).and_then(|()| out.flush()))
    }

    /// Whether a person looks at standard output.
    pub(crate) fn is_seen(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// A line that isn't a result, on standard error. With `--json` there is none.
    pub(crate) fn note(&self, line: &str) {
        if !self.json {
            self.progress_done();
            tell(line);
        }
    }

    /// An error's text for people, or its object for programs, on standard error.
    pub(crate) fn error(&self, text: &str, object: &Value) {
        self.progress_done();
        let mut err = anstream::stderr();
        let _ = match (self.json, json_line(object)) {
            (true, Ok(line)) => writeln!(err, "{line}"),
            _ => writeln!(err, "{ERROR}stratus:{ERROR:#} {}", printable(text)),
        };
    }

    /// A line on standard error that only a terminal gets: it may have what no log may have.
    pub(crate) fn for_eyes(&self, line: &str) {
        if !self.json && io::stderr().is_terminal() {
            let _ = writeln!(io::stderr(), "{}", printable_cell(line));
        }
    }

    /// Progress in place, on a terminal only.
    pub(crate) fn progress(&self, line: &str) {
        if !self.json && io::stderr().is_terminal() {
            self.shows_progress.store(true, Ordering::Relaxed);
            let _ = write!(io::stderr(), "\r\x1b[K{}", printable_cell(line));
            let _ = io::stderr().flush();
        }
    }

    /// Ends the line of the progress.
    pub(crate) fn progress_done(&self) {
        if self.shows_progress.swap(false, Ordering::Relaxed) {
            let _ = writeln!(io::stderr());
        }
    }

    /// A line that may have styles, which are left out where they don't belong.
    fn line(&self, line: &str) -> Result<()> {
        written(writeln!(anstream::stdout(), "{line}"))
    }
}

/// A reader that has seen enough, such as `head`, isn't an error. The command ends, and what it
/// has begun is brought to its end: a renewed token must reach the store.
fn written(written: io::Result<()>) -> Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::reader_is_gone()),
        done => Ok(done?),
    }
}
