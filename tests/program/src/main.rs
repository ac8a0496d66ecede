//! A small program: it logs a user in by the browser, sends, reads all contacts, and receives
//! what a customer texts back. The service is a sandbox, and the browser is the sandbox's.

#![allow(clippy::print_stdout, reason = "a program prints")]

use std::time::Duration;

use axum::{Router, extract::State, response::IntoResponse, routing::any};
use stratustexting::{
    Client, Outcome, SendOutcome,
    auth::Credentials,
    webhook::{Event, EventFilter, Incoming},
};
use stratustexting_sandbox::Sandbox;
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

type Failure = Box<dyn std::error::Error>;

const CUSTOMER: &str = "+12025550123";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    // Nothing here takes a second. A program that hangs would hang the tests.
    timeout(Duration::from_secs(60), run()).await?
}

async fn run() -> Result<(), Failure> {
    let service = Sandbox::start().await?;
    let client = Client::builder()
        .api_base(service.api_base())
        .authorize_url(service.authorize_url())
        .token_url(service.token_url())
        .credentials(Credentials::authorization_code(
            service.client_id(),
            service.client_secret(),
        ))
        .api_key(service.api_key())
        .sender(service.number())
        .build()?;

    log_in(&client, &service).await?;
    send(&client).await?;
    page(&client).await?;
    receive(&client, &service).await
}

async fn log_in(client: &Client, service: &Sandbox) -> Result<(), Failure> {
    let login = client
        .auth()
        .log_in_with_browser("http://127.0.0.1:0/callback");
    login.open_with(service.browser()).await?;
    println!("logged in: {}", client.auth().is_logged_in().await?);
    Ok(())
}

async fn send(client: &Client) -> Result<(), Failure> {
    let sent = client
        .messages()
        .send_sms(CUSTOMER, "Your order is ready.")
        .correlation("order-17")
        .header("x-request-id", "order-17")
        .await;
    match sent.outcome() {
        SendOutcome::Accepted => println!("sent: accepted"),
        other => println!("sent: {other:?}, {sent:?}"),
    }
    Ok(())
}

async fn page(client: &Client) -> Result<(), Failure> {
    let mut contacts = client.contacts().list().page_size(200);
    let mut count = 0;
    while let Some(contact) = contacts.next_item().await? {
        count += usize::from(contact.mobile_number.is_some());
    }
    println!("contacts: {count}");
    Ok(())
}

async fn receive(client: &Client, service: &Sandbox) -> Result<(), Failure> {
    let (queue, mut events) = mpsc::channel(100);
    let routes = Router::new().route("/hook", any(hook)).with_state(queue);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let callback = format!("http://{}/hook", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, routes).await });

    let inbound = EventFilter::inbound(service.organization_id(), service.department_id())?;
    client
        .subscriptions()
        .subscribe(callback, [inbound])
        .await?;
    service
        .customer_texts(CUSTOMER, service.number(), "I am on my way.")
        .await?;

    let event = events.recv().await.ok_or("the server stopped")?;
    let id = event.message_id().ok_or("the event names no message")?;
    let message = client.messages().get(id).await?;
    println!("received: {}", message.text.as_deref().unwrap_or_default());
    Ok(())
}

async fn hook(State(queue): State<mpsc::Sender<Event>>, incoming: Incoming) -> impl IntoResponse {
    let response = incoming.response();
    for event in incoming {
        // To a queue, since the service waits for the response.
        let _ = queue.send(event).await;
    }
    response
}
