//! OAuth 2.0: how a client gets access tokens, where they are stored, and how they are
//! renewed.
//!
//! Start with [`Credentials`], which say how a client gets its tokens:
//!
//! - [`Credentials::authorization_code`]: a user logs in once in a browser; afterwards the
//!   client renews its tokens by itself. This is the grant that the vendor documents.
//! - [`Credentials::refresh_token`]: the same, for a user who has logged in elsewhere.
//! - [`Credentials::client_credentials`]: the program logs in as itself. Seen working on the
//!   Beetexting brand for sending and for reading messages; the vendor's pages tell not to
//!   use it.
//! - [`Credentials::static_token`]: a token that another program renews.
//! - [`Credentials::source`]: a [`TokenSource`] of your own.
//!
//! Tokens are stored in a [`TokenStore`]: in memory by default, in a file with
//! [`FileTokenStore`], in Redis with `RedisTokenStore` (feature `redis`), or wherever you
//! implement it. A renewed token is stored before it is used, because a service that rotates
//! refresh tokens has by then forgotten the old one.
//!
//! # Logging in
//!
//! A program on the user's own machine, such as a command line, opens the browser and waits:
//! `client.auth().log_in_with_browser("http://127.0.0.1:8000/callback").await?` (feature
//! `loopback-login`). A web application sends its user to a URL, and gets the callback as a
//! request. With several instances, it stores the [`Login`] in between.
//!
//! ```
//! # use stratustexting_sandbox::Sandbox;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use stratustexting::{Client, auth::{Credentials, FileTokenStore}};
//!
//! # let sandbox = Sandbox::start().await?;
//! # let (id, secret, key) = (sandbox.client_id(), sandbox.client_secret(), sandbox.api_key());
//! # let folder = tempfile::tempdir()?;
//! # let token_file = folder.path().join("token.json");
//! let client = Client::builder()
//! #   .api_base(sandbox.api_base())
//! #   .authorize_url(sandbox.authorize_url())
//! #   .token_url(sandbox.token_url())
//!     .credentials(Credentials::authorization_code(id, secret))
//!     .token_store(FileTokenStore::new(token_file))
//!     .api_key(key)
//!     .build()?;
//!
//! if !client.auth().is_logged_in().await? {
//!     let login = client.auth().start_login("http://localhost/callback")?;
//!     // Redirect the user's browser to `login.url()`. It comes back to the redirect URI.
//! #   let browser = stratustexting::reqwest::Client::builder()
//! #       .redirect(stratustexting::reqwest::redirect::Policy::none()).no_proxy().build()?;
//! #   let form = [("username", sandbox.username()), ("password", sandbox.password())];
//! #   let response = browser.post(login.url().clone()).form(&form).send().await?;
//! #   let callback_url = response.headers()["location"].to_str()?;
//!     client.auth().finish_login(&login, callback_url).await?;
//! }
//! let sites = client.sites().list().collect_up_to(10).await?;
//! # let _ = sites;
//! # Ok(())
//! # }
//! ```
//!
//! # When a token is renewed
//!
//! A call starts the renewal in the background, from a random moment between 5½ and 1¾ minutes
//! before the token expires; calls use the old token meanwhile. Tokens that live for less than 25
//! minutes have shorter times. In a token's last 30 seconds, a call waits for the renewal, for at
//! most half of the time left. If the renewal fails or takes longer, the call uses the old token.
//! After a 401 the token counts as expired. A lifetime is
//! counted from the start of the request for the token. An `expires_in` that is missing,
//! zero, negative or no number means that the end isn't known, and the token is used until
//! the service rejects it.
//!
//! However many calls wait, one renewal is made for all of them, and it goes on when they go
//! away. A failed renewal never takes the place of a token that is still valid. A token that
//! the store doesn't take is kept in memory, and stored with the next call. A store that has
//! gone back in time, as after a restore, doesn't displace a token that a client knows to be
//! newer.
//!
//! A renewal is a task on the runtime of the call that started it. If a program runs its runtime
//! only during calls (`block_on` on a current-thread runtime), the task pauses between calls, and
//! other processes wait for the store's lock meanwhile. Use a runtime that always runs, such as
//! the multi-thread one.
//!
//! A program that ends during a renewal may lose its login: the service may have replaced the
//! refresh token, and nobody has the new one. [`Auth::wait_for_renewal`] at the end prevents
//! that. Where the runtime ends without it, `tracing` has a warning.
//!
//! # Several processes with one login
//!
//! Share a [`FileTokenStore`] on one machine, or a `RedisTokenStore` on several. One process
//! renews, under the store's lock; the others find its token and use it, also after a 401. If
//! that process is killed, the others don't wait long: a file lock ends with the process, and a
//! Redis lock expires. One case can't be repaired on this side: the service has
//! replaced the refresh token, and the process ends, or the machine does, before the new one
//! is stored. Then the next renewal uses the old one again. A service with a grace period
//! accepts that, and nothing is lost; one without ends the login, and calls fail with
//! [`Error::is_login_required`].
//!
//! A store is for one login of one client. Programs that share it must have the same client
//! id and scopes, since each uses the token that another has stored.

mod credentials;
mod file_lock;
mod file_store;
mod lock;
mod login;
#[cfg(feature = "loopback-login")]
mod loopback;
mod managed;
mod protocol;
#[cfg(feature = "redis")]
mod redis_store;
mod renewal;
mod schedule;
mod source;
mod store;
mod token;
mod token_response;

use std::sync::Arc;

#[cfg(feature = "loopback-login")]
pub use self::loopback::BrowserLogin;
#[cfg(feature = "redis")]
pub use self::redis_store::RedisTokenStore;
pub use self::{
    credentials::{ClientAuthentication, Credentials},
    file_store::FileTokenStore,
    lock::StoreLock,
    login::Login,
    source::TokenSource,
    store::{MemoryTokenStore, StoreError, TokenStore},
    token::Token,
};

pub(crate) use self::{
    credentials::{Grant, Kind as CredentialsKind, Managed},
    managed::ManagedTokens,
    protocol::OAuthClient,
    source::StaticToken,
};

use crate::{AccessToken, Error, Result};

/// The known scopes.
///
/// The vendor's table of scopes per function is not available. Which operation needs which
/// scope is in [`OPERATIONS`](crate::api::OPERATIONS) as far as it is known. The strings come
/// from client code on the Beetexting brand.
pub mod scopes {
    /// Reading contacts.
    pub const READ_CONTACT: &str = "https://com.beetexting.scopes/ReadContact";
    /// Writing contacts.
    pub const WRITE_CONTACT: &str = "https://com.beetexting.scopes/WriteContact";
    /// Sending messages.
    pub const SEND_MESSAGE: &str = "https://com.beetexting.scopes/SendMessage";
    /// All that are known; [`Credentials`](super::Credentials) request them by default.
    pub const ALL: [&str; 3] = [READ_CONTACT, WRITE_CONTACT, SEND_MESSAGE];
}

/// A client's login, from [`Client::auth`](crate::Client::auth).
#[derive(Clone, Debug)]
pub struct Auth {
    pub(crate) tokens: Arc<dyn TokenSource>,
    /// None where this crate doesn't manage the tokens.
    pub(crate) managed: Option<ManagedTokens>,
}

impl Auth {
    /// An access token that is valid now, renewed if need be.
    ///
    /// Calls do this by themselves; this is for programs that need the token for
    /// something else.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::{Client, auth::Credentials};
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::builder()
    /// #     .api_base(sandbox.api_base()).token_url(sandbox.token_url()).api_key(sandbox.api_key())
    /// #     .credentials(Credentials::client_credentials(sandbox.client_id(), sandbox.client_secret()))
    /// #     .build()?;
    /// let token = client.auth().access_token().await?;
    /// let header = format!("Bearer {}", token.expose());
    /// # assert!(header.len() > 20);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_auth`] when there is no valid token and none can be obtained;
    /// [`Error::is_store`] when the token store fails; the error of the token request when the
    /// endpoint can't be reached.
    pub async fn access_token(&self) -> Result<AccessToken> {
        self.tokens.access_token().await
    }

    /// Whether the next call has a login to use, as far as that is known without asking the
    /// service. It reads the store, and makes no request.
    ///
    /// | credentials | `true` means |
    /// |---|---|
    /// | [`authorization_code`](Credentials::authorization_code), [`refresh_token`](Credentials::refresh_token) | there is a valid access token, or a refresh token whose login hasn't ended as far as the client knows |
    /// | [`client_credentials`](Credentials::client_credentials) | always: no user is needed |
    /// | [`static_token`](Credentials::static_token) | always: when the token ends isn't known |
    /// | [`source`](Credentials::source) | as [`TokenSource::is_logged_in`] says |
    ///
    /// The service may have ended the login without the client knowing. The next call then fails
    /// with [`Error::is_login_required`], and this client returns `false` from then on.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> stratustexting::Result<()> {
    /// use stratustexting::{Client, auth::Credentials};
    ///
    /// let client = Client::builder()
    ///     .credentials(Credentials::authorization_code("the id", "the secret"))
    ///     .api_key("the key")
    ///     .build()?;
    ///
    /// assert!(!client.auth().is_logged_in().await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_store`] when the store can't be read.
    pub async fn is_logged_in(&self) -> Result<bool> {
        self.tokens.is_logged_in().await
    }

    /// Starts a login by authorization code, with PKCE (RFC 7636) and `state`; the
    /// [module](self#logging-in) has an example.
    ///
    /// Send the user to [`Login::url`]. The browser comes back to `redirect_uri`, and
    /// [`finish_login`](Self::finish_login) takes the URL of that callback. The redirect URI
    /// must be registered for the client, and is sent to the letter.
    ///
    /// # Errors
    ///
    /// [`Error::is_configuration`] when the credentials aren't those of
    /// [`Credentials::authorization_code`], or the authorize URL isn't known;
    /// [`Error::is_input`] when `redirect_uri` isn't a URL.
    pub fn start_login(&self, redirect_uri: &str) -> Result<Login> {
        self.logging_in()?.start_login(redirect_uri)
    }

    /// Finishes a login with the URL of the callback; the [module](self#logging-in) has an
    /// example.
    ///
    /// The tokens are stored, and all clones of the client use them from then on. The URL
    /// may be a path with a query, as a server sees it, or a text that a person pasted.
    ///
    /// A URL that is not the response to this login, such as one that a prefetch or another
    /// page caused, leaves the login as it is: wait for the right one and call again. The
    /// code of the right one is taken to the token endpoint once, however that ends.
    ///
    /// # Errors
    ///
    /// [`Error::is_auth`] when the user denied access, when the server rejected the login or
    /// the code, or when the `state` isn't that of this login: then the URL is not the
    /// response to it. [`Error::is_store`] when the store didn't take the tokens; the next
    /// call stores them.
    pub async fn finish_login(&self, login: &Login, callback_url: &str) -> Result<()> {
        self.logging_in()?.finish_login(login, callback_url).await
    }

    /// Forgets the tokens, here and in the store, once no renewal is under way. The service
    /// is not told: it documents no way to. A process that shares the store keeps the tokens
    /// that it has in memory, and its next renewal stores them again: end such processes
    /// first.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> stratustexting::Result<()> {
    /// use stratustexting::{AccessToken, Client, auth::{Credentials, MemoryTokenStore, Token}};
    ///
    /// let token = Token::new(AccessToken::new("a token")?);
    /// let client = Client::builder()
    ///     .credentials(Credentials::authorization_code("the id", "the secret"))
    ///     .token_store(MemoryTokenStore::with(token))
    ///     .api_key("the key")
    ///     .build()?;
    /// assert!(client.auth().is_logged_in().await?);
    ///
    /// client.auth().log_out().await?;
    ///
    /// assert!(!client.auth().is_logged_in().await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_store`] when the store fails; [`Error::is_configuration`] when the
    /// credentials are a static token or a source of your own: the client stores neither, so
    /// it has nothing to forget.
    pub async fn log_out(&self) -> Result<()> {
        let managed = self.managed.as_ref().ok_or_else(|| {
            Error::configuration(
                "credentials",
                "are a token or a source of the program's own, of which the client stores \
                 nothing: there is no login to end here",
            )
        })?;
        managed.log_out().await
    }

    /// Waits until no renewal and no login is under way. It starts neither, and reports no error:
    /// after a failed renewal, the next call that needs a token renews again.
    ///
    /// Call it at the end of a program that keeps its login. A renewal goes on in the
    /// background while calls succeed, and is cut off when the runtime ends: then the service
    /// may have replaced the refresh token, and nobody has the new one. Such an end is logged
    /// as a warning by `tracing`; a process that exits without ending its runtime
    /// ([`std::process::exit`]) logs nothing. The wait is usually one token request, which
    /// times out after 30 seconds, plus any wait for the store.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::{Client, auth::Credentials};
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::builder()
    /// #     .api_base(sandbox.api_base()).token_url(sandbox.token_url()).api_key(sandbox.api_key())
    /// #     .credentials(Credentials::client_credentials(sandbox.client_id(), sandbox.client_secret()))
    /// #     .build()?;
    /// let sites = client.sites().list().collect_up_to(100).await?;
    /// // The program's last line:
    /// client.auth().wait_for_renewal().await;
    /// # let _ = sites;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_for_renewal(&self) {
        if let Some(managed) = &self.managed {
            managed.wait_for_renewal().await;
        }
    }

    fn logging_in(&self) -> Result<&ManagedTokens> {
        self.managed
            .as_ref()
            .filter(|managed| managed.grant() == Grant::AuthorizationCode)
            .ok_or_else(|| {
                Error::configuration(
                    "credentials",
                    "must be `Credentials::authorization_code` for a user to log in",
                )
            })
    }
}
