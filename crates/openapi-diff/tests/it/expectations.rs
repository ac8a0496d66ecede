//! The table of expectations: small changes, and what each means to a client.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::{
    edits::{Row, rules, table},
    outcomes,
};

/// What is wrong with the result of a row.
fn objections(row: &Row, outcome: &Value) -> Vec<String> {
    let mut objections = Vec::new();
    if outcome["class"] != row.class.as_str() {
        objections.push(format!("it is {}, not {:?}", outcome["class"], row.class));
    }
    let changes = outcome["changes"].as_array().unwrap();
    // A value that is both sent and received is one change all the same.
    let mut seen = BTreeSet::new();
    for change in changes {
        let rule = change["rule"].as_str().unwrap();
        let what = rule
            .trim_start_matches("request-")
            .trim_start_matches("response-");
        if !seen.insert((change["pointer"].as_str(), what)) {
            objections.push(format!("{what} is listed twice in one place"));
        }
    }
    match &row.rule {
        None => {
            if !changes.is_empty() {
                objections.push(format!("it is no change, but lists {:?}", rules(outcome)));
            }
        }
        Some(rule) => {
            let listed: Vec<&Value> = changes
                .iter()
                .filter(|change| change["rule"] == rule.as_str())
                .collect();
            match listed.as_slice() {
                [change] => {
                    if let Some(reaches) = &row.reaches
                        && change["operations"] != serde_json::json!(reaches)
                    {
                        let operations = &change["operations"];
                        objections.push(format!("{rule} reaches {operations}, not {reaches:?}"));
                    }
                }
                several => objections.push(format!(
                    "{rule} is listed {} times among {:?}",
                    several.len(),
                    rules(outcome)
                )),
            }
        }
    }
    objections
}

#[test]
fn every_row_is_classified_as_published() {
    let table = table();
    let mut failed = Vec::new();
    // Rows with one old document are one run.
    let mut runs: BTreeMap<String, Vec<(&Row, Value)>> = BTreeMap::new();
    for row in &table {
        let (old, new) = row.documents();
        runs.entry(old.to_string()).or_default().push((row, new));
    }
    for (old, rows) in &runs {
        let old: Value = serde_json::from_str(old).unwrap();
        let new: Vec<Value> = rows.iter().map(|(_, new)| new.clone()).collect();

        let outcomes = outcomes(&old, &new);

        for ((row, _), outcome) in rows.iter().zip(&outcomes) {
            let objections = objections(row, outcome);
            if !objections.is_empty() {
                failed.push(format!("{}: {}", row.id, objections.join("; ")));
            }
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {} rows:\n{}",
        failed.len(),
        table.len(),
        failed.join("\n")
    );
}

#[test]
fn every_row_is_unique_and_has_a_source() {
    let table = table();
    let ids: BTreeSet<&str> = table.iter().map(|row| row.id.as_str()).collect();

    assert!(table.len() >= 75, "{} rows", table.len());
    assert_eq!(ids.len(), table.len(), "an id is there twice");
    for row in &table {
        assert!(!row.source.is_empty(), "{} has no source", row.id);
        assert!(row.note.as_deref() != Some(""), "{} says nothing", row.id);
    }
}

/// Every rule of the library has a row. A rule without one can only be found by reading
/// the list of rules.
#[test]
fn every_rule_has_a_row() {
    let source = include_str!("../../src/rules.rs");
    let names = |start: &str| -> BTreeSet<String> {
        let after = source.split(start).skip(1);
        let names = after.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
        names.map(str::to_owned).collect()
    };
    let table = table();
    let demanded: Vec<&str> = table.iter().filter_map(|row| row.rule.as_deref()).collect();

    let plain = names(" rule(");
    let directed = names(" directed(");
    let lost: Vec<&String> = plain
        .iter()
        .filter(|name| !demanded.contains(&name.as_str()))
        .chain(directed.iter().filter(|name| {
            let end = format!("-{name}");
            !demanded.iter().any(|rule| rule.ends_with(&end))
        }))
        .collect();

    assert!(
        plain.len() > 30 && directed.len() > 30,
        "{plain:?} {directed:?}"
    );
    assert!(lost.is_empty(), "no row demands {lost:?}");
}
