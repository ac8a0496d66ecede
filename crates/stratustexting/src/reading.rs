//! From a successful response to the values that the caller asked for.
//!
//! A status alone is no success. A body without any field that the operation promises
//! (`x-promise` of the document) is an error that names its keys. A body that reports a failure
//! is a failure of the service. A body that differs in form only is read, with diagnostics.

mod envelope;
mod failure;
mod metadata;

use std::fmt;

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};
use stratustexting_client::{
    Operation,
    lenient::{self, Diagnostic, Found, Handling, Model, Read, Reader, Unreadable},
    types,
};

pub(crate) use self::metadata::{NextToken, PageMetadata};
use crate::{Error, Result, error::Kind, pager::Page, parts::Parts};

/// Whether an operation sends a message. Only its response can say that the message was
/// accepted.
pub(crate) fn is_send(operation: &Operation) -> bool {
    operation.promise == ["result"]
}

/// Reads one object.
pub(crate) fn object<T: Model>(
    parts: &Parts,
    operation: &Operation,
) -> Result<(T, Vec<Diagnostic>)> {
    if is_blank(&parts.body) {
        let may_be_blank = matches!(
            parts.status,
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT
        );
        if may_be_blank && operation.method != "GET" {
            let nothing = Diagnostic::of_body(T::EXPECTED, Found::Nothing, Handling::Dropped);
            return Ok((T::default(), vec![nothing]));
        }
        return Err(unexpected(Shape::Empty));
    }
    let read = lenient::from_slice::<T>(&parts.body).map_err(unreadable)?;
    let (value, diagnostics) = (read.value, read.diagnostics);
    if failure::is_explicit(value.unlisted()) {
        return Err(Error::new(Kind::ServiceFailure));
    }
    if operation.promise.is_empty() || value.has_any(operation.promise) {
        return Ok((value, diagnostics));
    }
    let json = json(&parts.body)?;
    if failure::is_likely(&json.value) {
        return Err(Error::new(Kind::ServiceFailure));
    }
    envelope::object(json.value, operation.promise).map_err(unexpected)
}

/// Reads the response of a send.
///
/// The message was accepted only if the body says so outright: `result` is text and occurs
/// once, and neither it nor any other field reports a failure. With any other body of a
/// success, the outcome of the send is unknown.
pub(crate) fn sent(parts: &Parts) -> Result<(types::SendResult, Vec<Diagnostic>)> {
    if is_blank(&parts.body) {
        return Err(unexpected(Shape::Empty));
    }
    let read = lenient::from_slice::<types::SendResult>(&parts.body).map_err(unreadable)?;
    let (value, diagnostics) = (read.value, read.diagnostics);
    let result = value.result.as_deref().unwrap_or_default();
    if failure::reports_failure(result) || failure::is_likely_in(&value.extra) {
        return Err(Error::new(Kind::ServiceFailure));
    }
    let is_mended = |diagnostic: &Diagnostic| diagnostic.handling() == Handling::Mended;
    if result.trim().is_empty() || !diagnostics.iter().all(is_mended) {
        return Err(unexpected(Shape::of(&json(&parts.body)?.value)));
    }
    Ok((value, diagnostics))
}

/// Checks the success of an operation whose body isn't read: it must not report a failure.
pub(crate) fn nothing(parts: &Parts) -> Result<()> {
    let json = lenient::from_slice::<Value>(&parts.body).ok();
    if json.is_some_and(|json| failure::is_likely(&json.value)) {
        return Err(Error::new(Kind::ServiceFailure));
    }
    Ok(())
}

/// One page of a list, as the document describes it.
pub(crate) trait PageModel: Model {
    type Item: Model;

    /// Its items, and what it says of the list.
    fn split(self) -> (Option<Vec<Self::Item>>, PageMetadata);
}

macro_rules! page_models {
    ($($page:ident of $item:ident),*) => {$(
        impl PageModel for types::$page {
            type Item = types::$item;

            fn split(self) -> (Option<Vec<types::$item>>, PageMetadata) {
                let mut metadata = PageMetadata::of(&self.extra);
                // A count below zero is no count.
                let count = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok());
                metadata.total_items = count(self.total_elements).or(metadata.total_items);
                metadata.total_pages = count(self.total_pages.map(i64::from)).or(metadata.total_pages);
                metadata.size = count(self.size.map(i64::from)).or(metadata.size);
                metadata.number = count(self.number.map(i64::from)).or(metadata.number);
                metadata.last = self.last.or(metadata.last);
                (self.content, metadata)
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

/// Reads one page of a list. `items_key` is the key of the items if the caller has set one,
/// with dots between the keys of nested objects.
pub(crate) fn list<P: PageModel>(
    parts: &Parts,
    operation: &Operation,
    items_key: Option<&str>,
) -> Result<Page<P::Item>> {
    if is_blank(&parts.body) {
        return Err(unexpected(Shape::Empty));
    }
    if items_key.is_none()
        && let Ok(read) = lenient::from_slice::<P>(&parts.body)
    {
        let diagnostics = read.diagnostics;
        if failure::is_explicit(read.value.unlisted()) {
            return Err(Error::new(Kind::ServiceFailure));
        }
        let (content, metadata) = read.value.split();
        if let Some(items) = content {
            return page(items, metadata, diagnostics);
        }
    }
    let json = json(&parts.body)?;
    if failure::is_likely(&json.value) {
        return Err(Error::new(Kind::ServiceFailure));
    }
    let documented = operation.pagination.as_ref().map(|paging| paging.items);
    let key = items_key.or(documented);
    let found = envelope::list::<P::Item>(json.value, key, items_key.is_some());
    let found = found.map_err(unexpected)?;
    let mut diagnostics = json.diagnostics;
    if items_key.is_none() {
        let wrapping = Found::Wrapping;
        diagnostics.push(Diagnostic::of_body("a page", wrapping, Handling::Converted));
    }
    let mut reader = Reader::new();
    let items = match lenient::from_value::<Vec<P::Item>>(found.items, &mut reader) {
        Read::Good(items) | Read::Partly(items, _) => items,
        Read::Null => Vec::new(),
        Read::Unreadable(other) => return Err(unexpected(Shape::of(&other))),
    };
    diagnostics.extend(reader.into_diagnostics());
    page(items, found.metadata, diagnostics)
}

/// Takes the token for the next page from the key that the caller has set.
pub(crate) fn take_token_from<T>(page: &mut Page<T>, parts: &Parts, key: &str) {
    // The page was read from the same body, so this doesn't fail.
    if let Ok(read) = json(&parts.body) {
        page.metadata.take_token_from(&read.value, key);
    }
}

/// Makes a page, unless none of its items can be read.
fn page<T: Model>(
    items: Vec<T>,
    metadata: PageMetadata,
    diagnostics: Vec<Diagnostic>,
) -> Result<Page<T>> {
    let lost = |diagnostic: &&Diagnostic| {
        matches!(diagnostic.handling(), Handling::Kept | Handling::Dropped)
            && diagnostic.pattern().ends_with("[]")
            && diagnostic.path().matches(['[', '.']).count() == 1
    };
    let unreadable = diagnostics.iter().filter(lost).map(Diagnostic::count).sum();
    if items.is_empty() && unreadable > 0 {
        return Err(unexpected(Shape::NoItem));
    }
    if !items.is_empty() && items.iter().all(Model::is_blank) {
        let keys = items.first().map(|item| keys(item.unlisted()));
        return Err(unexpected(Shape::Item(keys.unwrap_or_default())));
    }
    Ok(Page {
        items,
        total_items: metadata.total_items,
        total_pages: metadata.total_pages.and_then(|n| n.try_into().ok()),
        size: metadata.size.and_then(|n| n.try_into().ok()),
        last: metadata.last,
        unreadable,
        diagnostics,
        metadata,
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

fn unexpected(shape: Shape) -> Error {
    Error::new(Kind::Decode).with_source(UnexpectedBody(shape))
}

/// The form of a body without anything that was expected.
#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Empty,
    Object(Vec<String>),
    Other(Found),
    /// A list without a readable item.
    NoItem,
    /// A list of objects without any field of the list's items.
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

/// The keys of an object that look like names. Others may be data, as in a map by number.
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

/// Says that a body has nothing that was expected.
#[derive(Debug)]
struct UnexpectedBody(Shape);

impl fmt::Display for UnexpectedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body has nothing that was expected: it is ")?;
        match &self.0 {
            Shape::Empty => f.write_str("empty"),
            Shape::Object(keys) if keys.is_empty() => f.write_str("an object without keys"),
            Shape::Object(keys) => write!(f, "an object with the keys {}", keys.join(", ")),
            Shape::Other(found) => found.fmt(f),
            Shape::NoItem => f.write_str("a list without a readable item"),
            Shape::Item(keys) => {
                write!(f, "a list of objects with other keys: {}", keys.join(", "))
            }
        }
    }
}

impl std::error::Error for UnexpectedBody {}

#[cfg(test)]
mod tests;
