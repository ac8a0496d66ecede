//! The ledger: every request as it arrived.

use std::fmt;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::request::Parts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    data::{Change, Content, Kind, Log, Row},
    fault::known_name,
};

/// How much of a response's body is kept.
const MAX_RESPONSE: usize = 16 * 1024;

/// A request that arrived at the API or at the OAuth server.
///
/// A test compares it with what it expects, so nothing is left out: the headers hold
/// credentials, the query holds numbers and texts. `Debug` shows none of that.
#[derive(Clone, JsonSchema, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// Counts from 0, in the order of arrival.
    pub sequence: usize,
    /// When it arrived, by the sandbox's clock.
    pub at: DateTime<Utc>,
    /// The `operationId`, `authorize` or `token`; `None` for an unknown route.
    pub operation: Option<String>,
    /// The method.
    pub method: String,
    /// The whole path as it was sent, with the base URL's.
    pub path: String,
    /// The query as it was sent, without the question mark.
    pub query: Option<String>,
    /// The headers, with names in lower case.
    #[serde(serialize_with = "headers_as_text")]
    #[schemars(with = "Vec<(String, String)>")]
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body. The control API shows it as a string, with invalid UTF-8 replaced.
    #[serde(serialize_with = "bytes_as_text")]
    #[schemars(with = "String")]
    pub body: Bytes,
    /// The status of the response; 0 while there is none.
    pub status: u16,
    /// The body of the response, at most its first 16 KiB, whatever the client got of it.
    #[serde(serialize_with = "bytes_as_text")]
    #[schemars(with = "String")]
    pub response: Bytes,
    /// The [name](crate::Fault::name) of the fault that the request met, if any.
    pub fault: Option<&'static str>,
    /// Whether the sandbox carried the operation out successfully, whatever the client saw
    /// of it. Scripted responses carry nothing out.
    pub carried_out: bool,
}

/// A request that never arrived completely, or a connection that was reset before one; from
/// [`Sandbox::broken_requests`](crate::Sandbox::broken_requests).
///
/// Either a fault was scripted, or the client closed the connection before it had sent the
/// whole request, or the request took too long to arrive, or its body was too large. Such a request is never carried out. `Debug` doesn't show its target.
#[derive(Clone, JsonSchema, Serialize)]
#[non_exhaustive]
pub struct BrokenRequest {
    /// The `operationId`, `authorize` or `token`; `None` if too little arrived to know it, and
    /// for an unknown route.
    pub operation: Option<String>,
    /// Path and query as they were sent; `None` if the first line was incomplete. For a
    /// connection that was reset unread, the sandbox has peeked at them.
    pub target: Option<String>,
    /// How many of its bytes were read. More may have been on their way.
    pub bytes: u64,
    /// The [name](crate::Fault::name) of the fault; `None` if none was scripted.
    pub fault: Option<&'static str>,
}

impl fmt::Debug for BrokenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokenRequest")
            .field("operation", &self.operation)
            .field("bytes", &self.bytes)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

impl Entry {
    /// A header's value, if the header is there exactly once and is UTF-8.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(header, _)| header == name);
        let (_, value) = found.next()?;
        if found.next().is_some() {
            return None;
        }
        std::str::from_utf8(value).ok()
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("sequence", &self.sequence)
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("status", &self.status)
            .field("fault", &self.fault)
            .field("carried_out", &self.carried_out)
            .finish_non_exhaustive()
    }
}

fn headers_as_text<S: Serializer>(
    headers: &[(String, Vec<u8>)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(
        headers
            .iter()
            .map(|(name, value)| (name, String::from_utf8_lossy(value))),
    )
}

fn bytes_as_text<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&String::from_utf8_lossy(bytes))
}

/// A body with fewer bytes is copied.
const SMALL_BODY: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: Log<Entry>,
}

/// An entry in a file, beside the bytes of its body.
#[derive(Serialize, Deserialize)]
struct StoredEntry {
    at: DateTime<Utc>,
    operation: Option<String>,
    method: String,
    path: String,
    query: Option<String>,
    /// Each byte of a value is a character: a value need not be UTF-8.
    headers: Vec<(String, String)>,
    status: u16,
    fault: Option<String>,
    carried_out: bool,
    /// How long the body is; the response follows it.
    body: usize,
}

impl Entry {
    fn content(&self) -> Content {
        let as_text = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect();
        let headers = self.headers.iter();
        let stored = StoredEntry {
            at: self.at,
            body: self.body.len(),
            operation: self.operation.clone(),
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers: headers
                .map(|(name, value)| (name.clone(), as_text(value)))
                .collect(),
            status: self.status,
            fault: self.fault.map(str::to_owned),
            carried_out: self.carried_out,
        };
        Content::with_files(&stored, vec![self.body.clone(), self.response.clone()])
    }

    fn read(sequence: usize, row: &Row) -> Result<Self, String> {
        let stored: StoredEntry = row.value()?;
        let as_bytes = |text: String| {
            let bytes = text.chars().map(|it| u8::try_from(it).unwrap_or(b'?'));
            bytes.collect()
        };
        let headers = stored.headers.into_iter();
        let mut response = row.files.clone();
        let body = response.split_to(stored.body.min(response.len()));
        Ok(Self {
            sequence,
            at: stored.at,
            operation: stored.operation,
            method: stored.method,
            path: stored.path,
            query: stored.query,
            headers: headers
                .map(|(name, value)| (name, as_bytes(value)))
                .collect(),
            body,
            response,
            status: stored.status,
            fault: stored.fault.as_deref().and_then(known_name),
            carried_out: stored.carried_out,
        })
    }
}

/// A broken request in a file.
#[derive(Serialize, Deserialize)]
struct StoredBroken {
    operation: Option<String>,
    target: Option<String>,
    bytes: u64,
    fault: Option<String>,
}

impl BrokenRequest {
    pub(crate) fn content(&self) -> Content {
        Content::json(self)
    }

    /// # Errors
    ///
    /// When the record can't be read.
    pub(crate) fn read(row: &Row) -> Result<Self, String> {
        let stored: StoredBroken = row.value()?;
        Ok(Self {
            operation: stored.operation,
            target: stored.target,
            bytes: stored.bytes,
            fault: stored.fault.as_deref().and_then(known_name),
        })
    }
}

impl Ledger {
    /// Records a request and returns its number.
    pub(crate) fn record(
        &mut self,
        operation: Option<&str>,
        parts: &Parts,
        body: &Bytes,
        fault: Option<&'static str>,
        at: DateTime<Utc>,
    ) -> usize {
        let sequence = self.entries.next_number();
        let headers = parts
            .headers
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
            .collect();
        // A part of the connection's buffer would keep all of it.
        let body = if body.len() < SMALL_BODY {
            Bytes::copy_from_slice(body)
        } else {
            body.clone()
        };
        self.entries.push(Entry {
            sequence,
            at,
            operation: operation.map(str::to_owned),
            method: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers,
            body,
            status: 0,
            response: Bytes::new(),
            fault,
            carried_out: false,
        });
        sequence
    }

    pub(crate) fn responded(&mut self, sequence: usize, status: u16, body: &Bytes) {
        if let Some(entry) = self.entry(sequence) {
            entry.status = status;
            // Only a copy releases the memory of a large one.
            entry.response = match body.get(..MAX_RESPONSE) {
                Some(first) => Bytes::copy_from_slice(first),
                None => body.clone(),
            };
        }
    }

    pub(crate) fn carried_out(&mut self, sequence: usize) {
        if let Some(entry) = self.entry(sequence) {
            entry.carried_out = true;
        }
    }

    fn entry(&mut self, sequence: usize) -> Option<&mut Entry> {
        self.entries.get_mut(sequence)
    }

    /// The entries from a number on, or those of them that are still there.
    pub(crate) fn since(&self, sequence: usize) -> &[Entry] {
        self.entries.since(sequence)
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// The most entries to keep.
    pub(crate) fn keep(&mut self, most: usize) {
        self.entries.keep(most);
    }

    pub(crate) fn next_number(&self) -> usize {
        self.entries.next_number()
    }

    pub(crate) fn continue_at(&mut self, number: usize) {
        self.entries.continue_at(number);
    }

    /// Remembers changes from now on.
    pub(crate) fn track(&mut self) {
        self.entries.track();
    }

    pub(crate) fn take_changes(&mut self, changes: &mut Vec<Change>) {
        self.entries.take(Kind::Entry, changes, Entry::content);
    }

    /// # Errors
    ///
    /// When a record can't be read.
    pub(crate) fn restore(&mut self, rows: Vec<Row>) -> Result<(), String> {
        self.entries.restore(rows, Entry::read)
    }
}
