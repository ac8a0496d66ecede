//! Whether the login page takes a redirect URI.
//!
//! An authorization server mustn't send a browser to a redirect URI that it doesn't know (RFC
//! 6749, section 4.1.2.1), so it says so on a page, or redirects to one. The server that the
//! vendor seems to use does the latter. A login that it takes begins on a page, too, so only
//! words tell the two apart.

use http::{HeaderMap, StatusCode, header};
use url::{Url, form_urlencoded};

use super::{CheckProblem, CheckStep, CheckSubject, CheckVerdict, clock::Clock, meaning};
use crate::Client;

impl Client {
    /// Finds out whether the login page takes this redirect URI, without logging anybody in.
    ///
    /// It opens the page that [`Auth::start_login`](crate::auth::Auth::start_login) would send
    /// a user to, follows no redirect, and looks at what it says about the redirect URI, the
    /// client's id, its grant and its scopes. [`check`](Self::check) can't: the redirect URI
    /// belongs to a login, not to the client.
    ///
    /// It never fails. Where nobody logs in, the step is skipped.
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
    /// #   .api_base(sandbox.api_base())
    /// #   .authorize_url(sandbox.authorize_url())
    /// #   .token_url(sandbox.token_url())
    ///     .credentials(Credentials::authorization_code(id, secret))
    /// #   .api_key(sandbox.api_key())
    ///     .build()?;
    ///
    /// // `http://127.0.0.1/callback` is registered.
    /// let step = client.check_login_page("http://127.0.0.1/callback/").await;
    /// assert_eq!(step.problem, Some(CheckProblem::RedirectMismatch));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check_login_page(&self, redirect_uri: &str) -> CheckStep {
        let subject = CheckSubject::LoginPage;
        let problem = |problem| CheckStep::of(subject, CheckVerdict::Problem, problem);
        let login = match self.auth().start_login(redirect_uri) {
            Ok(login) => login,
            Err(error) if error.is_input() => {
                return problem(CheckProblem::RedirectMismatch).with_error(error);
            }
            Err(error) if error.field() == Some("authorize_url") => {
                return problem(CheckProblem::NoLoginPage).with_error(error);
            }
            Err(_) => return CheckStep::skipped(subject, "not checked: nobody logs in here"),
        };
        if self.inner.http.of(login.url()).is_err() {
            let text = "not checked: it is the only one of the URLs with another scheme";
            return CheckStep::skipped(subject, text);
        }
        let page = self
            .probe_page(login.url().clone(), &mut Clock::default())
            .await;
        let page = match page {
            Ok(page) => page,
            Err(error) => return problem(meaning::of_connection_error(&error)).with_error(error),
        };
        match of_page(login.url(), page.status, &page.headers, &page.text) {
            None => CheckStep::ok(subject, "the login page takes client and redirect URI"),
            Some(found) => CheckStep {
                status: Some(page.status.as_u16()),
                ..problem(found)
            },
        }
    }
}

/// What a login page says about the request that led to it.
fn of_page(url: &Url, status: StatusCode, headers: &HeaderMap, text: &str) -> Option<CheckProblem> {
    if status.is_redirection() {
        let target = headers.get(header::LOCATION)?.to_str().ok()?;
        let target = url.join(target).ok()?;
        let fragment = target.fragment().unwrap_or_default().as_bytes();
        let mut pairs = target
            .query_pairs()
            .chain(form_urlencoded::parse(fragment))
            .filter(|(name, _)| matches!(&**name, "error" | "error_description"))
            .map(|(_, value)| value.into_owned())
            .peekable();
        // Without an error it leads to the form.
        pairs.peek()?;
        let words: Vec<_> = pairs.collect();
        return Some(of_words(&words.join(" ")).unwrap_or(CheckProblem::Rejected));
    }
    match status.as_u16() {
        // A form that repeats the request has its parameters' names.
        200..=299 => says(text, &["redirect_mismatch"]).then_some(CheckProblem::RedirectMismatch),
        429 => Some(CheckProblem::RateLimited),
        407 | 511 => Some(CheckProblem::ForeignResponse),
        500.. => Some(CheckProblem::ServiceDown),
        _ => Some(match of_words(text) {
            Some(problem) => problem,
            None if meaning::is_no_route(status, headers) => CheckProblem::NoLoginPage,
            None => CheckProblem::Rejected,
        }),
    }
}

/// What an error of an authorization server is about; the likeliest first, since a page may
/// repeat the request and so its `redirect_uri`.
fn of_words(text: &str) -> Option<CheckProblem> {
    let table: [(&[&str], _); 4] = [
        (&["redirect_mismatch"], CheckProblem::RedirectMismatch),
        (&["invalid_client"], CheckProblem::CredentialsRejected),
        (
            &[
                "unauthorized_client",
                "unsupported_response_type",
                "invalid_scope",
            ],
            CheckProblem::GrantRejected,
        ),
        (
            &["redirect_uri", "redirect uri", "callback url"],
            CheckProblem::RedirectMismatch,
        ),
    ];
    let found = table.into_iter().find(|(words, _)| says(text, words));
    found.map(|(_, problem)| problem)
}

fn says(text: &str, words: &[&str]) -> bool {
    let text = text.to_ascii_lowercase();
    words.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(status: u16, location: Option<&'static str>, text: &str) -> Option<CheckProblem> {
        let url = Url::parse("https://auth.example/oauth2/authorize/?client_id=a").unwrap();
        let mut headers = HeaderMap::new();
        if let Some(location) = location {
            headers.insert(header::LOCATION, HeaderValue::from_static(location));
        }
        of_page(&url, StatusCode::from_u16(status).unwrap(), &headers, text)
    }

    #[test]
    fn a_redirect_with_an_error_tells_which() {
        for (target, wanted) in [
            ("/login?client_id=a&redirect_uri=http://x/", None),
            ("https://accounts.example/saml", None),
            (
                "/error?error=redirect_mismatch&client_id=a",
                Some(CheckProblem::RedirectMismatch),
            ),
            (
                "https://auth.example/error?error=unauthorized_client",
                Some(CheckProblem::GrantRejected),
            ),
            (
                "http://127.0.0.1/callback?error=invalid_request&error_description=invalid_scope",
                Some(CheckProblem::GrantRejected),
            ),
            (
                "http://127.0.0.1/callback#error=access_denied",
                Some(CheckProblem::Rejected),
            ),
        ] {
            assert_eq!(of(302, Some(target), ""), wanted, "{target}");
        }
        assert_eq!(of(302, None, ""), None);
    }

    #[test]
    fn a_page_tells_by_its_words() {
        let form = "<form action='?client_id=a&redirect_uri=http%3A'>Please log in";
        for (status, text, wanted) in [
            (200, form, None),
            (
                200,
                "<h1>An error: redirect_mismatch",
                Some(CheckProblem::RedirectMismatch),
            ),
            (
                400,
                "Invalid redirect URI",
                Some(CheckProblem::RedirectMismatch),
            ),
            (
                400,
                r#"{"error":"invalid_client","for":"redirect_uri"}"#,
                Some(CheckProblem::CredentialsRejected),
            ),
            (404, "Not Found", Some(CheckProblem::NoLoginPage)),
            (400, "Bad Request", Some(CheckProblem::Rejected)),
            (429, "", Some(CheckProblem::RateLimited)),
            (503, "redirect_uri", Some(CheckProblem::ServiceDown)),
            (511, "", Some(CheckProblem::ForeignResponse)),
        ] {
            assert_eq!(of(status, None, text), wanted, "{status} {text}");
        }
    }
}
