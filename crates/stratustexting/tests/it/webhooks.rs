//! Subscribing, the handshake, and what is delivered, over a real local server.

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::Response,
    routing::any,
};
use futures::TryStreamExt;
use stratustexting::{
    models::{ContactRequest, MessageDirection},
    webhook::{ContactEvent, Event, EventFilter, Incoming},
};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

use crate::support::Watched;

/// A callback as a user writes one, and the events that came to it.
pub(crate) struct Callback {
    pub(crate) uri: String,
    pub(crate) events: UnboundedReceiver<Event>,
}

impl Callback {
    pub(crate) async fn start() -> Self {
        async fn handle(
            State(events): State<UnboundedSender<Event>>,
            request: Request,
        ) -> Response<Body> {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let request = axum::http::Request::<Bytes>::from_parts(parts, body);
            let incoming = Incoming::read(&request).unwrap();
            let response = incoming.response();
            if let Incoming::Events(came) = incoming {
                came.into_iter()
                    .for_each(|event| events.send(event).unwrap());
            }
            response.map(Body::from)
        }
        let (sender, events) = unbounded_channel();
        let routes = Router::new().route("/hook", any(handle)).with_state(sender);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { uri, events }
    }
}

#[tokio::test]
async fn an_inbound_message_arrives_and_is_read_by_its_id() {
    let sandbox = Watched::for_machines().await;
    let client = sandbox.client();
    let mut callback = Callback::start().await;
    let (organization, department) = (sandbox.organization_id(), sandbox.department_id());
    let inbound =
        EventFilter::messages(organization, department, &MessageDirection::Inbound).unwrap();

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
    assert_eq!(event.payload().event.as_deref(), Some(inbound.as_str()));
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

    let filter_of = |event: &Event| event.payload().event.clone().unwrap();
    assert!(filter_of(&created).ends_with("event=create"));
    assert!(filter_of(&updated).ends_with("event=update"));
    assert!(created.payload().contact_info.is_some());
}

#[tokio::test]
async fn subscriptions_are_listed_and_deleted() {
    let sandbox = Watched::for_machines().await;
    let client = sandbox.client();
    let callback = Callback::start().await;
    let inbound = EventFilter::messages(
        sandbox.organization_id(),
        sandbox.department_id(),
        &MessageDirection::Inbound,
    )
    .unwrap();
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
async fn a_callback_that_does_not_answer_the_handshake_is_refused() {
    let sandbox = Watched::for_machines().await;
    let inbound = EventFilter::messages(
        sandbox.organization_id(),
        sandbox.department_id(),
        &MessageDirection::Inbound,
    )
    .unwrap();

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
