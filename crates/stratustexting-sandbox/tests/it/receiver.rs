//! A callback that a test controls, and that counts how many posts are in flight.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use axum::{Router, body::Bytes, extract::State, routing::get};
use http::{HeaderMap, StatusCode, header::CONNECTION};
use serde_json::{Value, json};
use tokio::{
    net::TcpListener,
    sync::{
        Semaphore,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    task::JoinHandle,
};

use crate::support::{Api, CUSTOMER};

pub(crate) const INBOUND: &str = "message?direction=inbound";

pub(crate) struct Receiver {
    pub(crate) uri: String,
    /// The posted events, as soon as they arrive.
    pub(crate) events: UnboundedReceiver<Value>,
    state: Arc<ReceiverState>,
    server: JoinHandle<()>,
}

struct ReceiverState {
    arrived: UnboundedSender<Value>,
    /// A post gets its response when it has acquired one of these.
    permits: Semaphore,
    /// The statuses of the next responses; after them 204.
    statuses: Mutex<VecDeque<u16>>,
    in_flight: AtomicUsize,
    max_in_flight: AtomicUsize,
}

impl Receiver {
    /// One that responds at once.
    pub(crate) async fn start() -> Self {
        let receiver = Self::paused().await;
        receiver.respond(Semaphore::MAX_PERMITS / 2);
        receiver
    }

    /// One that responds only as often as the test allows.
    pub(crate) async fn paused() -> Self {
        let (arrived, events) = unbounded_channel();
        let state = Arc::new(ReceiverState {
            arrived,
            permits: Semaphore::new(0),
            statuses: Mutex::default(),
            in_flight: AtomicUsize::new(0),
            max_in_flight: AtomicUsize::new(0),
        });
        let routes = Router::new()
            .route("/hook", get(handshake).post(receive))
            .with_state(Arc::clone(&state));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/hook", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            axum::serve(listener, routes).await.unwrap();
        });
        Self {
            uri,
            events,
            state,
            server,
        }
    }

    /// Allows this many responses.
    pub(crate) fn respond(&self, posts: usize) {
        self.state.permits.add_permits(posts);
    }

    /// Sets the statuses of the next responses.
    pub(crate) fn statuses(&self, statuses: &[u16]) {
        self.state.statuses.lock().unwrap().extend(statuses);
    }

    /// The most posts that were in flight at a time, since the last call.
    pub(crate) fn max_in_flight(&self) -> usize {
        self.state.max_in_flight.swap(0, SeqCst)
    }

    /// Stops listening before it returns.
    pub(crate) async fn stop(self) {
        self.server.abort();
        assert!(self.server.await.unwrap_err().is_cancelled());
    }

    /// The id of the next event's message.
    pub(crate) async fn next_message(&mut self) -> String {
        let event = self.events.recv().await.unwrap();
        message_of(&event)
    }

    /// The ids of the messages of all events so far.
    pub(crate) fn messages(&mut self) -> Vec<String> {
        let mut messages = Vec::new();
        while let Ok(event) = self.events.try_recv() {
            messages.push(message_of(&event));
        }
        messages
    }
}

fn message_of(event: &Value) -> String {
    let id = event["messageInfo"]["messageId"].as_str();
    id.unwrap().to_owned()
}

/// The connection isn't kept alive, so that none is left when the server stops.
async fn handshake(headers: HeaderMap) -> HeaderMap {
    let mut response = HeaderMap::from_iter([(CONNECTION, "close".parse().unwrap())]);
    let token = headers.get("validation-token").cloned();
    if let Some(token) = token {
        response.insert("validation-token", token);
    }
    response
}

/// The response to the handshake, for a callback without an HTTP server; `None` for a post.
pub(crate) fn handshake_response(head: &[u8]) -> Option<Vec<u8>> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    if !lines.next().unwrap().starts_with("GET ") {
        return None;
    }
    let token = lines.find(|line| line.to_lowercase().starts_with("validation-token:"));
    let response = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n{}\r\n\r\n",
        token.unwrap()
    );
    Some(response.into_bytes())
}

async fn receive(State(state): State<Arc<ReceiverState>>, body: Bytes) -> StatusCode {
    let in_flight = state.in_flight.fetch_add(1, SeqCst) + 1;
    state.max_in_flight.fetch_max(in_flight, SeqCst);
    state
        .arrived
        .send(serde_json::from_slice(&body).unwrap())
        .unwrap();
    state.permits.acquire().await.unwrap().forget();
    state.in_flight.fetch_sub(1, SeqCst);
    let status = state.statuses.lock().unwrap().pop_front();
    StatusCode::from_u16(status.unwrap_or(204)).unwrap()
}

impl Api {
    /// Subscribes to inbound messages; returns the subscription's id.
    pub(crate) async fn subscribe(&self, uri: &str) -> String {
        let body = json!({"uri": uri, "eventFilters": [self.filter(INBOUND)]});
        let (status, subscription) = self.post("/webhooksubscription", body).await;
        assert_eq!(status, 200, "{subscription}");
        subscription["id"].as_str().unwrap().to_owned()
    }

    /// Plays a customer who texts this many times; returns the messages' ids.
    pub(crate) async fn customer_texted(&self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for _ in 0..count {
            let text = self.customer_texts(CUSTOMER, self.number(), "hi");
            ids.push(text.await.unwrap());
        }
        ids
    }
}
