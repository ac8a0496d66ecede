//! Requests to paths that are unknown here.

use std::{fmt, mem};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, header};
use serde::Serialize;
use stratustexting_client::Operation;

use super::Client;
use crate::{
    Error, Result,
    options::CallOptions,
    response::Response,
    secret::{VISIBLE, header_value},
};

/// A request to any path below the API's base URL; from
/// [`Client::request`](super::Client::request).
///
/// It gets the same credentials and limits as every other request.
#[must_use = "a request does nothing until it is sent"]
pub struct RawRequest {
    client: Client,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<(String, Bytes)>,
    problem: Option<Error>,
    options: CallOptions,
}

impl RawRequest {
    pub(super) fn new(client: Client, method: Method, path: String) -> Self {
        Self {
            client,
            method,
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            problem: None,
            options: CallOptions::default(),
        }
    }

    /// Adds a query parameter; it is encoded here.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// Sets a header, in place of one of this name that was set before or that the client
    /// would set, such as the body's `Content-Type`. `Authorization` and `x-api-key` are
    /// set by the client and can't be.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sends a value as JSON.
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        match serde_json::to_vec(value) {
            Ok(json) => self.body("application/json", json),
            Err(_) => {
                self.problem = Some(Error::input("body", "can't be written as JSON"));
                self
            }
        }
    }

    /// Sends a body as it is, under a media type.
    pub fn body(mut self, media_type: impl Into<String>, body: impl Into<Bytes>) -> Self {
        self.body = Some((media_type.into(), body.into()));
        self
    }

    /// Sets the options of this call.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options;
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    ///
    /// Every [`Error`]; [`Error::is_input`] when the path, a header or the body
    /// can't be sent, and [`Error::is_decode`] when the path is that of a send and the
    /// response doesn't say that the message was accepted.
    pub async fn send(mut self) -> Result<Response<()>> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let operation = Operation::at(self.method.as_str(), &self.path);
        let mut request = self.client.build_request(self.method, &self.path)?;
        if !self.query.is_empty() {
            request = request.query(&self.query);
        }
        // The request's own headers replace those of the options.
        let mut headers = HeaderMap::new();
        mem::take(&mut self.options.headers).apply(&mut headers)?;
        if let Some((media_type, body)) = self.body {
            let media_type =
                header_value(&media_type).ok_or_else(|| Error::input("media type", VISIBLE))?;
            headers.insert(header::CONTENT_TYPE, media_type);
            request = request.body(body);
        }
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| Error::input("header name", "must be a header's name"))?;
            if name == header::AUTHORIZATION || name == "x-api-key" {
                return Err(Error::input("header name", "is set by the client"));
            }
            let value = header_value(value).ok_or_else(|| Error::input("header value", VISIBLE))?;
            headers.insert(name, value);
        }
        // It replaces, where adding them one by one would send a header twice.
        let request = request
            .headers(headers)
            .build()
            .map_err(crate::transport::transport_error)?;
        self.client.send(request, operation, &self.options).await
    }
}

impl fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRequest")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}
