//! The one place through which every request goes: credentials, the deadline, limits,
//! repeats, the capture of errors, tracing.
//!
//! Resources, the generated client, multipart and raw requests all end here, so that
//! none of them can forget any of it. This file decides about the attempts of a call;
//! `attempt.rs` makes one; `seam.rs` is the way in from the generated client, and the
//! way back of its errors.

mod attempt;
mod blame;
mod departure;
mod lane;
mod seam;

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use http::{HeaderValue, StatusCode};
use percent_encoding::percent_decode_str;
use stratustexting_client::{Operation, Timestamp};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::Instrument;
use url::Url;

pub(crate) use self::{
    blame::Blame,
    lane::{Lanes, set_apart},
};
use crate::{
    AccessToken, Error, Result, SendOutcome,
    auth::TokenSource,
    error::Kind,
    options::CallOptions,
    overrides::Overrides,
    parts::Parts,
    rate_limit::Limits,
    retry::{Bucket, FailedAttempt, Reason, RetryPolicy},
    ticket::{Payload, raw_value},
};

/// Sends requests.
pub(crate) struct Executor {
    pub(crate) wire: Wire,
    pub(crate) api_base: Url,
    pub(crate) api_key: HeaderValue,
    pub(crate) tokens: Arc<dyn TokenSource>,
    pub(crate) blame: Blame,
    pub(crate) defaults: CallOptions,
    pub(crate) retry: Arc<dyn RetryPolicy>,
    pub(crate) budget: Bucket,
    pub(crate) limits: Limits,
    pub(crate) overrides: Overrides,
    /// Whether a difference from the document is an error, for tests of the document.
    pub(crate) strict: bool,
    /// The largest answer that is read, in bytes.
    pub(crate) max_response: usize,
    /// The longest URL that is sent, in characters.
    pub(crate) max_url: usize,
}

/// Where requests go.
pub(crate) enum Wire {
    Http(reqwest::Client, Lanes),
    /// Tests of time have no sockets: the runtime's clock can't stand still for those.
    #[cfg(test)]
    Script(tests::Script),
}

/// What belongs to one call, however many attempts it takes. It travels through
/// the generated client as its context.
pub(crate) struct CallState {
    options: CallOptions,
    started: chrono::DateTime<chrono::Utc>,
    deadline: Instant,
    /// What a ticket would say, for what must not be done twice.
    stub: OnceLock<Stub>,
    /// The answer, for whoever made the call.
    answer: Mutex<Option<Parts>>,
    /// A parameter of the query that no operation of the document has: the token by which a
    /// page is asked for.
    token: Option<(String, String)>,
}

/// The part of a ticket that is known before the call ends.
struct Stub {
    operation: Option<&'static Operation>,
    payload: Payload,
    attempts: AtomicU32,
}

/// One request on its way, as all parts of the executor know it.
struct Course<'a> {
    operation: Option<&'static Operation>,
    call: &'a CallState,
    /// Whether doing it twice has the effect of doing it once.
    repeatable: bool,
    /// The sending number, where there is one and it has a limit.
    number: Option<String>,
    /// How many attempts were begun.
    attempts: u32,
    /// What the attempts so far came to.
    outcome: SendOutcome,
    /// Whether a token was refused and replaced; that happens once in a call.
    token_replaced: bool,
}

impl CallState {
    pub(crate) fn take_answer(&self) -> Option<Parts> {
        self.lock().take()
    }

    /// Asks for a page by a token in a parameter of the query.
    pub(crate) fn by_token(mut self, token: Option<(String, String)>) -> Self {
        self.token = token;
        self
    }

    /// Makes of a request as the document has it what the caller said that it has to be.
    fn prepare(
        &self,
        request: &mut reqwest::Request,
        overrides: &Overrides,
        operation: &'static Operation,
        base: &Url,
    ) -> Result<()> {
        overrides.rewrite(request, operation, base)?;
        if let Some((name, token)) = &self.token {
            request.url_mut().query_pairs_mut().append_pair(name, token);
        }
        Ok(())
    }

    fn keep_answer(&self, answer: Parts) {
        *self.lock() = Some(answer);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Parts>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives an error the ticket that it needs: when it isn't known what became of
    /// something that must not be done twice.
    pub(crate) fn with_ticket(&self, error: Error) -> Error {
        let Some(stub) = self.stub.get() else {
            return error;
        };
        if error.send_outcome() != SendOutcome::Unknown || error.ticket().is_some() {
            return error;
        }
        let correlation = match &self.options.correlation {
            Some(name) => name.as_ref().to_owned(),
            None => format!("{:032x}", fastrand::u128(..)),
        };
        let ticket = stub.payload.ticket(
            stub.operation.map(|operation| operation.id),
            Timestamp::from(self.started).to_string(),
            correlation,
            stub.attempts.load(Ordering::Relaxed),
            error.status().map(|status| status.as_u16()),
        );
        error.with_ticket(ticket)
    }

    fn is_over_after(&self, wait: Duration) -> bool {
        Instant::now()
            .checked_add(wait)
            .is_none_or(|then| then >= self.deadline)
    }
}

impl Executor {
    /// Starts a call: its time runs from here.
    pub(crate) fn start(&self, options: &CallOptions) -> CallState {
        let options = options.or(&self.defaults);
        let timeout = options.timeout.unwrap_or(CallOptions::DEFAULT_TIMEOUT);
        CallState {
            options,
            started: chrono::Utc::now(),
            // A time limit beyond what the clock can count means no limit.
            deadline: Instant::now()
                .checked_add(timeout)
                .unwrap_or_else(|| Instant::now() + crate::time::FOREVER),
            stub: OnceLock::new(),
            answer: Mutex::new(None),
            token: None,
        }
    }

    /// Sends a request with credentials and returns the answer if it is a success.
    pub(crate) async fn send(
        &self,
        request: reqwest::Request,
        operation: Option<&'static Operation>,
        call: &CallState,
    ) -> Result<Parts> {
        let span = tracing::debug_span!(
            "call",
            operation = operation.map(|operation| operation.id),
            correlation = call.options.correlation.as_deref(),
            http.request.method = %request.method(),
            // The template, never the URL: that holds numbers and texts.
            url.template = operation.map(|operation| self.overrides.path(operation)),
            server.address = self.api_base.host_str(),
            server.port = self.api_base.port_or_known_default(),
        );
        let mut course = Course {
            operation,
            call,
            repeatable: operation.map_or_else(
                || request.method().is_safe(),
                |operation| operation.idempotent,
            ),
            number: self.sending_number(request.url()),
            attempts: 0,
            outcome: SendOutcome::NotSent,
            token_replaced: false,
        };
        self.attempts(request, &mut course)
            .instrument(span)
            .await
            .map_err(|error| {
                let error = error.with_operation(operation).after(course.outcome);
                call.with_ticket(error)
            })
    }

    /// Makes attempts until one succeeds or there is to be no other.
    async fn attempts(
        &self,
        mut request: reqwest::Request,
        course: &mut Course<'_>,
    ) -> Result<Parts> {
        self.check(&request)?;
        if !course.repeatable {
            // Before the request is given away, because a ticket may be needed then.
            let payload = Payload::of(&request);
            let operation = course.operation;
            let attempts = AtomicU32::new(0);
            let _ = course.call.stub.set(Stub {
                operation,
                payload,
                attempts,
            });
        }
        self.budget.deposit();
        let mut refusal: Option<Refusal> = None;
        loop {
            let spare = request.try_clone();
            course.attempts += 1;
            if let Some(stub) = course.call.stub.get() {
                stub.attempts.store(course.attempts, Ordering::Relaxed);
            }
            let failed = match self.attempt(request, refusal.take(), course).await {
                Ok(answer) => return Ok(answer),
                Err(failed) => failed,
            };
            course.outcome = course.outcome.and(failed.error().send_outcome());
            // Asked only if there is something to repeat, because it takes from the budget.
            let repeat = spare.and_then(|next| Some((next, self.wait(&failed, course)?)));
            let Some((next, wait)) = repeat else {
                return Err(failed.into_error());
            };
            request = next;
            refusal = failed.into_refusal();
            course.token_replaced |= refusal.is_some();
            if !wait.is_zero() {
                sleep(wait).await;
            }
        }
    }

    /// How long to wait before another attempt, if there is to be one.
    fn wait(&self, failed: &Failed, course: &Course<'_>) -> Option<Duration> {
        let error = failed.error();
        let refused = matches!(failed, Failed::Refused(_));
        let reason = match failed {
            Failed::Refused(_) => Reason::Unauthorized,
            Failed::TooLate(_) => return None,
            Failed::NotRenewed(..) | Failed::Otherwise(_) => Reason::of(error)?,
        };
        let resend = course.call.options.resend.unwrap_or_default();
        if !reason.allows(course.repeatable, resend, error) {
            return None;
        }
        let policy = course.call.options.retry.as_ref().unwrap_or(&self.retry);
        let wait = policy.wait(&FailedAttempt {
            attempts: course.attempts,
            error,
        })?;
        // After a refusal nothing has to calm down: it is the token that was wrong.
        let wait = if refused { Duration::ZERO } else { wait };
        let wait = wait.max(error.retry_after().unwrap_or_default());
        // One more with another token is no repeat that a service in trouble could feel.
        let paid = || refused || self.budget.withdraw();
        if course.call.is_over_after(wait) || !paid() {
            return None;
        }
        tracing::debug!(
            reason = %reason,
            attempt = course.attempts,
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            "another attempt"
        );
        Some(wait)
    }

    /// Refuses what must not be given credentials.
    fn check(&self, request: &reqwest::Request) -> Result<()> {
        let (url, base) = (request.url(), &self.api_base);
        let same_origin = url.scheme() == base.scheme()
            && url.host_str() == base.host_str()
            && url.port_or_known_default() == base.port_or_known_default();
        let rest = url.path().strip_prefix(base.path().trim_end_matches('/'));
        let below = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if !(same_origin && below) {
            return Err(Error::input("path", "has to be below the API's base URL"));
        }
        let (length, limit) = (url.as_str().len(), self.max_url);
        if length <= limit {
            return Ok(());
        }
        Err(match raw_value(url, "text") {
            Some(text) => Error::input(
                "text",
                format!(
                    "is {} characters long in the URL, percent-encoded, and makes that {length}; \
                     {limit} are allowed",
                    text.len()
                ),
            ),
            None => Error::input(
                "request",
                format!("has a URL of {length} characters; {limit} are allowed"),
            ),
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

    /// The digits of the number that a request sends from, where that has a limit of its
    /// own; however it is spelled, it is one number.
    fn sending_number(&self, url: &Url) -> Option<String> {
        self.limits.per_number?;
        let spelled = percent_decode_str(raw_value(url, "from")?);
        let digits = spelled.filter(u8::is_ascii_digit).map(char::from);
        Some(digits.collect())
    }
}

/// A token that the service refused, and its answer.
struct Refusal {
    token: AccessToken,
    answer: Error,
}

/// An attempt that failed.
enum Failed {
    /// The service refused the token, for the first time in the call: worth another
    /// attempt with another token.
    Refused(Refusal),
    /// After a refusal no other token could be had, so that nothing was sent this time.
    NotRenewed(Refusal, Error),
    /// Its turn under the limits comes after the call's time, as would that of another.
    TooLate(Error),
    Otherwise(Error),
}

impl Failed {
    /// How this attempt failed.
    fn error(&self) -> &Error {
        match self {
            Self::Refused(refusal) => &refusal.answer,
            Self::NotRenewed(_, error) | Self::TooLate(error) | Self::Otherwise(error) => error,
        }
    }

    /// What to say of the call if it was the last attempt.
    fn into_error(self) -> Error {
        match self {
            Self::Refused(refusal) => refusal.answer,
            // The failed renewal says more than the 401, which remains what happened
            // to the request: it was sent, and refused.
            Self::NotRenewed(refusal, renewal) => refusal.answer.with_source(renewal),
            Self::TooLate(error) | Self::Otherwise(error) => error,
        }
    }

    /// The refusal that the next attempt has to get over.
    fn into_refusal(self) -> Option<Refusal> {
        match self {
            Self::Refused(refusal) | Self::NotRenewed(refusal, _) => Some(refusal),
            Self::TooLate(_) | Self::Otherwise(_) => None,
        }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Otherwise(error)
    }
}

impl Executor {
    /// One attempt: a token, a turn under the limits, the exchange. A refusal is that of
    /// the attempt before.
    async fn attempt(
        &self,
        request: reqwest::Request,
        refusal: Option<Refusal>,
        course: &Course<'_>,
    ) -> Result<Parts, Failed> {
        let mut token = self.token(course.call).await;
        let (number, deadline) = (course.number.as_deref(), course.call.deadline);
        // After the token: what waited together for that would otherwise go at once, with the
        // turns that it had taken before.
        if token.is_ok() {
            let pass = self.limits.pass(number, deadline).await;
            if pass.map_err(Failed::TooLate)? {
                token = self.token(course.call).await;
            }
        }
        let token = match (token, refusal) {
            (Ok(token), Some(old)) if token == old.token => return Err(old.answer.into()),
            (Ok(token), _) => token,
            (Err(renewal), Some(refusal)) => return Err(Failed::NotRenewed(refusal, renewal)),
            (Err(error), None) => return Err(error.into()),
        };
        let outcome = self.exchange(request, &token, course).await;
        if outcome.is_ok() {
            self.blame.clear();
        }
        outcome.map_err(|answer| match answer.status() {
            // A new token that is refused as well is not what is wrong.
            _ if !course.token_replaced
                && answer.rejects_token()
                && self.blame.is_the_tokens(&token) =>
            {
                self.tokens.reject(&token);
                Failed::Refused(Refusal { token, answer })
            }
            Some(StatusCode::TOO_MANY_REQUESTS) => {
                self.limits
                    .slow_down(course.number.as_deref(), answer.retry_after());
                Failed::Otherwise(answer)
            }
            _ => Failed::Otherwise(answer),
        })
    }
}

#[cfg(test)]
mod tests;
