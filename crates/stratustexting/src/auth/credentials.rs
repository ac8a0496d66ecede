//! How a client gets its tokens.

use std::{fmt, sync::Arc};

use super::{TokenSource, scopes};
use crate::{AccessToken, ClientSecret, RefreshToken};

/// How a client gets its access tokens; see the [module](super) for which to take.
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

/// The grant by which the first token is had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grant {
    AuthorizationCode,
    ClientCredentials,
}

/// How a client proves to the token endpoint who it is (RFC 6749, section 2.3.1).
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
    /// A user logs in by authorization code; the client renews the tokens.
    #[must_use]
    pub fn authorization_code(
        client_id: impl Into<String>,
        client_secret: impl Into<ClientSecret>,
    ) -> Self {
        Self::managed(Grant::AuthorizationCode, client_id, client_secret)
    }

    /// Like [`authorization_code`](Self::authorization_code), for a user who has
    /// logged in elsewhere: the first token is had by this refresh token. A token
    /// in the store wins over it, because it is newer, and also when its login has ended:
    /// empty the store before you start with another refresh token.
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
    #[must_use]
    pub fn client_credentials(
        client_id: impl Into<String>,
        client_secret: impl Into<ClientSecret>,
    ) -> Self {
        Self::managed(Grant::ClientCredentials, client_id, client_secret)
    }

    /// A token that somebody else renews. When it expires, calls fail with
    /// [`Error::is_auth`](crate::Error::is_auth).
    #[must_use]
    pub fn static_token(token: AccessToken) -> Self {
        Self(Kind::Static(token))
    }

    /// A token source of your own.
    #[must_use]
    pub fn source(source: Arc<dyn TokenSource>) -> Self {
        Self(Kind::Source(source))
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

    /// The scopes to ask for; by default [`scopes::ALL`]. With none the request
    /// names none, and the server decides.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        if let Kind::Managed(managed) = &mut self.0 {
            managed.scopes = scopes.into_iter().map(Into::into).collect();
        }
        self
    }

    /// How the client proves who it is; by default by HTTP Basic.
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
