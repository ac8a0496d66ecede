//! The ledger: each call as it arrived, and what it got.

use std::collections::HashSet;

use askama::Template;
use chrono::{DateTime, Utc};
use url::form_urlencoded;

use super::{
    place::Place,
    window::Window,
    words::{Time, body, digits},
};
use crate::{
    ledger::{Entry, Ledger},
    state::{State, conversations::Ends},
};

/// How many messages of a conversation are looked for.
const MOST_MESSAGES: usize = 10_000;

/// How much of a body is searched.
const MAX_SEARCHED_BODY: usize = 16 * 1024;

#[derive(Template)]
#[template(path = "page/calls.html")]
pub(super) struct Calls {
    pub(super) filter: Filter,
    window: Window<Row>,
    /// How many never arrived completely.
    broken: usize,
}

/// The choice between all, and those of the conversation.
#[derive(Template)]
#[template(path = "page/filter.html")]
pub(super) struct Filter {
    all: String,
    only: String,
    is_only: bool,
    pub(super) has_phone: bool,
}

impl Filter {
    pub(super) fn new(place: &Place) -> Self {
        let link = |only| {
            Place {
                only,
                from: None,
                ..place.clone()
            }
            .link()
        };
        Self {
            all: link(false),
            only: link(true),
            is_only: place.only,
            has_phone: !place.phone.is_empty(),
        }
    }
}

struct Row {
    sequence: usize,
    operation: String,
    method: String,
    path: String,
    status: String,
    /// The first digit of the status, for its colour.
    class: char,
    fault: Option<&'static str>,
    is_carried_out: bool,
    time: Time,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<String>,
    response: Option<String>,
}

impl Calls {
    pub(super) fn new(
        ledger: &Ledger,
        state: &State,
        place: &Place,
        ends: Option<&Ends>,
        broken: usize,
    ) -> Self {
        let now = state.clock.now();
        let wanted = ends
            .filter(|_| place.only)
            .map(|ends| Wanted::new(state, ends));
        let entries = ledger.since(0).iter().rev();
        Self {
            filter: Filter::new(place),
            window: Window::new(
                entries.map(|entry| (entry.sequence, entry)),
                place,
                |entry| wanted.as_ref().is_none_or(|it| it.has(entry)),
                |_, entry| row(entry, now),
            ),
            broken,
        }
    }
}

fn row(entry: &Entry, now: DateTime<Utc>) -> Row {
    let text = |bytes: &[u8]| (!bytes.is_empty()).then(|| body(bytes));
    let status = match entry.status {
        0 => "…".to_owned(),
        status => status.to_string(),
    };
    let query = entry.query.as_deref().unwrap_or_default();
    let query = form_urlencoded::parse(query.as_bytes()).into_owned();
    let headers = entry.headers.iter();
    Row {
        sequence: entry.sequence,
        operation: entry
            .operation
            .clone()
            .unwrap_or_else(|| "unknown route".to_owned()),
        method: entry.method.clone(),
        path: entry.path.clone(),
        class: status.chars().next().unwrap_or('0'),
        status,
        fault: entry.fault,
        is_carried_out: entry.carried_out,
        time: Time::new(entry.at, now),
        query: query.collect(),
        headers: headers
            .map(|(name, value)| (name.clone(), String::from_utf8_lossy(value).into_owned()))
            .collect(),
        body: text(&entry.body),
        response: text(&entry.response),
    }
}

/// What belongs to a conversation: whatever names its customer's number, or one of its
/// messages.
pub(super) struct Wanted<'a> {
    digits: String,
    /// The ids of its latest messages.
    messages: HashSet<&'a str>,
}

impl<'a> Wanted<'a> {
    pub(super) fn new(state: &'a State, ends: &Ends) -> Self {
        let conversation = state.messages.conversations().get(ends);
        Self {
            digits: digits(&ends.customer),
            messages: conversation
                .map_or(&[][..], |it| &it.messages)
                .iter()
                .rev()
                .take(MOST_MESSAGES)
                .map(String::as_str)
                .collect(),
        }
    }

    fn has(&self, entry: &Entry) -> bool {
        let query = entry.query.as_deref().unwrap_or_default();
        // Files are larger, and name nobody.
        let body = entry.body.get(..MAX_SEARCHED_BODY).unwrap_or(&entry.body);
        let body = String::from_utf8_lossy(body);
        // An id is only ever the end of a path.
        let end = entry.path.rsplit('/').next().unwrap_or_default();
        self.has_message(end)
            || [query, &*body, &entry.path]
                .into_iter()
                .any(|it| self.names_number(it))
    }

    pub(super) fn has_message(&self, id: &str) -> bool {
        self.messages.contains(id)
    }

    pub(super) fn names_number(&self, text: &str) -> bool {
        text.contains(&self.digits)
    }
}
