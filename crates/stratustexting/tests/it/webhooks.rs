//! Subscribing, the handshake, and what is delivered, over a real local server.

use std::{io::Write, net::SocketAddr};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    response::IntoResponse,
    routing::any,
};
use flate2::{Compression, write::GzEncoder};
use futures::TryStreamExt;
use stratustexting::{
    models::{ContactRequest, MessageDirection},
    webhook::{ContactEvent, Event, EventFilter, Incoming},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use crate::support::Watched;

/// A callback as a user writes one, and the events that came to it.
pub(crate) struct Callback {
    pub(crate) uri: String,
    address: SocketAddr,
    pub(crate) events: UnboundedReceiver<Event>,
}

async fn hook(
    State(queue): State<UnboundedSender<Event>>,
    incoming: Incoming,
) -> impl IntoResponse {
    let response = incoming.response();
    for event in incoming {
        queue.send(event).unwrap();
    }
    response
}

impl Callback {
    pub(crate) async fn start() -> Self {
        Self::serve(Router::new().route("/hook", any(hook))).await
    }

    async fn serve(routes: Router<UnboundedSender<Event>>) -> Self {
        let (sender, events) = unbounded_channel();
        let routes = routes.with_state(sender);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self {
            uri: format!("http://{address}/hook"),
            address,
            events,
        }
    }

    /// Sends a request byte by byte as it is given, and returns the whole response as text.
    async fn receives(&self, head: &str, body: &[u8]) -> String {
        let mut connection = TcpStream::connect(self.address).await.unwrap();
        let length = body.len();
        let head = format!(
            "{head}\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        connection.write_all(head.as_bytes()).await.unwrap();
        // A server that rejects a large body may stop reading it.
        let _ = connection.write_all(body).await;
        let mut response = Vec::new();
        let _ = connection.read_to_end(&mut response).await;
        String::from_utf8(response).unwrap()
    }
}

fn status(response: &str) -> &str {
    response.split(' ').nth(1).unwrap_or_default()
}

const EVENT: &[u8] = br#"{"uuid": "u", "messageInfo": {"messageId": "m-1"}}"#;

#[tokio::test]
async fn an_inbound_message_arrives_and_is_read_by_its_id() {
    let sandbox = Watched::for_machines().await;
    let client = sandbox.client();
    let mut callback = Callback::start().await;
    let (organization, department) = (sandbox.organization_id(), sandbox.department_id());
    let inbound = EventFilter::inbound(organization, department).unwrap();

    let subscription = client
        .subscriptions()
        .subscribe(&callback.uri, [inbound.clone()])
        .await
        .unwrap();
    let id = sandbox
        .customer_texts("+13035550123", sandbox.number(), "ready?")
        .await
        .unwrap();
    let event = callback.events.recv().await.unwrap();

    assert_eq!(event.message_id(), Some(id.as_str()));
    let filter = event.filter().unwrap();
    assert_eq!(filter, inbound);
    assert_eq!(filter.direction(), Some(MessageDirection::Inbound));
    assert_eq!(filter.organization_id(), Some(organization));
    assert_eq!(filter.department_id(), Some(department));
    assert_eq!(event.payload().subscription_id, subscription.id);
    let message = client.messages().get(&id).await.unwrap();
    assert_eq!(message.text.as_deref(), Some("ready?"));
    assert_eq!(message.from.as_deref(), Some("+13035550123"));
    let to: Vec<&str> = message.to.as_ref().unwrap().numbers().collect();
    assert_eq!(to, [sandbox.number()]);
}

#[tokio::test]
async fn contact_events_arrive() {
    let sandbox = Watched::for_machines().await;
    let client = sandbox.client();
    let mut callback = Callback::start().await;
    let filter = |event| {
        EventFilter::contacts(sandbox.organization_id(), sandbox.department_id(), event).unwrap()
    };
    let filters = [filter(ContactEvent::Create), filter(ContactEvent::Update)];
    client
        .subscriptions()
        .subscribe(&callback.uri, filters)
        .await
        .unwrap();

    let contact = || ContactRequest::default().with_mobile_number("+13035550123");
    client.contacts().upsert(contact()).await.unwrap();
    let created = callback.events.recv().await.unwrap();
    client
        .contacts()
        .upsert(contact().with_first_name("Ada"))
        .await
        .unwrap();
    let updated = callback.events.recv().await.unwrap();

    let event_of = |event: &Event| event.filter().unwrap().contact_event();
    assert_eq!(event_of(&created), Some(ContactEvent::Create));
    assert_eq!(event_of(&updated), Some(ContactEvent::Update));
    assert!(created.payload().contact_info.is_some());
}

#[tokio::test]
async fn subscriptions_are_listed_and_deleted() {
    let sandbox = Watched::for_machines().await;
    let client = sandbox.client();
    let callback = Callback::start().await;
    let inbound = EventFilter::inbound(sandbox.organization_id(), sandbox.department_id()).unwrap();
    let subscription = client
        .subscriptions()
        .subscribe(&callback.uri, [inbound])
        .await
        .unwrap();
    let id = subscription.id.clone().unwrap();
    let list = async || {
        let all: Vec<_> = client.subscriptions().list().try_collect().await.unwrap();
        all.into_iter()
            .filter_map(|subscription| subscription.id)
            .collect::<Vec<_>>()
    };

    assert_eq!(list().await, std::slice::from_ref(&id));
    let deleted = client.subscriptions().delete(&id).await.unwrap();
    assert!(deleted.status().is_success());
    assert!(list().await.is_empty());
    assert!(
        client
            .subscriptions()
            .delete(&id)
            .await
            .unwrap_err()
            .is_not_found()
    );
}

#[tokio::test]
async fn a_subscription_whose_callback_does_not_respond_to_the_handshake_is_rejected() {
    let sandbox = Watched::for_machines().await;
    let inbound = EventFilter::inbound(sandbox.organization_id(), sandbox.department_id()).unwrap();

    let subscriptions = sandbox.client().subscriptions();
    let error = subscriptions
        .subscribe("http://127.0.0.1:1/hook", [inbound])
        .await
        .unwrap_err();

    assert!(
        error
            .status()
            .is_some_and(|status| status.is_client_error()),
        "{error:?}"
    );
}

/// Names of headers are the same in any case; a value keeps its own.
#[tokio::test]
async fn a_handshake_is_known_by_its_header_in_any_spelling() {
    let callback = Callback::start().await;
    for header in ["validation-token", "Validation-Token", "VALIDATION-TOKEN"] {
        let response = callback
            .receives(&format!("GET /hook HTTP/1.1\r\n{header}: To+Ken=="), b"")
            .await;

        assert_eq!(status(&response), "200", "{response}");
        assert!(
            response.contains("validation-token: To+Ken==\r\n"),
            "{response}"
        );
        // The model that the service seems to follow takes no more than 1,024 bytes.
        assert!(
            response.len() < 256 && response.ends_with("\r\n\r\n"),
            "{response}"
        );
    }
}

#[tokio::test]
async fn requests_that_cannot_be_read_get_a_response_and_never_get_to_the_handler() {
    let mut callback = Callback::start().await;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(EVENT).unwrap();
    let gzip = gzip.finish().unwrap();
    let large = vec![b' '; 3 * 1024 * 1024];
    for (head, body, wanted) in [
        ("GET /hook HTTP/1.1", &b""[..], "405"),
        ("PUT /hook HTTP/1.1", EVENT, "405"),
        ("POST /hook HTTP/1.1", b"", "400"),
        ("POST /hook HTTP/1.1", b"{\"uuid\":", "400"),
        ("POST /hook HTTP/1.1", b"\xff\xfe\x00", "400"),
        ("POST /hook HTTP/1.1", b"true", "422"),
        ("POST /hook HTTP/1.1", &gzip[..20], "400"),
        (
            "POST /hook HTTP/1.1\r\nContent-Encoding: br",
            &gzip[2..],
            "415",
        ),
        ("POST /hook HTTP/1.1", &large, "413"),
    ] {
        let response = callback.receives(head, body).await;
        assert_eq!(status(&response), wanted, "{head} {response}");
    }
    assert!(callback.events.try_recv().is_err(), "the handler ran");

    for (head, body) in [
        (
            "POST /hook HTTP/1.1\r\nContent-Encoding: gzip",
            gzip.as_slice(),
        ),
        ("POST /hook HTTP/1.1\r\nContent-Type: text/plain", EVENT),
    ] {
        let response = callback.receives(head, body).await;
        assert_eq!(status(&response), "200", "{head} {response}");
        let event = callback.events.recv().await.unwrap();
        assert_eq!(event.message_id(), Some("m-1"));
    }
}

/// A body that breaks off isn't acknowledged.
#[tokio::test]
async fn an_event_that_is_cut_off_is_not_taken() {
    let mut callback = Callback::start().await;
    let mut connection = TcpStream::connect(callback.address).await.unwrap();
    let head = "POST /hook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n";
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(EVENT).await.unwrap();
    connection.shutdown().await.unwrap();
    let mut response = Vec::new();
    let _ = connection.read_to_end(&mut response).await;

    assert_ne!(status(&String::from_utf8(response).unwrap()), "200");
    assert!(callback.events.try_recv().is_err(), "the handler ran");
}

#[tokio::test]
async fn the_limit_of_the_body_is_the_one_of_axum() {
    let routes = Router::new()
        .route("/hook", any(hook))
        .layer(DefaultBodyLimit::max(EVENT.len()));
    let mut callback = Callback::serve(routes).await;
    let longer = [EVENT, b" "].concat();

    let response = callback.receives("POST /hook HTTP/1.1", &longer).await;
    assert_eq!(status(&response), "413", "{response}");
    let response = callback.receives("POST /hook HTTP/1.1", EVENT).await;
    assert_eq!(status(&response), "200", "{response}");
    assert!(callback.events.recv().await.is_some());
}

#[tokio::test]
async fn a_handler_of_one_line_responds() {
    async fn one_line(incoming: Incoming) -> impl IntoResponse {
        incoming
    }
    let callback = Callback::serve(Router::new().route("/hook", any(one_line))).await;

    let response = callback.receives("POST /hook HTTP/1.1", EVENT).await;
    assert_eq!(status(&response), "200", "{response}");
    let head = "GET /hook HTTP/1.1\r\nvalidation-token: t";
    let response = callback.receives(head, b"").await;
    assert!(response.contains("validation-token: t\r\n"), "{response}");
}

/// A test of a callback needs no port.
#[tokio::test]
async fn a_callback_can_be_served_without_a_socket() {
    let sandbox = Watched::for_machines().await;
    let client = sandbox.client();
    let (sender, mut events) = unbounded_channel();
    let routes = Router::new().route("/hook", any(hook)).with_state(sender);
    let callback = "https://callback.test/hook";
    sandbox.serve_callback(callback, routes).unwrap();
    let filter = EventFilter::inbound(sandbox.organization_id(), sandbox.department_id()).unwrap();

    let subscribe = |callback| client.subscriptions().subscribe(callback, [filter.clone()]);
    assert_eq!(
        subscribe(callback).await.unwrap().uri.as_deref(),
        Some(callback)
    );
    sandbox
        .customer_texts("+12025550123", sandbox.number(), "Is it ready?")
        .await
        .unwrap();

    assert!(events.recv().await.unwrap().message_id().is_some());
    // Another host isn't served, nor a path that the service doesn't know.
    for other in ["https://elsewhere.test/hook", "https://callback.test/none"] {
        assert!(subscribe(other).await.unwrap_err().is_status());
    }
}
