//! A part of a long list, the newest first, and the way to the other parts.

use super::place::Place;

/// How many rows are shown at a time.
const ROWS: usize = 50;

/// How many items are looked at for them, so that a large sandbox stays quick.
const MOST_SEARCHED: usize = 200_000;

pub(super) struct Window<R> {
    pub(super) rows: Vec<R>,
    pub(super) older: Option<String>,
    pub(super) newest: Option<String>,
}

impl<R> Window<R> {
    /// `items` come with their numbers, the newest first.
    pub(super) fn new<T>(
        items: impl Iterator<Item = (usize, T)>,
        place: &Place,
        is_wanted: impl Fn(&T) -> bool,
        row: impl Fn(usize, T) -> R,
    ) -> Self {
        let before = |number: usize| place.from.is_none_or(|from| number < from);
        let mut found = items
            .filter(|(number, _)| before(*number))
            .take(MOST_SEARCHED)
            .filter(|(_, item)| is_wanted(item));
        let mut last = None;
        let rows = found.by_ref().take(ROWS).map(|(number, item)| {
            last = Some(number);
            row(number, item)
        });
        let rows = rows.collect();
        let at = |from| {
            Place {
                from,
                ..place.clone()
            }
            .link()
        };
        Self {
            rows,
            older: last
                .filter(|_| found.next().is_some())
                .map(|last| at(Some(last))),
            newest: place.from.map(|_| at(None)),
        }
    }
}
