//! A parsed request to an operation, with errors that name what is wrong.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, header, request::Parts};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use stratustexting_client::Operation;

use crate::{base, dialect::Paging, query, response::ApiError};

pub(crate) struct ApiRequest {
    pub(crate) operation: &'static Operation,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    path: String,
    query: Result<Vec<(String, String)>, String>,
    /// How the request asks for a page.
    pub(crate) paging: Paging,
}

impl ApiRequest {
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
    pub(crate) fn check_encoding(&self) -> Result<(), ApiError> {
        if percent_decode_str(&self.path).decode_utf8().is_err() {
            return Err(ApiError::bad_request("Path isn't UTF-8"));
        }
        self.query().map(drop)
    }

    fn query(&self) -> Result<&[(String, String)], ApiError> {
        match &self.query {
            Ok(pairs) => Ok(pairs),
            Err(error) => Err(ApiError::bad_request(error)),
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

    /// An optional parameter of the query.
    pub(crate) fn optional(&self, name: &str) -> Result<Option<&str>, ApiError> {
        let mut found = self.query()?.iter().filter(|(key, _)| key == name);
        let value = found.next().map(|(_, value)| value.as_str());
        match found.next() {
            None => Ok(value),
            Some(_) => Err(ApiError::bad_request(format!(
                "Parameter '{name}' occurs twice"
            ))),
        }
    }

    /// A required parameter of the query.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        let missing = || {
            let text = format!("Required request parameter '{name}' is not present");
            ApiError::bad_request(text)
        };
        self.optional(name)?.ok_or_else(missing)
    }

    /// A phone number in the query, in E.164 form.
    pub(crate) fn number(&self, name: &str) -> Result<&str, ApiError> {
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

    /// The body, as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        if !self.content_type().eq_ignore_ascii_case("application/json") {
            let text = "Content-Type must be application/json";
            return Err(ApiError::media_type(text));
        }
        serde_json::from_slice(&self.body).map_err(unreadable_body)
    }
}

/// The error for a body that can't be parsed.
pub(crate) fn unreadable_body(error: serde_json::Error) -> ApiError {
    ApiError::bad_request(format!("Body can't be read: {error}"))
}

/// Checks that `value` is a phone number in E.164 form; `what` names it in the error.
pub(crate) fn check_number(what: impl fmt::Display, value: &str) -> Result<(), ApiError> {
    let digits = value.strip_prefix('+').unwrap_or_default();
    let fits = (7..=15).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && !digits.starts_with('0');
    if fits {
        return Ok(());
    }
    let hint = if value.starts_with(' ') {
        "; the plus sign must be encoded as %2B in a query"
    } else {
        ""
    };
    Err(ApiError::bad_request(format!(
        "{what} must be a number in E.164 form, such as +12025550123{hint}"
    )))
}
