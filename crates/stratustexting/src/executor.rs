//! The one place through which every request goes: credentials, deadline, the
//! repeat after a 401, the capture of errors, tracing.
//!
//! Resources, the generated client, multipart and raw requests all end here, so
//! that none of them can forget any of it. What is not here yet, and has its place
//! in [`Executor::send`]: repeats of other failures, and a client-side rate limit.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use futures::future::{BoxFuture, FutureExt};
use http::{HeaderValue, StatusCode, header};
use stratustexting_client::{
    Operation,
    transport::{Call, Transport},
};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::{
    Error, Result, auth::TokenSource, endpoint, error::Kind, options::CallOptions, response::Parts,
};

/// Sends requests.
pub(crate) struct Executor {
    pub(crate) http: reqwest::Client,
    pub(crate) api_base: Url,
    pub(crate) api_key: HeaderValue,
    pub(crate) tokens: Arc<dyn TokenSource>,
    pub(crate) defaults: CallOptions,
    /// The largest answer that is read, in bytes.
    pub(crate) max_response: usize,
}

/// What belongs to one call, however many attempts it takes. It travels through
/// the generated client as its context.
pub(crate) struct CallState {
    deadline: Instant,
    /// The answer, for what the generated client's errors lose of it.
    answer: Mutex<Option<Parts>>,
}

impl CallState {
    pub(crate) fn take_answer(&self) -> Option<Parts> {
        self.answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

impl Executor {
    /// Starts a call: its time runs from here.
    pub(crate) fn start(&self, options: &CallOptions) -> CallState {
        let timeout = options.timeout.or(self.defaults.timeout);
        let timeout = timeout.unwrap_or(CallOptions::DEFAULT_TIMEOUT);
        CallState {
            // A time limit beyond what the clock can count means no limit.
            deadline: Instant::now()
                .checked_add(timeout)
                .unwrap_or_else(|| Instant::now() + CallOptions::FOREVER),
            answer: Mutex::new(None),
        }
    }

    /// Sends a request with credentials and returns the answer if it is a success.
    pub(crate) async fn send(
        &self,
        request: reqwest::Request,
        operation: Option<&'static Operation>,
        state: &CallState,
    ) -> Result<Parts> {
        self.send_authorized(request, operation, state)
            .await
            .map_err(|error| error.with_operation(operation))
    }

    async fn send_authorized(
        &self,
        request: reqwest::Request,
        operation: Option<&'static Operation>,
        state: &CallState,
    ) -> Result<Parts> {
        self.check(&request)?;
        let token = self.token(state).await?;
        let again = request.try_clone();
        let refused = match self.attempt(1, request, &token, operation, state).await {
            Err(error) if error.status() == Some(StatusCode::UNAUTHORIZED) => error,
            outcome => return outcome,
        };
        // A 401 says that the request was turned away at the door, so that even a
        // message may be sent again, once, with another token.
        self.tokens.reject(&token);
        match (again, self.token(state).await) {
            (Some(request), Ok(new)) if new != token => {
                self.attempt(2, request, &new, operation, state).await
            }
            // The failed renewal says more than the 401, which remains what
            // happened to the request: it was sent, and refused.
            (_, Err(renewal)) => Err(refused.with_source(renewal)),
            _ => Err(refused),
        }
    }

    /// Refuses what must not be given credentials.
    fn check(&self, request: &reqwest::Request) -> Result<()> {
        let (url, base) = (request.url(), &self.api_base);
        let below = url.path().starts_with(base.path().trim_end_matches('/'));
        if url.origin() == base.origin() && below {
            Ok(())
        } else {
            Err(Error::input("path", "has to be below the API's base URL"))
        }
    }

    async fn token(&self, state: &CallState) -> Result<crate::AccessToken> {
        timeout_at(state.deadline, self.tokens.access_token())
            .await
            .unwrap_or_else(|_| {
                Err(Error::new(Kind::Timeout {
                    while_: "waiting for an access token",
                }))
            })
            .map_err(Error::before_sending)
    }

    async fn attempt(
        &self,
        number: u32,
        mut request: reqwest::Request,
        token: &crate::AccessToken,
        operation: Option<&'static Operation>,
        state: &CallState,
    ) -> Result<Parts> {
        let url = request.url().clone();
        let empty = request.body().is_none() && *request.method() == http::Method::POST;
        let headers = request.headers_mut();
        if empty {
            // A POST without a length is turned away by some proxies (411).
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        headers.insert(header::AUTHORIZATION, token.header());
        headers.insert(API_KEY, self.api_key.clone());
        let exchange = async {
            let mut response = self.http.execute(request).await.map_err(transport_error)?;
            let status = response.status();
            let headers = std::mem::take(response.headers_mut());
            let body = read_body(response, self.max_response).await;
            Ok::<_, Error>((status, headers, body))
        };
        let outcome = timeout_at(state.deadline, exchange)
            .await
            .unwrap_or_else(|_| {
                Err(Error::new(Kind::Timeout {
                    while_: "waiting for the answer",
                }))
            })
            .and_then(|(status, headers, body)| {
                let (body, failure) = match body {
                    Ok(body) => (body, None),
                    // Status and headers are known all the same.
                    Err(error) => (Bytes::new(), Some(error)),
                };
                let answer = Parts {
                    status,
                    headers,
                    body,
                };
                match failure {
                    Some(error) => Err(error.with_answer(answer)),
                    None => judge(answer, &url),
                }
            });
        // The path's template, never the URL: it holds numbers and texts.
        tracing::debug!(
            operation = operation.map(|operation| operation.id),
            attempt = number,
            status = match &outcome {
                Ok(answer) => Some(answer.status.as_u16()),
                Err(error) => error.status().map(|status| status.as_u16()),
            },
            "request done"
        );
        outcome
    }
}

const API_KEY: header::HeaderName = header::HeaderName::from_static("x-api-key");

/// Makes an error of whatever isn't a success.
fn judge(answer: Parts, url: &Url) -> Result<Parts> {
    let kind = if answer.status.is_success() {
        return Ok(answer);
    } else if answer.status.is_redirection() {
        let target = answer.headers.get(header::LOCATION);
        let target = target.and_then(|target| url.join(target.to_str().ok()?).ok());
        Kind::Redirect {
            target: target.as_ref().map(endpoint::origin),
        }
    } else {
        Kind::Status
    };
    Err(Error::new(kind).with_answer(answer))
}

/// Reads an answer's body up to a limit.
pub(crate) async fn read_body(mut response: reqwest::Response, limit: usize) -> Result<Bytes> {
    let too_large = || Error::new(Kind::TooLarge { limit });
    if response.content_length() > Some(limit as u64) {
        return Err(too_large());
    }
    // Most answers come in one piece, which then isn't copied.
    let Some(first) = response.chunk().await.map_err(transport_error)? else {
        return Ok(Bytes::new());
    };
    let mut rest = BytesMut::new();
    let mut length = first.len();
    while let Some(chunk) = response.chunk().await.map_err(transport_error)? {
        if rest.is_empty() {
            rest.extend_from_slice(&first);
        }
        rest.extend_from_slice(&chunk);
        length += chunk.len();
        if length > limit {
            return Err(too_large());
        }
    }
    if length > limit {
        return Err(too_large());
    }
    Ok(if rest.is_empty() {
        first
    } else {
        rest.freeze()
    })
}

/// What a failure of the HTTP client means. Its URL goes: the query holds numbers
/// and texts.
pub(crate) fn transport_error(error: reqwest::Error) -> Error {
    let error = error.without_url();
    let mapped = if error.is_builder() || error.is_request() && error.is_redirect() {
        Error::input("request", "can't be made into an HTTP request")
    } else if error.is_connect() {
        Error::new(Kind::Connect)
    } else if error.is_timeout() {
        Error::new(Kind::Timeout {
            while_: "waiting for the answer",
        })
    } else {
        Error::new(Kind::Transport)
    };
    mapped.with_source(error)
}

impl Transport for Executor {
    fn execute<'a>(
        &'a self,
        request: reqwest::Request,
        call: Call<'a>,
    ) -> BoxFuture<'a, reqwest::Result<reqwest::Response>> {
        async move {
            let given = call.context.and_then(|context| context.downcast_ref());
            let own;
            let state: &CallState = match given {
                Some(state) => state,
                None => {
                    own = self.start(&self.defaults);
                    &own
                }
            };
            Ok(match self.send(request, call.operation, state).await {
                Ok(answer) => {
                    *state.answer.lock().unwrap_or_else(PoisonError::into_inner) =
                        Some(answer.clone());
                    response_of(answer).into()
                }
                Err(error) => carrier(error),
            })
        }
        .boxed()
    }
}

fn response_of(answer: Parts) -> http::Response<Bytes> {
    let mut response = http::Response::new(answer.body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

/// A failure, dressed as an answer that no operation takes for a success: the seam
/// can only hand on `reqwest::Error`, which can't be made outside of `reqwest`.
fn carrier(error: Error) -> reqwest::Response {
    /// No server answers with it.
    const NO_ANSWER: u16 = 599;
    let status = error.status().filter(|status| !status.is_success());
    let mut response = http::Response::new(error.body().cloned().unwrap_or_default());
    *response.status_mut() = status
        .or_else(|| StatusCode::from_u16(NO_ANSWER).ok())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(headers) = error.headers() {
        *response.headers_mut() = headers.clone();
    }
    response.extensions_mut().insert(error);
    response.into()
}

/// The generated client's errors as ours.
impl From<stratustexting_client::Error<()>> for Error {
    fn from(error: stratustexting_client::Error<()>) -> Self {
        use stratustexting_client::Error as Generated;
        match error {
            Generated::UnexpectedResponse(response) => match response.extensions().get::<Self>() {
                Some(error) => error.clone(),
                // A success with a status that the operation doesn't promise.
                None => Self::new(Kind::Decode).with_answer(Parts {
                    status: response.status(),
                    headers: response.headers().clone(),
                    body: Bytes::new(),
                }),
            },
            Generated::InvalidResponsePayload(_, source) => {
                Self::new(Kind::Decode).with_source(without_values(&source))
            }
            Generated::CommunicationError(source)
            | Generated::ResponseBodyError(source)
            | Generated::InvalidUpgrade(source) => transport_error(source),
            Generated::InvalidRequest(reason) | Generated::Custom(reason) => {
                Self::input("request", reason)
            }
            Generated::ErrorResponse(answer) => Self::new(Kind::Status).with_answer(Parts {
                status: answer.status(),
                headers: answer.headers().clone(),
                body: Bytes::new(),
            }),
        }
    }
}

/// A decoding error without the values that it quotes, which may be personal.
pub(crate) fn without_values(error: &serde_json::Error) -> DecodeError {
    DecodeError {
        line: error.line(),
        column: error.column(),
        what: match error.classify() {
            serde_json::error::Category::Eof => "the JSON ends too early",
            serde_json::error::Category::Syntax => "not JSON",
            _ => "JSON of another type",
        },
    }
}

#[derive(Debug)]
pub(crate) struct DecodeError {
    line: usize,
    column: usize,
    what: &'static str,
}

impl std::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { line, column, what } = self;
        write!(f, "{what}, at line {line}, column {column} of the body")
    }
}

impl std::error::Error for DecodeError {}
