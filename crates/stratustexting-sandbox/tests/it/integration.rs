//! What the gateway and the application do when something takes long, or has expired.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{Router, extract::State, routing::get};
use http::HeaderMap;
use serde_json::{Value, json};
use stratustexting_sandbox::{Builder, Commit, Fault, Sandbox};
use tokio::sync::Notify;

use crate::{
    receiver::{INBOUND, Receiver},
    support::{Api, CUSTOMER, fetch, fixture},
};

const AN_HOUR: Duration = Duration::from_secs(3_600);

/// A gateway that soon gives up.
fn impatient() -> Builder {
    let builder = Sandbox::builder().contacts(0);
    builder.integration_timeout(Duration::from_millis(20))
}

/// Sends a text; returns status, headers and body.
async fn send(api: &Api) -> (u16, HeaderMap, Value) {
    let query = [("from", api.number()), ("to", CUSTOMER), ("text", "Hello")];
    let request = api.request("POST", "/message/sendsms").query(&query);
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, response.json().await.unwrap())
}

fn timed_out() -> Value {
    let fixture = fixture("errors/gateway-endpoint-request-timed-out.json");
    serde_json::from_str(fixture["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_response_that_comes_too_late_for_the_gateway_is_its_504_and_the_text_is_sent() {
    for (delay, commit) in [
        (AN_HOUR, Commit::After),
        (Duration::from_millis(60), Commit::Before),
    ] {
        let api = Api::of(impatient()).await;
        api.fail_next("sendSms", Fault::respond_late(delay, commit));

        let (status, headers, body) = send(&api).await;

        assert_eq!(status, 504);
        assert_eq!(body, timed_out());
        assert_eq!(headers["x-amzn-errortype"], "InternalServerErrorException");
        assert!(headers.contains_key("x-amzn-requestid"));
        api.requests_settled().await;
        assert_eq!(api.sent_messages().len(), 1, "{commit:?}");
        let entry = api.ledger().pop().unwrap();
        assert_eq!((entry.status, entry.carried_out), (504, true), "{commit:?}");
    }
}

#[tokio::test]
async fn a_response_that_comes_late_but_in_time_is_given() {
    let api = Api::of(Sandbox::builder().contacts(0)).await;
    let (_, settings) = api.control("GET", "/settings", Value::Null).await;
    assert_eq!(settings["integration_timeout_milliseconds"], 29_000);
    let late = Fault::respond_late(Duration::from_millis(20), Commit::After);
    api.fail_next("sendSms", late);

    assert_eq!(send(&api).await.0, 200);
}

/// The OAuth server isn't behind the gateway.
#[tokio::test]
async fn the_gateway_does_not_limit_the_token_endpoint() {
    let api = Api::of(impatient()).await;
    let late = Fault::respond_late(Duration::from_millis(60), Commit::Before);
    api.fail_next("token", late);

    let form = [("grant_type", "client_credentials")];
    let request = api.http.post(api.token_url()).form(&form);
    let request = request.basic_auth(api.client_id(), Some(api.client_secret()));
    assert_eq!(fetch(request).await.0, 200);
}

#[tokio::test]
async fn a_fault_that_never_responds_is_not_ended_by_the_gateway() {
    let api = Arc::new(Api::of(impatient()).await);
    api.fail_next("sendSms", Fault::never_respond(Commit::After));
    api.fail_next("sendSms", Fault::respond_late(AN_HOUR, Commit::After));
    let waiting = tokio::spawn({
        let api = Arc::clone(&api);
        async move {
            let query = [("from", api.number()), ("to", CUSTOMER), ("text", "Hello")];
            let request = api.request("POST", "/message/sendsms").query(&query);
            request.send().await
        }
    });
    while api.sent_messages().is_empty() {
        tokio::task::yield_now().await;
    }

    // It came later, and has timed out.
    assert_eq!(send(&api).await.0, 504);
    assert!(!waiting.is_finished());

    api.stop_failing();
    assert!(waiting.await.unwrap().is_err());
}

/// A callback that passes the handshake when it is told to.
fn slow_callback(go_on: Arc<Notify>) -> Router {
    async fn handshake(
        State(go_on): State<Arc<Notify>>,
        headers: HeaderMap,
    ) -> Result<HeaderMap, Infallible> {
        go_on.notified().await;
        let token = headers.get("validation-token").cloned();
        let token = token.map(|token| ("validation-token".parse().unwrap(), token));
        Ok(HeaderMap::from_iter(token))
    }
    Router::new()
        .route("/hook", get(handshake))
        .with_state(go_on)
}

#[tokio::test]
async fn a_slow_handshake_is_the_gateways_504_and_the_subscription_is_made_later() {
    let api = Api::of(impatient().allow_machine_subscriptions(true)).await;
    let patient = json!({"deliveries": {"timeout_milliseconds": 3_600_000}});
    assert_eq!(api.control("PATCH", "/settings", patient).await.0, 200);
    let go_on = Arc::new(Notify::new());
    let callback = slow_callback(Arc::clone(&go_on));
    api.serve_callback("https://callback.test/", callback)
        .unwrap();

    let uri = "https://callback.test/hook";
    let body = json!({"uri": uri, "eventFilters": [api.filter(INBOUND)]});
    let (status, error) = api.post("/webhooksubscription", body).await;

    assert_eq!((status, error), (504, timed_out()));
    assert!(api.subscriptions().is_empty());
    go_on.notify_one();
    api.requests_settled().await;
    assert_eq!(api.subscriptions()[0]["uri"], uri);
}

#[tokio::test]
async fn a_subscription_gets_no_events_after_its_end_until_it_is_renewed() {
    let builder = Sandbox::builder().contacts(0);
    let api = Api::of(builder.allow_machine_subscriptions(true)).await;
    let short = json!({"subscription_lifetime_seconds": 60});
    assert_eq!(api.control("PATCH", "/settings", short).await.0, 200);
    let receiver = Receiver::start().await;
    let subscribe = async || {
        let body = json!({"uri": receiver.uri, "eventFilters": [api.filter(INBOUND)]});
        api.post("/webhooksubscription", body).await
    };
    let (_, made) = subscribe().await;
    assert_eq!(made["expiresIn"], 60);
    let texted = async || {
        let text = api.customer_texts(CUSTOMER, api.number(), "Hello").await;
        text.unwrap();
        api.deliveries_settled().await;
        api.deliveries().len()
    };

    api.advance(Duration::from_secs(59));
    assert_eq!(texted().await, 1);
    api.advance(Duration::from_secs(1));
    assert_eq!(texted().await, 1);
    assert_eq!(api.subscriptions()[0]["status"], "ACTIVE");
    subscribe().await;
    assert_eq!(texted().await, 2);
}

#[tokio::test]
async fn settings_that_make_no_sense_are_rejected_and_named() {
    let api = Api::start().await;
    for (change, named) in [
        (
            json!({"integration_timeout_milliseconds": 0}),
            "integration timeout",
        ),
        (json!({"multisite": "yes"}), "boolean"),
        (json!({"deliveries": {"wait_factor": 0.5}}), "factor"),
        (json!({"deliveries": {"wait_factor": 101}}), "factor"),
    ] {
        let (status, error) = api.control("PATCH", "/settings", change).await;
        assert_eq!(status, 400);
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(named), "{message}");
    }
}
