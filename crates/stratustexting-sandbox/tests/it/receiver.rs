//! A callback that does as it is told, and counts how many posts it has in hand.

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
    /// What was posted, as soon as it came.
    pub(crate) events: UnboundedReceiver<Value>,
    desk: Arc<Desk>,
    server: JoinHandle<()>,
}

struct Desk {
    arrived: UnboundedSender<Value>,
    /// A post is answered when it has got one of these.
    answers: Semaphore,
    /// What posts are answered with; after them 204.
    statuses: Mutex<VecDeque<u16>>,
    in_hand: AtomicUsize,
    most: AtomicUsize,
}

impl Receiver {
    /// One that answers at once.
    pub(crate) async fn start() -> Self {
        let receiver = Self::holding().await;
        receiver.answer(Semaphore::MAX_PERMITS / 2);
        receiver
    }

    /// One that answers only as often as it is told to.
    pub(crate) async fn holding() -> Self {
        let (arrived, events) = unbounded_channel();
        let desk = Arc::new(Desk {
            arrived,
            answers: Semaphore::new(0),
            statuses: Mutex::default(),
            in_hand: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        });
        let routes = Router::new()
            .route("/hook", get(handshake).post(take))
            .with_state(Arc::clone(&desk));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/hook", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            axum::serve(listener, routes).await.unwrap();
        });
        Self {
            uri,
            events,
            desk,
            server,
        }
    }

    /// Lets so many posts be answered.
    pub(crate) fn answer(&self, posts: usize) {
        self.desk.answers.add_permits(posts);
    }

    /// Answers the next posts with these.
    pub(crate) fn statuses(&self, statuses: &[u16]) {
        self.desk.statuses.lock().unwrap().extend(statuses);
    }

    /// The most posts that were in hand at a time, since it was last asked.
    pub(crate) fn most_in_hand(&self) -> usize {
        self.desk.most.swap(0, SeqCst)
    }

    /// Stops listening; it has when this returns.
    pub(crate) async fn stop(self) {
        self.server.abort();
        assert!(self.server.await.unwrap_err().is_cancelled());
    }

    /// The next event's message.
    pub(crate) async fn next_message(&mut self) -> String {
        let event = self.events.recv().await.unwrap();
        message_of(&event)
    }

    /// The messages of all events that came.
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

/// The connection isn't kept, so that none is left when the server stops.
async fn handshake(headers: HeaderMap) -> HeaderMap {
    let mut answer = HeaderMap::from_iter([(CONNECTION, "close".parse().unwrap())]);
    let token = headers.get("validation-token").cloned();
    if let Some(token) = token {
        answer.insert("validation-token", token);
    }
    answer
}

/// What a callback that is no HTTP server answers to the handshake; none to a post.
pub(crate) fn handshake_answer(head: &[u8]) -> Option<Vec<u8>> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    if !lines.next().unwrap().starts_with("GET ") {
        return None;
    }
    let token = lines.find(|line| line.to_lowercase().starts_with("validation-token:"));
    let answer = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n{}\r\n\r\n",
        token.unwrap()
    );
    Some(answer.into_bytes())
}

async fn take(State(desk): State<Arc<Desk>>, body: Bytes) -> StatusCode {
    let in_hand = desk.in_hand.fetch_add(1, SeqCst) + 1;
    desk.most.fetch_max(in_hand, SeqCst);
    desk.arrived
        .send(serde_json::from_slice(&body).unwrap())
        .unwrap();
    desk.answers.acquire().await.unwrap().forget();
    desk.in_hand.fetch_sub(1, SeqCst);
    let status = desk.statuses.lock().unwrap().pop_front();
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

    /// Has a customer text so many times; returns the messages' ids.
    pub(crate) async fn customer_texted(&self, count: usize) -> Vec<String> {
        let mut ids = Vec::new();
        for _ in 0..count {
            let text = self.customer_texts(CUSTOMER, self.number(), "hi");
            ids.push(text.await.unwrap());
        }
        ids
    }
}
