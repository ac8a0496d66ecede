//! What the tests share.

use std::{
    fs,
    ops::Deref,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use axum::{Router, body::Bytes, extract::State, routing::get};
use http::{HeaderMap, StatusCode};
use reqwest::{Method, RequestBuilder, redirect::Policy};
use serde_json::Value;
use stratustexting_sandbox::{Builder, Sandbox};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

/// A customer's number; no seeded contact has it.
pub(crate) const CUSTOMER: &str = "+13035550123";

/// The redirect URI of logins; nothing listens there.
const REDIRECT_URI: &str = "http://127.0.0.1:1/callback";

/// A sandbox and a program with a token for it.
pub(crate) struct Api {
    sandbox: Sandbox,
    pub(crate) http: reqwest::Client,
    pub(crate) token: String,
}

/// What a user's login gives.
pub(crate) struct Login {
    pub(crate) code: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::of(Sandbox::builder().contacts(20)).await
    }

    /// A program without a user's login: it may use subscriptions only if the sandbox allows
    /// that.
    pub(crate) async fn of(builder: Builder) -> Self {
        let sandbox = builder.start().await.unwrap();
        let http = http();
        let (_, token) = fetch(
            http.post(sandbox.token_url())
                .basic_auth(sandbox.client_id(), Some(sandbox.client_secret()))
                .form(&[("grant_type", "client_credentials")]),
        )
        .await;
        let token = token["access_token"].as_str().unwrap().to_owned();
        Self {
            sandbox,
            http,
            token,
        }
    }

    /// A program with a user's login.
    pub(crate) async fn with_user() -> Self {
        Self::of_user(Sandbox::builder().contacts(20)).await
    }

    pub(crate) async fn of_user(builder: Builder) -> Self {
        let mut api = Self::of(builder).await;
        api.token = api.log_in().await;
        api
    }

    /// Logs the user in; returns the access token.
    pub(crate) async fn log_in(&self) -> String {
        self.login().await.access
    }

    /// Logs the user in; returns the code and the tokens.
    pub(crate) async fn login(&self) -> Login {
        let query = [
            ("client_id", self.client_id()),
            ("response_type", "code"),
            ("redirect_uri", REDIRECT_URI),
        ];
        let form = [("username", self.username()), ("password", self.password())];
        let page = self.http.post(self.authorize_url()).query(&query);
        let response = page.form(&form).send().await.unwrap();
        let location = response.headers()["location"].to_str().unwrap();
        let location = url::Url::parse(location).unwrap();
        let (_, code) = location.query_pairs().next().unwrap();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", &code),
            ("redirect_uri", REDIRECT_URI),
        ];
        let request = self.http.post(self.token_url()).form(&form);
        let request = request.basic_auth(self.client_id(), Some(self.client_secret()));
        let (_, tokens) = fetch(request).await;
        let token = |name: &str| tokens[name].as_str().unwrap().to_owned();
        Login {
            access: token("access_token"),
            refresh: token("refresh_token"),
            code: code.into_owned(),
        }
    }

    /// Calls the control API; null means no body.
    pub(crate) async fn control(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.control_url());
        let request = self.http.request(method.parse().unwrap(), url);
        fetch(if body.is_null() {
            request
        } else {
            request.json(&body)
        })
        .await
    }

    /// A request below the base URL, without credentials.
    pub(crate) fn bare(&self, method: &str, path: &str) -> RequestBuilder {
        let method: Method = method.parse().unwrap();
        self.http
            .request(method, format!("{}{path}", self.api_base()))
    }

    /// A request below the base URL.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.bare(method, path)
            .bearer_auth(&self.token)
            .header("x-api-key", self.api_key())
    }

    pub(crate) async fn call(&self, method: &str, path: &str) -> (u16, Value) {
        fetch(self.request(method, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        fetch(self.request("POST", path).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> (u16, Value) {
        fetch(self.request("PUT", path).json(&body)).await
    }

    /// A filter of this account.
    pub(crate) fn filter(&self, topic: &str) -> String {
        let (organization, department) = (self.organization_id(), self.department_id());
        format!("/orgId/{organization}/department/{department}/{topic}")
    }
}

impl Deref for Api {
    type Target = Sandbox;

    fn deref(&self) -> &Sandbox {
        &self.sandbox
    }
}

pub(crate) fn http() -> reqwest::Client {
    // Nothing here is https, so no certificates are loaded.
    let builder = reqwest::Client::builder().tls_certs_only([]);
    builder.redirect(Policy::none()).no_proxy().build().unwrap()
}

/// Sends a request; returns status and body, null if it isn't JSON.
pub(crate) async fn fetch(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// A fixture, by its path below the SDK's.
pub(crate) fn fixture(path: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stratustexting/tests/fixtures");
    let text = fs::read_to_string(folder.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).unwrap()
}

/// A program that passes the handshake and keeps the posted events.
pub(crate) struct Callback {
    pub(crate) uri: String,
    pub(crate) events: UnboundedReceiver<Value>,
}

impl Callback {
    pub(crate) async fn start() -> Self {
        Self::failing(0).await
    }

    /// One that responds to the first posts with 500.
    pub(crate) async fn failing(failures: usize) -> Self {
        type Arrivals = (UnboundedSender<Value>, Arc<AtomicUsize>);
        async fn handshake(headers: HeaderMap) -> HeaderMap {
            let token = headers.get("validation-token").cloned();
            HeaderMap::from_iter(token.map(|t| ("validation-token".parse().unwrap(), t)))
        }
        async fn event(
            State((events, failures)): State<Arrivals>,
            headers: HeaderMap,
            body: Bytes,
        ) -> StatusCode {
            assert_eq!(headers["content-type"], "application/json");
            events.send(serde_json::from_slice(&body).unwrap()).unwrap();
            let fails = failures.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
            match fails {
                Ok(_) => StatusCode::INTERNAL_SERVER_ERROR,
                Err(_) => StatusCode::NO_CONTENT,
            }
        }
        let (sender, events) = unbounded_channel();
        let routes = Router::new()
            .route("/hook", get(handshake).post(event))
            .with_state((sender, Arc::new(AtomicUsize::new(failures))));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { uri, events }
    }
}
