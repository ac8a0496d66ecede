//! The order of folders and requests: one in which a run from the top works.
//!
//! First what makes things (writes whose path needs nothing), then the rest as in the
//! document, then what deletes; and nothing before what it takes an id from, as far as
//! something has it.

use std::collections::BTreeSet;

/// What is put in order.
#[derive(Debug)]
pub(super) struct Entry<T> {
    pub(super) what: T,
    /// 0 for what makes things, 2 for what deletes them, 1 for the rest.
    pub(super) rank: u8,
    pub(super) needs: BTreeSet<String>,
    pub(super) stores: BTreeSet<String>,
}

/// Puts entries in order. Those that need each other's ids stay as they came.
pub(super) fn arrange<T>(mut entries: Vec<Entry<T>>) -> Vec<T> {
    entries.sort_by_key(|entry| entry.rank);
    let mut there: BTreeSet<String> = BTreeSet::new();
    let mut arranged = Vec::new();
    while !entries.is_empty() {
        let ready = |index: usize| {
            entries[index].needs.iter().all(|variable| {
                there.contains(variable)
                    || !entries
                        .iter()
                        .enumerate()
                        .any(|(other, entry)| other != index && entry.stores.contains(variable))
            })
        };
        let next = (0..entries.len()).find(|&index| ready(index)).unwrap_or(0);
        let entry = entries.remove(next);
        there.extend(entry.stores);
        arranged.push(entry.what);
    }
    arranged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(what: &'static str, rank: u8, needs: &[&str], stores: &[&str]) -> Entry<&'static str> {
        let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Entry {
            what,
            rank,
            needs: set(needs),
            stores: set(stores),
        }
    }

    #[test]
    fn what_makes_things_is_first_and_what_deletes_them_last() {
        let entries = vec![
            entry("delete", 2, &["id"], &[]),
            entry("read", 1, &["id"], &[]),
            entry("make", 0, &[], &["id"]),
        ];

        assert_eq!(arrange(entries), ["make", "read", "delete"]);
    }

    #[test]
    fn an_id_is_stored_before_it_is_needed() {
        let entries = vec![
            entry("subscribe", 0, &["siteId"], &["subscriptionId"]),
            entry("list sites", 1, &[], &["siteId"]),
        ];

        assert_eq!(arrange(entries), ["list sites", "subscribe"]);
    }

    #[test]
    fn what_nobody_stores_holds_nothing_up() {
        let entries = vec![
            entry("first", 1, &["given"], &[]),
            entry("second", 1, &[], &[]),
        ];

        assert_eq!(arrange(entries), ["first", "second"]);
    }

    #[test]
    fn those_that_need_each_other_stay_as_they_came() {
        let entries = vec![entry("a", 1, &["y"], &["x"]), entry("b", 1, &["x"], &["y"])];

        assert_eq!(arrange(entries), ["a", "b"]);
    }
}
