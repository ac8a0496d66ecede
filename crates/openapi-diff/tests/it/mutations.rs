//! Random changes of a document: an expectation for a kind of change holds wherever in
//! the document it is made.
//!
//! Every mutation follows entirely from a number, which is printed if the test fails.
//! To run one of them alone:
//!
//! ```text
//! OPENAPI_DIFF_SEED=1234 OPENAPI_DIFF_MUTATIONS=1 cargo test -p openapi-diff --test it mutations
//! ```

use std::{collections::BTreeMap, env};

use serde_json::Value;

use crate::{
    edits::{openapi, rules, table},
    kinds::kinds,
    outcomes,
    random::Mutation,
};

/// What is wrong with the result of a mutation.
fn objection(mutation: &Mutation<'_>, outcome: &Value) -> Option<String> {
    let row = mutation.row;
    let listed = rules(outcome);
    let as_expected = outcome["class"] == row.class.as_str() && mutation.is_listed(&listed);
    (!as_expected).then(|| {
        format!(
            "seed {}: {} by {:?}\n  is {}, by {listed:?}\n  instead of {}, by {:?}",
            mutation.seed, row.id, mutation.edits, outcome["class"], row.class, row.rule
        )
    })
}

fn number(variable: &str, otherwise: u64) -> u64 {
    env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn mutations_are_classified_as_expected() {
    let first = number("OPENAPI_DIFF_SEED", 1);
    let count = number("OPENAPI_DIFF_MUTATIONS", 200);
    let (original, table) = (openapi(), table());
    let kinds = kinds();
    let mutations: Vec<Mutation<'_>> = (first..first + count)
        .map(|seed| Mutation::new(seed, &original, &kinds, &table))
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
    println!(
        "{count} mutations with the seeds {first} to {}, of {} kinds out of {}: {counts:?}",
        first + count - 1,
        counts.len(),
        kinds.len()
    );
    let objections: Vec<String> = mutations
        .iter()
        .zip(&outcomes)
        .filter_map(|(mutation, outcome)| objection(mutation, outcome))
        .collect();
    assert!(
        objections.is_empty(),
        "{} of {count}; OPENAPI_DIFF_SEED=… OPENAPI_DIFF_MUTATIONS=1 runs one of them\n{}",
        objections.len(),
        objections.join("\n")
    );
}

/// A kind that applies nowhere would never be tried, and the other test wouldn't
/// notice.
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
