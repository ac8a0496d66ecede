//! A login that is under way.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use oauth2::{CsrfToken, PkceCodeVerifier};
use url::{Url, form_urlencoded};

use crate::{Error, Result, error::Kind};

/// A login that has been started: where to send the user, and what the answer is
/// checked against.
pub struct Login {
    pub(super) url: Url,
    pub(super) redirect_uri: Url,
    pub(super) state: CsrfToken,
    pub(super) verifier: PkceCodeVerifier,
    /// Whether its code has been taken to the token endpoint, which happens once.
    used: AtomicBool,
}

/// An authorization code, with what it is exchanged by.
pub(super) struct CodeExchange {
    pub(super) code: String,
    pub(super) redirect_uri: Url,
    pub(super) verifier: PkceCodeVerifier,
}

impl Login {
    pub(super) fn new(
        url: Url,
        redirect_uri: Url,
        state: CsrfToken,
        verifier: PkceCodeVerifier,
    ) -> Self {
        Self {
            url,
            redirect_uri,
            state,
            verifier,
            used: AtomicBool::new(false),
        }
    }

    /// Where the user's browser has to go.
    ///
    /// It contains the `state`, so it belongs to this user only.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Takes the code out of the URL to which the browser came back, after checking
    /// that it answers this login. Only that uses the login up.
    pub(super) fn take_code(&self, callback_url: &str) -> Result<CodeExchange> {
        let code = self.code(callback_url)?;
        if self.used.swap(true, Ordering::Relaxed) {
            // A second click, say. The server would take a second exchange for an attack.
            return Err(failed("the callback has been used already"));
        }
        Ok(CodeExchange {
            code,
            redirect_uri: self.redirect_uri.clone(),
            verifier: PkceCodeVerifier::new(self.verifier.secret().clone()),
        })
    }

    /// The URL as a server sees it, a path with a query; or as a person pasted it: in
    /// quotes, with a line break, or the query alone.
    fn callback(&self, pasted: &str) -> Result<Url> {
        let quotes = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`');
        let pasted = pasted.trim_matches(quotes);
        let query_alone = ["code=", "state=", "error="]
            .iter()
            .any(|name| pasted.starts_with(name));
        let joined = if query_alone {
            self.redirect_uri.join(&format!("?{pasted}"))
        } else {
            self.redirect_uri.join(pasted)
        };
        joined.map_err(|_| failed("the callback is not a URL"))
    }

    fn code(&self, callback_url: &str) -> Result<String> {
        let callback = self.callback(callback_url)?;
        let mut query = Query::default();
        // Some servers, and people who copy, put a `#` where the query begins.
        let fragment = callback.fragment().unwrap_or_default().as_bytes();
        let pairs = callback
            .query_pairs()
            .chain(form_urlencoded::parse(fragment));
        for (name, value) in pairs {
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
        Login::new(
            Url::parse("https://auth.example/authorize").unwrap(),
            Url::parse("http://127.0.0.1:8000/callback").unwrap(),
            CsrfToken::new("the-state".to_owned()),
            PkceCodeVerifier::new("v".repeat(43)),
        )
    }

    #[test]
    fn takes_the_code_of_an_answer_to_this_login() {
        for callback in [
            "http://127.0.0.1:8000/callback?code=abc&state=the-state",
            "/callback?state=the-state&code=abc",
            "?code=abc&state=the-state",
            "code=abc&state=the-state",
            "state=the-state&code=abc\r\n",
            "http://127.0.0.1:8000/callback#code=abc&state=the-state",
            "\"http://127.0.0.1:8000/callback?code=abc&state=the-state\"\n",
            " <http://127.0.0.1:8000/callback?code=abc&\nstate=the-state> ",
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
    fn only_an_answer_to_this_login_uses_it_up_and_only_once() {
        let login = login();
        for callback in ["/callback?code=abc", "/callback?code=abc&state=other", ""] {
            assert!(login.take_code(callback).is_err());
        }
        let right = "/callback?code=abc&state=the-state";

        let taken = login.take_code(right).unwrap();

        assert_eq!(taken.code, "abc");
        assert_eq!(taken.verifier.secret(), &"v".repeat(43));
        let again = login.take_code(right).err().unwrap();
        assert!(again.to_string().contains("used already"), "{again}");
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
