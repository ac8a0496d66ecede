//! The credentials that a client needs.
//!
//! A requirement is a choice of sets of schemes, and any one set is enough. A client
//! has the credentials for one of the old sets. If some new set asks for no more than
//! those, it can still authenticate; if none does, it is locked out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    rules::{self, Rule},
    spec::{Element, Operation, Spec},
    wire::Wire,
};

/// One alternative: the schemes that are needed together, each with its scopes.
type Choice<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

impl<'a> Wire<'a> {
    pub(super) fn security(&mut self, old: &Operation<'a>, new: &Operation<'a>, subject: &str) {
        let (one, other) = (old.element.get("security"), new.element.get("security"));
        if !self.is_readable(one.as_ref(), other.as_ref(), Value::is_array, subject) {
            return;
        }
        let before = choices(self.old, old);
        let after = choices(self.new, new);
        if before == after {
            return;
        }
        let pointer = new.element.pointer_to("security");
        let is_open =
            |choices: &[Choice<'a>]| choices.is_empty() || choices.iter().any(BTreeMap::is_empty);
        match (is_open(&before), is_open(&after)) {
            (true, true) => return,
            (true, false) => {
                let sentence = format!("`{subject}` needs credentials now.");
                self.add(rules::SECURITY_REQUIRED, pointer, subject, sentence);
                return;
            }
            (false, true) => {
                let sentence = format!("`{subject}` no longer needs credentials.");
                self.add(rules::SECURITY_LIFTED, pointer, subject, sentence);
                return;
            }
            (false, false) => {}
        }
        if let ([one], [other]) = (before.as_slice(), after.as_slice()) {
            self.choice(one, other, &pointer, subject);
            return;
        }
        let locked_out = before
            .iter()
            .any(|one| !after.iter().any(|other| is_enough(one, other)));
        let new_ways = after
            .iter()
            .any(|other| !before.iter().any(|one| is_enough(other, one)));
        if locked_out {
            let sentence = format!("One of the graph to authenticate for `{subject}` is gone.");
            self.add(
                rules::SECURITY_CHOICE_REMOVED,
                pointer.clone(),
                subject,
                sentence,
            );
        }
        // The order of the alternatives makes no difference.
        if new_ways {
            let sentence = format!("There is another way to authenticate for `{subject}`.");
            self.add(rules::SECURITY_CHOICE_ADDED, pointer, subject, sentence);
        }
    }

    /// Compares requirements with one alternative each.
    fn choice(&mut self, old: &Choice<'a>, new: &Choice<'a>, pointer: &str, subject: &str) {
        let mut list = |rule: Rule, names: Vec<&str>, words: &str| {
            if !names.is_empty() {
                let sentence = format!("`{subject}` {words} `{}`.", names.join("`, `"));
                self.add(rule, pointer.to_owned(), subject, sentence);
            }
        };
        let schemes = |one: &Choice<'a>, other: &Choice<'a>| -> Vec<&'a str> {
            one.keys()
                .filter(|name| !other.contains_key(*name))
                .copied()
                .collect()
        };
        list(
            rules::SCHEME_NEEDED,
            schemes(new, old),
            "needs the credentials",
        );
        list(
            rules::SCHEME_NOT_NEEDED,
            schemes(old, new),
            "no longer needs the credentials",
        );
        let scopes = |one: &Choice<'a>, other: &Choice<'a>| -> Vec<&'a str> {
            let mut names = Vec::new();
            for (name, scopes) in one {
                // The scopes of a new scheme come with it.
                if let Some(others) = other.get(name) {
                    names.extend(scopes.difference(others));
                }
            }
            names
        };
        list(
            rules::SCOPE_NEEDED,
            scopes(new, old),
            "needs a token with the scope",
        );
        list(
            rules::SCOPE_NOT_NEEDED,
            scopes(old, new),
            "no longer needs a token with the scope",
        );
    }

    /// Compares the schemes themselves.
    pub(super) fn security_schemes(&mut self) {
        let used: BTreeSet<&str> = [self.old, self.new]
            .into_iter()
            .flat_map(|spec| {
                let operations = spec.operations();
                let all = operations
                    .iter()
                    .flat_map(|operation| choices(spec, operation));
                all.flat_map(BTreeMap::into_keys).collect::<Vec<&str>>()
            })
            .collect();
        let schemes = |spec: &'a Spec| {
            let components = spec.root().get("components");
            components.and_then(|components| components.get("securitySchemes"))
        };
        let (old, new) = (schemes(self.old), schemes(self.new));
        for (name, (old, new)) in self.members_of(old.as_ref(), new.as_ref(), "securitySchemes") {
            let old = old.map(|element| self.old.resolve(element));
            let new = new.map(|element| self.new.resolve(element));
            self.documentation(old.as_ref(), new.as_ref(), name);
            match (old, new) {
                (None, None) => {}
                (None, Some(new)) => {
                    let sentence = format!("The security scheme `{name}` is new.");
                    self.add(rules::SCHEME_ADDED, new.pointer, name, sentence);
                }
                (Some(old), Some(new)) if used.contains(name) => self.scheme(&old, &new, name),
                (Some(old), None) if used.contains(name) => {
                    let sentence = format!("The security scheme `{name}` is gone.");
                    self.add(rules::SCHEME_REMOVED, old.pointer, name, sentence);
                }
                (Some(old), new) => {
                    if Some(old.value) != new.as_ref().map(|element| element.value) {
                        let sentence =
                            format!("The security scheme `{name}`, which nothing uses, differs.");
                        let pointer = new.unwrap_or(old).pointer;
                        self.add(rules::UNUSED_SCHEME_CHANGED, pointer, name, sentence);
                    }
                }
            }
        }
    }

    fn scheme(&mut self, old: &Element<'a>, new: &Element<'a>, name: &str) {
        for (key, (before, after)) in self.members_of(Some(old), Some(new), name) {
            let values = (
                before.as_ref().map(|one| one.value),
                after.as_ref().map(|other| other.value),
            );
            if values.0 == values.1 || rules::documentation_rule(key).is_some() {
                continue;
            }
            if key == "flows" {
                self.flows(before.as_ref(), after.as_ref(), name);
                continue;
            }
            let rule = match key {
                "bearerFormat" => rules::BEARER_FORMAT_CHANGED,
                _ => rules::SCHEME_CHANGED,
            };
            let pointer = after.or(before).map(|element| element.pointer);
            let sentence = format!("`{key}` of the security scheme `{name}` changed.");
            self.add(rule, pointer.unwrap_or_default(), name, sentence);
        }
    }

    fn flows(&mut self, old: Option<&Element<'a>>, new: Option<&Element<'a>>, scheme: &str) {
        for (name, (old, new)) in self.members_of(old, new, scheme) {
            if name.starts_with("x-") {
                continue;
            }
            let subject = &format!("{scheme}.{name}");
            let (rule, pointer, sentence) = match (&old, &new) {
                (Some(old), None) => (
                    rules::FLOW_REMOVED,
                    old.pointer.clone(),
                    format!("The login `{subject}` is gone."),
                ),
                (None, Some(new)) => (
                    rules::FLOW_ADDED,
                    new.pointer.clone(),
                    format!("The login `{subject}` is new."),
                ),
                _ => {
                    self.flow(old.as_ref(), new.as_ref(), subject);
                    continue;
                }
            };
            self.add(rule, pointer, subject, sentence);
        }
    }

    fn flow(&mut self, old: Option<&Element<'a>>, new: Option<&Element<'a>>, subject: &str) {
        for (key, (before, after)) in self.members_of(old, new, subject) {
            let pointer = |element: Option<&Element<'a>>| {
                element
                    .map(|element| element.pointer.clone())
                    .unwrap_or_default()
            };
            if key == "scopes" {
                self.scopes(before.as_ref(), after.as_ref(), subject);
            } else if key.starts_with("x-") {
                self.documentation_key(
                    key,
                    rules::EXTENSION_CHANGED,
                    before.as_ref(),
                    after.as_ref(),
                    subject,
                );
            } else if before.as_ref().map(|one| one.value)
                != after.as_ref().map(|other| other.value)
            {
                let (rule, words) = match (&before, &after) {
                    (None, _) => (rules::OAUTH_URL_ADDED, "is known now"),
                    (_, None) => (rules::OAUTH_URL_REMOVED, "is gone"),
                    _ => (rules::OAUTH_URL_CHANGED, "changed"),
                };
                let sentence = format!("`{key}` of the login `{subject}` {words}.");
                self.add(
                    rule,
                    pointer(after.as_ref().or(before.as_ref())),
                    subject,
                    sentence,
                );
            }
        }
    }

    fn scopes(&mut self, old: Option<&Element<'a>>, new: Option<&Element<'a>>, subject: &str) {
        for (scope, (before, after)) in self.members_of(old, new, subject) {
            let (rule, pointer, sentence) = match (&before, &after) {
                (None, Some(new)) => (
                    rules::OAUTH_SCOPE_ADDED,
                    &new.pointer,
                    format!("The login `{subject}` has the scope `{scope}`."),
                ),
                (Some(old), None) => (
                    rules::OAUTH_SCOPE_REMOVED,
                    &old.pointer,
                    format!("The login `{subject}` no longer has the scope `{scope}`."),
                ),
                (old, new) => {
                    let rule = rules::DESCRIPTION_CHANGED;
                    self.documentation_key(scope, rule, old.as_ref(), new.as_ref(), subject);
                    continue;
                }
            };
            self.add(rule, pointer.clone(), subject, sentence);
        }
    }
}

/// The alternatives of an operation: its own, or those of the document.
fn choices<'a>(spec: &'a Spec, operation: &Operation<'a>) -> Vec<Choice<'a>> {
    let own = operation.element.get("security");
    let security = own.or_else(|| spec.root().get("security"));
    let choices = security.iter().flat_map(Element::items).map(|choice| {
        let schemes = choice.members().into_iter();
        let schemes = schemes.map(|(name, scopes)| {
            let scopes = scopes.value.as_array().into_iter().flatten();
            (name, scopes.filter_map(Value::as_str).collect())
        });
        schemes.collect()
    });
    choices.collect()
}

/// Whether the credentials for `one` are enough for `other`.
fn is_enough(one: &Choice<'_>, other: &Choice<'_>) -> bool {
    other
        .iter()
        .all(|(name, scopes)| one.get(name).is_some_and(|own| scopes.is_subset(own)))
}
