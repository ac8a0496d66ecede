//! One recipient, as the input has it.

use std::{collections::BTreeMap, fmt};

/// One recipient, as the input has it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// The line on which the row begins, from 1. The line with the names counts, and so do
    /// blank lines and those within a cell.
    pub line: u64,
    /// The number as it is written, without what spreadsheets put around it.
    pub to: String,
    /// What makes the row the same as another, if the input says it.
    pub key: Option<String>,
    /// The recipient's time zone, such as `America/New_York`, if the input says it. Whether
    /// there is such a zone isn't checked.
    pub zone: Option<String>,
    /// All columns that have a name, by this name in lower case with underscores: the column
    /// `First Name` is `first_name`. White space around the values is gone; an empty cell is
    /// an empty value.
    pub fields: BTreeMap<String, String>,
}

/// Without the number and the fields, which are a customer's.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}
