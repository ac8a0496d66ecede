//! The token endpoint: the `oauth2` crate's protocol over our HTTP client.

use std::{
    borrow::Cow,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use http::{HeaderValue, header::ACCEPT_ENCODING};
use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, PkceCodeChallenge, RedirectUrl,
    RequestTokenError, Scope, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicTokenResponse},
};
use url::Url;

use super::{ClientAuthentication, Login, Managed, Token, login::CodeExchange, token_response};
use crate::{AccessToken, Error, RefreshToken, Result, encoding, error::Kind, input, parts::Parts};

/// How long a request to the token endpoint may take in all.
///
/// It is its own limit, because a token is renewed for all callers, whatever the timeout
/// of the one that happened to be first.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The largest response of the token endpoint that is read, in bytes.
const SIZE_LIMIT: usize = 256 * 1024;

type Protocol =
    BasicClient<EndpointMaybeSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// Talks to the authorization server as one client.
pub(crate) struct OAuthClient {
    protocol: Protocol,
    http: reqwest::Client,
    scopes: Vec<Scope>,
}

impl OAuthClient {
    pub(crate) fn new(
        credentials: &Managed,
        authorize_url: Option<&Url>,
        token_url: &Url,
        http: reqwest::Client,
    ) -> Self {
        let authentication = match credentials.authentication {
            ClientAuthentication::Basic => AuthType::BasicAuth,
            ClientAuthentication::RequestBody => AuthType::RequestBody,
        };
        let secret = credentials.client_secret.expose().to_owned();
        let protocol = BasicClient::new(ClientId::new(credentials.client_id.clone()))
            .set_client_secret(oauth2::ClientSecret::new(secret))
            .set_auth_type(authentication)
            .set_auth_uri_option(authorize_url.map(|url| AuthUrl::from_url(url.clone())))
            .set_token_uri(TokenUrl::from_url(token_url.clone()));
        Self {
            protocol,
            http,
            scopes: credentials.scopes.iter().cloned().map(Scope::new).collect(),
        }
    }

    pub(super) fn start_login(&self, redirect_uri: &str) -> Result<Login> {
        // Kept to the letter, as the server compares it: `Url` would add a slash to a host
        // without a path, and take a default port away.
        if input::is_padded(redirect_uri) {
            let problem = "must be a URL without white space around it";
            return Err(Error::input("redirect_uri", problem));
        }
        let redirect_uri = RedirectUrl::new(redirect_uri.to_owned())
            .map_err(|error| Error::input("redirect_uri", "must be a URL").with_source(error))?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state) = self
            .protocol
            .authorize_url(CsrfToken::new_random)
            .map_err(|_| {
                Error::configuration(
                    "authorize_url",
                    "must be set: it is not known for this brand",
                )
            })?
            .add_scopes(self.scopes.iter().cloned())
            .set_pkce_challenge(challenge)
            .set_redirect_uri(Cow::Borrowed(&redirect_uri))
            .url();
        Ok(Login::new(url, redirect_uri, state, verifier))
    }

    pub(super) async fn exchange_code(&self, login: CodeExchange) -> Result<Token> {
        let exchange = Exchange::new(
            &self.http,
            "the code was used before, is older than its few minutes, or the redirect URI \
             isn't byte for byte the one that is registered: log in again",
        );
        let response = self
            .protocol
            .exchange_code(AuthorizationCode::new(login.code))
            .set_pkce_verifier(login.verifier)
            .set_redirect_uri(Cow::Owned(login.redirect_uri))
            .request_async(&exchange)
            .await;
        exchange.finish(response, None)
    }

    pub(super) async fn refresh(&self, refresh_token: &RefreshToken) -> Result<Token> {
        let exchange = Exchange::new(
            &self.http,
            "the user logged in too long ago, or the login was ended: log in again",
        );
        let token = oauth2::RefreshToken::new(refresh_token.expose().to_owned());
        let response = self
            .protocol
            .exchange_refresh_token(&token)
            .request_async(&exchange)
            .await;
        exchange.finish(response, Some(refresh_token))
    }

    pub(super) async fn client_credentials(&self) -> Result<Token> {
        let exchange = Exchange::new(
            &self.http,
            "this client was made for another grant, or isn't allowed one of the scopes",
        );
        let response = self
            .protocol
            .exchange_client_credentials()
            .add_scopes(self.scopes.iter().cloned())
            .request_async(&exchange)
            .await;
        exchange.finish(response, None)
    }
}

/// One request to the token endpoint. It remembers the response, because the protocol's
/// errors keep neither its status nor its headers.
struct Exchange {
    http: reqwest::Client,
    started: SystemTime,
    /// The usual reasons for `invalid_grant`, which differ by grant.
    if_invalid_grant: &'static str,
    received: Arc<Mutex<Option<Received>>>,
}

/// A response, and the lifetime that it gives the token.
struct Received {
    parts: Parts,
    lifetime: Option<Duration>,
}

impl Exchange {
    fn new(http: &reqwest::Client, if_invalid_grant: &'static str) -> Self {
        Self {
            http: http.clone(),
            started: SystemTime::now(),
            if_invalid_grant,
            received: Arc::default(),
        }
    }

    /// Makes a token of the response. A new refresh token replaces the one that was used;
    /// without one the old stays good.
    fn finish<E>(
        self,
        response: Result<BasicTokenResponse, RequestTokenError<Error, E>>,
        used: Option<&RefreshToken>,
    ) -> Result<Token>
    where
        E: oauth2::ErrorResponse + 'static,
    {
        let received = self
            .received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let lifetime = received.as_ref().and_then(|received| received.lifetime);
        let parts = received.map(|received| received.parts);
        let no_token = |parts: Option<Parts>| {
            let error = Error::new(Kind::TokenRejected).if_invalid_grant(self.if_invalid_grant);
            match parts {
                Some(parts) => error.with_response(parts),
                None => error,
            }
        };
        let response = match response {
            Ok(response) => response,
            Err(RequestTokenError::Request(error)) => return Err(error),
            // The protocol's other errors quote the server, and that may be a token. The
            // response itself is kept for whoever asks for it.
            Err(_) => return Err(no_token(parts)),
        };
        let access =
            AccessToken::new(response.access_token().secret()).map_err(|_| no_token(parts))?;
        // Counted from the start of the request: however slow the response was, the token
        // is never thought to live longer than it does.
        let token = Token::new(access).obtained(self.started, lifetime);
        let new = response
            .refresh_token()
            .map(|t| RefreshToken::from(t.secret().clone()));
        match new.or_else(|| used.cloned()) {
            Some(refresh) => Ok(token.with_refresh(refresh)),
            None => Ok(token),
        }
    }

    async fn send(
        http: reqwest::Client,
        request: HttpRequest,
        slot: Arc<Mutex<Option<Received>>>,
    ) -> Result<HttpResponse> {
        let mut request = reqwest::Request::try_from(request.map(reqwest::Body::from))
            .map_err(|error| transport_error(error).before_sending())?;
        let identity = HeaderValue::from_static("identity");
        request.headers_mut().insert(ACCEPT_ENCODING, identity);
        // It is rare and can't be retried blindly: a refresh token is good for one use.
        crate::executor::use_own_connection(&mut request);
        let exchange = async {
            let mut response = http.execute(request).await.map_err(transport_error)?;
            let status = response.status();
            let headers = std::mem::take(response.headers_mut());
            let body = crate::transport::read_body(response, SIZE_LIMIT).await?;
            // One that can't be unpacked has no token, and is reported as such.
            let body = encoding::unpacked(&headers, body.clone(), SIZE_LIMIT).unwrap_or(body);
            Ok::<_, Error>((status, headers, body))
        };
        let (status, headers, body) =
            tokio::time::timeout(TIME_LIMIT, exchange)
                .await
                .map_err(|_| {
                    Error::new(Kind::Timeout {
                        while_: "waiting for the token endpoint",
                    })
                })??;
        let parts = Parts {
            status,
            headers: headers.clone(),
            body: body.clone(),
        };
        let (response, lifetime) = token_response::strict(status, headers, &body);
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Received { parts, lifetime });
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Exchange {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(Self::send(
            self.http.clone(),
            request,
            Arc::clone(&self.received),
        ))
    }
}

/// The request for a token may have been sent. The error speaks of the caller's own request,
/// which was not.
fn transport_error(error: reqwest::Error) -> Error {
    crate::transport::transport_error(error)
}

impl fmt::Debug for OAuthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthClient").finish_non_exhaustive()
    }
}
