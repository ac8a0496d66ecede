//! One exchange with the service: the request with its credentials, the answer with its
//! body, within the time.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use stratustexting_client::lenient::without_mark;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;
use url::Url;

use super::{Course, Executor, Wire, departure::Departure, lane::Lane};
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
    pub(super) async fn exchange(
        &self,
        mut request: reqwest::Request,
        token: &AccessToken,
        course: &Course<'_>,
    ) -> Result<Parts> {
        let empty = request.body().is_none() && *request.method() == Method::POST;
        let headers = request.headers_mut();
        if empty {
            // A POST without a length is turned away by some proxies (411).
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        headers.insert(header::AUTHORIZATION, token.header());
        headers.insert(API_KEY, self.api_key.clone());

        let options = &course.call.options;
        let patience = options.attempt_timeout;
        let patience = patience.unwrap_or_else(|| {
            if course.operation.is_some_and(reading::is_send) {
                CallOptions::DEFAULT_SEND_ATTEMPT_TIMEOUT
            } else {
                CallOptions::DEFAULT_ATTEMPT_TIMEOUT
            }
        });
        let end = Instant::now().checked_add(patience);
        let end = end.map_or(course.call.deadline, |end| end.min(course.call.deadline));
        let span = tracing::debug_span!(
            "attempt",
            http.request.resend_count = course.attempts - 1,
            http.response.status_code = tracing::field::Empty,
            error.r#type = tracing::field::Empty,
        );
        let outcome = if Instant::now() < end {
            self.answer(request, end).instrument(span.clone()).await
        } else {
            Err(Error::new(Kind::Timeout {
                while_: "getting ready to send",
            })
            .before_sending())
        };
        let status = match &outcome {
            Ok(answer) => Some(answer.status),
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

    /// The answer, if it is a success that came whole before the end of the time.
    async fn answer(&self, mut request: reqwest::Request, end: Instant) -> Result<Parts> {
        let (mut response, lane) = match &self.wire {
            Wire::Http(http, lanes) => {
                let lane = lanes.choose(&mut request, end).await;
                send(http, request, lane, end).await?
            }
            #[cfg(test)]
            Wire::Script(script) => {
                let answer = in_time(end, script(request)).await?;
                return judge(answer, &self.api_base);
            }
        };
        let mut answer = Parts {
            status: response.status(),
            headers: std::mem::take(response.headers_mut()),
            body: Bytes::new(),
        };
        match in_time(end, read_body(response, self.max_response)).await {
            Ok(body) => {
                lane.end();
                match encoding::unpacked(&answer.headers, body, self.max_response) {
                    Ok(body) => answer.body = body,
                    Err(error) if answer.status.is_success() => {
                        return Err(error.with_response(answer));
                    }
                    // As above: the status says what became of the request.
                    Err(_) => {}
                }
                judge(answer, &self.api_base)
            }
            Err(error) if answer.status.is_success() => Err(error.with_response(answer)),
            // The status says what became of the request; the body would only say why.
            Err(error) => {
                judge(answer, &self.api_base).map_err(|refusal| refusal.with_source(error))
            }
        }
    }
}

/// Sends a request, up to the answer's head.
async fn send<'a>(
    http: &reqwest::Client,
    request: reqwest::Request,
    mut lane: Lane<'a>,
    end: Instant,
) -> Result<(reqwest::Response, Lane<'a>)> {
    let (departure, sent) = Departure::of(http, request);
    // The request goes with its future, which ends here.
    let outcome = timeout_at(end, sent).await;
    let not_sent = || departure.is_ruled_out();
    let error = match outcome {
        Ok(Ok(response)) => {
            lane.answered(&response);
            return Ok((response, lane));
        }
        Ok(Err(error)) => transport_error(error),
        Err(_) if not_sent() => Error::new(Kind::Timeout {
            while_: "waiting for a connection",
        }),
        Err(_) => timed_out(),
    };
    Err(if not_sent() {
        error.before_sending()
    } else {
        error
    })
}

/// What comes before the end of an attempt's time.
async fn in_time<T>(end: Instant, work: impl Future<Output = Result<T>>) -> Result<T> {
    timeout_at(end, work)
        .await
        .unwrap_or_else(|_| Err(timed_out()))
}

/// Makes an error of whatever isn't a success.
fn judge(answer: Parts, base: &Url) -> Result<Parts> {
    let kind = if answer.status.is_success() && !is_page(&answer) {
        return Ok(answer);
    } else if answer.status.is_success() {
        Kind::Decode
    } else if matches!(answer.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        let target = answer.headers.get(header::LOCATION);
        // Its origin is all that is told, and that doesn't depend on the path.
        let target = target.and_then(|target| base.join(target.to_str().ok()?).ok());
        Kind::Redirect {
            target: target.as_ref().map(endpoint::origin),
        }
    } else {
        Kind::Status
    };
    Err(Error::new(kind).with_response(answer))
}

/// Whether an answer is a page for people. The service has none here, so it is a proxy's
/// or a login portal's, which answer 200 to whatever comes by. JSON that is named one isn't.
fn is_page(answer: &Parts) -> bool {
    let media_type = answer.headers.get(header::CONTENT_TYPE);
    let media_type = media_type.map(HeaderValue::as_bytes).unwrap_or_default();
    let is = |page: &str| {
        let start = media_type.get(..page.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(page.as_bytes()))
    };
    (is("text/html") || is("application/xhtml")) && !answer.body.is_empty() && {
        let body = without_mark(&answer.body);
        let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
        !matches!(first, Some(b'{' | b'['))
    }
}
