//! A small server for what comes back: the browser after the login, and webhooks.

use axum::{
    Router,
    extract::State,
    http::Uri,
    response::IntoResponse,
    routing::{any, get},
};
use stratustexting::webhook::{Event, Incoming};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use super::{A_PERSONS_TIME, Outcome, settings::Settings};

pub(crate) struct Callback {
    port: u16,
    webhook_uri: Option<String>,
    logins: UnboundedReceiver<String>,
    events: UnboundedReceiver<Event>,
}

#[derive(Clone)]
struct Arrivals {
    logins: UnboundedSender<String>,
    events: UnboundedSender<Event>,
}

impl Callback {
    pub(crate) async fn start(settings: &Settings) -> Outcome<Self> {
        let port = match settings {
            Settings::Sandbox => 0,
            Settings::Live(live) => live.redirect_port,
        };
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let port = listener.local_addr()?.port();
        let (login_sender, logins) = unbounded_channel();
        let (event_sender, events) = unbounded_channel();
        let arrivals = Arrivals {
            logins: login_sender,
            events: event_sender,
        };
        let routes = Router::new()
            .route("/callback", get(login))
            .route("/webhook", any(webhook))
            .with_state(arrivals);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let webhook_uri = match settings {
            Settings::Sandbox => Some(format!("http://127.0.0.1:{port}/webhook")),
            Settings::Live(live) => live.webhook_url.clone(),
        };
        Ok(Self {
            port,
            webhook_uri,
            logins,
            events,
        })
    }

    /// Where the browser is sent after the login.
    pub(crate) fn redirect_uri(&self) -> String {
        format!("http://localhost:{}/callback", self.port)
    }

    /// Where the service can post events, if it can.
    pub(crate) fn webhook_uri(&self) -> Option<String> {
        self.webhook_uri.clone()
    }

    /// Waits for the browser to come back, and returns where it came to.
    pub(crate) async fn next_login(&mut self) -> Outcome<String> {
        let login = tokio::time::timeout(A_PERSONS_TIME, self.logins.recv()).await?;
        login.ok_or_else(|| "the callback's server stopped".into())
    }

    /// Waits for an event.
    pub(crate) async fn next_event(&mut self) -> Outcome<Event> {
        let event = self.events.recv().await;
        event.ok_or_else(|| "the callback's server stopped".into())
    }
}

async fn login(State(arrivals): State<Arrivals>, uri: Uri) -> &'static str {
    // Nobody listens any more when the program is about to end.
    let _ = arrivals.logins.send(uri.to_string());
    "You are logged in. This page can be closed."
}

async fn webhook(State(arrivals): State<Arrivals>, incoming: Incoming) -> impl IntoResponse {
    let response = incoming.response();
    for event in incoming {
        let _ = arrivals.events.send(event);
    }
    response
}
