//! Everything that arrived, as it arrived.

use std::fmt;

use bytes::Bytes;
use http::request::Parts;
use serde::{Serialize, Serializer};

/// A request that arrived at the API or at the OAuth server.
///
/// It is what a test compares with what it expects, so nothing is left out: the
/// headers hold credentials, the query numbers and texts. `Debug` shows none of that.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// Counts from 0, in the order of arrival.
    pub sequence: usize,
    /// The `operationId`, `authorize` or `token`; none for an unknown route.
    pub operation: Option<String>,
    /// The method.
    pub method: String,
    /// The whole path as it was sent, with the base URL's.
    pub path: String,
    /// The query as it was sent, without the question mark.
    pub query: Option<String>,
    /// The headers, names in lower case.
    #[serde(serialize_with = "headers_as_text")]
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body. Over HTTP it is a text, in which bytes that aren't UTF-8 are replaced.
    #[serde(serialize_with = "bytes_as_text")]
    pub body: Bytes,
    /// The status of the answer; 0 while there is none.
    pub status: u16,
    /// The [name](crate::Fault::name) of the fault that it met, if it met one.
    pub fault: Option<&'static str>,
    /// Whether the operation was carried out: by the sandbox itself, with success,
    /// whatever the client got to hear of it. Answers that are scripted carry nothing
    /// out.
    pub carried_out: bool,
}

/// A request that never became whole, or a connection that was reset before any; from
/// [`Sandbox::broken_requests`](crate::Sandbox::broken_requests).
///
/// Either a fault was scripted, or the client went away before it had sent all of it.
/// Nothing of such a request is carried out. `Debug` doesn't show its target.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct BrokenRequest {
    /// The `operationId`, `authorize` or `token`; none where so little arrived that it
    /// isn't known, and for an unknown route.
    pub operation: Option<String>,
    /// Path and query as they were sent; none where the first line wasn't whole. Of a
    /// connection that was reset unread they were looked at.
    pub target: Option<String>,
    /// How many bytes of it were read. Others may have been on their way.
    pub bytes: u64,
    /// The [name](crate::Fault::name) of the fault; none when the client went away.
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
    /// A header's value, if it is there once and is text.
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

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: Vec<Entry>,
    /// How many there were before it was cleared.
    cleared: usize,
}

impl Ledger {
    /// Writes a request down and returns its number.
    pub(crate) fn write(
        &mut self,
        operation: Option<&str>,
        parts: &Parts,
        body: &Bytes,
        fault: Option<&'static str>,
    ) -> usize {
        let sequence = self.cleared + self.entries.len();
        let headers = parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.as_bytes().to_vec()))
            .collect();
        self.entries.push(Entry {
            sequence,
            operation: operation.map(str::to_owned),
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers,
            body: body.clone(),
            status: 0,
            fault,
            carried_out: false,
        });
        sequence
    }

    pub(crate) fn answered(&mut self, sequence: usize, status: u16) {
        if let Some(entry) = self.entry(sequence) {
            entry.status = status;
        }
    }

    pub(crate) fn carried_out(&mut self, sequence: usize) {
        if let Some(entry) = self.entry(sequence) {
            entry.carried_out = true;
        }
    }

    fn entry(&mut self, sequence: usize) -> Option<&mut Entry> {
        let index = sequence.checked_sub(self.cleared)?;
        self.entries.get_mut(index)
    }

    /// The entries from a number on.
    pub(crate) fn since(&self, sequence: usize) -> &[Entry] {
        let index = sequence.saturating_sub(self.cleared);
        self.entries.get(index..).unwrap_or_default()
    }

    pub(crate) fn clear(&mut self) {
        self.cleared += self.entries.len();
        self.entries.clear();
    }
}
