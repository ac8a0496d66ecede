//! Scripted answers: what a test wants to hear next, whatever the state.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::{reply::Reply, route::check_name};

/// An answer to be given instead of the sandbox's own.
///
/// ```
/// use serde_json::json;
/// use stratustexting_sandbox::Answer;
///
/// let busy = Answer::json(429, json!({"message": "Too Many Requests"}))
///     .header("retry-after", "2");
/// let proxy = Answer::new(502).header("content-type", "text/html").body("<h1>Bad Gateway</h1>");
/// ```
#[derive(Clone)]
pub struct Answer {
    reply: Reply,
}

impl Answer {
    /// An answer without headers or body.
    ///
    /// # Panics
    ///
    /// When `status` isn't between 100 and 999.
    #[must_use]
    pub fn new(status: u16) -> Self {
        let mut reply = Response::new(Bytes::new());
        *reply.status_mut() = StatusCode::from_u16(status)
            .unwrap_or_else(|_| panic!("{status} is no status: it has to be 100 to 999"));
        Self { reply }
    }

    /// An answer with a JSON body.
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
    /// When name or value can't be those of a header.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let name: HeaderName = name
            .as_ref()
            .parse()
            .unwrap_or_else(|_| panic!("the header's name has characters that it can't have"));
        let value: HeaderValue = value
            .as_ref()
            .parse()
            .unwrap_or_else(|_| panic!("the value of {name} has characters that it can't have"));
        self.reply.headers_mut().append(name, value);
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        *self.reply.body_mut() = body.into();
        self
    }

    pub(crate) fn into_reply(self) -> Reply {
        self.reply
    }
}

/// Shows neither values of headers nor the body.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.reply.headers().keys().collect();
        f.debug_struct("Answer")
            .field("status", &self.reply.status())
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}

/// An answer as the control API takes it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(
    title = "Answer",
    description = "An answer instead of the sandbox's own."
)]
pub(crate) struct Scripted {
    pub(crate) operation: String,
    status: u16,
    #[serde(default)]
    headers: HashMap<String, String>,
    /// A text is sent as it is, anything else as JSON.
    #[serde(default)]
    body: Value,
    /// How many requests get it.
    #[serde(default = "once")]
    pub(crate) times: usize,
}

fn once() -> usize {
    1
}

impl TryFrom<Scripted> for Answer {
    type Error = String;

    fn try_from(scripted: Scripted) -> Result<Self, String> {
        let body = match scripted.body {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        let mut reply = Response::builder().status(scripted.status);
        for (name, value) in scripted.headers {
            reply = reply.header(name, value);
        }
        let reply = reply.body(body.into()).map_err(|error| error.to_string())?;
        Ok(Self { reply })
    }
}

#[derive(Debug)]
struct Waiting {
    answer: Answer,
    /// How many requests get it yet; never 0.
    times: usize,
}

/// The answers that wait, first come first given, for each operation.
#[derive(Debug, Default)]
pub(crate) struct Script {
    waiting: HashMap<String, VecDeque<Waiting>>,
}

impl Script {
    /// # Errors
    ///
    /// When there is no such operation, or it is to be given to no request.
    pub(crate) fn add(
        &mut self,
        operation: &str,
        times: usize,
        answer: Answer,
    ) -> Result<(), String> {
        check_name(operation)?;
        if times == 0 {
            return Err("an answer has to be given once at least".to_owned());
        }
        let waiting = self.waiting.entry(operation.to_owned()).or_default();
        waiting.push_back(Waiting { answer, times });
        Ok(())
    }

    pub(crate) fn take(&mut self, operation: &str) -> Option<Answer> {
        let waiting = self.waiting.get_mut(operation)?;
        let first = waiting.front_mut()?;
        if first.times > 1 {
            first.times -= 1;
            return Some(first.answer.clone());
        }
        waiting.pop_front().map(|first| first.answer)
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }
}
