//! A clock that stands still, and runs that repeat byte for byte.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use stratustexting_sandbox::{Builder, Sandbox};

use crate::support::{Api, CUSTOMER, Callback};

fn start() -> DateTime<Utc> {
    "2026-01-01T09:00:00Z".parse().unwrap()
}

fn builder(seed: u64) -> Builder {
    Sandbox::builder().contacts(5).seed(seed).clock(start())
}

/// The whole response, except for its `Date` and for where it was.
async fn raw(request: RequestBuilder) -> String {
    let response = request.send().await.unwrap();
    let id = response.headers().get("x-amzn-requestid").cloned();
    let (status, body) = (response.status(), response.text().await.unwrap());
    format!("{status} {id:?} {body}")
}

/// Every kind of request that makes ids, tokens or times.
async fn run(seed: u64, callback: &mut Callback) -> Vec<String> {
    let api = Api::of_user(builder(seed)).await;
    let mut all = vec![api.token.clone(), api.connection_json()];
    // The port is another one each time.
    all[1] = all[1].replace(&api.control_url().replace("/control", ""), "");
    let filters = [
        api.filter("message?direction=outbound"),
        api.filter("contact?event=create"),
    ];
    let number = json!({"mobileNumber": CUSTOMER});
    let sms = [("from", api.number()), ("to", CUSTOMER), ("text", "Hello")];
    for request in [
        api.request("POST", "/webhooksubscription")
            .json(&json!({"uri": callback.uri, "eventFilters": filters})),
        api.request("POST", "/contact").json(&number),
        api.request("POST", "/customconsent")
            .json(&json!({"name": "News"})),
        api.request("POST", "/message/sendsms").query(&sms),
        api.request("GET", "/contact/all"),
        api.request("GET", "/contact/nowhere"),
        api.bare("GET", "/site/all"),
        api.http
            .post(api.token_url())
            .basic_auth(api.client_id(), Some(api.client_secret()))
            .form(&[("grant_type", "client_credentials")]),
    ] {
        all.push(raw(request).await);
    }
    for _ in 0..2 {
        all.push(callback.events.recv().await.unwrap().to_string());
    }
    api.deliveries_settled().await;
    api.advance(Duration::from_secs(90));
    all.push(raw(api.request("POST", "/contact").json(&number)).await);
    let messages = api.control("GET", "/messages", Value::Null).await;
    all.push(messages.1.to_string());
    all
}

#[tokio::test]
async fn the_same_requests_get_the_same_responses_byte_for_byte() {
    let mut callback = Callback::start().await;

    let (first, second) = (run(3, &mut callback).await, run(3, &mut callback).await);
    let other = run(4, &mut callback).await;

    assert_eq!(first, second);
    let all = first.join("\n");
    assert!(
        all.contains("2026-01-01T09:00:00.000Z") && all.contains("2026-01-01T09:01:30"),
        "{all}"
    );
    assert!(first.iter().zip(&other).filter(|(a, b)| a == b).count() < 3);
}

#[tokio::test]
async fn the_clock_stands_still_runs_and_is_set_over_http() {
    let api = Api::of(builder(0)).await;
    let clock = async |body: Value| {
        let method = if body.is_null() { "GET" } else { "POST" };
        api.control(method, "/clock", body).await
    };
    let at = |time: &str, frozen: bool| (200, json!({"time": time, "frozen": frozen}));

    assert_eq!(
        clock(Value::Null).await,
        at("2026-01-01T09:00:00.000Z", true)
    );
    api.control("POST", "/clock/advance", json!({"seconds": 30}))
        .await;
    assert_eq!(
        clock(Value::Null).await,
        at("2026-01-01T09:00:30.000Z", true)
    );
    let set = clock(json!({"time": "2031-05-06T07:08:09+02:00", "frozen": true})).await;
    assert_eq!(set, at("2031-05-06T05:08:09.000Z", true));
    let far = json!({"time": "+262142-12-31T23:59:58Z", "frozen": true});
    assert_eq!(clock(far).await.0, 400);
    let (_, runs) = clock(json!({"frozen": false})).await;
    assert_eq!(runs["frozen"], false);
    assert!(
        runs["time"]
            .as_str()
            .unwrap()
            .starts_with("2031-05-06T05:08:"),
        "{runs}"
    );
    assert_eq!(clock(json!({"frozen": true})).await.1["frozen"], true);
    assert_eq!(clock(Value::Null).await, clock(Value::Null).await);
    let (status, error) = clock(json!({"time": "tomorrow", "frozen": true})).await;
    assert_eq!(status, 400);
    assert!(
        error["message"].as_str().unwrap().contains("can't be read"),
        "{error}"
    );
    // The token was issued in 2026.
    assert_eq!(api.call("GET", "/site/all").await.0, 401);
}
