//! The document's extensions that the code reads.
//!
//! None of them is sent, and all of them decide what the client does.

use std::collections::BTreeSet;

use openapi_diff::{
    Class::{Additive, Breaking, Documentation},
    Element, Extensions, Findings, Rule, Spec,
};
use serde_json::Value;

// No message may be sent twice because a document changed, so the one direction is
// breaking. In the other, calls that were retried before fail.
const BECAME_IDEMPOTENT: Rule = Rule::new("idempotent-became-true", Breaking);
const NO_LONGER_IDEMPOTENT: Rule = Rule::new("idempotent-became-false", Breaking);
const PAGINATION_ADDED: Rule = Rule::new("pagination-added", Additive);
const PAGINATION_REMOVED: Rule = Rule::new("pagination-removed", Breaking);
const PAGINATION_CHANGED: Rule = Rule::new("pagination-changed", Breaking);
// A value that was hidden from logs and would show after an update breaks a promise
// that no compiler checks.
const SENSITIVE_ADDED: Rule = Rule::new("sensitive-added", Additive);
const SENSITIVE_REMOVED: Rule = Rule::new("sensitive-removed", Breaking);
const BRAND_ADDED: Rule = Rule::new("brand-added", Additive);
const BRAND_REMOVED: Rule = Rule::new("brand-removed", Breaking);
const BRAND_URL_ADDED: Rule = Rule::new("brand-url-added", Additive);
const BRAND_URL_REMOVED: Rule = Rule::new("brand-url-removed", Breaking);
const BRAND_URL_CHANGED: Rule = Rule::new("brand-url-changed", Breaking);
const BRAND_NAME_CHANGED: Rule = Rule::new("brand-name-changed", Documentation);
const BRAND_CHANGED: Rule = Rule::new("extension-changed", Documentation);
const PROVENANCE_CHANGED: Rule = Rule::new("provenance-changed", Documentation);

/// The extensions of our documents.
pub(super) struct ClientExtensions;

impl Extensions for ClientExtensions {
    fn rule(&self, key: &str) -> Option<Rule> {
        (key == "x-provenance").then_some(PROVENANCE_CHANGED)
    }

    fn is_judged(&self, key: &str) -> bool {
        ["x-idempotent", "x-pagination", "x-sensitive", "x-brands"].contains(&key)
    }

    fn operation(&self, old: &Element<'_>, new: &Element<'_>, found: &mut Findings<'_, '_>) {
        let subject = found.subject().to_owned();
        idempotent(old, new, &subject, found);
        pagination(old, new, &subject, found);
        sensitive(old, new, &subject, found);
    }

    fn document(&self, old: &Spec, new: &Spec, found: &mut Findings<'_, '_>) {
        brands(old, new, found);
    }
}

fn idempotent(old: &Element<'_>, new: &Element<'_>, subject: &str, found: &mut Findings<'_, '_>) {
    let key = "x-idempotent";
    let (rule, sentence) = match (old.flag(key), new.flag(key)) {
        (false, true) => (
            BECAME_IDEMPOTENT,
            format!(
                "`{subject}` is idempotent now: failed calls are retried, and may then \
                 be done twice."
            ),
        ),
        (true, false) => (
            NO_LONGER_IDEMPOTENT,
            format!("`{subject}` is no longer idempotent: failed calls aren't retried."),
        ),
        _ => return,
    };
    found.add(rule, new.pointer_to(key), subject, sentence);
}

fn pagination(old: &Element<'_>, new: &Element<'_>, subject: &str, found: &mut Findings<'_, '_>) {
    let key = "x-pagination";
    let paging = |element: &Element<'_>| {
        let paging = element.get(key).map(|element| element.value.clone())?;
        (paging.get("style").and_then(Value::as_str) != Some("none")).then_some(paging)
    };
    let (rule, sentence) = match (paging(old), paging(new)) {
        (before, after) if before == after => return,
        (None, _) => (
            PAGINATION_ADDED,
            format!("`{subject}` has pages now, which can be followed."),
        ),
        (_, None) => (
            PAGINATION_REMOVED,
            format!("`{subject}` has no pages any more that can be followed."),
        ),
        _ => (
            PAGINATION_CHANGED,
            format!("The pages of `{subject}` are followed differently."),
        ),
    };
    found.add(rule, new.pointer_to(key), subject, sentence);
}

fn sensitive(old: &Element<'_>, new: &Element<'_>, subject: &str, found: &mut Findings<'_, '_>) {
    let key = "x-sensitive";
    let (before, after) = (values(old.get(key)), values(new.get(key)));
    let mut list = |rule: Rule, values: Vec<&(&str, &str)>, words: &str| {
        if !values.is_empty() {
            let names: Vec<String> = values
                .iter()
                .map(|(part, value)| format!("`{value}` ({part})"))
                .collect();
            let sentence = format!("{} of `{subject}` {words}.", names.join(", "));
            found.add(rule, new.pointer_to(key), subject, sentence);
        }
    };
    let gone = before.difference(&after).collect();
    list(SENSITIVE_REMOVED, gone, "may show in logs");
    let come = after.difference(&before).collect();
    list(SENSITIVE_ADDED, come, "is kept out of logs");
}

/// The values that must be hidden, with the part of the call that contains them.
fn values<'a>(sensitive: Option<Element<'a>>) -> BTreeSet<(&'a str, &'a str)> {
    let mut values = BTreeSet::new();
    for (part, list) in sensitive.iter().flat_map(Element::members) {
        let all = list.value.as_array().into_iter().flatten();
        values.extend(all.filter_map(Value::as_str).map(|value| (part, value)));
    }
    values
}

/// `x-brands`: the brands whose servers and logins the client knows by name.
fn brands(old: &Spec, new: &Spec, found: &mut Findings<'_, '_>) {
    let (old, new) = (old.root().get("x-brands"), new.root().get("x-brands"));
    if !found.are_lists(old.as_ref(), new.as_ref(), "x-brands") {
        return;
    }
    fn list(element: Option<Element<'_>>) -> Vec<Element<'_>> {
        element.map(|element| element.items()).unwrap_or_default()
    }
    let id = |brand: &Element<'_>| brand.text("id").unwrap_or_default().to_owned();
    let (old, new) = (list(old), list(new));
    for before in &old {
        let name = id(before);
        match new.iter().find(|other| id(other) == name) {
            Some(after) => brand(before, after, &name, found),
            None => {
                let sentence = format!("The brand `{name}` is gone.");
                found.add(BRAND_REMOVED, before.pointer.clone(), &name, sentence);
            }
        }
    }
    for after in &new {
        let name = id(after);
        if !old.iter().any(|other| id(other) == name) {
            let sentence = format!("The brand `{name}` is new.");
            found.add(BRAND_ADDED, after.pointer.clone(), &name, sentence);
        }
    }
}

fn brand(old: &Element<'_>, new: &Element<'_>, name: &str, found: &mut Findings<'_, '_>) {
    let (old, new) = (old.members(), new.members());
    let keys: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    for key in keys {
        // Unknown values are written as null.
        let known = |element: Option<&Element<'_>>| {
            element
                .filter(|element| !element.value.is_null())
                .map(|element| (element.value.clone(), element.pointer.clone()))
        };
        let (before, after) = (known(old.get(key)), known(new.get(key)));
        if before.as_ref().map(|(value, _)| value) == after.as_ref().map(|(value, _)| value) {
            continue;
        }
        let (rule, words) = match (key, &before, &after) {
            ("server" | "authorizationUrl" | "tokenUrl", None, _) => {
                (BRAND_URL_ADDED, "is known now")
            }
            ("server" | "authorizationUrl" | "tokenUrl", _, None) => {
                (BRAND_URL_REMOVED, "isn't known any more")
            }
            ("server" | "authorizationUrl" | "tokenUrl", _, _) => (BRAND_URL_CHANGED, "changed"),
            ("x-provenance", _, _) => (PROVENANCE_CHANGED, "reads differently"),
            ("name", _, _) => (BRAND_NAME_CHANGED, "changed"),
            _ => (BRAND_CHANGED, "reads differently"),
        };
        let sentence = format!("`{key}` of the brand `{name}` {words}.");
        let pointer = after.or(before).map(|(_, pointer)| pointer);
        found.add(rule, pointer.unwrap_or_default(), name, sentence);
    }
}
