//! Diagnostics of values that differ from the document.

use std::fmt;

use serde_json::Value;
use smallvec::SmallVec;

use super::value::Read;

/// A difference between the document and a value: where, what was expected and what was
/// found. It never contains the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The path to the value, in reverse. Short paths need no allocation: each item
    /// that differs has one before equal differences are counted together.
    path: SmallVec<[Segment; 2]>,
    expected: &'static str,
    found: Found,
    handling: Handling,
    count: usize,
}

/// One step of a path. Names are the document's, so they contain no data.
#[derive(Clone, Copy, Debug, Eq)]
pub(super) enum Segment {
    Field(&'static str),
    Item(usize),
    /// An entry of a map, whose key may be personal.
    Entry,
}

/// The same name is nearly always the same text in memory, so comparing addresses is faster.
impl PartialEq for Segment {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Field(a), Self::Field(b)) => is_same(a, b),
            (Self::Item(a), Self::Item(b)) => a == b,
            (Self::Entry, Self::Entry) => true,
            _ => false,
        }
    }
}

#[inline]
fn is_same(a: &'static str, b: &'static str) -> bool {
    std::ptr::eq(a, b) || a == b
}

/// What was found instead of the expected value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Found {
    /// `null`.
    Null,
    /// A boolean.
    Flag,
    /// A number.
    Number,
    /// Text.
    Text,
    /// An array.
    List,
    /// An object.
    Object,
    /// A duplicate key.
    Twice,
    /// No body at all.
    Nothing,
    /// A byte order mark in front of the text.
    ByteOrderMark,
    /// Bytes that aren't UTF-8; they were read as Latin-1, or as UTF-16 after its byte order mark.
    OtherEncoding,
    /// Half of a surrogate pair; a replacement character replaces it.
    HalfSurrogate,
    /// A raw control character, which JSON requires to be escaped.
    ControlCharacter,
    /// A number out of range of all types; it is kept as text.
    HugeNumber,
    /// Nesting that is too deep; the inner part is kept as text.
    DeepNesting,
    /// An envelope that the document doesn't have.
    Wrapping,
}

/// How the value was handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Handling {
    /// It was converted; nothing was lost.
    Converted,
    /// The field is empty, or lacks items; the original JSON is in `extra`.
    Kept,
    /// It was left out.
    Dropped,
    /// The text was repaired.
    Mended,
}

impl Diagnostic {
    /// A diagnostic of a whole body.
    #[must_use]
    pub fn of_body(expected: &'static str, found: Found, handling: Handling) -> Self {
        Self {
            path: SmallVec::new(),
            expected,
            found,
            handling,
            count: 1,
        }
    }

    /// Where it was, such as `content[0].mobileNumber`; empty for the body itself. If
    /// several items of a list differ in the same way, it is the first of them.
    #[must_use]
    pub fn path(&self) -> String {
        self.render(false)
    }

    /// The path without the indices of items, such as `content[].mobileNumber`.
    #[must_use]
    pub fn pattern(&self) -> String {
        self.render(true)
    }

    fn render(&self, pattern: bool) -> String {
        use fmt::Write;

        let mut text = String::new();
        for segment in self.path.iter().rev() {
            let dot = if text.is_empty() { "" } else { "." };
            // Writing to a string can't fail.
            let _ = match segment {
                Segment::Field(name) => write!(text, "{dot}{name}"),
                Segment::Item(_) if pattern => write!(text, "[]"),
                Segment::Item(index) => write!(text, "[{index}]"),
                Segment::Entry => write!(text, "{dot}*"),
            };
        }
        text
    }

    /// What was expected, such as `text`.
    #[must_use]
    pub fn expected(&self) -> &'static str {
        self.expected
    }

    /// What was found.
    #[must_use]
    pub fn found(&self) -> Found {
        self.found
    }

    /// How it was handled.
    #[must_use]
    pub fn handling(&self) -> Handling {
        self.handling
    }

    /// In how many items of its list it occurred; 1 outside of lists.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Whether it is about the body rather than a field.
    #[must_use]
    pub fn is_of_body(&self) -> bool {
        self.path.is_empty()
    }

    /// Whether another diagnostic, whose index isn't set yet, reports the same
    /// difference of another item.
    #[inline]
    fn is_said_again_by(&self, other: &Self) -> bool {
        self.found == other.found
            && self.handling == other.handling
            && is_same(self.expected, other.expected)
            && matches!(self.path.split_last(), Some((Segment::Item(_), rest))
                if rest == other.path.as_slice())
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.path();
        let place = if place.is_empty() { "body" } else { &place };
        write!(
            f,
            "{place}: expected {}, found {}, which {}",
            self.expected,
            self.found,
            match self.handling {
                Handling::Converted => "was converted",
                Handling::Kept => "is kept as it came",
                Handling::Dropped => "was left out",
                Handling::Mended => "was mended",
            }
        )?;
        if self.count > 1 {
            write!(f, " ({} times)", self.count)?;
        }
        Ok(())
    }
}

impl Found {
    /// The type of a value.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Flag,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::Text,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Flag => "a boolean",
            Self::Number => "a number",
            Self::Text => "text",
            Self::List => "a list",
            Self::Object => "an object",
            Self::Twice => "the key twice",
            Self::Nothing => "nothing",
            Self::ByteOrderMark => "a byte order mark",
            Self::OtherEncoding => "another encoding",
            Self::HalfSurrogate => "half of a surrogate pair",
            Self::ControlCharacter => "a control character",
            Self::HugeNumber => "a number without bounds",
            Self::DeepNesting => "nesting without end",
            Self::Wrapping => "a wrapping",
        })
    }
}

/// Collects the differences while a value is read.
#[derive(Debug, Default)]
pub struct Reader {
    diagnostics: Vec<Diagnostic>,
    /// Whether a number lost digits that are still in its text.
    pub(super) is_imprecise: bool,
    /// Whether the key of the next field is a duplicate.
    pub(super) is_twice: bool,
}

impl Reader {
    /// A reader without differences.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The differences, in the order in which they occurred.
    #[must_use]
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// The differences so far.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Notes that a value was converted, for handwritten types.
    pub fn converted(&mut self, expected: &'static str, found: Found) {
        self.note(expected, found, Handling::Converted);
    }

    /// Notes that a value has another type, and keeps it.
    pub fn keep<T>(&mut self, expected: &'static str, raw: Value) -> Read<T> {
        self.note(expected, Found::of(&raw), Handling::Kept);
        Read::Unreadable(Box::new(raw))
    }

    pub(super) fn note(&mut self, expected: &'static str, found: Found, handling: Handling) {
        self.diagnostics
            .push(Diagnostic::of_body(expected, found, handling));
    }

    pub(super) fn body(&mut self, found: Found) {
        self.note("JSON in UTF-8", found, Handling::Mended);
    }

    /// The number of differences so far; later ones belong to the value that is read next.
    #[inline]
    pub(super) fn mark(&self) -> usize {
        self.diagnostics.len()
    }

    /// Drops the differences since the mark: they are part of a value that is kept as a whole.
    pub(super) fn forget(&mut self, mark: usize) {
        self.diagnostics.truncate(mark);
    }

    /// Adds a path segment to the differences since the mark.
    #[cold]
    pub(super) fn within(&mut self, mark: usize, segment: Segment) {
        for diagnostic in &mut self.diagnostics[mark..] {
            diagnostic.path.push(segment);
        }
    }

    /// Adds the index of a list's item to the differences since the mark, and merges
    /// those that earlier items had, too: a thousand contacts with an odd id are one
    /// difference.
    #[inline]
    pub(super) fn within_item(&mut self, list: usize, mark: usize, index: usize) {
        if mark < self.diagnostics.len() {
            self.merge_item(list, mark, index);
        }
    }

    #[cold]
    fn merge_item(&mut self, list: usize, mark: usize, index: usize) {
        let mut kept = mark;
        // Items mostly have the same differences, in the same order.
        let mut likely = list;
        for next in mark..self.diagnostics.len() {
            let (before, rest) = self.diagnostics.split_at_mut(next);
            let new = &rest[0];
            let is_like = |old: &Diagnostic| old.is_said_again_by(new);
            let same = if before[..kept].get(likely).is_some_and(is_like) {
                Some(likely)
            } else {
                let known = before[list..kept].iter().position(is_like);
                known.map(|at| list + at)
            };
            if let Some(same) = same {
                before[same].count += new.count;
                likely = same + 1;
            } else {
                rest[0].path.push(Segment::Item(index));
                self.diagnostics.swap(kept, next);
                kept += 1;
            }
        }
        self.diagnostics.truncate(kept);
    }
}
