//! A callback like a user's: it completes the handshake, and stores the events.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{Router, extract::State, response::IntoResponse, routing::any};
use stratustexting::webhook::{Event, Incoming};
use tokio::net::TcpListener;

#[derive(Clone, Default)]
struct Arrivals(Arc<Mutex<Vec<Event>>>);

pub(crate) struct Callback {
    pub(crate) uri: String,
    arrivals: Arrivals,
}

impl Callback {
    pub(crate) async fn start() -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let uri = format!("http://{}/webhook", listener.local_addr()?);
        let arrivals = Arrivals::default();
        let routes = Router::new()
            .route("/webhook", any(webhook))
            .with_state(arrivals.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { uri, arrivals })
    }

    /// The events that got a 200, in the order of arrival.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.arrivals.lock().clone()
    }
}

impl Arrivals {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Event>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn webhook(State(arrivals): State<Arrivals>, incoming: Incoming) -> impl IntoResponse {
    let response = incoming.response();
    arrivals.lock().extend(incoming);
    response
}
