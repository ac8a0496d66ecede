//! Changes of the vendored document at random: what the referee says of a kind of change
//! holds wherever in the document it is made.
//!
//! Every mutation has a number from which it follows entirely, and which is printed when
//! something is wrong. To see one of them alone:
//!
//! ```text
//! XTASK_DIFF_SEED=1234 XTASK_DIFF_MUTATIONS=1 cargo test -p xtask --test it mutations
//! ```

use std::{collections::BTreeMap, env};

use serde_json::Value;

use super::{
    kinds::kinds,
    support::{Edit, Row, openapi, outcomes, rules, table},
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

/// A change at random.
struct Mutation<'a> {
    seed: u64,
    row: &'a Row,
    edits: Vec<Edit>,
    document: Value,
}

impl<'a> Mutation<'a> {
    fn new(seed: u64, original: &Value, table: &'a [Row]) -> Self {
        let mut random = Random(seed);
        let kinds = kinds();
        let first = random.below(kinds.len());
        // A kind that applies nowhere gives way to the next.
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

    fn objection(&self, outcome: &Value) -> Option<String> {
        let row = self.row;
        let listed = rules(outcome);
        let fits = match &row.rule {
            None => listed.is_empty(),
            // Here the whole body may be what in the row is a field.
            Some(rule) => {
                let body = rule.replace("-property-", "-body-");
                listed.iter().any(|other| *other == rule || *other == body)
            }
        };
        let as_expected =
            outcome["wire"] == row.wire.as_str() && outcome["class"] == row.class.as_str() && fits;
        (!as_expected).then(|| {
            format!(
                "seed {}: {} by {:?}\n  is {} on the wire and {} altogether, by {listed:?}\n  \
                 instead of {} and {}, by {:?}",
                self.seed,
                row.id,
                self.edits,
                outcome["wire"],
                outcome["class"],
                row.wire,
                row.class,
                row.rule
            )
        })
    }
}

fn number(variable: &str, otherwise: u64) -> u64 {
    env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn mutations_are_classified_as_the_referee_says() {
    let first = number("XTASK_DIFF_SEED", 1);
    let count = number("XTASK_DIFF_MUTATIONS", 200);
    let (original, table) = (openapi(), table());
    let mutations: Vec<Mutation<'_>> = (first..first + count)
        .map(|seed| Mutation::new(seed, &original, &table))
        .collect();
    let documents: Vec<Value> = mutations
        .iter()
        .map(|mutation| mutation.document.clone())
        .collect();

    let outcomes = outcomes(&original, &documents);

    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for mutation in &mutations {
        *counts.entry(&mutation.row.id).or_default() += 1;
    }
    let kinds = kinds();
    println!(
        "{count} mutations with the seeds {first} to {}, of {} kinds out of {}: {counts:?}",
        first + count - 1,
        counts.len(),
        kinds.len()
    );
    let objections: Vec<String> = mutations
        .iter()
        .zip(&outcomes)
        .filter_map(|(mutation, outcome)| mutation.objection(outcome))
        .collect();
    assert!(
        objections.is_empty(),
        "{} of {count}; XTASK_DIFF_SEED=… XTASK_DIFF_MUTATIONS=1 repeats one of them\n{}",
        objections.len(),
        objections.join("\n")
    );
}

/// A kind that applies nowhere would never be tried, and nobody would notice.
#[test]
fn every_kind_applies_somewhere() {
    let original = openapi();

    let idle: Vec<&str> = kinds()
        .into_iter()
        .filter(|(_, kind)| kind(&original).is_empty())
        .map(|(id, _)| id)
        .collect();

    assert!(idle.is_empty(), "{idle:?}");
}
