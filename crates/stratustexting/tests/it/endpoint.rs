//! A token endpoint that responds as it is told, and helpers for its clients.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, atomic::Ordering::SeqCst},
    time::Instant,
};

use axum::{Router, body::Bytes, http::StatusCode, routing::post};
use serde_json::{Value, json};
use stratustexting::{
    Client, Result,
    auth::{Credentials, TokenStore},
};

use crate::support::{Told, expired};

/// In seconds, the lifetime of a token that expires within a test.
pub(crate) const SHORT: f64 = 0.05;

pub(crate) type Fields = Vec<(String, String)>;

/// A token endpoint that responds as it is told, and remembers the requests.
#[derive(Clone, Default)]
pub(crate) struct Endpoint {
    url: String,
    answers: Arc<Mutex<VecDeque<(u16, Value)>>>,
    pub(crate) requests: Arc<Mutex<Vec<Fields>>>,
}

impl Endpoint {
    /// One that is somewhere else.
    pub(crate) fn at(url: String) -> Self {
        Self {
            url,
            ..Self::default()
        }
    }

    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Self::at(format!("http://{}/token", listener.local_addr().unwrap()));
        let (answers, requests) = (endpoint.answers.clone(), endpoint.requests.clone());
        let answer = post(async move |form: Bytes| {
            let fields = url::form_urlencoded::parse(&form).into_owned();
            requests.lock().unwrap().push(fields.collect());
            let (status, body) = answers.lock().unwrap().pop_front().expect("an answer");
            (StatusCode::from_u16(status).unwrap(), axum::Json(body))
        });
        let app = Router::new().route("/token", answer);
        tokio::spawn(async move { axum::serve(listener, app).await });
        endpoint
    }

    pub(crate) fn answers(&self, status: u16, body: Value) {
        self.answers.lock().unwrap().push_back((status, body));
    }

    /// Gives the tokens `T` and `R` with a number.
    pub(crate) fn grants(&self, number: u32, lifetime: f64) {
        let grant = json!({
            "access_token": format!("T{number}"),
            "refresh_token": format!("R{number}"),
            "token_type": "Bearer",
            "expires_in": lifetime,
        });
        self.answers(200, grant);
    }

    /// The refresh tokens that were used, in order.
    pub(crate) fn used(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        let fields = requests.iter().flatten();
        let used = fields.filter(|(name, _)| name == "refresh_token");
        used.map(|(_, token)| token.clone()).collect()
    }

    pub(crate) fn builder(&self, credentials: Credentials) -> stratustexting::ClientBuilder {
        Client::builder()
            .api_base("http://127.0.0.1:9")
            .authorize_url("http://127.0.0.1:9/authorize")
            .token_url(&self.url)
            .api_key("key")
            .credentials(credentials)
    }

    pub(crate) fn client(&self, store: impl TokenStore) -> Client {
        let user = Credentials::authorization_code("id", "secret");
        self.builder(user).token_store(store).build().unwrap()
    }
}

/// The access token that a call would use.
pub(crate) async fn token(client: &Client) -> Result<String> {
    let token = client.auth().access_token().await;
    token.map(|token| token.expose().to_owned())
}

/// Waits until a short token has expired.
pub(crate) async fn over() {
    let start = Instant::now();
    while start.elapsed().as_secs_f64() <= SHORT {
        tokio::task::yield_now().await;
    }
}

pub(crate) async fn log_in(client: &Client) -> Result<()> {
    let login = client.auth().start_login("http://127.0.0.1:9/back")?;
    let state = login.state();
    let callback = format!("http://127.0.0.1:9/back?code=c&state={state}");
    client.auth().finish_login(&login, &callback).await
}

/// A store with an expired token, which fails to save so many times.
pub(crate) async fn failing(times: usize) -> Arc<Told> {
    let store = Arc::new(Told::default());
    store.inner.save(&expired("R0")).await.unwrap();
    store.fails.store(times, SeqCst);
    store
}

pub(crate) async fn stored(store: &impl TokenStore) -> String {
    let token = store.load().await.unwrap().unwrap();
    token.access().expose().to_owned()
}
