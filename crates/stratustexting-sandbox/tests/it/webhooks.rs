//! Subscriptions, the handshake, deliveries.

use std::time::Duration;

use axum::{Router, http::HeaderMap, routing::get};
use serde_json::{Value, json};
use stratustexting_sandbox::{DeliveryState, Sandbox};
use tokio::net::TcpListener;

use crate::support::{Api, CUSTOMER, Callback, fetch, fixture};

const INBOUND: &str = "message?direction=inbound";
const OUTBOUND: &str = "message?direction=outbound";

async fn subscribe(api: &Api, uri: &str, topics: &[&str]) -> (u16, Value) {
    let filters: Vec<String> = topics.iter().map(|topic| api.filter(topic)).collect();
    let body = json!({"uri": uri, "eventFilters": filters, "expiresDateInMillies": 1});
    api.post("/webhooksubscription", body).await
}

fn keys(value: &Value) -> Vec<&str> {
    value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[tokio::test]
async fn an_inbound_message_is_posted_with_its_id() {
    let api = Api::with_user().await;
    let mut callback = Callback::start().await;
    let (status, subscription) = subscribe(&api, &callback.uri, &[INBOUND]).await;
    assert_eq!(status, 200, "{subscription}");
    let like = fixture("payloads/subscription.json")["payload"].clone();
    assert_eq!(keys(&subscription), keys(&like));
    assert_eq!(
        (&subscription["status"], &subscription["uri"]),
        (&json!("ACTIVE"), &json!(callback.uri))
    );
    let expiration = subscription["expirationTime"].as_str().unwrap();
    assert!(
        expiration > "2050" && expiration.ends_with('Z'),
        "{expiration}"
    );

    let id = api
        .customer_texts(CUSTOMER, api.number(), "hi")
        .await
        .unwrap();
    let event = callback.events.recv().await.unwrap();

    let like = fixture("payloads/webhook-message-inbound.json")["payload"].clone();
    assert_eq!(keys(&event), keys(&like));
    assert_eq!(keys(&event["messageInfo"]), keys(&like["messageInfo"]));
    assert_eq!(event["messageInfo"]["messageId"], id);
    assert_eq!(event["event"], api.filter(INBOUND));
    assert_eq!(event["subscriptionId"], subscription["id"]);
    let (_, message) = api
        .call("GET", &format!("/message/getmessagebyid/{id}"))
        .await;
    assert_eq!(message["lastUpdated"], event["messageInfo"]["lastUpdated"]);
    assert_eq!(message["text"], "hi");
}

#[tokio::test]
async fn only_subscribed_events_are_posted() {
    let api = Api::with_user().await;
    let mut callback = Callback::start().await;
    subscribe(&api, &callback.uri, &[OUTBOUND, "contact?event=delete"]).await;

    api.customer_texts(CUSTOMER, api.number(), "in")
        .await
        .unwrap();
    // A number of the other department.
    let query = [
        ("from", "+12025550102"),
        ("to", CUSTOMER),
        ("text", "other"),
    ];
    assert_eq!(
        fetch(api.request("POST", "/message/sendsms").query(&query))
            .await
            .0,
        200
    );
    let query = [("from", api.number()), ("to", CUSTOMER), ("text", "out")];
    fetch(api.request("POST", "/message/sendsms").query(&query)).await;
    let (_, contact) = api
        .post("/contact", json!({"mobileNumber": CUSTOMER}))
        .await;
    assert!(api.delete_contact(contact["id"].as_str().unwrap()));
    assert!(!api.delete_contact("none"));
    api.deliveries_settled().await;

    let mut events = Vec::new();
    while let Ok(event) = callback.events.try_recv() {
        events.push(event);
    }
    assert_eq!(events.len(), 2, "{events:?}");
    events.sort_by_key(|event| event["event"].to_string());
    assert_eq!(events[0]["contactInfo"]["mobileNumber"], CUSTOMER);
    assert_eq!(events[0]["event"], api.filter("contact?event=delete"));
    assert_eq!(events[1]["event"], api.filter(OUTBOUND));
    assert_eq!(
        events[1]["messageInfo"]["messageId"],
        api.sent_messages()[1].id
    );
}

/// A callback that responds to the handshake with a status, and a token or none.
async fn callback(status: u16, token: Option<&'static str>) -> String {
    let handler = move || async move {
        let headers = token.map(|t| ("validation-token".parse().unwrap(), t.parse().unwrap()));
        (
            axum::http::StatusCode::from_u16(status).unwrap(),
            HeaderMap::from_iter(headers),
        )
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/hook", listener.local_addr().unwrap());
    let routes = Router::new().route("/hook", get(handler));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    uri
}

#[tokio::test]
async fn a_callback_must_return_the_token() {
    let api = Api::with_user().await;
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}/hook", listener.local_addr().unwrap())
    };
    for uri in [
        callback(200, None).await,
        callback(200, Some("another")).await,
        callback(404, Some("another")).await,
        callback(302, None).await,
        gone,
    ] {
        let (status, error) = subscribe(&api, &uri, &[INBOUND]).await;
        assert_eq!(status, 400, "{error}");
        assert!(
            error["message"].as_str().unwrap().contains("handshake"),
            "{error}"
        );
    }
    let (_, list) = api.call("GET", "/webhooksubscription/all").await;
    assert_eq!(list["content"], json!([]));
}

#[tokio::test]
async fn a_sandbox_calls_no_other_machine() {
    let api = Api::with_user().await;

    for uri in [
        "https://callbackurl.com/hook",
        "http://callbackurl.com/hook",
        "http://127.0.0.1.evil.example/hook",
        "http://127.0.0.1@evil.example/hook",
        "ftp://127.0.0.1/hook",
        "/hook",
        "",
    ] {
        let (status, error) = subscribe(&api, uri, &[INBOUND]).await;
        assert_eq!(status, 400, "{uri}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("'uri'"), "{message}");
        assert!(
            !message.contains("handshake"),
            "{uri} was called: {message}"
        );
    }
}

#[tokio::test]
async fn a_subscription_is_changed_by_its_id_or_its_uri_and_can_be_deleted() {
    let api = Api::with_user().await;
    let (one, other) = (Callback::start().await, Callback::start().await);
    let (_, made) = subscribe(&api, &one.uri, &[INBOUND]).await;

    let (_, by_uri) = subscribe(&api, &one.uri, &[OUTBOUND]).await;
    assert_eq!(by_uri["id"], made["id"]);
    assert_eq!(by_uri["eventFilters"], json!([api.filter(OUTBOUND)]));
    assert_eq!(by_uri["createdDateTime"], made["createdDateTime"]);
    let body = json!({"id": made["id"], "uri": other.uri, "eventFilters": [api.filter(INBOUND)]});
    let (_, by_id) = api.post("/webhooksubscription", body).await;
    assert_eq!(
        (&by_id["id"], &by_id["uri"]),
        (&made["id"], &json!(other.uri))
    );
    let body = json!({"id": "none", "uri": other.uri, "eventFilters": [api.filter(INBOUND)]});
    assert_eq!(api.post("/webhooksubscription", body).await.0, 404);

    let (_, list) = api.call("GET", "/webhooksubscription/all").await;
    assert_eq!(list["content"], json!([by_id]));
    let path = format!("/webhooksubscription/{}", made["id"].as_str().unwrap());
    assert_eq!(api.call("DELETE", &path).await, (204, Value::Null));
    assert_eq!(api.call("DELETE", &path).await.0, 404);
}

#[tokio::test]
async fn unknown_filters_are_listed_as_disabled() {
    let api = Api::with_user().await;
    let callback = Callback::start().await;
    let foreign = "/orgId/none/department/none/message?direction=inbound";
    let body = json!({"uri": callback.uri, "eventFilters": [api.filter(INBOUND), foreign]});

    let (status, subscription) = api.post("/webhooksubscription", body).await;

    assert_eq!(status, 200);
    assert_eq!(subscription["eventFilters"], json!([api.filter(INBOUND)]));
    let disabled = &subscription["disabledFilters"][0];
    let like = fixture("payloads/disabled-filter.json")["payload"].clone();
    assert_eq!(keys(disabled), keys(&like));
    assert_eq!(disabled["filter"], foreign);
    for filters in [json!([]), json!([foreign]), json!([api.filter("message")])] {
        let body = json!({"uri": callback.uri, "eventFilters": filters});
        let (status, error) = api.post("/webhooksubscription", body).await;
        assert_eq!(status, 400);
        assert!(
            error["message"]
                .as_str()
                .unwrap()
                .contains("'eventFilters'")
        );
    }
}

#[tokio::test]
async fn an_event_is_posted_at_most_three_times() {
    let builder = Sandbox::builder()
        .contacts(1)
        .webhook_retry_wait(Duration::ZERO);
    let api = Api::of_user(builder).await;
    for (failures, attempts, state, status) in [
        (0, 1, DeliveryState::Delivered, 204),
        (2, 3, DeliveryState::Delivered, 204),
        (9, 3, DeliveryState::Failed, 500),
    ] {
        let mut callback = Callback::failing(failures).await;
        let (_, subscription) = subscribe(&api, &callback.uri, &[INBOUND]).await;

        api.customer_texts(CUSTOMER, api.number(), "x")
            .await
            .unwrap();
        api.deliveries_settled().await;

        let delivery = api.deliveries().pop().unwrap();
        assert_eq!((delivery.attempts, delivery.state), (attempts, state));
        assert_eq!(delivery.last_status, Some(status));
        let first = callback.events.recv().await.unwrap();
        for _ in 1..attempts {
            assert_eq!(
                callback.events.recv().await.unwrap(),
                first,
                "the same each time"
            );
        }
        assert!(callback.events.try_recv().is_err());
        let path = format!(
            "/webhooksubscription/{}",
            subscription["id"].as_str().unwrap()
        );
        api.call("DELETE", &path).await;
    }
}

#[tokio::test]
async fn nothing_is_posted_when_the_subscription_has_expired() {
    let api = Api::with_user().await;
    let callback = Callback::start().await;
    subscribe(&api, &callback.uri, &[INBOUND]).await;

    api.advance(Duration::from_secs(31 * 366 * 86_400));
    api.customer_texts(CUSTOMER, api.number(), "x")
        .await
        .unwrap();

    assert!(api.deliveries().is_empty());
}

#[tokio::test]
async fn a_text_to_an_unknown_number_is_an_error() {
    let api = Api::with_user().await;

    for (from, to, named) in [
        ("3035550123", api.number(), "'from'"),
        (CUSTOMER, "x", "'to'"),
        (CUSTOMER, "+13035550199", "'to'"),
    ] {
        let error = api.customer_texts(from, to, "x").await.unwrap_err();
        assert!(error.to_string().contains(named), "{error}");
    }
}
