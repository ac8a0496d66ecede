//! The report of a run, for a terminal and for a pull request.

use std::fmt::Write as _;

use serde_json::Value;
use stratustexting_codegen::{Document, normalise, normalise::Report as Normalised};

use super::{
    adopt::{self, BasisChange},
    page::Fragment,
    source::Source,
    spec_files::KeptPages,
};
use openapi_diff::{Class, Comparison};

/// The report of one run.
pub(crate) struct Report {
    from: String,
    skipped: Vec<String>,
    pages: Vec<PageChange>,
    count: usize,
    basis_changes: Vec<BasisChange>,
    /// The lenient changes, each with its pages.
    loosened: Vec<(String, Vec<String>)>,
    merged: Vec<String>,
    overlay: Vec<String>,
    normaliser: Vec<String>,
    comparison: Option<Comparison>,
    outcome: &'static str,
    left_out: Vec<String>,
}

/// The change of one page.
struct PageChange {
    how: PageChangeKind,
    id: String,
    page: String,
    title: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PageChangeKind {
    Added,
    Changed,
    Removed,
}

impl PageChangeKind {
    fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

impl Report {
    pub(crate) fn new(from: &Source, skipped: Vec<String>) -> Self {
        Self {
            from: from.to_string(),
            skipped,
            pages: Vec::new(),
            count: 0,
            basis_changes: Vec::new(),
            loosened: Vec::new(),
            merged: Vec::new(),
            overlay: Vec::new(),
            normaliser: Vec::new(),
            comparison: None,
            outcome: "Nothing is written.",
            left_out: Vec::new(),
        }
    }

    /// Compares the pages, operation by operation: a page that was only renamed counts
    /// as changed.
    pub(crate) fn pages(&mut self, old: &KeptPages, new: &KeptPages) {
        self.count = new.all().count();
        let id = |fragment: &Fragment| {
            let id = adopt::operation_id(fragment);
            id.unwrap_or_default().to_owned()
        };
        // Several pages can be one operation.
        let find = |kept: &KeptPages, wanted: &Fragment| {
            let same = |fragment: &&Fragment| id(fragment) == id(wanted);
            let named = |fragment: &&Fragment| same(fragment) && fragment.page == wanted.page;
            let found = kept.all().find(named);
            found.or_else(|| kept.all().find(same)).cloned()
        };
        let mut note = |how, fragment: &Fragment| {
            self.pages.push(PageChange {
                how,
                id: id(fragment),
                page: fragment.page.clone(),
                title: fragment.title.clone(),
            });
        };
        for fragment in new.all() {
            match find(old, fragment) {
                None => note(PageChangeKind::Added, fragment),
                Some(before) if !is_same(&before, fragment) => {
                    note(PageChangeKind::Changed, fragment);
                }
                Some(_) => {}
            }
        }
        for fragment in old.all().filter(|fragment| adopt::is_kept(fragment)) {
            if find(new, fragment).is_none() {
                note(PageChangeKind::Removed, fragment);
            }
        }
    }

    pub(crate) fn basis_changes(&mut self, basis_changes: Vec<BasisChange>) {
        self.basis_changes = basis_changes;
    }

    /// A change that many pages need is one line.
    pub(crate) fn loosened(&mut self, page: &str, lines: Vec<String>) {
        for line in lines {
            match self.loosened.iter_mut().find(|(known, _)| *known == line) {
                Some((_, pages)) => pages.push(page.to_owned()),
                None => self.loosened.push((line, vec![page.to_owned()])),
            }
        }
    }

    pub(crate) fn merged(&mut self, lines: Vec<String>) {
        self.merged.extend(lines);
    }

    pub(crate) fn unused_fact(&mut self, id: &str) {
        self.merged.push(format!(
            "operations.yaml: {id} has no page any more; remove its row and what uses it"
        ));
    }

    pub(crate) fn overlay(&mut self, lines: Vec<String>) {
        self.overlay = lines;
    }

    /// The normaliser's changes that are new or gone.
    pub(crate) fn normaliser(&mut self, old: &Value, new: &Normalised) {
        let before = Document::parse(&old.to_string()).and_then(|old| normalise(&old));
        let before = before.map(|old| old.report.to_string()).unwrap_or_default();
        let after = new.to_string();
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<String>>();
        let (before, after) = (lines(&before), lines(&after));
        let gone = before.iter().filter(|line| !after.contains(line));
        let come = after.iter().filter(|line| !before.contains(line));
        self.normaliser = gone
            .map(|line| format!("- {}", line.trim()))
            .chain(come.map(|line| format!("+ {}", line.trim())))
            .collect();
    }

    pub(crate) fn comparison(&mut self, comparison: Comparison) {
        self.comparison = Some(comparison);
    }

    pub(crate) fn outcome(&mut self, differs: bool, check: bool) {
        self.outcome = match (differs, check) {
            (false, _) => "openapi.json is what these pages give.",
            (true, true) => "openapi.json isn't what these pages give; nothing is written.",
            (true, false) => {
                "Written. Next: cargo xtask snapshot, schema and postman, and review the outline."
            }
        };
    }

    pub(crate) fn left_out(&mut self, lines: Vec<String>) {
        self.left_out = lines;
    }

    /// A heading with the number of lines.
    fn left_out_heading(&self) -> String {
        let count = self.left_out.len();
        let things = if count == 1 { "thing" } else { "things" };
        format!("{count} {things} of the site aren't taken:")
    }

    /// The worst class of a page's changes.
    fn class_of(&self, change: &PageChange) -> &'static str {
        let Some(comparison) = &self.comparison else {
            return "";
        };
        let changes = comparison.changes().iter();
        let own = changes.filter(|other| other.operations().contains(&change.id));
        let worst = own.map(|other| other.class()).max();
        worst.unwrap_or(Class::Documentation).word()
    }

    fn sections(&self) -> Vec<(String, Vec<String>)> {
        let mut upstream: Vec<String> = self
            .pages
            .iter()
            .map(|change| {
                let class = self.class_of(change);
                let class = if class.is_empty() {
                    String::new()
                } else {
                    format!(": {class}")
                };
                format!(
                    "{} {} ({}, {:?}){class}",
                    change.how.word(),
                    change.page,
                    change.id,
                    change.title,
                )
            })
            .collect();
        for basis_change in &self.basis_changes {
            let how = if basis_change.is_improvement() {
                "improves"
            } else {
                "worsens"
            };
            upstream.push(format!(
                "provenance of {} {how} from {} to {}",
                basis_change.id, basis_change.from, basis_change.to
            ));
        }
        upstream.extend(self.skipped.iter().cloned());
        let mut sections = vec![
            (
                format!("Upstream: {} pages of {}", self.count, self.from),
                upstream,
            ),
            ("Read loosely".to_owned(), self.loosened_lines()),
            ("Merged".to_owned(), self.merged.clone()),
            ("Overlay".to_owned(), self.overlay.clone()),
            (
                "Normaliser, as against before".to_owned(),
                self.normaliser.clone(),
            ),
        ];
        for (heading, lines) in &mut sections {
            let count = lines.len();
            *heading = match count {
                0 => format!("{heading}: nothing"),
                _ => format!("{heading}: {count}"),
            };
        }
        sections
    }

    fn loosened_lines(&self) -> Vec<String> {
        let lines = self
            .loosened
            .iter()
            .map(|(line, pages)| match pages.as_slice() {
                [page] => format!("{page}: {line}"),
                [one, other] => format!("{one}, {other}: {line}"),
                pages => format!("{} pages: {line}", pages.len()),
            });
        lines.collect()
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for (heading, lines) in self.sections() {
            let _ = writeln!(text, "{heading}");
            for line in lines {
                let _ = writeln!(text, "  {line}");
            }
        }
        if let Some(comparison) = &self.comparison {
            let _ = writeln!(text, "\n{}", comparison.text().trim_end());
            let _ = writeln!(
                text,
                "\nFor the changelog:\n\n{}",
                comparison.markdown().trim_end()
            );
        }
        let _ = writeln!(text, "\n{}", self.outcome);
        if !self.left_out.is_empty() {
            let _ = writeln!(text, "\n{}", self.left_out_heading());
            for line in &self.left_out {
                let _ = writeln!(text, "  {line}");
            }
        }
        text
    }

    pub(crate) fn markdown(&self) -> String {
        let mut text = String::new();
        for (heading, lines) in self.sections() {
            let _ = writeln!(text, "### {heading}\n");
            for line in &lines {
                let _ = writeln!(text, "- {}", line.replace('<', "&lt;"));
            }
            if !lines.is_empty() {
                text.push('\n');
            }
        }
        if let Some(comparison) = &self.comparison {
            let _ = writeln!(text, "### {}\n", comparison.class().word());
            let _ = writeln!(text, "{}\n", comparison.markdown().trim_end());
        }
        let _ = writeln!(text, "{}", self.outcome);
        let mut text = shortened(text);
        if !self.left_out.is_empty() {
            let _ = writeln!(text, "\n### {}\n", self.left_out_heading());
            for line in &self.left_out {
                let _ = writeln!(text, "- {}", line.replace('<', "&lt;"));
            }
            text = shortened(text);
        }
        text
    }
}

/// The longest text of a pull request, in bytes; GitHub's limit is 65,536 characters.
const MOST_BYTES: usize = 60_000;

fn shortened(mut text: String) -> String {
    if text.len() > MOST_BYTES {
        let start = &text.as_bytes()[..MOST_BYTES];
        let end = start.iter().rposition(|byte| *byte == b'\n');
        text.truncate(end.unwrap_or_default());
        text.push_str("\n\nThe rest is left out here; `cargo xtask refresh` prints all of it.\n");
    }
    text
}

/// Whether two pages have the same content, whatever their file names.
fn is_same(one: &Fragment, other: &Fragment) -> bool {
    one.title == other.title
        && one.path == other.path
        && one.method == other.method
        && one.operation == other.operation
        && one.components == other.components
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_after_a_line() {
        let line = "- é\n";
        let whole = line.repeat(MOST_BYTES / line.len());
        assert_eq!(shortened(whole.clone()), whole);

        let short = shortened(whole + line);

        assert!(short.len() < MOST_BYTES + 100);
        let (lines, end) = short.split_once("\n\n").unwrap();
        assert!(lines.lines().all(|line| line == "- é"), "{end}");
        assert!(end.starts_with("The rest is left out"));
    }
}
