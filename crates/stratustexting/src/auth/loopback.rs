//! Logging in from a program on the user's own machine, after RFC 8252 (section 7.3).
//!
//! The program opens the browser and listens on a loopback address for the callback. What
//! else comes to that port is none of the login's: favicons, prefetches, other pages that
//! guess. Only a callback with the login's `state` counts, and the first of them decides.
//! The browser is told how the login ended, so the page waits for the code's exchange.

mod listener;
mod server;

use std::{fmt, future::IntoFuture, io, sync::Arc, time::Duration};

use futures::future::{BoxFuture, FutureExt};
use tokio::{sync::oneshot, task::spawn_blocking};
use url::Url;

use self::{listener::Listener, server::Server};
use super::{
    Auth,
    login::{Response, failed},
};
use crate::{Error, Result, error::Kind};

/// A login by the user's browser; from [`Auth::log_in_with_browser`]. It begins when it is
/// awaited.
#[must_use = "a login begins when it is awaited"]
pub struct BrowserLogin {
    auth: Auth,
    redirect_uri: String,
    timeout: Duration,
    open: Opener,
}

type Opener = Box<dyn FnOnce(&Url) -> io::Result<()> + Send>;

impl Auth {
    /// Logs the user of this machine in: opens the browser at the login page, and waits for
    /// the callback on a loopback address. Afterwards the client is logged in as after
    /// [`finish_login`](Self::finish_login). Feature `loopback-login`.
    ///
    /// The redirect URI is `http://` with `127.0.0.1`, `[::1]` or `localhost`, and must be
    /// registered for the client, port and path included. With the port 0, a free one is
    /// taken; that is only for a server that lets the port of a loopback address differ (RFC
    /// 8252, section 7.3). Whether this service does is UNKNOWN.
    ///
    /// The callback is the first request to the redirect URI's path that has the login's
    /// `state`. Others get a page that says so, and change nothing. Nobody listens any more
    /// when the login has ended, or when the future is dropped.
    ///
    /// On a machine without a screen, no browser opens; see
    /// [`open_with`](BrowserLogin::open_with).
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use stratustexting::Client;
    ///
    /// # let sandbox = Sandbox::start().await?;
    /// # let sandboxes = sandbox.variables().into_iter().filter(|(name, _)| *name != "STRATUS_GRANT");
    /// # let client = Client::from_variables(sandboxes)?;
    /// # #[cfg(any())]
    /// let client = Client::from_env()?;
    ///
    /// if !client.auth().is_logged_in().await? {
    ///     let login = client.auth().log_in_with_browser("http://127.0.0.1:0/callback");
    /// #   let login = login.open_with(sandbox.browser());
    ///     login.await?;
    /// }
    /// assert!(client.auth().is_logged_in().await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_timeout`] when no callback came in [time](BrowserLogin::timeout);
    /// [`Error::is_input`] when the redirect URI isn't a loopback address by `http`;
    /// [`Error::is_configuration`] as [`start_login`](Self::start_login) says;
    /// [`Error::is_auth`] when the user denied access, when the code brought no token, and
    /// also when the port is in use or no browser could be opened, with the reason as the
    /// error's source.
    pub fn log_in_with_browser(&self, redirect_uri: impl Into<String>) -> BrowserLogin {
        BrowserLogin {
            auth: self.clone(),
            redirect_uri: redirect_uri.into(),
            timeout: BrowserLogin::DEFAULT_TIMEOUT,
            open: Box::new(open_browser),
        }
    }
}

impl BrowserLogin {
    /// How long to wait for the user unless something else is set: 5 minutes.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5 * 60);

    /// How long to wait for the callback; by default
    /// [5 minutes](Self::DEFAULT_TIMEOUT). The exchange of the code comes on top of it, with
    /// a limit of its own: a code that is being exchanged can't be used again.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Gets the URL of the login page to the user in another way than by opening the
    /// machine's browser. It is called once, on a thread where it may block.
    ///
    /// On a machine without a screen, show the URL. The browser that opens it must reach the
    /// redirect URI, for example through `ssh -L 8000:127.0.0.1:8000`; otherwise let the user
    /// paste the callback's URL, and give it to [`Auth::finish_login`].
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::{Client, auth::Credentials};
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::builder()
    /// #     .api_base(sandbox.api_base())
    /// #     .authorize_url(sandbox.authorize_url())
    /// #     .token_url(sandbox.token_url())
    /// #     .credentials(Credentials::authorization_code(sandbox.client_id(), sandbox.client_secret()))
    /// #     .api_key(sandbox.api_key())
    /// #     .build()?;
    /// # let browser = sandbox.browser();
    /// let login = client.auth().log_in_with_browser("http://127.0.0.1:0/callback");
    /// let login = login.open_with(move |url| {
    ///     println!("Please open {url}");
    /// #   browser(url)?;
    ///     Ok(())
    /// });
    /// login.await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn open_with(mut self, open: impl FnOnce(&Url) -> io::Result<()> + Send + 'static) -> Self {
        self.open = Box::new(open);
        self
    }

    async fn run(self) -> Result<()> {
        let tokens = self.auth.logging_in()?.clone();
        let listener = Listener::bind(&self.redirect_uri).await?;
        let login = tokens.start_login(listener.redirect_uri())?;
        let url = login.url().clone();
        let login = Arc::new(login);
        let (mut server, response) = Server::new(listener, Arc::clone(&login));

        let open = self.open;
        // It is not waited for: it may take as long as the browser is open.
        let opening = spawn_blocking(move || open(&url));
        let response = async {
            tokio::select! {
                response = response => response.map_err(|_| failed("the callback was lost")),
                error = failure(opening) => Err(error),
            }
        };
        let limited = tokio::time::timeout(self.timeout, response);
        let response = match server.serve_until(limited).await {
            Ok(response) => response?,
            Err(_) => {
                let while_ = "waiting for the browser";
                return Err(Error::new(Kind::Timeout { while_ }).before_sending());
            }
        };

        let outcome = match response {
            Response::Code(code) => match login.exchange(code) {
                Some(exchange) => server.serve_until(tokens.exchange(exchange)).await,
                None => Err(failed("the callback has been used already")),
            },
            Response::Rejected(reason) => Err(failed(reason)),
        };
        server.finish(outcome.is_ok()).await;
        outcome
    }
}

/// Opens the machine's browser. The error of a launcher quotes its command, and so the URL.
fn open_browser(url: &Url) -> io::Result<()> {
    open::that_detached(url.as_str()).map_err(|error| error.kind().into())
}

/// Why no browser opened. It never ends if one did.
async fn failure(opening: tokio::task::JoinHandle<io::Result<()>>) -> Error {
    let error = failed("no browser could be opened");
    match opening.await {
        Ok(Ok(())) => std::future::pending().await,
        Ok(Err(reason)) => error.with_source(reason),
        // It panicked; a panic's message may quote the URL.
        Err(_) => error,
    }
}

impl IntoFuture for BrowserLogin {
    type Output = Result<()>;
    type IntoFuture = BoxFuture<'static, Result<()>>;

    fn into_future(self) -> Self::IntoFuture {
        self.run().boxed()
    }
}

impl fmt::Debug for BrowserLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrowserLogin")
            .field("redirect_uri", &self.redirect_uri)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// A sender of the response, for whichever request brings it first.
type First = oneshot::Sender<Response>;
