//! Bodies, responses and callbacks.
//!
//! In a callback the roles are reversed: the service sends the request, so the client
//! receives its body, and the client sends the response.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    rules::{self, Direction},
    spec::{Element, operations_of},
    wire::{Noun, Slot, Wire},
};

impl<'a> Wire<'a> {
    /// Compares the bodies of two requests.
    pub(super) fn body(
        &mut self,
        old: Option<Element<'a>>,
        new: Option<Element<'a>>,
        sent: Direction,
        subject: &str,
    ) {
        let slot = Slot::new(sent, Noun::Body);
        let subject = &format!("{subject}.body");
        let old = old.map(|element| self.resolve_old(element));
        let new = new.map(|element| self.resolve_new(element));
        if !self.is_readable(old.as_ref(), new.as_ref(), Value::is_object, subject) {
            return;
        }
        let (rule, pointer, sentence) = match (&old, &new) {
            (None, None) => return,
            (Some(old), None) => {
                self.mark_reached(std::slice::from_ref(old), &[]);
                let sentence = format!("`{subject}` is gone: the request has no body.");
                (rules::REMOVED, &old.pointer, sentence)
            }
            (None, Some(new)) => {
                self.mark_reached(&[], std::slice::from_ref(new));
                if new.flag("required") {
                    let sentence = format!("The request must have a body now, `{subject}`.");
                    (rules::ADDED_REQUIRED, &new.pointer, sentence)
                } else {
                    let sentence = format!("The request may have a body now, `{subject}`.");
                    (rules::ADDED, &new.pointer, sentence)
                }
            }
            (Some(old), Some(new)) => {
                self.documentation(Some(old), Some(new), subject);
                let (before, after) = (old.get("content"), new.get("content"));
                self.content(before.as_ref(), after.as_ref(), slot, subject);
                match (old.flag("required"), new.flag("required")) {
                    (false, true) => {
                        let sentence = format!("The body `{subject}` is required now.");
                        (rules::BECAME_REQUIRED, &new.pointer, sentence)
                    }
                    (true, false) => {
                        let sentence = format!("The body `{subject}` may be missing now.");
                        (rules::BECAME_OPTIONAL, &new.pointer, sentence)
                    }
                    _ => return,
                }
            }
        };
        self.add_value_change(rule, slot, pointer.clone(), subject, sentence);
    }

    /// Compares the responses of two operations by status.
    pub(super) fn responses(
        &mut self,
        old: Option<Element<'a>>,
        new: Option<Element<'a>>,
        direction: Direction,
        subject: &str,
    ) {
        let slot = Slot::new(direction, Noun::Body);
        for (status, (old, new)) in self.members_of(old.as_ref(), new.as_ref(), subject) {
            if status.starts_with("x-") {
                continue;
            }
            let subject = &format!("{subject}.{status}");
            let noun = if status.starts_with('2') {
                "success-status"
            } else {
                "error-status"
            };
            let old = old.map(|element| (element.pointer.clone(), self.resolve_old(element)));
            let new = new.map(|element| (element.pointer.clone(), self.resolve_new(element)));
            match (old, new) {
                (None, None) => {}
                (Some((pointer, old)), None) => {
                    self.mark_reached(&[old], &[]);
                    let rule = match noun {
                        "success-status" => rules::SUCCESS_REMOVED,
                        _ => rules::ERROR_REMOVED,
                    };
                    let sentence = format!("The response `{subject}` is no longer listed.");
                    self.add_directed(rule, direction, noun, pointer, subject, sentence);
                }
                (None, Some((pointer, new))) => {
                    self.mark_reached(&[], &[new]);
                    let sentence = format!("The response `{subject}` is listed now.");
                    let rule = rules::STATUS_ADDED;
                    self.add_directed(rule, direction, noun, pointer, subject, sentence);
                }
                (Some((_, old)), Some((_, new))) => self.response(&old, &new, slot, subject),
            }
        }
    }

    fn response(&mut self, old: &Element<'a>, new: &Element<'a>, slot: Slot, subject: &str) {
        if !self.is_readable(Some(old), Some(new), Value::is_object, subject) {
            return;
        }
        self.documentation(Some(old), Some(new), subject);
        let (before, after) = (old.get("headers"), new.get("headers"));
        self.headers(before.as_ref(), after.as_ref(), slot.direction, subject);
        let (before, after) = (old.get("content"), new.get("content"));
        self.content(before.as_ref(), after.as_ref(), slot, subject);
    }

    /// Compares the media types of a body.
    pub(super) fn content(
        &mut self,
        old: Option<&Element<'a>>,
        new: Option<&Element<'a>>,
        slot: Slot,
        subject: &str,
    ) {
        let mut gone: Vec<(&str, Element<'a>)> = Vec::new();
        let mut come: Vec<(&str, Element<'a>)> = Vec::new();
        for (media, pair) in self.members_of(old, new, subject) {
            match pair {
                (Some(old), Some(new)) => self.media(&old, &new, slot.of_media(media), subject),
                (Some(old), None) => gone.push((media, old)),
                (None, Some(new)) => come.push((media, new)),
                (None, None) => {}
            }
        }
        let noun = "media-type";
        // A range such as `*/*` may stand for several types: it can replace them, or
        // they it.
        let mut ranges: BTreeSet<&str> = BTreeSet::new();
        for (media, old) in gone {
            // The parameters after the semicolon say how the body is written, mostly the charset.
            let found = come
                .iter()
                .position(|(other, _)| essence(other) == essence(media));
            if let Some(found) = found {
                let (other, new) = come.remove(found);
                let sentence = format!("`{subject}` is `{other}` now, and was `{media}`.");
                let rule = rules::PARAMETERS_CHANGED;
                let pointer = new.pointer.clone();
                self.add_directed(rule, slot.direction, noun, pointer, subject, sentence);
                self.media(&old, &new, slot.of_media(media), subject);
                continue;
            }
            let alike = |range, media| essence(range) != essence(media) && covers(range, media);
            let inside: Vec<_> = come
                .extract_if(.., |(other, _)| alike(media, other))
                .collect();
            for (other, new) in &inside {
                let sentence = format!("`{subject}` is only `{other}` now, and was `{media}`.");
                let (rule, pointer) = (rules::MEDIA_NARROWED, new.pointer.clone());
                self.add_directed(rule, slot.direction, noun, pointer, subject, sentence);
                self.media(&old, new, slot.of_media(other), subject);
            }
            if !inside.is_empty() {
                continue;
            }
            if let Some((other, new)) = come.iter().find(|(other, _)| alike(other, media)) {
                ranges.insert(other);
                let sentence = format!("`{subject}` may be `{other}` now, and was `{media}`.");
                let (rule, pointer) = (rules::MEDIA_WIDENED, new.pointer.clone());
                self.add_directed(rule, slot.direction, noun, pointer, subject, sentence);
                self.media(&old, new, slot.of_media(media), subject);
                continue;
            }
            let sentence = format!("`{subject}` is no longer `{media}`.");
            self.mark_reached(std::slice::from_ref(&old), &[]);
            let rule = rules::REMOVED;
            self.add_directed(rule, slot.direction, noun, old.pointer, subject, sentence);
        }
        come.retain(|(media, _)| !ranges.contains(media));
        for (media, new) in come {
            let sentence = format!("`{subject}` may be `{media}`, too.");
            self.mark_reached(&[], std::slice::from_ref(&new));
            let rule = rules::ADDED;
            self.add_directed(rule, slot.direction, noun, new.pointer, subject, sentence);
        }
    }

    fn media(&mut self, old: &Element<'a>, new: &Element<'a>, slot: Slot, subject: &str) {
        self.documentation(Some(old), Some(new), subject);
        self.schema(slot, old.get("schema"), new.get("schema"), subject);
        let (before, after) = (old.get("encoding"), new.get("encoding"));
        if before.as_ref().map(|element| element.value)
            != after.as_ref().map(|element| element.value)
            && let Some(element) = after.or(before)
        {
            let sentence = format!("The parts of `{subject}` are serialized differently.");
            let rule = rules::ENCODING_CHANGED;
            self.add_value_change(rule, slot, element.pointer, subject, sentence);
        }
    }

    /// Compares the requests that the service sends to the client.
    pub(super) fn callbacks(
        &mut self,
        old: Option<Element<'a>>,
        new: Option<Element<'a>>,
        subject: &str,
    ) {
        for (name, (old, new)) in self.members_of(old.as_ref(), new.as_ref(), subject) {
            let subject = &format!("{subject}.{name}");
            let old = old.map(|element| self.resolve_old(element));
            let new = new.map(|element| self.resolve_new(element));
            for (url, (old, new)) in self.members_of(old.as_ref(), new.as_ref(), subject) {
                if !url.starts_with("x-") {
                    self.callback(old, new, subject);
                }
            }
        }
    }

    fn callback(&mut self, old: Option<Element<'a>>, new: Option<Element<'a>>, subject: &str) {
        let old = old.map(|element| self.resolve_old(element));
        let new = new.map(|element| self.resolve_new(element));
        if !self.is_readable(old.as_ref(), new.as_ref(), Value::is_object, subject) {
            return;
        }
        let before = old
            .map(|item| operations_of(subject, &item))
            .unwrap_or_default();
        let after = new
            .map(|item| operations_of(subject, &item))
            .unwrap_or_default();
        let methods: BTreeSet<&String> =
            before.iter().chain(&after).map(|one| &one.method).collect();
        for method in methods {
            let one = before.iter().find(|one| one.method == *method);
            let other = after.iter().find(|other| other.method == *method);
            match (one, other) {
                (Some(one), Some(other)) => {
                    self.operation(one, other, Direction::Response, &other.id);
                }
                (Some(one), None) => {
                    let sentence = format!("The service no longer calls `{}` back.", one.id);
                    let pointer = one.element.pointer.clone();
                    self.mark_reached(std::slice::from_ref(&one.element), &[]);
                    self.add(rules::CALLBACK_REMOVED, pointer, &one.id, sentence);
                }
                (None, Some(other)) => {
                    let sentence = format!("The service calls `{}` back.", other.id);
                    let pointer = other.element.pointer.clone();
                    self.mark_reached(&[], std::slice::from_ref(&other.element));
                    self.add(rules::CALLBACK_ADDED, pointer, &other.id, sentence);
                }
                (None, None) => {}
            }
        }
    }
}

/// A media type without its parameters.
fn essence(media: &str) -> String {
    let essence = media.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// Whether a range such as `*/*` or `text/*` includes a media type.
fn covers(range: &str, media: &str) -> bool {
    let range = essence(range);
    let start = range.strip_suffix('*');
    start.is_some_and(|start| start == "*/" || essence(media).starts_with(start))
}
