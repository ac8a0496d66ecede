//! What is wrong with an input: which page, which line, what.
//!
//! A run collects what it finds rather than stopping at the first: whoever reads the
//! report wants to write to the vendor once.

use std::fmt;

/// One thing that keeps a document from being made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    page: String,
    /// Counted from 1; none where the page as a whole is at fault.
    line: Option<usize>,
    text: String,
    /// Other pages that it is a problem of.
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

    /// The same, which other pages have as well.
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

/// One line, in the form that editors and terminals make a link of.
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

/// All that is wrong, as one error: a line each.
#[derive(Debug)]
pub(crate) struct Problems(pub(crate) Vec<Problem>);

impl Problems {
    /// An error if there is any.
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
