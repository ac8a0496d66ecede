//! From a successful response to what was asked for.
//!
//! Nothing is taken for success by silence: a body that holds nothing of what the operation
//! promises (`x-promise` of the document) is an error that names its keys; one that says it
//! failed is a failure of the service. What differs in form only is read, and said.

mod envelope;
mod facts;
mod failure;

use std::fmt;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};
use stratustexting_client::{
    Operation,
    lenient::{self, Diagnostic, Found, Handling, Model, Read, Reader, Unreadable},
    types,
};

pub(crate) use self::facts::{Facts, NextToken};
use crate::{Error, Result, error::Kind, pager::Page, parts::Parts};

/// Whether an operation sends a message: its success says that the message was taken, and
/// nothing else can.
pub(crate) fn is_send(operation: &Operation) -> bool {
    operation.promise == ["result"]
}

/// Reads one object.
pub(crate) fn object<T: Model>(
    parts: &Parts,
    operation: &Operation,
) -> Result<(T, Vec<Diagnostic>)> {
    if is_blank(&parts.body) {
        let without = matches!(
            parts.status,
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT
        );
        if without && operation.method != "GET" {
            let nothing = Diagnostic::of_body(T::EXPECTED, Found::Nothing, Handling::Dropped);
            return Ok((T::default(), vec![nothing]));
        }
        return Err(silent(Shape::Empty));
    }
    let read = lenient::from_slice::<T>(&parts.body).map_err(unreadable)?;
    let (value, diagnostics) = (read.value, read.diagnostics);
    if failure::is_said(value.unlisted()) {
        return Err(Error::new(Kind::ServiceFailure));
    }
    if operation.promise.is_empty() || value.has_any(operation.promise) {
        return Ok((value, diagnostics));
    }
    let json = json(&parts.body)?;
    if failure::is_likely(&json.value) {
        return Err(Error::new(Kind::ServiceFailure));
    }
    envelope::object(json.value, operation.promise).map_err(silent)
}

/// Reads what a send promises.
///
/// A message was taken only if the body says so outright: `result` is text, there once, and
/// neither it nor anything beside it speaks of a failure. Whatever else a success says leaves
/// it unknown what became of the message.
pub(crate) fn sent(parts: &Parts) -> Result<(types::SendResult, Vec<Diagnostic>)> {
    if is_blank(&parts.body) {
        return Err(silent(Shape::Empty));
    }
    let read = lenient::from_slice::<types::SendResult>(&parts.body).map_err(unreadable)?;
    let (value, diagnostics) = (read.value, read.diagnostics);
    let result = value.result.as_deref().unwrap_or_default();
    if failure::speaks_of_failure(result) || failure::is_in(&value.extra) {
        return Err(Error::new(Kind::ServiceFailure));
    }
    let is_mended = |diagnostic: &Diagnostic| diagnostic.handling() == Handling::Mended;
    if result.trim().is_empty() || !diagnostics.iter().all(is_mended) {
        return Err(silent(Shape::of(&json(&parts.body)?.value)));
    }
    Ok((value, diagnostics))
}

/// Looks at the success of an operation of which nothing is read: it has only to say nothing
/// of a failure.
pub(crate) fn nothing(parts: &Parts) -> Result<()> {
    let said = lenient::from_slice::<Value>(&parts.body).ok();
    if said.is_some_and(|said| failure::is_likely(&said.value)) {
        return Err(Error::new(Kind::ServiceFailure));
    }
    Ok(())
}

/// One page of a list, as the document has it.
pub(crate) trait PageModel: Model {
    type Item: Model;

    /// Its items, and what it says of the list.
    fn split(self) -> (Option<Vec<Self::Item>>, Facts);
}

macro_rules! page_models {
    ($($page:ident of $item:ident),*) => {$(
        impl PageModel for types::$page {
            type Item = types::$item;

            fn split(self) -> (Option<Vec<types::$item>>, Facts) {
                let mut facts = Facts::of(&self.extra);
                // A count below zero is no count.
                let count = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok());
                facts.total_items = count(self.total_elements).or(facts.total_items);
                facts.total_pages = count(self.total_pages.map(i64::from)).or(facts.total_pages);
                facts.size = count(self.size.map(i64::from)).or(facts.size);
                facts.number = count(self.number.map(i64::from)).or(facts.number);
                facts.last = self.last.or(facts.last);
                (self.content, facts)
            }
        }
    )*};
}

page_models!(
    ContactPage of Contact,
    CustomConsentPage of CustomConsent,
    SubscriptionPage of Subscription,
    SitePage of Site
);

/// Reads one page of a list. `place` is the key of the items where it is known to be another
/// than the document's, with dots between the keys of objects within objects.
pub(crate) fn list<P: PageModel>(
    parts: &Parts,
    operation: &Operation,
    place: Option<&str>,
) -> Result<Page<P::Item>> {
    if is_blank(&parts.body) {
        return Err(silent(Shape::Empty));
    }
    if place.is_none()
        && let Ok(read) = lenient::from_slice::<P>(&parts.body)
    {
        let diagnostics = read.diagnostics;
        if failure::is_said(read.value.unlisted()) {
            return Err(Error::new(Kind::ServiceFailure));
        }
        let (content, facts) = read.value.split();
        if let Some(items) = content {
            return page(items, facts, diagnostics);
        }
    }
    let json = json(&parts.body)?;
    if failure::is_likely(&json.value) {
        return Err(Error::new(Kind::ServiceFailure));
    }
    let documented = operation.pagination.as_ref().map(|paging| paging.items);
    let found = envelope::list::<P::Item>(json.value, place.or(documented), place.is_some());
    let found = found.map_err(silent)?;
    let mut diagnostics = json.diagnostics;
    if place.is_none() {
        let wrapping = Found::Wrapping;
        diagnostics.push(Diagnostic::of_body("a page", wrapping, Handling::Converted));
    }
    let mut reader = Reader::new();
    let items = match lenient::from_value::<Vec<P::Item>>(found.items, &mut reader) {
        Read::Good(items) | Read::Partly(items, _) => items,
        Read::Null => Vec::new(),
        Read::Unreadable(other) => return Err(silent(Shape::of(&other))),
    };
    diagnostics.extend(reader.into_diagnostics());
    page(items, found.facts, diagnostics)
}

/// Takes a page's token for the next from where the caller says that it is.
pub(crate) fn take_token_from<T>(page: &mut Page<T>, parts: &Parts, key: &str) {
    // The page was read of the same body, so this can be read, too.
    if let Ok(read) = json(&parts.body) {
        page.facts.take_token_from(&read.value, key);
    }
}

/// A page, if there is something of the list's items on it.
fn page<T: Model>(items: Vec<T>, facts: Facts, diagnostics: Vec<Diagnostic>) -> Result<Page<T>> {
    let lost = |diagnostic: &&Diagnostic| {
        matches!(diagnostic.handling(), Handling::Kept | Handling::Dropped)
            && diagnostic.pattern().ends_with("[]")
            && diagnostic.path().matches(['[', '.']).count() == 1
    };
    let unreadable = diagnostics.iter().filter(lost).map(Diagnostic::count).sum();
    if items.is_empty() && unreadable > 0 {
        return Err(silent(Shape::NoItem));
    }
    if !items.is_empty() && items.iter().all(Model::is_blank) {
        let keys = items.first().map(|item| keys(item.unlisted()));
        return Err(silent(Shape::Item(keys.unwrap_or_default())));
    }
    Ok(Page {
        items,
        total_items: facts.total_items,
        total_pages: facts.total_pages.and_then(|n| n.try_into().ok()),
        size: facts.size.and_then(|n| n.try_into().ok()),
        last: facts.last,
        unreadable,
        diagnostics,
        facts,
    })
}

fn json(body: &Bytes) -> Result<lenient::Reading<Value>> {
    lenient::from_slice::<Value>(body).map_err(unreadable)
}

fn is_blank(body: &[u8]) -> bool {
    body.iter().all(u8::is_ascii_whitespace)
}

fn unreadable(error: Unreadable) -> Error {
    Error::new(Kind::Decode).with_source(error)
}

fn silent(shape: Shape) -> Error {
    Error::new(Kind::Decode).with_source(Silence(shape))
}

/// What a body is that holds nothing of what was asked for.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Empty,
    Object(Vec<String>),
    Other(Found),
    /// A list none of whose items can be read.
    NoItem,
    /// A list of objects that have nothing of what the items have.
    Item(Vec<String>),
}

impl Shape {
    fn of(value: &Value) -> Self {
        match value {
            Value::Object(fields) => Self::Object(keys(fields)),
            other => Self::Other(Found::of(other)),
        }
    }
}

/// The keys of an object that look like names. What doesn't may be data: a map by number, say.
fn keys(fields: &Map<String, Value>) -> Vec<String> {
    const SHOWN: usize = 12;
    let is_name = |key: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '$');
        let digits = key.bytes().filter(u8::is_ascii_digit).count();
        (1..=40).contains(&key.len()) && digits < 5 && key.chars().all(allowed)
    };
    let shown = fields.keys().take(SHOWN).map(|key| {
        if is_name(key) {
            key.clone()
        } else {
            "?".to_owned()
        }
    });
    let mut keys: Vec<String> = shown.collect();
    if fields.len() > SHOWN {
        keys.push("…".to_owned());
    }
    keys
}

/// Says that nothing of what was asked for came back.
#[derive(Debug)]
struct Silence(Shape);

impl fmt::Display for Silence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing of what was asked for is in the body, which ")?;
        match &self.0 {
            Shape::Empty => f.write_str("is empty"),
            Shape::Object(keys) if keys.is_empty() => f.write_str("is an object without keys"),
            Shape::Object(keys) => write!(f, "is an object with the keys {}", keys.join(", ")),
            Shape::Other(found) => write!(f, "is {found}"),
            Shape::NoItem => f.write_str("is a list without an item that can be read"),
            Shape::Item(keys) => write!(
                f,
                "is a list of objects with other keys: {}",
                keys.join(", ")
            ),
        }
    }
}

impl std::error::Error for Silence {}

#[cfg(test)]
mod tests;
