//! How a client gets its tokens.

use std::{fmt, sync::Arc};

use super::{TokenSource, scopes};
use crate::{AccessToken, ClientSecret, RefreshToken};

/// How a client gets its access tokens; the [module](super) says which to choose.
#[derive(Clone)]
pub struct Credentials(pub(crate) Kind);

#[derive(Clone)]
pub(crate) enum Kind {
    Static(AccessToken),
    Managed(Managed),
    Source(Arc<dyn TokenSource>),
}

/// Credentials with which this crate gets and renews tokens.
#[derive(Clone)]
pub(crate) struct Managed {
    pub(crate) grant: Grant,
    pub(crate) client_id: String,
    pub(crate) client_secret: ClientSecret,
    pub(crate) refresh_token: Option<RefreshToken>,
    pub(crate) scopes: Vec<String>,
    pub(crate) authentication: ClientAuthentication,
}

/// The grant that gets the first token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    AuthorizationCode,
    ClientCredentials,
}

/// How a client authenticates to the token endpoint (RFC 6749, section 2.3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientAuthentication {
    /// In an HTTP Basic header, as the vendor documents it. The default.
    #[default]
    Basic,
    /// As fields of the form. Seen in client code.
    RequestBody,
}

impl Credentials {
    /// A user logs in by authorization code; the client renews the tokens. See
    /// [Logging in](super#logging-in).
    ///
    /// ```
    /// # fn main() -> stratustexting::Result<()> {
    /// use stratustexting::{Client, auth::Credentials};
    ///
    /// let client = Client::builder()
    ///     .credentials(Credentials::authorization_code("the id", "the secret"))
    ///     .api_key("the key")
    ///     .build()?;
    /// let login = client.auth().start_login("https://app.example/callback")?;
    /// assert_eq!(login.url().scheme(), "https");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn authorization_code(
        client_id: impl Into<String>,
        client_secret: impl Into<ClientSecret>,
    ) -> Self {
        Self::managed(Grant::AuthorizationCode, client_id, client_secret)
    }

    /// Like [`authorization_code`](Self::authorization_code), for a user who has logged in
    /// elsewhere: this refresh token gets the first access token. A token in the store wins
    /// over it, because it is newer, and also when its login is over: empty the store before
    /// you start with another refresh token.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// use std::sync::Arc;
    /// use stratustexting::{Client, auth::{Credentials, MemoryTokenStore, TokenStore}};
    ///
    /// # let sandbox = Sandbox::start().await?;
    /// # let (id, secret, key) = (sandbox.client_id(), sandbox.client_secret(), sandbox.api_key());
    /// # let builder = || Client::builder()
    /// #     .api_base(sandbox.api_base())
    /// #     .authorize_url(sandbox.authorize_url())
    /// #     .token_url(sandbox.token_url());
    /// # let store = Arc::new(MemoryTokenStore::new());
    /// # let client = builder().credentials(Credentials::authorization_code(id, secret))
    /// #     .token_store(Arc::clone(&store)).api_key(key).build()?;
    /// # let login = client.auth().start_login("http://localhost/callback")?;
    /// # let browser = stratustexting::reqwest::Client::builder()
    /// #     .redirect(stratustexting::reqwest::redirect::Policy::none()).no_proxy().build()?;
    /// # let form = [("username", sandbox.username()), ("password", sandbox.password())];
    /// # let response = browser.post(login.url().clone()).form(&form).send().await?;
    /// # client.auth().finish_login(&login, response.headers()["location"].to_str()?).await?;
    /// # let token = store.load().await?.ok_or("a token")?;
    /// # let refresh_token = token.refresh().ok_or("a refresh token")?.clone();
    /// # let builder = builder();
    /// let client = builder
    ///     .credentials(Credentials::refresh_token(id, secret, refresh_token))
    ///     .api_key(key)
    ///     .build()?;
    /// let sites = client.sites().list().collect_up_to(10).await?;
    /// # let _ = sites;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn refresh_token(
        client_id: impl Into<String>,
        client_secret: impl Into<ClientSecret>,
        refresh_token: impl Into<RefreshToken>,
    ) -> Self {
        let mut credentials = Self::authorization_code(client_id, client_secret);
        if let Kind::Managed(managed) = &mut credentials.0 {
            managed.refresh_token = Some(refresh_token.into());
        }
        credentials
    }

    /// The program logs in as itself.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use stratustexting::{Client, auth::Credentials};
    ///
    /// # let sandbox = Sandbox::start().await?;
    /// # let (id, secret, key) = (sandbox.client_id(), sandbox.client_secret(), sandbox.api_key());
    /// let client = Client::builder()
    /// #   .api_base(sandbox.api_base()).token_url(sandbox.token_url())
    ///     .credentials(Credentials::client_credentials(id, secret))
    ///     .api_key(key)
    ///     .build()?;
    /// let sites = client.sites().list().collect_up_to(10).await?;
    /// # let _ = sites;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn client_credentials(
        client_id: impl Into<String>,
        client_secret: impl Into<ClientSecret>,
    ) -> Self {
        Self::managed(Grant::ClientCredentials, client_id, client_secret)
    }

    /// A token that another program renews. When it expires, calls fail with
    /// [`Error::is_auth`](crate::Error::is_auth).
    ///
    /// ```
    /// # fn main() -> stratustexting::Result<()> {
    /// use stratustexting::{AccessToken, Client, auth::Credentials};
    ///
    /// let token = AccessToken::new("eyJraWQiOiJleGFtcGxlIn0")?;
    /// let client = Client::builder()
    ///     .credentials(Credentials::static_token(token))
    ///     .api_key("the key")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn static_token(token: AccessToken) -> Self {
        Self(Kind::Static(token))
    }

    /// A token source of your own, or an [`Arc`] of one; [`TokenSource`] has an example.
    #[must_use]
    pub fn source(source: impl TokenSource) -> Self {
        Self(Kind::Source(Arc::new(source)))
    }

    fn managed(
        grant: Grant,
        client_id: impl Into<String>,
        client_secret: impl Into<ClientSecret>,
    ) -> Self {
        Self(Kind::Managed(Managed {
            grant,
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            refresh_token: None,
            scopes: scopes::ALL.map(str::to_owned).to_vec(),
            authentication: ClientAuthentication::default(),
        }))
    }

    /// The scopes to request; by default [`scopes::ALL`]. With none, the request names none,
    /// and the server decides.
    ///
    /// ```
    /// use stratustexting::auth::{Credentials, scopes};
    ///
    /// let credentials = Credentials::authorization_code("the id", "the secret")
    ///     .scopes([scopes::SEND_MESSAGE]);
    /// ```
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        if let Kind::Managed(managed) = &mut self.0 {
            managed.scopes = scopes.into_iter().map(Into::into).collect();
        }
        self
    }

    /// How the client authenticates to the token endpoint; by default by HTTP Basic.
    ///
    /// ```
    /// use stratustexting::auth::{ClientAuthentication, Credentials};
    ///
    /// let credentials = Credentials::client_credentials("the id", "the secret")
    ///     .client_authentication(ClientAuthentication::RequestBody);
    /// ```
    #[must_use]
    pub fn client_authentication(mut self, authentication: ClientAuthentication) -> Self {
        if let Kind::Managed(managed) = &mut self.0 {
            managed.authentication = authentication;
        }
        self
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Kind::Static(_) => "Credentials(static token)",
            Kind::Source(_) => "Credentials(token source)",
            Kind::Managed(managed) => match managed.grant {
                Grant::AuthorizationCode => "Credentials(authorization code)",
                Grant::ClientCredentials => "Credentials(client credentials)",
            },
        })
    }
}
