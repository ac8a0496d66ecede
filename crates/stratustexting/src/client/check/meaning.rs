//! What a failure says about the set-up.
//!
//! The gateway's errors aren't documented. That it tells a wrong API key (403 Forbidden) from a
//! wrong token (401) and from an unknown path (403 Missing Authentication Token) is inferred
//! from the gateway that the service seems to have.

use std::{error::Error as StdError, io};

use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

use super::{CheckStep, CheckSubject, CheckVerdict};
use crate::{Error, Result, error::Kind};

/// What is wrong with a set-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckProblem {
    /// The host's name can't be resolved.
    HostNotFound,
    /// No connection to the host, or one that breaks.
    Unreachable,
    /// The host's certificate isn't trusted.
    Certificate,
    /// The TLS handshake fails for another reason.
    Tls,
    /// The proxy that is set makes no connection.
    Proxy,
    /// No response within the time limit.
    TimedOut,
    /// The response is a page or a redirect, which the service doesn't send.
    ForeignResponse,
    /// The service fails, or what stands in front of it.
    ServiceDown,
    /// There were too many requests.
    RateLimited,
    /// There is no token endpoint at its URL.
    NoTokenEndpoint,
    /// This machine's clock differs from the service's by more than a minute.
    ClockSkew,
    /// There is no login page at the authorize URL.
    NoLoginPage,
    /// The redirect URI isn't one that is registered for the client, to the letter.
    RedirectMismatch,
    /// The client id or the client secret is rejected.
    CredentialsRejected,
    /// The client may not use this grant, or not with these scopes.
    GrantRejected,
    /// No user is logged in.
    LoginRequired,
    /// The token store fails.
    TokenStore,
    /// There is no token for another reason.
    NoToken,
    /// The API key is rejected.
    ApiKeyRejected,
    /// The access token is rejected.
    TokenRejected,
    /// This login isn't allowed it.
    NotAllowed,
    /// The service has no such path.
    NoSuchPath,
    /// The service rejects the request for another reason.
    Rejected,
    /// The response was read, and differs from the document.
    Differs,
    /// The response has another form than documented, so that nothing could be read.
    Unreadable,
    /// Something else failed.
    Other,
}

impl CheckProblem {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::HostNotFound => "the host's name can't be resolved",
            Self::Unreachable => "there is no connection to the host",
            Self::Certificate => "the host's certificate isn't trusted",
            Self::Tls => "the TLS handshake failed",
            Self::Proxy => "the proxy makes no connection to the host",
            Self::TimedOut => "there was no response in time",
            Self::ForeignResponse => "the response is a page or a redirect, and not the service's",
            Self::ServiceDown => "the service fails, or what stands in front of it",
            Self::RateLimited => "there were too many requests",
            Self::NoTokenEndpoint => "there is no token endpoint at this URL",
            Self::ClockSkew => "this machine's clock is wrong by more than a minute",
            Self::NoLoginPage => "there is no login page at the authorize URL",
            Self::RedirectMismatch => "the redirect URI isn't registered for the client",
            Self::CredentialsRejected => "the client id or the client secret is rejected",
            Self::GrantRejected => "the client may not use this grant or these scopes",
            Self::LoginRequired => "no user is logged in",
            Self::TokenStore => "the token store failed",
            Self::NoToken => "the token endpoint gave no token",
            Self::ApiKeyRejected => "the API key is rejected",
            Self::TokenRejected => "the access token is rejected",
            Self::NotAllowed => "this login isn't allowed it",
            Self::NoSuchPath => "the service has no such path",
            Self::Rejected => "the service rejects the request",
            Self::Differs => "it works, and the response differs from the document",
            Self::Unreadable => "the response has another form than documented",
            Self::Other => "it failed for another reason",
        }
    }

    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::HostNotFound => "Check the spelling of the URL, and this machine's DNS",
            Self::Unreachable => "Check the network, firewalls, and the URL's port",
            Self::Certificate => {
                "If a proxy reads along, add its certificate by \
                 `ClientBuilder::configure_http`; a minimal container may have no certificates \
                 of authorities (the package `ca-certificates`); check the clock of this machine"
            }
            Self::Tls => "Check that the URL leads to a server that speaks TLS",
            Self::Proxy => "Check the proxy's URL and credentials, and whether it allows the host",
            Self::TimedOut => "Try again; if it lasts, check firewalls and proxies",
            Self::ForeignResponse => {
                "Check the URL; a proxy or a login page of this network may respond in its place"
            }
            Self::ServiceDown => "Wait and try again; if it lasts, ask the vendor",
            Self::RateLimited => "Wait, and set `ClientBuilder::rate_limit`",
            Self::NoTokenEndpoint => "Check the brand, and `token_url` if it is set",
            Self::ClockSkew => {
                "Set the clock, by NTP for example: certificates, the lifetimes of tokens and \
                 quiet hours are reckoned by it"
            }
            Self::NoLoginPage => "Check the brand, and `authorize_url` if it is set",
            Self::RedirectMismatch => {
                "Enter it on the page \"API Connect\" exactly as the program sends it: a slash \
                 at the end, the port, and http or https make a difference"
            }
            Self::CredentialsRejected => {
                "Copy both again from the product's page \"API Connect\", and check the brand"
            }
            Self::GrantRejected => {
                "Make a client for this grant on the page \"API Connect\", and check the scopes"
            }
            Self::LoginRequired if cfg!(feature = "loopback-login") => {
                "Log in: by `Auth::log_in_with_browser` on the user's own machine, or by \
                 `Auth::start_login` in a web application"
            }
            Self::LoginRequired => {
                "Log in: start with `Auth::start_login`, or on the user's own machine with \
                 `Auth::log_in_with_browser` (feature `loopback-login`)"
            }
            Self::TokenStore => "See the error's source; check the path and who may write there",
            Self::NoToken => "Check the brand, and `token_url` if it is set",
            Self::ApiKeyRejected => {
                "Copy the API key again from the page \"API Connect\"; key, client and brand \
                 belong together"
            }
            Self::TokenRejected => {
                "Check the scopes, and that token, API key and URL are of one brand"
            }
            Self::NotAllowed => {
                "Check the scopes and the role of the user who logged in; subscriptions need a \
                 user's login"
            }
            Self::NoSuchPath => {
                "Check `api_base` if it is set; a path that is only inferred can be corrected by \
                 `ClientBuilder::operation`"
            }
            Self::Rejected => "See the error, and its `service_message`",
            Self::Differs => "Nothing has to be done; `Response::diagnostics` says what differs",
            Self::Unreadable => "`ClientBuilder::operation` says where the items of a list are",
            Self::Other => "See the error and its source",
        }
    }

    /// Whether a response with this problem came from behind the gateway, so that the gateway
    /// took key and token.
    fn is_past_gateway(self) -> bool {
        matches!(self, Self::Differs | Self::Unreadable | Self::Rejected)
    }
}

/// Whether a response comes from something that isn't the service: it sends neither redirects
/// nor pages. A failing server may send a page, so that isn't counted.
pub(super) fn is_foreign(status: StatusCode, headers: &HeaderMap) -> bool {
    status.is_redirection()
        || status == StatusCode::PROXY_AUTHENTICATION_REQUIRED
        || status == StatusCode::NETWORK_AUTHENTICATION_REQUIRED
        || status.is_success() && is_page(headers)
}

fn is_page(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE);
    let media_type = media_type.map(HeaderValue::as_bytes).unwrap_or_default();
    media_type.to_ascii_lowercase().starts_with(b"text/html")
}

/// Whether a response says that there is nothing at a URL.
pub(super) fn is_no_route(status: StatusCode, headers: &HeaderMap) -> bool {
    matches!(status.as_u16(), 404 | 405 | 410)
        || status == StatusCode::FORBIDDEN && error_type(headers) == Some(NO_ROUTE)
}

const NO_ROUTE: &str = "MissingAuthenticationTokenException";
const FORBIDDEN: &str = "ForbiddenException";

fn error_type(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get("x-amzn-errortype")?.to_str().ok()?;
    value.split(':').next().map(str::trim)
}

/// Why there was no response.
pub(super) fn of_connection_error(error: &Error) -> CheckProblem {
    match error.kind() {
        Kind::Connect => of_sources(error),
        Kind::Timeout { .. } => CheckProblem::TimedOut,
        Kind::Transport => CheckProblem::Unreachable,
        _ => CheckProblem::Other,
    }
}

/// Why no connection came about, out of the HTTP client's errors. They have no kinds for it, so
/// that their texts are looked at.
fn of_sources(error: &Error) -> CheckProblem {
    let mut texts = Vec::new();
    let mut broken_handshake = false;
    let mut next = error.source();
    while let Some(error) = next {
        texts.push(error.to_string().to_ascii_lowercase());
        next = match error.downcast_ref::<io::Error>() {
            // What an error of I/O holds isn't its source: it passes on that one's source.
            Some(error) => {
                broken_handshake |= error.kind() == io::ErrorKind::InvalidData;
                error
                    .get_ref()
                    .map(|inner| -> &(dyn StdError + 'static) { inner })
            }
            None => error.source(),
        };
    }
    let says = |words: &[&str]| {
        let has = |text: &String| words.iter().any(|word| text.contains(word));
        texts.iter().any(has)
    };
    // The proxy first: the connection to it may fail for any of the other reasons.
    if says(&["tunnel error", "proxy", "socks"]) {
        CheckProblem::Proxy
    } else if says(&["dns error", "failed to lookup address"]) {
        CheckProblem::HostNotFound
    } else if says(&["certificate"]) {
        CheckProblem::Certificate
    } else if broken_handshake || says(&["tls", "ssl", "handshake"]) {
        CheckProblem::Tls
    } else if says(&["timed out"]) {
        CheckProblem::TimedOut
    } else {
        CheckProblem::Unreachable
    }
}

/// Why there is no access token. `invalid_grant` means that a login is over only where users log
/// in.
pub(super) fn of_token_error(error: &Error, logs_in: bool) -> CheckProblem {
    if logs_in && error.is_login_required() {
        return CheckProblem::LoginRequired;
    }
    if error.is_store() {
        return CheckProblem::TokenStore;
    }
    let (Some(status), Some(headers)) = (error.status(), error.headers()) else {
        return match error.kind() {
            Kind::TokenRejected => CheckProblem::NoToken,
            _ => of_connection_error(error),
        };
    };
    match error.oauth_error().as_deref() {
        Some("invalid_client") => return CheckProblem::CredentialsRejected,
        Some(
            "unauthorized_client" | "unsupported_grant_type" | "invalid_grant" | "invalid_scope",
        ) => return CheckProblem::GrantRejected,
        _ => {}
    }
    match status.as_u16() {
        _ if is_foreign(status, headers) => CheckProblem::ForeignResponse,
        _ if is_no_route(status, headers) => CheckProblem::NoTokenEndpoint,
        401 => CheckProblem::CredentialsRejected,
        429 => CheckProblem::RateLimited,
        500.. => CheckProblem::ServiceDown,
        _ => CheckProblem::NoToken,
    }
}

/// Why a read failed, as far as it tells alone.
fn of_read_error(error: &Error) -> CheckProblem {
    let (Some(status), Some(headers)) = (error.status(), error.headers()) else {
        return of_connection_error(error);
    };
    let says = |text: &str| error.service_message().as_deref() == Some(text);
    match status.as_u16() {
        // A page with a status of the client's fault is a proxy's, too.
        _ if is_foreign(status, headers) || !status.is_server_error() && is_page(headers) => {
            CheckProblem::ForeignResponse
        }
        _ if !error.is_status() => CheckProblem::Unreadable,
        _ if error.is_auth() => CheckProblem::TokenRejected,
        // Some proxies take the header away; the words stay.
        403 if error.gateway_error() == Some(FORBIDDEN) || says("Forbidden") => {
            CheckProblem::ApiKeyRejected
        }
        403 if says("Missing Authentication Token") => CheckProblem::NoSuchPath,
        _ if is_no_route(status, headers) => CheckProblem::NoSuchPath,
        403 => CheckProblem::NotAllowed,
        429 => CheckProblem::RateLimited,
        500.. => CheckProblem::ServiceDown,
        _ => CheckProblem::Rejected,
    }
}

/// What the reads say together: about the API key first, then each about itself.
///
/// The gateway says the same to a wrong key and to a login that isn't allowed one operation.
/// The other reads tell them apart.
pub(super) fn of_reads(reads: Vec<(CheckSubject, Result<bool>)>) -> Vec<CheckStep> {
    let problems: Vec<Option<CheckProblem>> = reads
        .iter()
        .map(|(_, read)| match read {
            Ok(false) => None,
            Ok(true) => Some(CheckProblem::Differs),
            Err(error) => Some(of_read_error(error)),
        })
        .collect();
    let is_past =
        |problem: &Option<CheckProblem>| problem.is_none_or(CheckProblem::is_past_gateway);
    let accepted = problems.iter().any(is_past);
    let works = problems.contains(&None) || problems.contains(&Some(CheckProblem::Differs));

    let mut steps = vec![of_key(&problems, accepted)];
    for ((subject, read), problem) in reads.into_iter().zip(problems) {
        let step = match problem {
            None => CheckStep::ok(subject, "can be read"),
            Some(problem) => {
                let rejected = matches!(
                    problem,
                    CheckProblem::ApiKeyRejected | CheckProblem::TokenRejected
                );
                let problem = if rejected && accepted {
                    CheckProblem::NotAllowed
                } else {
                    problem
                };
                CheckStep::of(subject, verdict(problem, works), problem)
            }
        };
        steps.push(match read {
            Ok(_) => step,
            Err(error) => step.with_error(error),
        });
    }
    steps
}

fn of_key(problems: &[Option<CheckProblem>], accepted: bool) -> CheckStep {
    let subject = CheckSubject::ApiKey;
    if accepted {
        return CheckStep::ok(subject, "key and token are accepted");
    }
    let wanted = [CheckProblem::TokenRejected, CheckProblem::ApiKeyRejected];
    match wanted
        .into_iter()
        .find(|wanted| problems.contains(&Some(*wanted)))
    {
        Some(problem) => CheckStep::of(subject, CheckVerdict::Problem, problem),
        None => CheckStep::skipped(subject, "not known: no read came as far"),
    }
}

/// A list that can't be read is no problem of the set-up where another one can: its path is
/// only inferred, or the account doesn't have the feature.
fn verdict(problem: CheckProblem, works: bool) -> CheckVerdict {
    match problem {
        CheckProblem::Differs => CheckVerdict::Note,
        CheckProblem::NotAllowed
        | CheckProblem::NoSuchPath
        | CheckProblem::Rejected
        | CheckProblem::Unreadable
            if works =>
        {
            CheckVerdict::Note
        }
        _ => CheckVerdict::Problem,
    }
}
