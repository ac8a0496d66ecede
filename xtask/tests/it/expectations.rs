//! The table of expectations: what each change means on the wire and to a Rust program.

use std::{collections::BTreeMap, path::Path};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    edits::{Row, read, rules, table},
    support::outcomes,
};

/// A row whose verdict for Rust programs differs from the wire's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deviation {
    id: String,
    class: String,
    /// The rule under which it is listed, if the wire has none.
    #[serde(default)]
    rule: Option<String>,
    /// The reason.
    note: String,
}

/// A row of the table, with both verdicts.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) row: Row,
    pub(crate) class: String,
}

/// The table of `openapi-diff`, that of our extensions, and the deviations for Rust.
pub(crate) fn expected() -> Vec<Expected> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let own: Vec<Row> = serde_json::from_value(read(&fixtures.join("extensions.json"))).unwrap();
    let rust = read(&fixtures.join("rust.json"));
    let rust: Vec<Deviation> = serde_json::from_value(rust).unwrap();
    let mut rust: BTreeMap<String, Deviation> = rust
        .into_iter()
        .map(|deviation| (deviation.id.clone(), deviation))
        .collect();
    let rows = table().into_iter().chain(own);
    let expected = rows.map(|mut row| {
        let deviation = rust.remove(&row.id);
        let class = deviation.as_ref().map_or(&row.class, |rust| &rust.class);
        let class = class.clone();
        if let Some(deviation) = deviation {
            assert!(!deviation.note.is_empty(), "{} says nothing", row.id);
            assert_ne!(class, row.class, "{} is no deviation", row.id);
            row.rule = deviation.rule.or(row.rule);
        }
        Expected { row, class }
    });
    let expected = expected.collect();
    assert!(rust.is_empty(), "no row of these: {:?}", rust.keys());
    expected
}

#[test]
fn every_row_is_classified_as_published() {
    let expected = expected();
    let mut failed = Vec::new();
    // Rows with one old document are one run.
    let mut runs: BTreeMap<String, Vec<(&Expected, Value)>> = BTreeMap::new();
    for one in &expected {
        let (old, new) = one.row.documents();
        runs.entry(old.to_string()).or_default().push((one, new));
    }
    for (old, rows) in &runs {
        let old: Value = serde_json::from_str(old).unwrap();
        let new: Vec<Value> = rows.iter().map(|(_, new)| new.clone()).collect();

        let outcomes = outcomes(&old, &new);

        for ((one, _), outcome) in rows.iter().zip(&outcomes) {
            let found = rules(outcome);
            let listed = match &one.row.rule {
                None => found.is_empty(),
                Some(rule) => found.iter().filter(|other| *other == rule).count() == 1,
            };
            let classes = [&outcome["wire"], &outcome["class"]];
            if classes != [&one.row.class, &one.class] || !listed {
                failed.push(format!(
                    "{}: {classes:?} by {found:?}, not {:?} and {:?} by {:?}",
                    one.row.id, one.row.class, one.class, one.row.rule
                ));
            }
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {} rows:\n{}",
        failed.len(),
        expected.len(),
        failed.join("\n")
    );
}
