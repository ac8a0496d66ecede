//! One page of a list.

use std::fmt;

use stratustexting_client::lenient::Diagnostic;

use crate::reading::PageMetadata;

/// One page of a list: its items, and what the service says of it.
#[non_exhaustive]
pub struct Page<T> {
    /// The items that could be read.
    pub items: Vec<T>,
    /// How many items the list has in total, if the service says so.
    pub total_items: Option<u64>,
    /// How many pages the list has, if the service says so.
    pub total_pages: Option<u32>,
    /// How many items the service puts on a full page, if it says so; it may be less
    /// than was requested.
    pub size: Option<u32>,
    /// Whether the service says that this is the last page.
    pub last: Option<bool>,
    /// How many items can't be read: `null`, or a text instead of an object.
    pub unreadable: usize,
    /// What differs from the document.
    pub diagnostics: Vec<Diagnostic>,
    pub(crate) metadata: PageMetadata,
}

impl<T> Page<T> {
    /// How many items could be read.
    pub(super) fn readable(&self) -> u64 {
        u64::try_from(self.items.len()).unwrap_or(u64::MAX)
    }

    /// How many items the service put on it, at most: the unreadable ones may be none.
    pub(super) fn length(&self) -> u64 {
        u64::try_from(self.items.len() + self.unreadable).unwrap_or(u64::MAX)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.length() == 0
    }
}

impl<T> fmt::Debug for Page<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("items", &self.items.len())
            .field("total_items", &self.total_items)
            .field("total_pages", &self.total_pages)
            .field("size", &self.size)
            .field("last", &self.last)
            .field("unreadable", &self.unreadable)
            .field("diagnostics", &self.diagnostics)
            .finish()
    }
}
