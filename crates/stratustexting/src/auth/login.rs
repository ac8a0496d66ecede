//! A login that is under way.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
};

use oauth2::{CsrfToken, PkceCodeVerifier, RedirectUrl};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use url::{Url, form_urlencoded};

use crate::{Error, Result, error::Kind};

/// A login that has been started: the URL for the user's browser, and what the callback is
/// checked against. From [`Auth::start_login`](super::Auth::start_login).
///
/// # Storing it
///
/// A web application with several instances doesn't know which of them gets the callback.
/// It stores each login under its [`state`](Self::state), and finds it again by
/// [`state_of`](Self::state_of). `Login` is `Serialize` and `Deserialize` for that.
///
/// **What is stored is a secret.** It holds the `state` and the PKCE verifier: whoever has
/// them and sees the callback can finish the login in the user's place. Keep it on the
/// server and not in a cookie, for a few minutes at most, and take it out of the store with
/// the first callback, so that no second one is checked against it. Bind it to the browser,
/// for example by a session cookie: otherwise a user can be sent to finish somebody else's
/// login.
///
/// ```
/// # use stratustexting_sandbox::Sandbox;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::collections::HashMap;
/// use stratustexting::{Client, auth::{Credentials, Login}};
///
/// # let sandbox = Sandbox::start().await?;
/// # let client = || Client::builder()
/// #     .api_base(sandbox.api_base())
/// #     .authorize_url(sandbox.authorize_url())
/// #     .token_url(sandbox.token_url())
/// #     .api_key(sandbox.api_key())
/// #     .credentials(Credentials::authorization_code(sandbox.client_id(), sandbox.client_secret()))
/// #     .build();
/// # let (one_instance, another_instance) = (client()?, client()?);
/// let mut database: HashMap<String, String> = HashMap::new();
///
/// let login = one_instance.auth().start_login("http://localhost/callback")?;
/// database.insert(login.state().to_owned(), serde_json::to_string(&login)?);
/// // The user goes to `login.url()`, and comes back to the redirect URI.
/// # let browser = stratustexting::reqwest::Client::builder()
/// #     .redirect(stratustexting::reqwest::redirect::Policy::none()).no_proxy().build()?;
/// # let form = [("username", sandbox.username()), ("password", sandbox.password())];
/// # let response = browser.post(login.url().clone()).form(&form).send().await?;
/// # let callback = response.headers()["location"].to_str()?;
///
/// let state = Login::state_of(callback).ok_or("this is no callback")?;
/// let stored = database.remove(&state).ok_or("no such login is under way")?;
/// let login: Login = serde_json::from_str(&stored)?;
/// another_instance.auth().finish_login(&login, callback).await?;
/// # assert!(another_instance.auth().is_logged_in().await?);
/// # Ok(())
/// # }
/// ```
pub struct Login {
    url: Url,
    /// To the letter, since the server compares it so with the registered one.
    redirect_uri: RedirectUrl,
    state: CsrfToken,
    verifier: PkceCodeVerifier,
    /// Whether its code has been taken to the token endpoint, which happens once.
    used: AtomicBool,
}

/// An authorization code, with what it is exchanged by.
pub(super) struct CodeExchange {
    pub(super) code: String,
    pub(super) redirect_uri: RedirectUrl,
    pub(super) verifier: PkceCodeVerifier,
}

/// The authorization server's response to a login, out of a callback with its `state`.
#[derive(Debug, PartialEq)]
pub(super) enum Response {
    Code(String),
    /// There is no code, and why.
    Rejected(&'static str),
}

impl Login {
    pub(super) fn new(
        url: Url,
        redirect_uri: RedirectUrl,
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

    /// The URL for the user's browser.
    ///
    /// It contains the `state`, so it belongs to this user only.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The `state` (RFC 6749, section 10.12), which the callback has, too: a random text that
    /// names this login. Don't log it.
    #[must_use]
    pub fn state(&self) -> &str {
        self.state.secret()
    }

    /// The `state` in the URL of a callback, by which its [`Login`] can be looked up. It is
    /// read from a path with a query as well, as a server sees it. `None` if the URL has none,
    /// or several.
    ///
    /// ```
    /// use stratustexting::auth::Login;
    ///
    /// let callback = "/callback?code=SplxlOBeZQQYbYS6WxSbIA&state=xyz";
    /// assert_eq!(Login::state_of(callback).as_deref(), Some("xyz"));
    /// assert_eq!(Login::state_of("/favicon.ico"), None);
    /// ```
    #[must_use]
    pub fn state_of(callback_url: &str) -> Option<String> {
        let anywhere = Url::parse("http://localhost/").ok()?;
        let callback = Callback::read(&anywhere, callback_url).ok()?;
        callback.state
    }

    /// Takes the code out of a callback after checking that it is the response to this
    /// login. Only that uses the login up.
    pub(super) fn take_code(&self, callback_url: &str) -> Result<CodeExchange> {
        match self.read(callback_url).map_err(failed)? {
            // The server would take a second exchange for an attack. A second click is
            // enough to cause one.
            Response::Code(code) => self
                .exchange(code)
                .ok_or_else(|| failed("the callback has been used already")),
            Response::Rejected(reason) => Err(failed(reason)),
        }
    }

    /// The code with what it is exchanged by; once.
    pub(super) fn exchange(&self, code: String) -> Option<CodeExchange> {
        let first = !self.used.swap(true, Ordering::Relaxed);
        first.then(|| CodeExchange {
            code,
            redirect_uri: self.redirect_uri.clone(),
            verifier: PkceCodeVerifier::new(self.verifier.secret().clone()),
        })
    }

    /// The response in a callback, or why the callback isn't the response to this login.
    pub(super) fn read(&self, callback_url: &str) -> Result<Response, &'static str> {
        let callback = Callback::read(self.redirect_uri.url(), callback_url)?;
        // Checked first: a response to somebody else's login says nothing about this one,
        // not even an error.
        let state = callback.state.ok_or("the callback has no state")?;
        if !constant_time_eq(state.as_bytes(), self.state.secret().as_bytes()) {
            return Err("the callback's state is not that of this login");
        }
        if let Some(error) = callback.error {
            // As RFC 6749 lists them in section 4.1.2.1.
            return Ok(Response::Rejected(match error.as_str() {
                "access_denied" => "the user denied access",
                "invalid_scope" => "the server doesn't grant these scopes",
                "unauthorized_client" => "the server doesn't let this client log users in",
                "invalid_request" => "the server found the request invalid",
                "server_error" | "temporarily_unavailable" => "the server failed",
                _ => "the server rejected the login",
            }));
        }
        callback
            .code
            .map(Response::Code)
            .ok_or("the callback has no code")
    }
}

/// The parameters of a callback.
#[derive(Default)]
struct Callback {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

impl Callback {
    /// Reads a URL as a server sees it, a path with a query; or as a person pasted it: in
    /// quotes, with a line break, or the query alone.
    fn read(redirect_uri: &Url, pasted: &str) -> Result<Self, &'static str> {
        let quotes = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '`');
        let pasted = pasted.trim_matches(quotes);
        let query_alone = ["code=", "state=", "error="]
            .iter()
            .any(|name| pasted.starts_with(name));
        let url = if query_alone {
            redirect_uri.join(&format!("?{pasted}"))
        } else {
            redirect_uri.join(pasted)
        };
        Self::of(&url.map_err(|_| "the callback is not a URL")?)
    }

    fn of(url: &Url) -> Result<Self, &'static str> {
        let mut callback = Self::default();
        // Some servers, and people who copy, put a `#` where the query begins.
        let fragment = url.fragment().unwrap_or_default().as_bytes();
        let pairs = url.query_pairs().chain(form_urlencoded::parse(fragment));
        for (name, value) in pairs {
            let field = match name.as_ref() {
                "code" => &mut callback.code,
                "state" => &mut callback.state,
                "error" => &mut callback.error,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return Err("the callback has a parameter twice");
            }
        }
        Ok(callback)
    }
}

/// The stored form. The version lets a later one read what this one wrote.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    url: String,
    redirect_uri: String,
    state: String,
    code_verifier: String,
}

const VERSION: u32 = 1;

/// With its secrets; see [the type](Login#storing-it).
impl Serialize for Login {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stored = Stored {
            version: VERSION,
            url: self.url.as_str().to_owned(),
            redirect_uri: self.redirect_uri.as_str().to_owned(),
            state: self.state.secret().to_owned(),
            code_verifier: self.verifier.secret().to_owned(),
        };
        stored.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Login {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // What serde says may quote a secret that stands in the wrong field.
        let unreadable = || de::Error::custom("must be a login that this crate stored");
        let stored = Stored::deserialize(deserializer).map_err(|_| unreadable())?;
        let url = Url::parse(&stored.url).map_err(|_| unreadable())?;
        let redirect_uri = RedirectUrl::new(stored.redirect_uri).map_err(|_| unreadable())?;
        if stored.version != VERSION || stored.state.is_empty() {
            return Err(unreadable());
        }
        Ok(Self::new(
            url,
            redirect_uri,
            CsrfToken::new(stored.state),
            PkceCodeVerifier::new(stored.code_verifier),
        ))
    }
}

pub(super) fn failed(problem: &'static str) -> Error {
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
            RedirectUrl::new("http://127.0.0.1:8000/callback".to_owned()).unwrap(),
            CsrfToken::new("the-state".to_owned()),
            PkceCodeVerifier::new("v".repeat(43)),
        )
    }

    #[test]
    fn takes_the_code_of_the_response_to_this_login() {
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
            let code = login().take_code(callback).unwrap().code;
            assert_eq!(code, "abc", "{callback}");
            let state = Login::state_of(callback);
            assert_eq!(state.as_deref(), Some("the-state"), "{callback}");
        }
    }

    #[test]
    fn takes_nothing_out_of_any_other_callback() {
        for (callback, problem) in [
            ("/callback?code=abc", "no state"),
            ("/callback?code=abc&state=other", "not that of this login"),
            ("/callback?error=access_denied", "no state"),
            (
                "/callback?error=access_denied&state=the-state",
                "the user denied access",
            ),
            ("/callback?state=the-state", "no code"),
            ("/callback?code=a&code=b&state=the-state", "twice"),
        ] {
            let error = login().take_code(callback).err().unwrap();

            assert!(error.is_auth());
            assert!(error.to_string().contains(problem), "{callback}: {error}");
        }
    }

    #[test]
    fn only_the_response_to_a_login_uses_it_up_and_only_once() {
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
    fn a_callback_without_one_state_names_no_login() {
        for callback in ["", "/favicon.ico", "/callback?code=a", "/?state=a&state=b"] {
            assert_eq!(Login::state_of(callback), None, "{callback}");
        }
    }

    #[test]
    fn a_stored_login_comes_back_whole() {
        let stored = serde_json::to_string(&login()).unwrap();

        let back: Login = serde_json::from_str(&stored).unwrap();

        assert_eq!(back.url(), login().url());
        assert_eq!(back.state(), "the-state");
        let taken = back.take_code("?code=abc&state=the-state").unwrap();
        assert_eq!(taken.redirect_uri, login().redirect_uri);
        assert_eq!(taken.verifier.secret(), &"v".repeat(43));
    }

    #[test]
    fn an_unreadable_login_is_an_error_that_quotes_nothing() {
        let stored = serde_json::to_value(login()).unwrap();
        let with = |field: &str, value: serde_json::Value| {
            let mut stored = stored.clone();
            stored[field] = value;
            stored
        };
        for stored in [
            serde_json::json!("canary"),
            with("version", "canary".into()),
            with("version", 9.into()),
            with("url", "canary".into()),
            with("redirect_uri", "canary".into()),
            with("state", "".into()),
            serde_json::json!({"version": 1, "state": "canary"}),
        ] {
            let error = serde_json::from_value::<Login>(stored).unwrap_err();

            let text = format!("{error} {error:?}");
            assert!(text.contains("must be a login"), "{text}");
            assert!(!text.contains("canary"), "{text}");
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
