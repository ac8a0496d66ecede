//! Records by number, in order, that remember what changed. The oldest may have to go.

use std::{collections::BTreeSet, ops::Deref};

use super::{
    Kind, Row,
    change::{Change, Content, Key},
};

/// Records that are numbered from 0 and never change places. Those that are too many go, the
/// oldest first; the numbers go on.
#[derive(Debug)]
pub(crate) struct Log<T> {
    /// The number of each item. They ascend, with a gap where a commit failed: a number that
    /// was given once must not mean something else later.
    numbers: Vec<usize>,
    items: Vec<T>,
    next: usize,
    most: usize,
    /// `None` unless there is a file.
    changed: Option<BTreeSet<usize>>,
    /// The numbers below this were removed since the last time.
    removed_below: Option<usize>,
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self {
            numbers: Vec::new(),
            items: Vec::new(),
            next: 0,
            most: usize::MAX,
            changed: None,
            removed_below: None,
        }
    }
}

/// The newest items, as many as may be kept. A few older ones may still be there, since they
/// are removed many at a time.
impl<T> Deref for Log<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        let surplus = self.items.len().saturating_sub(self.most);
        self.items.get(surplus..).unwrap_or_default()
    }
}

impl<T> Log<T> {
    /// The most items to keep.
    pub(crate) fn keep(&mut self, most: usize) {
        self.most = most;
    }

    /// The number of the next item.
    pub(crate) fn next_number(&self) -> usize {
        self.next
    }

    /// Lets the numbers go on from this one, if they aren't there yet.
    pub(crate) fn continue_at(&mut self, number: usize) {
        self.next = self.next.max(number);
    }

    /// Adds an item and returns its number.
    pub(crate) fn push(&mut self, item: T) -> usize {
        self.push_if_old_may_go(item, |_| true)
    }

    /// Adds an item and returns its number. Old items stay from the first one on that may not
    /// go.
    pub(crate) fn push_if_old_may_go(&mut self, item: T, may_go: impl Fn(&T) -> bool) -> usize {
        let number = self.next;
        self.next += 1;
        self.numbers.push(number);
        self.items.push(item);
        self.mark(number);
        // Many at once, since each removal moves all others.
        let slack = (self.most / 8).max(16);
        if self.items.len() > self.most.saturating_add(slack) {
            let surplus = self.items.iter().take(self.items.len() - self.most);
            let count = surplus.take_while(|item| may_go(item)).count();
            self.remove_first(count);
        }
        number
    }

    fn mark(&mut self, number: usize) {
        if let Some(changed) = &mut self.changed {
            changed.insert(number);
        }
    }

    fn remove_first(&mut self, count: usize) {
        self.numbers.drain(..count);
        self.items.drain(..count);
        let first = self.numbers.first().copied().unwrap_or(self.next);
        if let Some(changed) = &mut self.changed {
            *changed = changed.split_off(&first);
            self.removed_below = Some(first);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.remove_first(self.items.len());
    }

    fn index_of(&self, number: usize) -> Option<usize> {
        self.numbers.binary_search(&number).ok()
    }

    pub(crate) fn get(&self, number: usize) -> Option<&T> {
        self.items.get(self.index_of(number)?)
    }

    pub(crate) fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        let index = self.index_of(number)?;
        self.mark(number);
        self.items.get_mut(index)
    }

    /// Each item that is still there, with its number.
    pub(crate) fn numbered(&self) -> impl DoubleEndedIterator<Item = (usize, &T)> {
        self.numbers.iter().copied().zip(&self.items)
    }

    /// The items from a number on, or those of them that are still there.
    pub(crate) fn since(&self, number: usize) -> &[T] {
        let surplus = self.items.len().saturating_sub(self.most);
        let index = self.numbers.partition_point(|other| *other < number);
        self.items.get(index.max(surplus)..).unwrap_or_default()
    }

    /// Remembers changes from now on.
    pub(crate) fn track(&mut self) {
        self.changed.get_or_insert_default();
    }

    /// The changes since the last time, as those of the file.
    pub(crate) fn take(
        &mut self,
        kind: Kind,
        into: &mut Vec<Change>,
        content: impl Fn(&T) -> Content,
    ) {
        if let Some(number) = self.removed_below.take() {
            into.push(Change::DeleteBelow { kind, number });
        }
        let Some(changed) = self.changed.as_mut().map(std::mem::take) else {
            return;
        };
        for number in changed {
            if let Some(item) = self.get(number) {
                into.push(Change::Put {
                    kind,
                    key: Key::Number(number),
                    content: content(item),
                });
            }
        }
    }

    /// Replaces everything by the records of a file, and remembers changes from now on.
    ///
    /// # Errors
    ///
    /// When a record can't be read.
    pub(crate) fn restore(
        &mut self,
        rows: Vec<Row>,
        read: impl Fn(usize, &Row) -> Result<T, String>,
    ) -> Result<(), String> {
        let mut items = Vec::with_capacity(rows.len());
        for row in rows {
            let number = row.number()?;
            items.push((number, read(number, &row)?));
        }
        items.sort_by_key(|(number, _)| *number);
        (self.numbers, self.items) = items.into_iter().unzip();
        let next = self.numbers.last().map_or(0, |last| last + 1);
        self.continue_at(next);
        self.changed = Some(BTreeSet::new());
        self.removed_below = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Log;
    use crate::data::{Change, Content, Kind};

    fn changes(log: &mut Log<usize>) -> Vec<String> {
        let mut changes = Vec::new();
        log.take(Kind::Entry, &mut changes, Content::json);
        let text = |change: &Change| match change {
            Change::Put { content, .. } => content.json.clone(),
            Change::Delete { .. } => "deleted".to_owned(),
            Change::DeleteBelow { number, .. } => format!("below {number}"),
        };
        changes.iter().map(text).collect()
    }

    #[test]
    fn the_oldest_go_and_the_numbers_go_on() {
        let mut log = Log::default();
        log.keep(3);
        for number in 0..100 {
            assert_eq!(log.push(number), number);
            assert!(log.numbered().count() <= 3 + 16);
            assert_eq!(log.last(), Some(&number));
            assert!(log.len() <= 3);
        }

        assert_eq!(*log, [97, 98, 99]);
        assert_eq!(log.since(0), [97, 98, 99]);
        assert_eq!(log.since(98), [98, 99]);
        assert!(log.since(100).is_empty());
        assert_eq!((log.get(98), log.get(1)), (Some(&98), None));
        log.clear();
        assert_eq!((log.push(5), log.len()), (100, 1));
    }

    #[test]
    fn what_may_not_go_stays_with_all_that_is_newer() {
        let mut log = Log::default();
        log.keep(1);
        for number in 0..50 {
            log.push_if_old_may_go(number, |item| *item != 3);
        }

        assert_eq!(log.get(2), None);
        assert_eq!(log.get(3), Some(&3));
        assert_eq!(log.numbered().count(), 47);
    }

    #[test]
    fn each_change_is_given_once_and_nothing_of_what_is_gone() {
        let mut log = Log::default();
        log.track();
        log.push(0);
        log.push(10);
        assert_eq!(changes(&mut log), ["0", "10"]);

        if let Some(item) = log.get_mut(1) {
            *item = 11;
        }
        assert_eq!(changes(&mut log), ["11"]);
        assert!(changes(&mut log).is_empty());

        log.push(20);
        log.clear();
        log.push(30);
        assert_eq!(changes(&mut log), ["below 3", "30"]);
    }
}
