//! One attempt: a token, a turn under the rate limits, and one exchange with the service,
//! within the attempt's timeout and the call's deadline.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use stratustexting_client::lenient::without_mark;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;
use url::Url;

use super::{
    Backend, CallProgress, CallState, Executor, Failed, RejectedToken, connections::Connection,
    write_watch::WriteWatch,
};
use crate::{
    AccessToken, Error, Result, encoding, endpoint,
    error::Kind,
    options::CallOptions,
    parts::Parts,
    reading,
    transport::{read_body, timed_out, transport_error},
};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

impl Executor {
    /// Makes one attempt. `rejected` is the token of the attempt before, if it was rejected.
    pub(super) async fn attempt(
        &self,
        request: reqwest::Request,
        rejected: Option<RejectedToken>,
        progress: &CallProgress<'_>,
    ) -> Result<Parts, Failed> {
        let mut token = self.token(progress.call).await;
        let (number, deadline) = (progress.number.as_deref(), progress.call.deadline);
        // After the token: calls that waited together for it would otherwise all go at once,
        // on turns that they took before.
        if token.is_ok() {
            let pass = self.limits.pass(number, deadline).await;
            if pass.map_err(Failed::TooLate)? {
                token = self.token(progress.call).await;
            }
        }
        let token = match (token, rejected) {
            (Ok(token), Some(old)) if token == old.token => return Err(old.error.into()),
            (Ok(token), _) => token,
            (Err(renewal), Some(rejected)) => return Err(Failed::NotRenewed(rejected, renewal)),
            (Err(error), None) => return Err(error.into()),
        };
        let outcome = self.exchange(request, &token, progress).await;
        if outcome.is_ok() {
            self.rejected_tokens.clear();
        }
        outcome.map_err(|error| match error.status() {
            // If a new token is rejected as well, the token isn't what is wrong.
            _ if !progress.token_replaced
                && error.rejects_token()
                && self.rejected_tokens.is_worth_replacing(&token) =>
            {
                self.tokens.reject(&token);
                Failed::TokenRejected(RejectedToken { token, error })
            }
            Some(StatusCode::TOO_MANY_REQUESTS) => {
                self.limits
                    .slow_down(progress.number.as_deref(), error.retry_after());
                Failed::Other(error)
            }
            _ => Failed::Other(error),
        })
    }

    async fn token(&self, call: &CallState) -> Result<AccessToken> {
        if let Some(token) = self.tokens.ready() {
            return Ok(token);
        }
        timeout_at(call.deadline, self.tokens.access_token())
            .await
            .unwrap_or_else(|_| {
                Err(Error::new(Kind::Timeout {
                    while_: "waiting for an access token",
                }))
            })
            .map_err(Error::before_sending)
    }

    /// Sends the request with its credentials, within the attempt's timeout.
    async fn exchange(
        &self,
        mut request: reqwest::Request,
        token: &AccessToken,
        progress: &CallProgress<'_>,
    ) -> Result<Parts> {
        let empty = request.body().is_none() && *request.method() == Method::POST;
        let headers = request.headers_mut();
        if empty {
            // Some proxies reject a POST without a length (411).
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        headers.insert(header::AUTHORIZATION, token.header());
        headers.insert(API_KEY, self.api_key.clone());

        let timeout = progress.call.options.attempt_timeout.unwrap_or_else(|| {
            if progress.operation.is_some_and(reading::is_send) {
                CallOptions::DEFAULT_SEND_ATTEMPT_TIMEOUT
            } else {
                CallOptions::DEFAULT_ATTEMPT_TIMEOUT
            }
        });
        let deadline = progress.call.deadline;
        let end = Instant::now().checked_add(timeout);
        let end = end.map_or(deadline, |end| end.min(deadline));
        let span = tracing::debug_span!(
            "attempt",
            http.request.resend_count = progress.attempts - 1,
            http.response.status_code = tracing::field::Empty,
            error.r#type = tracing::field::Empty,
        );
        let outcome = if Instant::now() < end {
            self.response(request, end).instrument(span.clone()).await
        } else {
            Err(Error::new(Kind::Timeout {
                while_: "getting ready to send",
            })
            .before_sending())
        };
        let status = match &outcome {
            Ok(response) => Some(response.status),
            Err(error) => error.status(),
        };
        if let Some(status) = status {
            span.record("http.response.status_code", status.as_u16());
        }
        if let Err(error) = &outcome {
            span.record("error.type", error.type_name());
        }
        span.in_scope(|| tracing::debug!("done"));
        outcome
    }

    /// The response, if it is a success that arrived whole before `end`.
    async fn response(&self, mut request: reqwest::Request, end: Instant) -> Result<Parts> {
        let (mut head, connection) = match &self.backend {
            Backend::Http(http, connections) => {
                let connection = connections.choose(&mut request, end).await;
                send(http, request, connection, end).await?
            }
            #[cfg(test)]
            Backend::Script(script) => {
                let response = in_time(end, script(request)).await?;
                return successful(response, &self.api_base);
            }
        };
        let mut response = Parts {
            status: head.status(),
            headers: std::mem::take(head.headers_mut()),
            body: Bytes::new(),
        };
        match in_time(end, read_body(head, self.max_response)).await {
            Ok(body) => {
                connection.end();
                match encoding::unpacked(&response.headers, body, self.max_response) {
                    Ok(body) => response.body = body,
                    Err(error) if response.status.is_success() => {
                        return Err(error.with_response(response));
                    }
                    // As below: the status says what became of the request.
                    Err(_) => {}
                }
                successful(response, &self.api_base)
            }
            Err(error) => {
                connection.fail();
                if response.status.is_success() {
                    return Err(error.with_response(response));
                }
                // The status says what became of the request; the body would only say why.
                successful(response, &self.api_base)
                    .map_err(|rejection| rejection.with_source(error))
            }
        }
    }
}

/// Sends a request, up to the response's head.
async fn send<'a>(
    http: &reqwest::Client,
    request: reqwest::Request,
    mut connection: Connection<'a>,
    end: Instant,
) -> Result<(reqwest::Response, Connection<'a>)> {
    let (watch, sent) = WriteWatch::send(http, request);
    // The future owns the request, and is dropped here.
    let outcome = timeout_at(end, sent).await;
    let not_sent = || watch.nothing_was_written();
    let error = match outcome {
        Ok(Ok(response)) => {
            connection.responded(&response);
            return Ok((response, connection));
        }
        Ok(Err(error)) => transport_error(error),
        Err(_) if not_sent() => Error::new(Kind::Timeout {
            while_: "waiting for a connection",
        }),
        Err(_) => timed_out(),
    };
    connection.fail();
    Err(if not_sent() {
        error.before_sending()
    } else {
        error
    })
}

/// Stops work that doesn't end before the attempt does.
async fn in_time<T>(end: Instant, work: impl Future<Output = Result<T>>) -> Result<T> {
    timeout_at(end, work)
        .await
        .unwrap_or_else(|_| Err(timed_out()))
}

/// Makes an error of a response that isn't a success.
fn successful(response: Parts, base: &Url) -> Result<Parts> {
    let kind = if response.status.is_success() && !is_html(&response) {
        return Ok(response);
    } else if response.status.is_success() {
        Kind::Decode
    } else if matches!(response.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        let target = response.headers.get(header::LOCATION);
        // The error shows only its origin, which doesn't depend on the path.
        let target = target.and_then(|target| base.join(target.to_str().ok()?).ok());
        Kind::Redirect {
            target: target.as_ref().map(endpoint::origin),
        }
    } else {
        Kind::Status
    };
    Err(Error::new(kind).with_response(response))
}

/// Whether a response is an HTML page. The service has none here, so it comes from a proxy
/// or a login portal, which respond with 200 to any request. JSON that is declared as HTML
/// doesn't count.
fn is_html(response: &Parts) -> bool {
    let media_type = response.headers.get(header::CONTENT_TYPE);
    let media_type = media_type.map(HeaderValue::as_bytes).unwrap_or_default();
    let is = |html: &str| {
        let start = media_type.get(..html.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(html.as_bytes()))
    };
    (is("text/html") || is("application/xhtml")) && !response.body.is_empty() && {
        let body = without_mark(&response.body);
        let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
        !matches!(first, Some(b'{' | b'['))
    }
}
