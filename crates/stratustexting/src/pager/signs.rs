//! What a page says of the end of its list.

use super::{Page, place::Place};

/// What is taken for a sign of the end, or for one of more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Signs {
    None,
    Over,
    More,
    Both,
}

impl Signs {
    /// What a page says outright, all of it put together. `before` are the items that came
    /// without it, where that is known.
    pub(super) fn of<T>(page: &Page<T>, place: &Place, before: Option<u64>) -> Self {
        let facts = &page.facts;
        let index = u64::from(place.page.saturating_sub(place.first.unwrap_or(0)));
        let pages = facts.total_pages.map(|total| index + 1 >= total);
        let seen = before.map(|before| before + page.readable());
        // Whether the service counts what can't be read isn't known, so where that makes the
        // difference, nothing is concluded.
        let items = match (seen, facts.total_items) {
            (Some(seen), Some(total)) if seen >= total => Some(true),
            (Some(seen), Some(total)) if seen + place.unreadable < total => Some(false),
            _ => None,
        };
        let said = [facts.last, facts.more.map(|more| !more), pages, items];
        match (said.contains(&Some(true)), said.contains(&Some(false))) {
            (true, true) => Self::Both,
            (true, false) => Self::Over,
            (false, true) => Self::More,
            (false, false) => Self::None,
        }
    }
}

/// Whether a page is shorter than the size that the *service* reports. It may be less than
/// what was asked for, so a page shorter than that says nothing.
pub(super) fn is_short<T>(page: &Page<T>) -> bool {
    page.facts.size.is_some_and(|size| page.length() < size)
}
