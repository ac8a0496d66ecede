//! What was found out about a set-up, and what a person can do about it with this program.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use stratustexting::check::{CheckProblem, CheckStep, CheckVerdict};

use crate::failure::{Class, Failure};

/// One thing that was checked.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Finding {
    /// What was checked; a stable name.
    pub(super) check: String,
    /// `ok`, `note`, `problem` or `skipped`.
    #[schemars(with = "String")]
    pub(super) verdict: CheckVerdict,
    /// What was found, as a stable name, unless all is well.
    pub(super) code: Option<String>,
    pub(super) text: String,
    /// What to do about it.
    pub(super) advice: Option<String>,
    /// The status of the response, if there was one.
    status: Option<u16>,
    #[serde(skip)]
    class: Class,
}

impl Finding {
    pub(super) fn ok(check: &str, text: impl Into<String>) -> Self {
        Self {
            check: check.to_owned(),
            verdict: CheckVerdict::Ok,
            code: None,
            text: text.into(),
            advice: None,
            status: None,
            class: Class::SetUp,
        }
    }

    pub(super) fn skipped(check: &str, text: impl Into<String>) -> Self {
        Self {
            verdict: CheckVerdict::Skipped,
            ..Self::ok(check, text)
        }
    }

    pub(super) fn note(check: &str, code: &str, text: impl Into<String>, advice: &str) -> Self {
        Self {
            verdict: CheckVerdict::Note,
            code: Some(code.to_owned()),
            advice: Some(advice.to_owned()),
            ..Self::ok(check, text)
        }
    }

    pub(super) fn problem(check: &str, code: &str, text: impl Into<String>, advice: &str) -> Self {
        Self {
            verdict: CheckVerdict::Problem,
            ..Self::note(check, code, text, advice)
        }
    }

    /// A step of the SDK's check. Its advice names the SDK's functions, and so has another here.
    pub(super) fn of_step(step: &CheckStep) -> Self {
        let name = |value: Value| value.as_str().map(str::to_owned);
        let step_name = serde_json::to_value(step.subject).ok().and_then(name);
        let problem = step.problem;
        Self {
            check: step_name.unwrap_or_default(),
            verdict: step.verdict,
            code: problem.and_then(|it| serde_json::to_value(it).ok().and_then(name)),
            text: step.text.to_owned(),
            advice: problem.and_then(|problem| advice(problem).or(step.advice).map(str::to_owned)),
            status: step.status,
            class: problem.map_or(Class::SetUp, class),
        }
    }

    pub(super) fn class(&self) -> Class {
        self.class
    }

    /// The lines for people.
    pub(super) fn lines(&self) -> Vec<String> {
        let status = match self.status {
            Some(status) => format!(" (status {status})"),
            None => String::new(),
        };
        let check = self.check.replace('_', " ");
        let first = format!("{:8}  {check:16}  {}{status}", self.verdict, self.text);
        let advice = self.advice.iter().map(|it| format!("{:28}{it}", ""));
        [first].into_iter().chain(advice).collect()
    }

    /// The failure of a command that needed it to be right.
    pub(super) fn into_failure(self) -> Failure {
        let check = self.check.replace('_', " ");
        let failure = Failure::new(self.class, format!("{check}: {}", self.text));
        let advice = self.advice.unwrap_or_default();
        failure.and(&format!("{advice}. `stratus doctor` says more"))
    }
}

/// The exit code's class of a problem.
fn class(problem: CheckProblem) -> Class {
    match problem {
        CheckProblem::CredentialsRejected
        | CheckProblem::GrantRejected
        | CheckProblem::LoginRequired
        | CheckProblem::NoToken
        | CheckProblem::ApiKeyRejected
        | CheckProblem::TokenRejected
        | CheckProblem::NotAllowed => Class::Authentication,
        CheckProblem::HostNotFound
        | CheckProblem::Unreachable
        | CheckProblem::Certificate
        | CheckProblem::Tls
        | CheckProblem::Proxy
        | CheckProblem::TimedOut
        | CheckProblem::ForeignResponse
        | CheckProblem::ServiceDown
        | CheckProblem::RateLimited => Class::Network,
        _ => Class::SetUp,
    }
}

/// What to do about a problem, where it isn't the same as for a program.
fn advice(problem: CheckProblem) -> Option<&'static str> {
    Some(match problem {
        CheckProblem::Certificate => {
            "Name the certificate of a proxy that reads along in SSL_CERT_FILE; a minimal \
             container may need the package `ca-certificates`; check this machine's clock"
        }
        CheckProblem::Proxy => {
            "Check HTTPS_PROXY or ALL_PROXY, and whether the proxy allows the host; NO_PROXY \
             excepts hosts"
        }
        CheckProblem::RateLimited => "Wait a minute, and try again",
        CheckProblem::NoTokenEndpoint | CheckProblem::NoToken => {
            "Check the brand, and the token URL if one is set"
        }
        CheckProblem::NoLoginPage => "Check the brand, and the authorize URL if one is set",
        CheckProblem::CredentialsRejected => {
            "Copy client id and client secret again from the product's page \"API Connect\", by \
             `stratus login`, and check the brand"
        }
        CheckProblem::GrantRejected => {
            "A client has one grant type: with CODE on the page \"API Connect\", a person logs in \
             by `stratus login`; only with client credentials works `stratus login --machine`"
        }
        CheckProblem::LoginRequired => "Log in: stratus login",
        CheckProblem::TokenStore => "Check the file of tokens, or log in again: stratus login",
        CheckProblem::ApiKeyRejected => {
            "Copy the API key again from the page \"API Connect\", by `stratus login`; key, client \
             and brand belong together"
        }
        CheckProblem::TokenRejected => {
            "The login is good and its token isn't: check the scopes, and that client, API key and \
             brand belong together"
        }
        CheckProblem::NoSuchPath => "Check the API base if one is set, and the brand",
        CheckProblem::Rejected | CheckProblem::Other => "Run it with -vv, which shows more",
        CheckProblem::Differs => "Nothing has to be done",
        CheckProblem::Unreadable => "The service differs from what is known of it; tell us",
        _ => return None,
    })
}
