//! The user's browser, for tests of a program that logs its user in.

use std::io;

use reqwest::redirect::Policy;
use tokio::runtime::Handle;
use url::Url;

use crate::Sandbox;

impl Sandbox {
    /// A browser whose user logs in at once: a function that takes the URL of the login page.
    ///
    /// It opens the page, fills it in as [`username`](Self::username), and follows the
    /// redirect to the program's callback. It returns before that; what the callback gets is
    /// for the program to wait for. The SDK's `BrowserLogin::open_with` takes it in place of
    /// the machine's browser.
    ///
    /// # Errors
    ///
    /// Of the function: the URL isn't one of this sandbox's login page, or the caller's thread
    /// belongs to no Tokio runtime. A login page that refuses the request, such as for an
    /// unregistered redirect URI, is a warning by `tracing`.
    pub fn browser(
        &self,
    ) -> impl Fn(&Url) -> io::Result<()> + Clone + Send + Sync + 'static + use<> {
        let page = self.authorize_url().trim_end_matches('/').to_owned();
        let user = [
            ("username", self.username().to_owned()),
            ("password", self.password().to_owned()),
        ];
        move |url| {
            let path = url.as_str().split('?').next().unwrap_or_default();
            if path.trim_end_matches('/') != page {
                let problem = "the URL must be of the sandbox's login page";
                return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
            }
            let runtime = Handle::try_current().map_err(io::Error::other)?;
            let (url, user) = (url.clone(), user.clone());
            runtime.spawn(async move {
                if let Err(error) = log_in(url, &user).await {
                    // The URL holds the program's state and challenge.
                    let error = error.without_url();
                    tracing::warn!(%error, "the sandbox's browser could not log the user in");
                }
            });
            Ok(())
        }
    }
}

/// Opens the login page, fills it in, and follows the redirect.
async fn log_in(url: Url, user: &[(&str, String)]) -> reqwest::Result<()> {
    let browser = reqwest::Client::builder()
        .redirect(Policy::limited(3))
        .no_proxy()
        .build()?;
    browser.get(url.clone()).send().await?.error_for_status()?;
    browser.post(url).form(user).send().await?;
    Ok(())
}
