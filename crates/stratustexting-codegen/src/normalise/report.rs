//! The changes of the passes, for people and for a snapshot.

use std::{collections::BTreeMap, fmt};

use super::OpenEnum;

/// The changes of one run, by pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    passes: Vec<(&'static str, Vec<String>)>,
}

impl Report {
    pub(super) fn add(&mut self, pass: &'static str, notes: Notes) {
        self.passes.push((pass, notes.lines));
    }

    /// The changes that the named pass made, one line each.
    #[must_use]
    pub fn of(&self, pass: &str) -> &[String] {
        self.passes
            .iter()
            .find(|(name, _)| *name == pass)
            .map_or(&[], |(_, lines)| lines)
    }
}

/// One heading per pass with its changes below. A pass that changed nothing says so,
/// because a pass that stops having work is news, too.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, lines) in &self.passes {
            match lines.len() {
                0 => writeln!(f, "{name}: nothing to do")?,
                count => writeln!(f, "{name}: {count}")?,
            }
            for line in lines {
                writeln!(f, "  {line}")?;
            }
        }
        Ok(())
    }
}

/// The changes of one pass.
#[derive(Debug, Default)]
pub(super) struct Notes {
    lines: Vec<String>,
    pub(super) enums: Vec<OpenEnum>,
    /// Stand-ins of names, each with its name on the wire.
    pub(super) wires: BTreeMap<String, String>,
    /// Operations that aren't found by the name of their method, by that name.
    pub(super) operations: BTreeMap<String, String>,
}

impl Notes {
    pub(super) fn add(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }
}
