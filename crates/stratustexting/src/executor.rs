//! Every request goes through here: credentials, deadline, limits, retries, the capture of
//! errors, tracing.
//!
//! Resources, the generated client, multipart and raw requests all end here, so that
//! none of them can forget any of it. This file decides about the attempts of a call;
//! `attempt.rs` makes one; `seam.rs` connects the generated client, and takes its errors
//! back.

mod attempt;
mod call_state;
mod connections;
mod failed;
mod rejected_tokens;
mod seam;
mod write_watch;

use std::{sync::Arc, time::Duration};

use http::HeaderValue;
use percent_encoding::percent_decode_str;
use stratustexting_client::Operation;
use tokio::time::sleep;
use tracing::Instrument;
use url::Url;

use self::failed::{Failed, RejectedToken};
pub(crate) use self::{
    call_state::CallState,
    connections::{Connections, use_own_connection},
    rejected_tokens::RejectedTokens,
};
use crate::{
    Error, Result, SendOutcome,
    auth::TokenSource,
    options::CallOptions,
    overrides::Overrides,
    parts::Parts,
    rate_limit::Limits,
    retry::{Bucket, FailedAttempt, Reason, RetryPolicy},
    ticket::raw_value,
};

/// Sends requests.
pub(crate) struct Executor {
    pub(crate) backend: Backend,
    pub(crate) api_base: Url,
    pub(crate) api_key: HeaderValue,
    pub(crate) tokens: Arc<dyn TokenSource>,
    pub(crate) rejected_tokens: RejectedTokens,
    pub(crate) defaults: CallOptions,
    pub(crate) retry: Arc<dyn RetryPolicy>,
    pub(crate) budget: Arc<Bucket>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) overrides: Overrides,
    /// Whether a difference from the document is an error, for tests of the document.
    pub(crate) strict: bool,
    /// The largest response that is read, in bytes.
    pub(crate) max_response: usize,
    /// The longest URL that is sent, in characters.
    pub(crate) max_url: usize,
}

/// Where requests go.
pub(crate) enum Backend {
    Http(reqwest::Client, Arc<Connections>),
    /// Tests of time have no sockets: the runtime's clock can't stand still for those.
    #[cfg(test)]
    Script(tests::Script),
}

/// How far a call has come.
struct CallProgress<'a> {
    operation: Option<&'static Operation>,
    call: &'a CallState,
    /// Whether doing it twice has the effect of doing it once.
    idempotent: bool,
    /// The sending number, where there is one and it has a limit.
    number: Option<String>,
    /// How many attempts were begun.
    attempts: u32,
    /// The outcome of the attempts so far.
    outcome: SendOutcome,
    /// Whether a token was rejected and replaced; that happens once in a call.
    token_replaced: bool,
}

impl Executor {
    /// Starts a call: its time runs from here.
    pub(crate) fn start(&self, options: &CallOptions) -> CallState {
        CallState::new(options.or(&self.defaults))
    }

    /// Sends a request with credentials and returns the response if it is a success.
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
            error.r#type = tracing::field::Empty,
        );
        call.keep_span(span.clone());
        let mut progress = CallProgress {
            operation,
            call,
            idempotent: operation.map_or_else(
                || request.method().is_safe(),
                |operation| operation.idempotent,
            ),
            number: self.sending_number(request.url()),
            attempts: 0,
            outcome: SendOutcome::NotSent,
            token_replaced: false,
        };
        self.attempts(request, &mut progress)
            .instrument(span)
            .await
            .map_err(|error| {
                let error = error.with_operation(operation).after(progress.outcome);
                call.record_failure(&error);
                call.with_ticket(error)
            })
    }

    /// Makes attempts until one succeeds or no other is allowed.
    async fn attempts(
        &self,
        mut request: reqwest::Request,
        progress: &mut CallProgress<'_>,
    ) -> Result<Parts> {
        self.check(&request)?;
        progress.call.options.headers.apply(request.headers_mut())?;
        if !progress.idempotent {
            progress.call.draft_ticket(progress.operation, &request);
        }
        self.budget.deposit();
        let mut rejected_token: Option<RejectedToken> = None;
        loop {
            let spare = request.try_clone();
            progress.attempts += 1;
            progress.call.set_attempts(progress.attempts);
            let failed = match self.attempt(request, rejected_token.take(), progress).await {
                Ok(response) => return Ok(response),
                Err(failed) => failed,
            };
            progress.outcome = progress.outcome.and(failed.error().send_outcome());
            // Asked only if there is something to send again, because it takes from the budget.
            let retry = spare.and_then(|next| Some((next, self.wait(&failed, progress)?)));
            let Some((next, wait)) = retry else {
                return Err(failed.into_error());
            };
            request = next;
            rejected_token = failed.into_rejected_token();
            progress.token_replaced |= rejected_token.is_some();
            if !wait.is_zero() {
                sleep(wait).await;
            }
        }
    }

    /// The wait before the next attempt, or `None` if there must be no retry.
    fn wait(&self, failed: &Failed, progress: &CallProgress<'_>) -> Option<Duration> {
        let error = failed.error();
        let token_rejected = matches!(failed, Failed::TokenRejected(_));
        let reason = match failed {
            Failed::TokenRejected(_) => Reason::Unauthorized,
            Failed::TooLate(_) => return None,
            Failed::NotRenewed(..) | Failed::Other(_) => Reason::of(error)?,
        };
        let resend = progress.call.options.resend.unwrap_or_default();
        if !reason.allows(progress.idempotent, resend, error) {
            return None;
        }
        let policy = progress.call.options.retry.as_ref().unwrap_or(&self.retry);
        let wait = policy.wait(&FailedAttempt {
            attempts: progress.attempts,
            error,
        })?;
        // The token was wrong, so the service needs no time to recover.
        let wait = if token_rejected { Duration::ZERO } else { wait };
        let wait = wait.max(error.retry_after().unwrap_or_default());
        // A retry with another token isn't made because of load, so it costs no budget.
        let paid = || token_rejected || self.budget.withdraw();
        if progress.call.times_out_within(wait) || !paid() {
            return None;
        }
        tracing::debug!(
            reason = %reason,
            attempt = progress.attempts,
            wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            "another attempt"
        );
        Some(wait)
    }

    /// Refuses a request that must not get credentials, or whose URL is too long.
    fn check(&self, request: &reqwest::Request) -> Result<()> {
        let (url, base) = (request.url(), &self.api_base);
        let same_origin = url.scheme() == base.scheme()
            && url.host_str() == base.host_str()
            && url.port_or_known_default() == base.port_or_known_default();
        let rest = url.path().strip_prefix(base.path().trim_end_matches('/'));
        let below = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if !(same_origin && below) {
            return Err(Error::input("path", "must be below the API's base URL"));
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

    /// The digits of the number that a request sends from, where that has a limit of its
    /// own; all spellings of a number share it.
    fn sending_number(&self, url: &Url) -> Option<String> {
        self.limits.per_number?;
        let spelled = percent_decode_str(raw_value(url, "from")?);
        let digits = spelled.filter(u8::is_ascii_digit).map(char::from);
        Some(digits.collect())
    }
}

#[cfg(test)]
mod tests;
