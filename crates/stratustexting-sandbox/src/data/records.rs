//! Records by name, in the order in which they were added, that remember what changed.

use std::ops::Deref;

use indexmap::{IndexMap, IndexSet};

use super::{
    Kind, Row,
    change::{Change, Content, Key},
};

/// A map that remembers which of its records changed, once it is told to.
pub(crate) struct Records<V> {
    map: IndexMap<String, V>,
    /// `None` unless there is a file.
    changed: Option<IndexSet<String>>,
}

impl<V> Default for Records<V> {
    fn default() -> Self {
        Self {
            map: IndexMap::new(),
            changed: None,
        }
    }
}

impl<V> FromIterator<(String, V)> for Records<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(items: I) -> Self {
        Self {
            map: items.into_iter().collect(),
            changed: None,
        }
    }
}

/// For reading. What changes a record is below, since it must be remembered.
impl<V> Deref for Records<V> {
    type Target = IndexMap<String, V>;

    fn deref(&self) -> &Self::Target {
        &self.map
    }
}

impl<V> Records<V> {
    fn mark(&mut self, name: &str) {
        if let Some(changed) = &mut self.changed
            && !changed.contains(name)
        {
            changed.insert(name.to_owned());
        }
    }

    pub(crate) fn insert(&mut self, name: String, value: V) {
        self.mark(&name);
        self.map.insert(name, value);
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        if self.map.contains_key(name) {
            self.mark(name);
        }
        self.map.get_mut(name)
    }

    pub(crate) fn shift_remove(&mut self, name: &str) -> Option<V> {
        let removed = self.map.shift_remove(name)?;
        self.mark(name);
        Some(removed)
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&V) -> bool) {
        let changed = &mut self.changed;
        self.map.retain(|name, value| {
            let keep = keep(value);
            if !keep && let Some(changed) = changed {
                changed.insert(name.clone());
            }
            keep
        });
    }

    pub(crate) fn clear(&mut self) {
        self.retain(|_| false);
    }

    /// Changes records; `change` says of each whether it did.
    pub(crate) fn change_all(&mut self, mut change: impl FnMut(&mut V) -> bool) {
        for (name, value) in &mut self.map {
            if change(value)
                && let Some(changed) = &mut self.changed
            {
                changed.insert(name.clone());
            }
        }
    }

    /// Remembers changes from now on.
    pub(crate) fn track(&mut self) {
        self.changed.get_or_insert_default();
    }

    /// Remembers changes from now on, and that everything is new.
    pub(crate) fn track_as_new(&mut self) {
        self.changed = Some(self.map.keys().cloned().collect());
    }

    /// The records that changed since the last time, and the names of those that are gone.
    pub(crate) fn take_changed(&mut self) -> Vec<(String, Option<&V>)> {
        let changed = self.changed.as_mut().map(std::mem::take);
        let changed = changed.unwrap_or_default().into_iter();
        let map = &self.map;
        changed
            .map(|name| {
                let value = map.get(&name);
                (name, value)
            })
            .collect()
    }

    /// The same, as changes of the file.
    pub(crate) fn take(
        &mut self,
        kind: Kind,
        into: &mut Vec<Change>,
        content: impl Fn(&V) -> Content,
    ) {
        for (name, value) in self.take_changed() {
            let key = Key::Name(name);
            into.push(match value {
                Some(value) => Change::Put {
                    kind,
                    key,
                    content: content(value),
                },
                None => Change::Delete { kind, key },
            });
        }
    }

    /// Replaces everything by the records of a file, and remembers changes from now on.
    ///
    /// # Errors
    ///
    /// When a record can't be read.
    pub(crate) fn restore(
        rows: Vec<Row>,
        mut read: impl FnMut(&Row) -> Result<V, String>,
    ) -> Result<Self, String> {
        let mut map = IndexMap::with_capacity(rows.len());
        for row in rows {
            map.insert(row.name()?.to_owned(), read(&row)?);
        }
        let changed = Some(IndexSet::new());
        Ok(Self { map, changed })
    }
}

#[cfg(test)]
mod tests {
    use super::Records;

    #[test]
    fn each_change_is_given_once_and_none_is_missed() {
        let mut records: Records<u32> = [("a".to_owned(), 1), ("b".to_owned(), 2)]
            .into_iter()
            .collect();
        records.track();
        assert!(records.take_changed().is_empty());

        records.insert("c".to_owned(), 3);
        records.shift_remove("a");
        if let Some(value) = records.get_mut("b") {
            *value = 4;
        }
        records.get_mut("none");

        let changed = records.take_changed();
        let changed: Vec<_> = changed.iter().map(|(n, v)| (&n[..], v.copied())).collect();
        assert_eq!(changed, [("c", Some(3)), ("a", None), ("b", Some(4))]);
        assert!(records.take_changed().is_empty());

        records.change_all(|value| *value == 4);
        records.retain(|value| *value != 3);
        let changed = records.take_changed();
        let changed: Vec<_> = changed.iter().map(|(n, v)| (&n[..], v.copied())).collect();
        assert_eq!(changed, [("b", Some(4)), ("c", None)]);
    }
}
