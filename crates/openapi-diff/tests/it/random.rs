//! Random changes of a document.

use serde_json::Value;

use crate::{
    edits::{Edit, Row},
    kinds::Kind,
};

/// Numbers that look random and follow from the first one (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    fn pick<T>(&mut self, mut from: Vec<T>) -> Option<T> {
        if from.is_empty() {
            return None;
        }
        let index = self.below(from.len());
        Some(from.swap_remove(index))
    }
}

/// A random change.
pub(crate) struct Mutation<'a> {
    pub(crate) seed: u64,
    pub(crate) row: &'a Row,
    pub(crate) edits: Vec<Edit>,
    pub(crate) document: Value,
}

impl<'a> Mutation<'a> {
    pub(crate) fn new(
        seed: u64,
        original: &Value,
        kinds: &[(&'static str, Kind)],
        table: &'a [Row],
    ) -> Self {
        let mut random = Random(seed);
        let first = random.below(kinds.len());
        // If a kind applies nowhere, the next one is tried.
        for step in 0..kinds.len() {
            let (id, kind) = kinds[(first + step) % kinds.len()];
            if let Some(edits) = random.pick(kind(original)) {
                let row = table.iter().find(|row| row.id == id);
                let row = row.unwrap_or_else(|| panic!("the table has no row {id}"));
                let mut document = original.clone();
                edits.iter().for_each(|edit| edit.apply(&mut document));
                return Self {
                    seed,
                    row,
                    edits,
                    document,
                };
            }
        }
        panic!("no kind applies anywhere");
    }

    /// Whether the change is listed under its row's rule, or rightly not at all.
    pub(crate) fn is_listed(&self, rules: &[&str]) -> bool {
        match &self.row.rule {
            None => rules.is_empty(),
            // A field in the row may be a whole body here.
            Some(rule) => {
                let body = rule.replace("-property-", "-body-");
                rules.iter().any(|other| *other == rule || *other == body)
            }
        }
    }
}
