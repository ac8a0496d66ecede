//! A callback like a user's: it completes the handshake, and stores the events.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::Response,
    routing::any,
};
use stratustexting::webhook::{Event, Incoming};
use tokio::net::TcpListener;

/// Larger than any event.
const BODY_LIMIT: usize = 1024 * 1024;

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

async fn webhook(State(arrivals): State<Arrivals>, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_LIMIT).await else {
        return Incoming::refusal().map(Body::from);
    };
    let request = axum::http::Request::<Bytes>::from_parts(parts, body);
    match Incoming::read(&request) {
        Ok(incoming) => {
            let response = incoming.response();
            if let Incoming::Events(events) = incoming {
                arrivals.lock().extend(events);
            }
            response.map(Body::from)
        }
        Err(_) => Incoming::refusal().map(Body::from),
    }
}
