//! A login that is under way.

use std::fmt;

use oauth2::{CsrfToken, PkceCodeVerifier};
use url::Url;

use crate::{Error, Result, error::Kind};

/// A login that has been started: where to send the user, and what the answer is
/// checked against.
pub struct Login {
    pub(super) url: Url,
    pub(super) redirect_uri: Url,
    pub(super) state: CsrfToken,
    pub(super) verifier: PkceCodeVerifier,
}

impl Login {
    /// Where the user's browser has to go.
    ///
    /// It contains the `state`, so it belongs to this user only.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Takes the code out of the URL to which the browser came back, after checking
    /// that it answers this login.
    pub(super) fn code(&self, callback_url: &str) -> Result<String> {
        // The URL may come as a server sees it, a path with a query.
        let callback = self
            .redirect_uri
            .join(callback_url)
            .map_err(|_| failed("the callback is not a URL"))?;
        let mut query = Query::default();
        for (name, value) in callback.query_pairs() {
            let place = match name.as_ref() {
                "code" => &mut query.code,
                "state" => &mut query.state,
                "error" => &mut query.error,
                _ => continue,
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(failed("the callback has a parameter twice"));
            }
        }
        // First of all: an answer to somebody else's login says nothing about ours,
        // not even an error.
        let state = query
            .state
            .ok_or_else(|| failed("the callback has no state"))?;
        if !constant_time_eq(state.as_bytes(), self.state.secret().as_bytes()) {
            return Err(failed("the callback's state is not that of this login"));
        }
        if let Some(error) = query.error {
            let reason = match error.as_str() {
                "access_denied" => "the user refused",
                "invalid_scope" => "the server doesn't grant these scopes",
                "unauthorized_client" => "the server doesn't let this client log users in",
                "invalid_request" => "the server found the request invalid",
                "server_error" | "temporarily_unavailable" => "the server failed",
                _ => "the server refused",
            };
            return Err(failed(reason));
        }
        query.code.ok_or_else(|| failed("the callback has no code"))
    }
}

#[derive(Default)]
struct Query {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

fn failed(problem: &'static str) -> Error {
    Error::new(Kind::Login {
        problem: problem.into(),
    })
}

fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |acc, (a, b)| acc | (a ^ b)) == 0
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login() -> Login {
        Login {
            url: Url::parse("https://auth.example/authorize").unwrap(),
            redirect_uri: Url::parse("http://127.0.0.1:8000/callback").unwrap(),
            state: CsrfToken::new("the-state".to_owned()),
            verifier: PkceCodeVerifier::new("v".repeat(43)),
        }
    }

    #[test]
    fn takes_the_code_of_an_answer_to_this_login() {
        for callback in [
            "http://127.0.0.1:8000/callback?code=abc&state=the-state",
            "/callback?state=the-state&code=abc",
        ] {
            assert_eq!(login().code(callback).unwrap(), "abc");
        }
    }

    #[test]
    fn refuses_whatever_is_not_an_answer_to_this_login() {
        for (callback, problem) in [
            ("/callback?code=abc", "no state"),
            ("/callback?code=abc&state=other", "not that of this login"),
            ("/callback?error=access_denied", "no state"),
            (
                "/callback?error=access_denied&state=the-state",
                "the user refused",
            ),
            ("/callback?state=the-state", "no code"),
            ("/callback?code=a&code=b&state=the-state", "twice"),
        ] {
            let error = login().code(callback).unwrap_err();

            assert!(error.is_auth());
            assert!(error.to_string().contains(problem), "{callback}: {error}");
        }
    }

    #[test]
    fn debug_shows_neither_state_nor_verifier() {
        let text = format!("{:?}", login());

        assert!(
            !text.contains("the-state") && !text.contains("vvv"),
            "{text}"
        );
    }
}
