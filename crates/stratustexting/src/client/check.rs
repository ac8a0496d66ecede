//! Checking a client's settings without sending a message.
//!
//! [`Client::check`] says which part of a set-up is wrong, where a failed call says only that
//! it failed. It sends nothing that changes anything: a request without credentials to each
//! host, a request for a token, and reads of one item of each list.

mod clock;
mod login_page;
mod meaning;
mod probe;

use std::fmt;

use serde::Serialize;
use stratustexting_client::types::{ContactPage, CustomConsentPage, SitePage, SubscriptionPage};

use self::clock::Clock;
use super::Client;
use crate::{Backoff, CallOptions, Error, Result, auth::Grant, pager::Page};

/// What [`Client::check`] found out: one step per part of the set-up.
///
/// It serialises, and its [`Display`](fmt::Display) form has a line per step. Neither has a
/// secret, a number or a text of the service's.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CheckReport {
    /// The steps, in the order in which they were taken.
    pub steps: Vec<CheckStep>,
}

/// One step of a check.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct CheckStep {
    /// What was checked.
    pub subject: CheckSubject,
    /// What came of it.
    pub verdict: CheckVerdict,
    /// What is wrong, if anything is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<CheckProblem>,
    /// The result in a sentence.
    pub text: &'static str,
    /// What to do about it, if there is a problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<&'static str>,
    /// The status of the response, if there was one that tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The error behind it, for programs that want more. It isn't serialised.
    #[serde(skip)]
    pub error: Option<Error>,
}

/// What a step checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckSubject {
    /// The API's host: its name, the connection, TLS, and who responds there.
    ApiHost,
    /// The OAuth token endpoint: the same, and whether it is one.
    TokenEndpoint,
    /// This machine's clock against the service's, as the responses before tell.
    Clock,
    /// The login page, and whether it takes a redirect URI; only of
    /// [`Client::check_login_page`].
    LoginPage,
    /// The access token: client id, client secret, and the login.
    AccessToken,
    /// The API key and the token at the gateway, as the reads below tell.
    ApiKey,
    /// Whether contacts can be read.
    Contacts,
    /// Whether custom consents can be read.
    Consents,
    /// Whether webhook subscriptions can be read.
    Subscriptions,
    /// Whether sites can be read.
    Sites,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckVerdict {
    /// It works.
    Ok,
    /// It doesn't work as documented, and the set-up may be right all the same.
    Note,
    /// Something is wrong.
    Problem,
    /// It couldn't be checked, because an earlier step failed.
    Skipped,
}

pub use self::meaning::CheckProblem;

impl CheckReport {
    /// Whether no step has a problem. Notes are none: an account without the feature
    /// Multisite has no sites, and a client's own login may not read subscriptions.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.problems().next().is_none()
    }

    /// The steps with a problem. The first is the one to mend first.
    pub fn problems(&self) -> impl Iterator<Item = &CheckStep> {
        let is_problem = |step: &&CheckStep| step.verdict == CheckVerdict::Problem;
        self.steps.iter().filter(is_problem)
    }

    /// The step about a subject.
    #[must_use]
    pub fn step(&self, subject: CheckSubject) -> Option<&CheckStep> {
        self.steps.iter().find(|step| step.subject == subject)
    }
}

impl CheckStep {
    fn ok(subject: CheckSubject, text: &'static str) -> Self {
        Self {
            subject,
            verdict: CheckVerdict::Ok,
            problem: None,
            text,
            advice: None,
            status: None,
            error: None,
        }
    }

    fn skipped(subject: CheckSubject, text: &'static str) -> Self {
        Self {
            verdict: CheckVerdict::Skipped,
            ..Self::ok(subject, text)
        }
    }

    fn of(subject: CheckSubject, verdict: CheckVerdict, problem: CheckProblem) -> Self {
        Self {
            verdict,
            problem: Some(problem),
            advice: Some(problem.advice()),
            ..Self::ok(subject, problem.text())
        }
    }

    fn with_error(mut self, error: Error) -> Self {
        self.status = error.status().map(|status| status.as_u16());
        self.error = Some(error);
        self
    }
}

impl Client {
    /// Finds out what is wrong with the set-up, without sending a message: whether the hosts
    /// can be reached, whether the clocks agree, whether there is a token, whether the API key is good, and what this
    /// login may read.
    ///
    /// It never fails: what is wrong is in the report. It makes no retries, and each step
    /// keeps to the client's time limits.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use stratustexting::{Client, auth::Credentials, check::CheckProblem};
    ///
    /// # let sandbox = Sandbox::start().await?;
    /// # let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
    /// let client = Client::builder()
    /// #   .api_base(sandbox.api_base()).token_url(sandbox.token_url())
    ///     .credentials(Credentials::client_credentials(id, secret))
    ///     .api_key("not the one that belongs to them")
    ///     .build()?;
    ///
    /// let report = client.check().await;
    ///
    /// print!("{report}");
    /// let first = report.problems().next().ok_or("all is well")?;
    /// assert_eq!(first.problem, Some(CheckProblem::ApiKeyRejected));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check(&self) -> CheckReport {
        let mut clock = Clock::default();
        let mut steps = vec![self.check_api_host(&mut clock).await];
        steps.push(self.check_token_endpoint(&mut clock).await);
        steps.push(clock.step());
        let token = self.check_access_token().await;
        let works = |step: &CheckStep| step.verdict == CheckVerdict::Ok;
        let can_read = works(&steps[0]) && works(&token);
        steps.push(token);
        if can_read {
            steps.extend(meaning::of_reads(self.reads().await));
        } else {
            let subjects = [
                CheckSubject::ApiKey,
                CheckSubject::Contacts,
                CheckSubject::Consents,
                CheckSubject::Subscriptions,
                CheckSubject::Sites,
            ];
            let skipped =
                |subject| CheckStep::skipped(subject, "not checked: an earlier step failed");
            steps.extend(subjects.map(skipped));
        }
        CheckReport { steps }
    }

    async fn check_access_token(&self) -> CheckStep {
        let subject = CheckSubject::AccessToken;
        match self.auth().access_token().await {
            Ok(_) => CheckStep::ok(subject, "there is an access token"),
            Err(error) => {
                let managed = self.inner.auth.managed.as_ref();
                let logs_in = managed.is_none_or(|it| it.grant() == Grant::AuthorizationCode);
                let problem = meaning::of_token_error(&error, logs_in);
                CheckStep::of(subject, CheckVerdict::Problem, problem).with_error(error)
            }
        }
    }

    /// Reads one item of each list. One after the other, because a login that isn't good for
    /// one isn't good for the next either, and a token is renewed once.
    async fn reads(&self) -> Vec<(CheckSubject, Result<bool>)> {
        let options = &CallOptions::new().retry(Backoff::never());
        let contacts = self
            .call_for_page::<ContactPage, _>("listContacts", options, None, |api| async move {
                api.list_contacts()
                    .size(1)
                    .exchange()
                    .await
                    .map_err(Error::from)
            })
            .await;
        let consents = self
            .call_for_page::<CustomConsentPage, _>(
                "listCustomConsents",
                options,
                None,
                |api| async move {
                    api.list_custom_consents()
                        .size(1)
                        .exchange()
                        .await
                        .map_err(Error::from)
                },
            )
            .await;
        let subscriptions = self
            .call_for_page::<SubscriptionPage, _>(
                "listSubscriptions",
                options,
                None,
                |api| async move {
                    api.list_subscriptions()
                        .size(1)
                        .exchange()
                        .await
                        .map_err(Error::from)
                },
            )
            .await;
        let sites = self
            .call_for_page::<SitePage, _>("listSites", options, None, |api| async move {
                api.list_sites()
                    .size(1)
                    .exchange()
                    .await
                    .map_err(Error::from)
            })
            .await;
        vec![
            (CheckSubject::Contacts, contacts.map(|page| differs(&page))),
            (CheckSubject::Consents, consents.map(|page| differs(&page))),
            (
                CheckSubject::Subscriptions,
                subscriptions.map(|page| differs(&page)),
            ),
            (CheckSubject::Sites, sites.map(|page| differs(&page))),
        ]
    }
}

/// Whether a page differs from the document.
fn differs<T>(page: &Page<T>) -> bool {
    !page.diagnostics.is_empty()
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        Ok(())
    }
}

impl fmt::Display for CheckStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.subject, self.verdict, self.text)?;
        if let Some(status) = self.status {
            write!(f, " (status {status})")?;
        }
        if let Some(advice) = self.advice {
            write!(f, ". {advice}")?;
        }
        Ok(())
    }
}

impl fmt::Display for CheckSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ApiHost => "API host",
            Self::TokenEndpoint => "token endpoint",
            Self::Clock => "clock",
            Self::LoginPage => "login page",
            Self::AccessToken => "access token",
            Self::ApiKey => "API key",
            Self::Contacts => "contacts",
            Self::Consents => "consents",
            Self::Subscriptions => "subscriptions",
            Self::Sites => "sites",
        })
    }
}

impl fmt::Display for CheckVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Problem => "problem",
            Self::Skipped => "skipped",
        })
    }
}
