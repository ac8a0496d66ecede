//! The token endpoint: the `oauth2` crate's protocol over our HTTP client.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use oauth2::{
    AsyncHttpClient, AuthType, AuthUrl, AuthorizationCode, ClientId, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, PkceCodeChallenge, RedirectUrl,
    RequestTokenError, Scope, TokenResponse, TokenUrl,
    basic::{BasicClient, BasicTokenResponse},
};
use url::Url;

use super::{ClientAuthentication, Login, Managed, Token, login::CodeExchange, token_answer};
use crate::{AccessToken, Error, RefreshToken, Result, error::Kind, parts::Parts};

/// How long a request to the token endpoint may take in all.
///
/// It is its own limit, because a token is renewed for all callers, whatever the
/// patience of the one that happened to ask first.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(30);

/// The largest answer of the token endpoint that is read, in bytes.
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
        let redirect_uri = Url::parse(redirect_uri)
            .map_err(|error| Error::input("redirect_uri", "has to be a URL").with_source(error))?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state) = self
            .protocol
            .authorize_url(CsrfToken::new_random)
            .map_err(|_| {
                Error::configuration(
                    "authorize_url",
                    "has to be set: it is not known for this brand",
                )
            })?
            .add_scopes(self.scopes.iter().cloned())
            .set_pkce_challenge(challenge)
            .set_redirect_uri(std::borrow::Cow::Owned(RedirectUrl::from_url(
                redirect_uri.clone(),
            )))
            .url();
        Ok(Login::new(url, redirect_uri, state, verifier))
    }

    pub(super) async fn exchange_code(&self, login: CodeExchange) -> Result<Token> {
        let exchange = Exchange::new(&self.http);
        let answer = self
            .protocol
            .exchange_code(AuthorizationCode::new(login.code))
            .set_pkce_verifier(login.verifier)
            .set_redirect_uri(std::borrow::Cow::Owned(RedirectUrl::from_url(
                login.redirect_uri,
            )))
            .request_async(&exchange)
            .await;
        exchange.finish(answer, None).map_err(|error| {
            error.if_invalid_grant(
                "the code was used before, is older than its few minutes, or the redirect URI \
                 isn't byte for byte the one that is registered: sign in again",
            )
        })
    }

    pub(super) async fn refresh(&self, refresh_token: &RefreshToken) -> Result<Token> {
        let exchange = Exchange::new(&self.http);
        let token = oauth2::RefreshToken::new(refresh_token.expose().to_owned());
        let answer = self
            .protocol
            .exchange_refresh_token(&token)
            .request_async(&exchange)
            .await;
        exchange
            .finish(answer, Some(refresh_token))
            .map_err(|error| {
                error.if_invalid_grant(
                    "the user signed in too long ago, or the login was ended: sign in again",
                )
            })
    }

    pub(super) async fn client_credentials(&self) -> Result<Token> {
        let exchange = Exchange::new(&self.http);
        let answer = self
            .protocol
            .exchange_client_credentials()
            .add_scopes(self.scopes.iter().cloned())
            .request_async(&exchange)
            .await;
        exchange.finish(answer, None).map_err(|error| {
            error.if_invalid_grant(
                "this client was made for another grant, or isn't allowed one of the scopes",
            )
        })
    }
}

/// One request to the token endpoint. It remembers the answer, because the
/// protocol's errors keep neither its status nor its headers.
struct Exchange {
    http: reqwest::Client,
    started: SystemTime,
    answer: Arc<Mutex<Option<Answer>>>,
}

/// What came back, and how long it says that the token is good.
struct Answer {
    parts: Parts,
    lifetime: Option<Duration>,
}

impl Exchange {
    fn new(http: &reqwest::Client) -> Self {
        Self {
            http: http.clone(),
            started: SystemTime::now(),
            answer: Arc::default(),
        }
    }

    /// Makes a token of the answer. A new refresh token replaces the one that was
    /// used; without one the old stays good.
    fn finish<E>(
        self,
        answer: Result<BasicTokenResponse, RequestTokenError<Error, E>>,
        used: Option<&RefreshToken>,
    ) -> Result<Token>
    where
        E: oauth2::ErrorResponse + 'static,
    {
        let answered = self
            .answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let lifetime = answered.as_ref().and_then(|answer| answer.lifetime);
        let parts = answered.map(|answer| answer.parts);
        let refused = |parts: Option<Parts>| {
            let error = Error::new(Kind::TokenRejected);
            match parts {
                Some(parts) => error.with_response(parts),
                None => error,
            }
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(RequestTokenError::Request(error)) => return Err(error),
            // The protocol's other errors quote what the server said, which may be
            // a token; the answer itself is kept for whoever asks for it.
            Err(_) => return Err(refused(parts)),
        };
        let access =
            AccessToken::new(answer.access_token().secret()).map_err(|_| refused(parts))?;
        // From the start of the request: however slow the answer was, the token is
        // never thought to live longer than it does.
        let token = Token::new(access).obtained(self.started, lifetime);
        let new = answer
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
        slot: Arc<Mutex<Option<Answer>>>,
    ) -> Result<HttpResponse> {
        let mut request = reqwest::Request::try_from(request.map(reqwest::Body::from))
            .map_err(|error| transport_error(error).before_sending())?;
        // It is rare and can't be repeated blindly: a refresh token is good for one use.
        crate::executor::use_own_connection(&mut request);
        let exchange = async {
            let mut response = http.execute(request).await.map_err(transport_error)?;
            let status = response.status();
            let headers = std::mem::take(response.headers_mut());
            let body = crate::transport::read_body(response, SIZE_LIMIT).await?;
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
        let (answer, lifetime) = token_answer::strict(status, headers, &body);
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(Answer { parts, lifetime });
        Ok(answer)
    }
}

impl<'c> AsyncHttpClient<'c> for Exchange {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(Self::send(
            self.http.clone(),
            request,
            Arc::clone(&self.answer),
        ))
    }
}

/// The request for a token may have been sent; the caller's own request was not,
/// and that is what the error speaks of.
fn transport_error(error: reqwest::Error) -> Error {
    crate::transport::transport_error(error)
}

impl fmt::Debug for OAuthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthClient").finish_non_exhaustive()
    }
}
