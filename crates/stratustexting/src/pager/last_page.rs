//! Whether a page says that it is the last.

use super::{Page, page_position::PagePosition};

/// Whether a page is the last of its list, by what it says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum LastPage {
    Unknown,
    Yes,
    No,
    /// Some of it says yes, some no.
    Contradictory,
}

impl LastPage {
    /// Combines all that a page says outright. `before` is how many items came before it, if
    /// that is known.
    pub(super) fn of<T>(page: &Page<T>, position: &PagePosition, before: Option<u64>) -> Self {
        let metadata = &page.metadata;
        let index = u64::from(position.page.saturating_sub(position.first.unwrap_or(0)));
        let pages = metadata.total_pages.map(|total| index + 1 >= total);
        let seen = before.map(|before| before + page.readable());
        // It isn't known whether the service counts unreadable items. If they make the
        // difference, the count tells nothing.
        let items = match (seen, metadata.total_items) {
            (Some(seen), Some(total)) if seen >= total => Some(true),
            (Some(seen), Some(total)) if seen + position.unreadable < total => Some(false),
            _ => None,
        };
        let no_more = metadata.more.map(|more| !more);
        let says = [metadata.last, no_more, pages, items];
        match (says.contains(&Some(true)), says.contains(&Some(false))) {
            (true, true) => Self::Contradictory,
            (true, false) => Self::Yes,
            (false, true) => Self::No,
            (false, false) => Self::Unknown,
        }
    }
}

/// Whether a page is shorter than the size that the *service* reports. The service may give
/// less than the requested size, so that one says nothing.
pub(super) fn is_short<T>(page: &Page<T>) -> bool {
    page.metadata.size.is_some_and(|size| page.length() < size)
}
