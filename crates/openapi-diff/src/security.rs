//! What a client needs to get in.
//!
//! A requirement is a choice of sets of schemes, of which any one is enough. A client has
//! the credentials that one of the old sets asked for. If some new set asks for no more than
//! that, it still gets in; whoever used a set for which that doesn't hold is locked out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{
    rules::{self, Rule},
    spec::{Operation, Place, Spec},
    wire::Wire,
};

/// One way in: the schemes that are needed together, each with its scopes.
type Choice<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

impl<'a> Wire<'a> {
    pub(super) fn security(&mut self, old: &Operation<'a>, new: &Operation<'a>, subject: &str) {
        let (one, other) = (old.place.get("security"), new.place.get("security"));
        if !self.is_readable(one.as_ref(), other.as_ref(), Value::is_array, subject) {
            return;
        }
        let before = choices(self.old, old);
        let after = choices(self.new, new);
        if before == after {
            return;
        }
        let pointer = new.place.pointer_to("security");
        let is_open =
            |choices: &[Choice<'a>]| choices.is_empty() || choices.iter().any(BTreeMap::is_empty);
        match (is_open(&before), is_open(&after)) {
            (true, true) => return,
            (true, false) => {
                let sentence = format!("`{subject}` needs credentials now.");
                self.say(rules::SECURITY_REQUIRED, pointer, subject, sentence);
                return;
            }
            (false, true) => {
                let sentence = format!("`{subject}` no longer needs credentials.");
                self.say(rules::SECURITY_LIFTED, pointer, subject, sentence);
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
            let sentence = format!("One of the ways to authenticate for `{subject}` is gone.");
            self.say(
                rules::SECURITY_CHOICE_REMOVED,
                pointer.clone(),
                subject,
                sentence,
            );
        }
        // Neither, if they are only listed in another order.
        if new_ways {
            let sentence = format!("There is another way to authenticate for `{subject}`.");
            self.say(rules::SECURITY_CHOICE_ADDED, pointer, subject, sentence);
        }
    }

    /// Compares the only way in with the only way in.
    fn choice(&mut self, old: &Choice<'a>, new: &Choice<'a>, pointer: &str, subject: &str) {
        let mut list = |rule: Rule, names: Vec<&str>, words: &str| {
            if !names.is_empty() {
                let sentence = format!("`{subject}` {words} `{}`.", names.join("`, `"));
                self.say(rule, pointer.to_owned(), subject, sentence);
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
            let old = old.map(|place| self.old.resolve(place));
            let new = new.map(|place| self.new.resolve(place));
            self.words(old.as_ref(), new.as_ref(), name);
            match (old, new) {
                (None, None) => {}
                (None, Some(new)) => {
                    let sentence = format!("The security scheme `{name}` is described.");
                    self.say(rules::SCHEME_ADDED, new.pointer, name, sentence);
                }
                (Some(old), Some(new)) if used.contains(name) => self.scheme(&old, &new, name),
                (Some(old), None) if used.contains(name) => {
                    let sentence = format!("The security scheme `{name}` is gone.");
                    self.say(rules::SCHEME_REMOVED, old.pointer, name, sentence);
                }
                (Some(old), new) => {
                    if Some(old.value) != new.as_ref().map(|place| place.value) {
                        let sentence =
                            format!("The security scheme `{name}`, which nothing uses, differs.");
                        let pointer = new.unwrap_or(old).pointer;
                        self.say(rules::UNUSED_SCHEME_CHANGED, pointer, name, sentence);
                    }
                }
            }
        }
    }

    fn scheme(&mut self, old: &Place<'a>, new: &Place<'a>, name: &str) {
        for (key, (before, after)) in self.members_of(Some(old), Some(new), name) {
            let values = (
                before.as_ref().map(|one| one.value),
                after.as_ref().map(|other| other.value),
            );
            if values.0 == values.1 || super::wire::words_rule(key).is_some() {
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
            let pointer = after.or(before).map(|place| place.pointer);
            let sentence = format!("`{key}` of the security scheme `{name}` is another.");
            self.say(rule, pointer.unwrap_or_default(), name, sentence);
        }
    }

    fn flows(&mut self, old: Option<&Place<'a>>, new: Option<&Place<'a>>, scheme: &str) {
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
            self.say(rule, pointer, subject, sentence);
        }
    }

    fn flow(&mut self, old: Option<&Place<'a>>, new: Option<&Place<'a>>, subject: &str) {
        for (key, (before, after)) in self.members_of(old, new, subject) {
            let pointer = |place: Option<&Place<'a>>| {
                place.map(|place| place.pointer.clone()).unwrap_or_default()
            };
            if key == "scopes" {
                self.scopes(before.as_ref(), after.as_ref(), subject);
            } else if key.starts_with("x-") {
                self.word(
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
                    _ => (rules::OAUTH_URL_CHANGED, "is another"),
                };
                let sentence = format!("`{key}` of the login `{subject}` {words}.");
                self.say(
                    rule,
                    pointer(after.as_ref().or(before.as_ref())),
                    subject,
                    sentence,
                );
            }
        }
    }

    fn scopes(&mut self, old: Option<&Place<'a>>, new: Option<&Place<'a>>, subject: &str) {
        for (scope, (before, after)) in self.members_of(old, new, subject) {
            let (rule, pointer, sentence) = match (&before, &after) {
                (None, Some(new)) => (
                    rules::OAUTH_SCOPE_ADDED,
                    &new.pointer,
                    format!("The login `{subject}` knows the scope `{scope}`."),
                ),
                (Some(old), None) => (
                    rules::OAUTH_SCOPE_REMOVED,
                    &old.pointer,
                    format!("The login `{subject}` no longer knows the scope `{scope}`."),
                ),
                (old, new) => {
                    let rule = rules::DESCRIPTION_CHANGED;
                    self.word(scope, rule, old.as_ref(), new.as_ref(), subject);
                    continue;
                }
            };
            self.say(rule, pointer.clone(), subject, sentence);
        }
    }
}

/// The ways into an operation: its own, or those of the document.
fn choices<'a>(spec: &'a Spec, operation: &Operation<'a>) -> Vec<Choice<'a>> {
    let own = operation.place.get("security");
    let security = own.or_else(|| spec.root().get("security"));
    let choices = security.iter().flat_map(Place::items).map(|choice| {
        let schemes = choice.members().into_iter();
        let schemes = schemes.map(|(name, scopes)| {
            let scopes = scopes.value.as_array().into_iter().flatten();
            (name, scopes.filter_map(Value::as_str).collect())
        });
        schemes.collect()
    });
    choices.collect()
}

/// Whether who has what `one` asks for gets in where `other` is asked for.
fn is_enough(one: &Choice<'_>, other: &Choice<'_>) -> bool {
    other
        .iter()
        .all(|(name, scopes)| one.get(name).is_some_and(|own| scopes.is_subset(own)))
}
