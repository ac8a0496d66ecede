//! Random changes of the vendored document: an expectation for a kind of change holds
//! wherever in the document it is made, for Rust programs too.
//!
//! Every mutation follows entirely from a number, which is printed if the test fails.
//! To run one of them alone:
//!
//! ```text
//! XTASK_DIFF_SEED=1234 XTASK_DIFF_MUTATIONS=1 cargo test -p xtask --test it mutations
//! ```

use std::env;

use serde_json::Value;

use crate::{
    edits::{Row, openapi, rules},
    expectations::expected,
    extensions,
    kinds::{Kind, kinds},
    random::Mutation,
    support::outcomes,
};

fn all_kinds() -> Vec<(&'static str, Kind)> {
    [&kinds(), extensions::KINDS].concat()
}

fn number(variable: &str, otherwise: u64) -> u64 {
    env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn mutations_are_classified_as_expected() {
    let first = number("XTASK_DIFF_SEED", 1);
    let count = number("XTASK_DIFF_MUTATIONS", 200);
    let (original, expected, kinds) = (openapi(), expected(), all_kinds());
    let (rows, classes): (Vec<Row>, Vec<String>) = expected
        .into_iter()
        .map(|expected| (expected.row, expected.class))
        .unzip();
    let mutations: Vec<Mutation<'_>> = (first..first + count)
        .map(|seed| Mutation::new(seed, &original, &kinds, &rows))
        .collect();
    let documents: Vec<Value> = mutations
        .iter()
        .map(|mutation| mutation.document.clone())
        .collect();

    let outcomes = outcomes(&original, &documents);

    let objection = |mutation: &Mutation<'_>, outcome: &Value| {
        let row = mutation.row;
        let index = rows.iter().position(|other| other.id == row.id).unwrap();
        let listed = rules(outcome);
        let as_expected = outcome["wire"] == row.class.as_str()
            && outcome["class"] == classes[index].as_str()
            && mutation.is_listed(&listed);
        (!as_expected).then(|| {
            format!(
                "seed {}: {} by {:?}\n  is {} on the wire and {} altogether, by {listed:?}\n  \
                 instead of {} and {}, by {:?}",
                mutation.seed,
                row.id,
                mutation.edits,
                outcome["wire"],
                outcome["class"],
                row.class,
                classes[index],
                row.rule
            )
        })
    };
    let objections: Vec<String> = mutations
        .iter()
        .zip(&outcomes)
        .filter_map(|(mutation, outcome)| objection(mutation, outcome))
        .collect();
    assert!(
        objections.is_empty(),
        "{} of {count}; XTASK_DIFF_SEED=… XTASK_DIFF_MUTATIONS=1 runs one of them\n{}",
        objections.len(),
        objections.join("\n")
    );
}

/// A kind that applies nowhere would never be tried, and the other test wouldn't
/// notice.
#[test]
fn every_kind_applies_somewhere() {
    let original = openapi();

    let idle: Vec<&str> = all_kinds()
        .into_iter()
        .filter(|(_, kind)| kind(&original).is_empty())
        .map(|(id, _)| id)
        .collect();

    assert!(idle.is_empty(), "{idle:?}");
}
