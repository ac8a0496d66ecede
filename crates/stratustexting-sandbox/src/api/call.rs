//! A request to an operation, taken apart, with errors that name what is wrong.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, header, request::Parts};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use stratustexting_client::Operation;

use crate::{base, dialect::Paging, query, reply::Fault};

pub(crate) struct Call {
    pub(crate) operation: &'static Operation,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    path: String,
    query: Result<Vec<(String, String)>, String>,
    /// How it asks for a page.
    pub(crate) paging: Paging,
}

impl Call {
    pub(crate) fn new(operation: &'static Operation, parts: Parts, body: Bytes) -> Self {
        let path = parts.uri.path();
        let query = parts.uri.query().unwrap_or_default();
        Self {
            operation,
            path: base::below(path).unwrap_or(path).to_owned(),
            query: query::pairs(query.as_bytes()),
            paging: parts.extensions.get().copied().unwrap_or_default(),
            headers: parts.headers,
            body,
        }
    }

    /// The path below the base URL, as it was sent.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// # Errors
    ///
    /// When path or query aren't UTF-8.
    pub(crate) fn check_encoding(&self) -> Result<(), Fault> {
        if percent_decode_str(&self.path).decode_utf8().is_err() {
            return Err(Fault::bad_request("Path isn't UTF-8"));
        }
        self.query().map(drop)
    }

    fn query(&self) -> Result<&[(String, String)], Fault> {
        match &self.query {
            Ok(pairs) => Ok(pairs),
            Err(error) => Err(Fault::bad_request(error)),
        }
    }

    /// A parameter of the path, decoded.
    pub(crate) fn segment(&self, name: &str) -> String {
        let placeholder = format!("{{{name}}}");
        let mut pairs = self.operation.path.split('/').zip(self.path.split('/'));
        let segment = pairs.find(|(template, _)| *template == placeholder);
        let segment = segment.map(|(_, segment)| segment).unwrap_or_default();
        percent_decode_str(segment).decode_utf8_lossy().into_owned()
    }

    /// A parameter of the query that may be missing.
    pub(crate) fn optional(&self, name: &str) -> Result<Option<&str>, Fault> {
        let mut found = self.query()?.iter().filter(|(key, _)| key == name);
        let value = found.next().map(|(_, value)| value.as_str());
        match found.next() {
            None => Ok(value),
            Some(_) => Err(Fault::bad_request(format!(
                "Parameter '{name}' is there twice"
            ))),
        }
    }

    /// A parameter of the query that has to be there.
    pub(crate) fn required(&self, name: &str) -> Result<&str, Fault> {
        let missing = || {
            let text = format!("Required request parameter '{name}' is not present");
            Fault::bad_request(text)
        };
        self.optional(name)?.ok_or_else(missing)
    }

    /// A number of the query, in E.164.
    pub(crate) fn number(&self, name: &str) -> Result<&str, Fault> {
        let value = self.required(name)?;
        check_number(format_args!("Parameter '{name}'"), value)?;
        Ok(value)
    }

    /// The media type of the body, without its parameters.
    pub(crate) fn content_type(&self) -> &str {
        let value = self
            .headers
            .get(header::CONTENT_TYPE)
            .and_then(|v| v.to_str().ok());
        value
            .and_then(|v| v.split(';').next())
            .unwrap_or_default()
            .trim()
    }

    /// The body.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        if !self.content_type().eq_ignore_ascii_case("application/json") {
            let text = "Content-Type has to be application/json";
            return Err(Fault::media_type(text));
        }
        serde_json::from_slice(&self.body).map_err(unreadable)
    }
}

/// The refusal of a body that isn't what it has to be.
pub(crate) fn unreadable(error: serde_json::Error) -> Fault {
    Fault::bad_request(format!("Body can't be read: {error}"))
}

/// Whether `value` is a number in E.164; `what` names it in the refusal.
pub(crate) fn check_number(what: impl fmt::Display, value: &str) -> Result<(), Fault> {
    let digits = value.strip_prefix('+').unwrap_or_default();
    let fits = (7..=15).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && !digits.starts_with('0');
    if fits {
        return Ok(());
    }
    let hint = if value.starts_with(' ') {
        "; the plus sign has to be encoded as %2B in a query"
    } else {
        ""
    };
    Err(Fault::bad_request(format!(
        "{what} has to be a number in E.164 form, such as +12025550123{hint}"
    )))
}
