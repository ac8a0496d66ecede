//! A sandbox whose events come to an inbox.

use std::time::Duration;

use axum::{Router, extract::State, routing::any};
use stratustexting::{
    Client,
    webhook::{CallbackResponse, EventFilter, Incoming},
};
use stratustexting_queue::inbox::{Inbox, SqliteStore};
use stratustexting_sandbox::Sandbox;
use tokio::net::TcpListener;

use super::File;

const SOON: Duration = Duration::from_millis(5);

async fn hook(State(inbox): State<Inbox<SqliteStore>>, incoming: Incoming) -> CallbackResponse {
    inbox.receive(incoming).await
}

/// A sandbox whose events come to the inbox of a file.
pub(crate) async fn subscribed(file: &File) -> (Sandbox, Client, Inbox<SqliteStore>) {
    let sandbox = Sandbox::builder()
        .allow_machine_subscriptions(true)
        .start()
        .await
        .unwrap();
    let client = Client::from_variables(sandbox.variables()).unwrap();
    let inbox = Inbox::builder(file.open().await)
        .fetch_messages(client.clone())
        .backoff(SOON, SOON)
        .poll_interval(SOON)
        .build();
    let routes = Router::new()
        .route("/hook", any(hook))
        .with_state(inbox.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let callback = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let filter = EventFilter::inbound(sandbox.organization_id(), sandbox.department_id()).unwrap();
    client
        .subscriptions()
        .subscribe(callback, [filter])
        .await
        .unwrap();
    (sandbox, client, inbox)
}
