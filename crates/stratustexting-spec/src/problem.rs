//! A problem with an input: page, line and text.
//!
//! A run collects all problems rather than stopping at the first, so that one message
//! to the vendor can list them.

use std::fmt;

/// A problem that prevents a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    page: String,
    /// Counted from 1; `None` if the problem is the whole page.
    line: Option<usize>,
    text: String,
    /// Other pages with the same problem.
    others: Vec<String>,
}

impl Problem {
    pub(crate) fn of_page(page: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            page: page.into(),
            line: None,
            text: text.into(),
            others: Vec::new(),
        }
    }

    pub(crate) fn at(page: impl Into<String>, line: usize, text: impl Into<String>) -> Self {
        Self {
            line: Some(line),
            ..Self::of_page(page, text)
        }
    }

    /// The same problem, shared by other pages.
    pub(crate) fn shared_by(self, others: Vec<String>) -> Self {
        Self { others, ..self }
    }

    /// The page, or another input.
    pub(crate) fn page(&self) -> &str {
        &self.page
    }

    /// Whether it is a problem of this page.
    pub(crate) fn concerns(&self, page: &str) -> bool {
        self.page == page || self.others.iter().any(|other| other == page)
    }
}

/// One line, in the form that editors and terminals turn into a link.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.page)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        write!(f, ": {text}")
    }
}

impl std::error::Error for Problem {}

/// All problems as one error, a line each.
#[derive(Debug)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl Problems {
    /// An error if there are problems.
    pub(crate) fn none(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self(problems))
        }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Problem::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Problems {}
