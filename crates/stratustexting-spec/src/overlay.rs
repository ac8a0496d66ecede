//! Applies our corrections, an OpenAPI Overlay 1.0, to the merged document.
//!
//! Each action gives its reason, its evidence, and what would make it unnecessary. An
//! action that changes nothing fails the run: either the vendor has corrected the page,
//! or the action never matched, and both would mislead the next reader.

use anyhow::{Context, bail, ensure};
use enumset::EnumSet;
use roas_overlay::{
    apply::Apply,
    v1_0::{Action, Overlay},
    validation::Validate,
};
use serde_json::Value;

use super::yaml;

/// The extensions that every action has.
const REASONS: [&str; 3] = ["x-reason", "x-evidence", "x-unnecessary-when"];

/// Applies the overlay, and returns a line per action.
pub(crate) fn apply(text: &str, document: &mut Value) -> anyhow::Result<Vec<String>> {
    let overlay = read(text)?;
    let mut lines = Vec::new();
    let mut failures = Vec::new();
    for (number, action) in (1..).zip(&overlay.actions) {
        match apply_one(&overlay, action, document) {
            Ok(line) => lines.push(format!("{number}. {line}")),
            Err(error) => failures.push(format!(
                "overlay.yaml: action {number} ({}): {error:#}",
                action.target
            )),
        }
    }
    if failures.is_empty() {
        Ok(lines)
    } else {
        bail!(failures.join("\n"))
    }
}

fn read(text: &str) -> anyhow::Result<Overlay> {
    let value = yaml::read(text)
        .map_err(|error| anyhow::anyhow!("overlay.yaml:{}: {}", error.line, error.text))?;
    let overlay: Overlay = serde_json::from_value(value).context("overlay.yaml")?;
    overlay
        .validate(EnumSet::empty())
        .map_err(|error| anyhow::anyhow!("overlay.yaml: {error}"))?;
    for (number, action) in (1..).zip(&overlay.actions) {
        for reason in REASONS {
            let text = action.extensions.as_ref().and_then(|all| all.get(reason));
            let text = text.and_then(Value::as_str).unwrap_or_default();
            ensure!(
                !text.trim().is_empty(),
                "overlay.yaml: action {number} ({}) has no {reason}",
                action.target
            );
        }
    }
    Ok(overlay)
}

/// Applies one action by itself, so that its effect is known.
fn apply_one(overlay: &Overlay, action: &Action, document: &mut Value) -> anyhow::Result<String> {
    let mut alone = overlay.clone();
    alone.actions = vec![action.clone()];
    let before = document.clone();
    let report = alone
        .apply(document, EnumSet::empty())
        .map_err(|error| anyhow::anyhow!("{}", error.kind))?;
    let matched = report.actions.first().map_or(0, |outcome| outcome.matched);
    if *document == before {
        let unnecessary = action.extensions.as_ref();
        let unnecessary = unnecessary.and_then(|all| all.get("x-unnecessary-when")?.as_str());
        bail!(
            "changes nothing ({matched} matches). Upstream fixed it, or its target is gone: \
             remove the action, which is unnecessary when {}",
            unnecessary
                .unwrap_or("it changes nothing")
                .trim_end_matches('.')
        );
    }
    let what = if action.is_remove() {
        "removes"
    } else {
        "changes"
    };
    let times = if matched == 1 {
        String::new()
    } else {
        format!(" in {matched} places")
    };
    let about = action.description.as_deref().unwrap_or(&action.target);
    Ok(format!("{what}{times}: {about}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn overlay(actions: &str) -> String {
        let reasons = "x-reason: r, x-evidence: e, x-unnecessary-when: the page has it.";
        let actions = actions.replace("WHY", reasons);
        format!("overlay: 1.0.0\ninfo: {{title: T, version: '1'}}\nactions:\n{actions}")
    }

    fn document() -> Value {
        json!({"openapi": "3.0.3", "paths": {"/a": {"get": {"operationId": "getA", "tags": ["A"]}}}})
    }

    #[test]
    fn actions_find_operations_by_id_under_any_path() {
        let text = overlay(
            "- {target: \"$.paths[*][?@.operationId == 'getA']\", update: {summary: S}, WHY}\n\
             - {target: \"$.paths[*][*].tags\", remove: true, description: no tags, WHY}\n",
        );
        let mut document = document();

        let lines = apply(&text, &mut document).unwrap();

        assert_eq!(
            document["paths"]["/a"]["get"],
            json!({"operationId": "getA", "summary": "S"})
        );
        assert_eq!(lines[1], "2. removes: no tags");
    }

    #[test]
    fn an_action_without_effect_fails_and_says_to_remove_it() {
        for action in [
            "- {target: \"$.paths['/b']\", update: {get: {}}, WHY}\n",
            "- {target: \"$.paths['/a'].get\", update: {operationId: getA}, WHY}\n",
            "- {target: $.nothing, remove: true, WHY}\n",
        ] {
            let mut changed = document();

            let error = apply(&overlay(action), &mut changed)
                .unwrap_err()
                .to_string();

            assert!(error.contains("action 1"), "{error}");
            assert!(error.contains("remove the action"), "{error}");
            assert!(error.ends_with("when the page has it"), "{error}");
            assert_eq!(changed, document());
        }
    }

    #[test]
    fn an_invalid_overlay_names_the_action_and_the_problem() {
        for (actions, expected) in [
            ("- {target: \"$.paths[\", update: {}, WHY}\n", "JSONPath"),
            ("- {target: $.paths, WHY}\n", "update"),
            (
                "- {target: $.openapi, update: '3.0.4', WHY}\n",
                "action 1 ($.openapi)",
            ),
            (
                "- {target: $.paths, update: {a: 1}}\n",
                "action 1 ($.paths) has no x-reason",
            ),
            (
                "- {target: $.paths, update: {a: 1}, x-reason: ' '}\n",
                "x-reason",
            ),
            (
                "- {target: $.paths, update: [}\n",
                "overlay.yaml:4: not YAML",
            ),
        ] {
            let error = apply(&overlay(actions), &mut document())
                .unwrap_err()
                .to_string();
            assert!(error.contains(expected), "{error}, not {expected}");
        }
    }

    #[test]
    fn every_failed_action_is_named() {
        let text =
            overlay("- {target: $.a, remove: true, WHY}\n- {target: $.b, remove: true, WHY}\n");

        let error = apply(&text, &mut document()).unwrap_err().to_string();

        assert!(
            error.contains("action 1 ($.a)") && error.contains("action 2 ($.b)"),
            "{error}"
        );
    }
}
