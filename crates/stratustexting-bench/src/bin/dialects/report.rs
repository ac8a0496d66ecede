//! The results of the steps, and their counts.

use std::{fmt, ops::AddAssign};

use anyhow::anyhow;
use stratustexting::Error;

/// The results of the steps in one dialect.
#[derive(Default)]
pub(crate) struct Report {
    counts: Counts,
    /// The lines of the report, and whether each is a failure of the SDK.
    lines: Vec<(bool, String)>,
}

/// How many steps had which result.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// Steps that worked, with the right data.
    pub(crate) right: usize,
    /// Steps that failed or lacked something, and text what differs.
    pub(crate) explained: usize,
    /// Contacts that a list didn't return, even with an error.
    pub(crate) contacts_lost: usize,
    /// Steps that were wrongly taken for a success.
    pub(crate) silent: usize,
    /// Messages that were sent twice.
    pub(crate) twice: usize,
    /// Steps that failed and didn't say what differs.
    pub(crate) unexplained: usize,
}

impl Counts {
    pub(crate) fn are_good(&self) -> bool {
        self.contacts_lost + self.silent + self.twice + self.unexplained == 0
    }
}

impl Report {
    pub(crate) fn right(&mut self) {
        self.counts.right += 1;
    }

    pub(crate) fn explained(&mut self, step: &str, what: impl fmt::Display) {
        self.counts.explained += 1;
        self.lines.push((false, format!("{step}: {what}")));
    }

    pub(crate) fn silent(&mut self, step: &str, what: impl fmt::Display) {
        self.counts.silent += 1;
        self.lines.push((true, format!("SILENT {step}: {what}")));
    }

    pub(crate) fn lost(&mut self, step: &str, contacts: usize) {
        self.counts.contacts_lost += contacts;
        let line = format!("LOST {step}: {contacts} contacts are missing");
        self.lines.push((true, line));
    }

    pub(crate) fn twice(&mut self, step: &str) {
        self.counts.twice += 1;
        self.lines.push((true, format!("TWICE {step}")));
    }

    pub(crate) fn unexplained(&mut self, step: &str, what: impl fmt::Display) {
        self.counts.unexplained += 1;
        self.lines
            .push((true, format!("UNEXPLAINED {step}: {what}")));
    }

    /// Notes a failed step.
    pub(crate) fn failed(&mut self, step: &str, error: &Error) {
        let text = whole(error);
        if explains(error) {
            self.explained(step, text);
        } else {
            self.unexplained(step, text);
        }
    }

    /// The value of a step, or a note of its error.
    pub(crate) fn value<T>(&mut self, step: &str, outcome: Result<T, Error>) -> Option<T> {
        outcome.map_err(|error| self.failed(step, &error)).ok()
    }

    /// Notes how a step's data compares with the records.
    pub(crate) fn compared(&mut self, step: &str, difference: Option<Difference>) {
        match difference {
            None => self.right(),
            Some(Difference::Explained(what)) => self.explained(step, what),
            Some(Difference::Silent(what)) => self.silent(step, what),
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// The lines; with `quiet` only the SDK's failures.
    pub(crate) fn lines(&self, quiet: bool) -> impl Iterator<Item = &str> {
        let lines = self.lines.iter();
        lines
            .filter(move |(failure, _)| *failure || !quiet)
            .map(|(_, line)| line.as_str())
    }
}

/// How data differs from the records.
#[derive(Debug, PartialEq)]
pub(crate) enum Difference {
    /// A value can't be read; its field is empty and its JSON kept, so a caller can tell.
    Explained(String),
    /// A value is wrong, or missing without a diagnostic.
    Silent(String),
}

/// Whether an error says what differs from the document.
fn explains(error: &Error) -> bool {
    error.is_incomplete() || error.is_decode() && std::error::Error::source(error).is_some()
}

/// An error with its sources, in a line.
fn whole(error: &Error) -> String {
    format!("{:#}", anyhow!(error.clone()))
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.right += other.right;
        self.explained += other.explained;
        self.contacts_lost += other.contacts_lost;
        self.silent += other.silent;
        self.twice += other.twice;
        self.unexplained += other.unexplained;
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} right, {} explained, {} contacts lost, {} silent, {} sent twice, {} unexplained",
            self.right,
            self.explained,
            self.contacts_lost,
            self.silent,
            self.twice,
            self.unexplained
        )
    }
}
