//! A small server for the events that the service posts.

use axum::{Router, extract::State, response::IntoResponse, routing::any};
use stratustexting::webhook::{Event, Incoming};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use super::Outcome;

pub(crate) struct Webhook {
    /// Where the server is on this machine.
    pub(crate) local_uri: String,
    events: UnboundedReceiver<Event>,
}

impl Webhook {
    pub(crate) async fn start(port: u16) -> Outcome<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let local_uri = format!("http://{}/webhook", listener.local_addr()?);
        let (sender, events) = unbounded_channel();
        let routes = Router::new()
            .route("/webhook", any(receive))
            .with_state(sender);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { local_uri, events })
    }

    /// Waits for an event.
    pub(crate) async fn next_event(&mut self) -> Outcome<Event> {
        let event = self.events.recv().await;
        event.ok_or_else(|| "the webhook's server stopped".into())
    }
}

async fn receive(
    State(events): State<UnboundedSender<Event>>,
    incoming: Incoming,
) -> impl IntoResponse {
    let response = incoming.response();
    for event in incoming {
        // Nobody receives it any longer when the program is about to end.
        let _ = events.send(event);
    }
    response
}
