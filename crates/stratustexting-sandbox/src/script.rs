//! Scripted responses: what the next requests get, whatever the state.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::{response::Response, route::check_name};

/// A response to give instead of the sandbox's own.
///
/// ```
/// use serde_json::json;
/// use stratustexting_sandbox::ScriptedResponse;
///
/// let busy = ScriptedResponse::json(429, json!({"message": "Too Many Requests"}))
///     .header("retry-after", "2");
/// let proxy = ScriptedResponse::new(502)
///     .header("content-type", "text/html")
///     .body("<h1>Bad Gateway</h1>");
/// ```
#[derive(Clone)]
pub struct ScriptedResponse {
    response: Response,
}

impl ScriptedResponse {
    /// A response without headers or body.
    ///
    /// # Panics
    ///
    /// When `status` isn't between 100 and 999.
    #[must_use]
    pub fn new(status: u16) -> Self {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::from_u16(status)
            .unwrap_or_else(|_| panic!("{status} is no status: it must be 100 to 999"));
        Self { response }
    }

    /// A response with a JSON body.
    ///
    /// # Panics
    ///
    /// When `status` isn't between 100 and 999.
    #[must_use]
    pub fn json(status: u16, body: Value) -> Self {
        Self::new(status)
            .header("content-type", "application/json")
            .body(body.to_string())
    }

    /// Adds a header.
    ///
    /// # Panics
    ///
    /// When `name` or `value` isn't valid in a header.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let name: HeaderName = name
            .as_ref()
            .parse()
            .unwrap_or_else(|_| panic!("the header's name has characters that are not allowed"));
        let value: HeaderValue = value
            .as_ref()
            .parse()
            .unwrap_or_else(|_| panic!("the value of {name} has characters that are not allowed"));
        self.response.headers_mut().append(name, value);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        *self.response.body_mut() = body.into();
        self
    }

    pub(crate) fn into_response(self) -> Response {
        self.response
    }
}

/// Shows neither values of headers nor the body.
impl fmt::Debug for ScriptedResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.response.headers().keys().collect();
        f.debug_struct("ScriptedResponse")
            .field("status", &self.response.status())
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}

/// A scripted response as the control API takes it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "ScriptedResponse",
    description = "A response instead of the sandbox's own."
)]
pub(crate) struct ScriptedResponseInput {
    pub(crate) operation: String,
    status: u16,
    #[serde(default)]
    headers: HashMap<String, String>,
    /// A string is sent as it is, anything else as JSON.
    #[serde(default)]
    body: Value,
    /// How many requests get it.
    #[serde(default = "once")]
    pub(crate) times: usize,
}

fn once() -> usize {
    1
}

impl TryFrom<ScriptedResponseInput> for ScriptedResponse {
    type Error = String;

    fn try_from(input: ScriptedResponseInput) -> Result<Self, String> {
        let body = match input.body {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        let mut response = http::Response::builder().status(input.status);
        for (name, value) in input.headers {
            response = response.header(name, value);
        }
        let response = response
            .body(body.into())
            .map_err(|error| error.to_string())?;
        Ok(Self { response })
    }
}

#[derive(Debug)]
struct WaitingResponse {
    response: ScriptedResponse,
    /// How many more requests get it; never 0.
    times: usize,
}

/// The responses that wait, for each operation in the order in which they were scripted.
#[derive(Debug, Default)]
pub(crate) struct Script {
    waiting: HashMap<String, VecDeque<WaitingResponse>>,
}

impl Script {
    /// # Errors
    ///
    /// When there is no such operation, or `times` is 0.
    pub(crate) fn add(
        &mut self,
        operation: &str,
        times: usize,
        response: ScriptedResponse,
    ) -> Result<(), String> {
        check_name(operation)?;
        if times == 0 {
            return Err("a response must be given at least once".to_owned());
        }
        let waiting = self.waiting.entry(operation.to_owned()).or_default();
        waiting.push_back(WaitingResponse { response, times });
        Ok(())
    }

    pub(crate) fn take(&mut self, operation: &str) -> Option<ScriptedResponse> {
        let waiting = self.waiting.get_mut(operation)?;
        let first = waiting.front_mut()?;
        if first.times > 1 {
            first.times -= 1;
            return Some(first.response.clone());
        }
        waiting.pop_front().map(|first| first.response)
    }

    /// The operations with scripted responses, and the next response's status.
    pub(crate) fn waiting(&self) -> Vec<(&str, StatusCode)> {
        let mut all: Vec<_> = self
            .waiting
            .iter()
            .filter_map(|(operation, waiting)| {
                let first = waiting.front()?;
                Some((operation.as_str(), first.response.response.status()))
            })
            .collect();
        all.sort_unstable();
        all
    }

    /// Forgets the scripted responses of an operation.
    pub(crate) fn forget(&mut self, operation: &str) {
        self.waiting.remove(operation);
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }
}
