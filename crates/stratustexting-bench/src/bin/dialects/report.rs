//! What came of each step, and how many came to what.

use std::{fmt, ops::AddAssign};

use anyhow::anyhow;
use stratustexting::Error;

/// What came of the steps in one dialect.
#[derive(Default)]
pub(crate) struct Report {
    counts: Counts,
    /// What there is to say; whether that is a failure of the SDK.
    lines: Vec<(bool, String)>,
}

/// How many steps came to what.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    /// They worked, and the data was right.
    pub(crate) right: usize,
    /// They failed, or lacked something, and said what differs.
    pub(crate) told: usize,
    /// Contacts that a list didn't bring, whether it said so or not.
    pub(crate) contacts_lost: usize,
    /// They were taken for success without being one.
    pub(crate) silent: usize,
    /// Messages that are in the books twice.
    pub(crate) twice: usize,
    /// They failed and didn't say what differs.
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

    pub(crate) fn told(&mut self, step: &str, what: impl fmt::Display) {
        self.counts.told += 1;
        self.lines.push((false, format!("{step}: {what}")));
    }

    pub(crate) fn silent(&mut self, step: &str, what: impl fmt::Display) {
        self.counts.silent += 1;
        self.lines.push((true, format!("SILENT {step}: {what}")));
    }

    pub(crate) fn lost(&mut self, step: &str, contacts: usize) {
        self.counts.contacts_lost += contacts;
        let line = format!("LOST {step}: {contacts} contacts didn't come");
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

    /// Takes note of a step that failed.
    pub(crate) fn failed(&mut self, step: &str, error: &Error) {
        let said = whole(error);
        if explains(error) {
            self.told(step, said);
        } else {
            self.unexplained(step, said);
        }
    }

    /// The value of a step, or a note of why there is none.
    pub(crate) fn value<T>(&mut self, step: &str, outcome: Result<T, Error>) -> Option<T> {
        outcome.map_err(|error| self.failed(step, &error)).ok()
    }

    /// Takes note of how a step's data compares with the books.
    pub(crate) fn compared(&mut self, step: &str, difference: Option<Difference>) {
        match difference {
            None => self.right(),
            Some(Difference::Told(what)) => self.told(step, what),
            Some(Difference::Silent(what)) => self.silent(step, what),
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// What there is to say; with `quiet` only the SDK's failures.
    pub(crate) fn lines(&self, quiet: bool) -> impl Iterator<Item = &str> {
        let lines = self.lines.iter();
        lines
            .filter(move |(failure, _)| *failure || !quiet)
            .map(|(_, line)| line.as_str())
    }
}

/// How data differs from the books.
#[derive(Debug, PartialEq)]
pub(crate) enum Difference {
    /// Something can't be read, is empty, and kept as it came: whoever looks sees it.
    Told(String),
    /// Something is wrong, or missing without a word.
    Silent(String),
}

/// Whether an error says what differs from the document.
fn explains(error: &Error) -> bool {
    error.is_incomplete() || error.is_decode() && std::error::Error::source(error).is_some()
}

/// An error with what it comes from, in a line.
fn whole(error: &Error) -> String {
    format!("{:#}", anyhow!(error.clone()))
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.right += other.right;
        self.told += other.told;
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
            "{} right, {} told, {} contacts lost, {} silent, {} sent twice, {} unexplained",
            self.right, self.told, self.contacts_lost, self.silent, self.twice, self.unexplained
        )
    }
}
