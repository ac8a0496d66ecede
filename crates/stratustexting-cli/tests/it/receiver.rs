//! A server that events are forwarded to.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::mpsc};

pub(crate) struct Receiver {
    pub(crate) url: String,
    requests: mpsc::UnboundedReceiver<Received>,
}

pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

#[derive(Clone)]
struct Answers {
    /// The next statuses; 200 after them.
    statuses: Arc<Mutex<VecDeque<u16>>>,
    requests: mpsc::UnboundedSender<Received>,
}

impl Receiver {
    pub(crate) async fn start(statuses: &[u16]) -> Self {
        let (sender, requests) = mpsc::unbounded_channel();
        let answers = Answers {
            statuses: Arc::new(Mutex::new(statuses.iter().copied().collect())),
            requests: sender,
        };
        let routes = Router::new().fallback(receive).with_state(answers);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self {
            url: format!("http://{address}/hook?key=canary-of-the-url"),
            requests,
        }
    }

    pub(crate) async fn next(&mut self) -> Received {
        let limit = std::time::Duration::from_secs(30);
        let next = tokio::time::timeout(limit, self.requests.recv()).await;
        next.unwrap().unwrap()
    }

    pub(crate) fn has_more(&mut self) -> bool {
        self.requests.try_recv().is_ok()
    }
}

async fn receive(State(answers): State<Answers>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let body = serde_json::from_slice(&body).unwrap();
    answers.requests.send(Received { headers, body }).unwrap();
    let status = answers.statuses.lock().unwrap().pop_front();
    StatusCode::from_u16(status.unwrap_or(200)).unwrap()
}
