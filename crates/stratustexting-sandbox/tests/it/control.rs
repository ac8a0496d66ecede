//! Controlling the sandbox over HTTP, and the ledger.

use serde_json::{Value, json};
use stratustexting_sandbox::{Sandbox, ScriptedResponse};

use crate::support::{Api, CUSTOMER, fetch};

#[tokio::test]
async fn the_ledger_has_requests_as_they_arrived() {
    let api = Api::start().await;
    let raw = "/message/sendsms?from=%2b12025550100&to=%2B1303%355550123&text=a+b%20c";
    let request = api
        .request("POST", raw)
        .header("X-Odd", "1")
        .body("body \u{e9}");
    fetch(request).await;

    let entry = api.ledger().pop().unwrap();
    assert_eq!(
        (entry.sequence, entry.operation.as_deref()),
        (1, Some("sendSms"))
    );
    assert_eq!(entry.path, "/stratustexting-prod/message/sendsms");
    assert_eq!(
        entry.query.as_deref(),
        raw.split_once('?').map(|(_, query)| query)
    );
    assert_eq!(entry.header("x-odd"), Some("1"));
    assert_eq!(entry.header("x-api-key"), Some(api.api_key()));
    assert_eq!(&entry.body[..], "body \u{e9}".as_bytes());
    assert_eq!(entry.status, 200);
    assert!(!format!("{entry:?}").contains("5550123"), "{entry:?}");

    let (_, over_http) = api.control("GET", "/ledger?since=1", Value::Null).await;
    assert_eq!(over_http.as_array().unwrap().len(), 1);
    assert_eq!(over_http[0]["query"], json!(entry.query));
    assert_eq!(over_http[0]["body"], "body \u{e9}");
    assert!(
        over_http[0]["headers"]
            .as_array()
            .unwrap()
            .contains(&json!(["x-odd", "1"]))
    );

    assert_eq!(api.control("DELETE", "/ledger", Value::Null).await.0, 204);
    assert!(api.ledger().is_empty());
    api.call("GET", "/site/all").await;
    assert_eq!(api.ledger()[0].sequence, 2, "the numbers go on");
}

#[tokio::test]
async fn responses_are_scripted_in_order_and_skip_all_checks() {
    let api = Api::start().await;
    api.respond_next(
        "listSites",
        ScriptedResponse::new(503).header("retry-after", "7"),
    );
    let scripted = json!({
        "operation": "listSites", "status": 429,
        "headers": {"x-a": "b"}, "body": {"message": "Too Many Requests"},
    });
    assert_eq!(api.control("POST", "/responses", scripted).await.0, 204);

    let first = api.bare("GET", "/site/all").send().await.unwrap();
    let second = api.bare("GET", "/site/all").send().await.unwrap();

    assert_eq!(
        (first.status().as_u16(), &first.headers()["retry-after"]),
        (503, &"7".parse().unwrap())
    );
    assert_eq!(second.headers()["x-a"], "b");
    let body: Value = second.json().await.unwrap();
    assert_eq!(body, json!({"message": "Too Many Requests"}));
    assert_eq!(api.call("GET", "/site/all").await.0, 200);

    for wrong in [
        json!({"operation": "listSite", "status": 200}),
        json!({"operation": "listSites", "status": 20}),
        json!({"operation": "listSites", "status": 200, "headers": {"a b": "c"}}),
    ] {
        let (status, error) = api.control("POST", "/answers", wrong.clone()).await;
        assert_eq!(status, 400, "{wrong}");
        assert!(error["message"].is_string());
    }
    let misspelt = json!({"operation": "listSites", "status": 200, "bdy": ""});
    assert_eq!(api.control("POST", "/answers", misspelt).await.0, 400);
}

#[tokio::test]
async fn everything_can_be_controlled_over_http() {
    let api = Api::start().await;
    let (_, index) = api.control("GET", "", Value::Null).await;
    assert_eq!(index["client_id"], api.client_id());
    assert_eq!(index["department_id"], api.department_id());

    let text = json!({"from": CUSTOMER, "to": api.number(), "text": "hi"});
    let (_, text) = api.control("POST", "/customer/messages", text).await;
    let path = format!("/message/getmessagebyid/{}", text["id"].as_str().unwrap());
    assert_eq!(api.call("GET", &path).await.1["text"], "hi");
    let text = json!({"from": "x", "to": api.number(), "text": "hi"});
    let (status, error) = api.control("POST", "/customer/messages", text).await;
    assert_eq!(status, 400);
    assert!(error["message"].as_str().unwrap().contains("'from'"));

    let query = [("from", api.number()), ("to", CUSTOMER), ("text", "out")];
    fetch(api.request("POST", "/message/sendsms").query(&query)).await;
    let (_, sent) = api.control("GET", "/messages", Value::Null).await;
    assert_eq!(sent[0]["text"], "out");
    assert_eq!(
        api.control("GET", "/deliveries", Value::Null).await.1,
        json!([])
    );

    let client = json!({"name": "Other", "grants": ["client_credentials"]});
    let (_, client) = api.control("POST", "/clients", client).await;
    assert_eq!(client["client_id"].as_str().unwrap().len(), 26);
    let (status, _) = api
        .control("POST", "/clients", json!({"scopes": ["x"]}))
        .await;
    assert_eq!(status, 400);

    let (_, contact) = api
        .post("/contact", json!({"mobileNumber": CUSTOMER}))
        .await;
    let path = format!("/contacts/{}", contact["id"].as_str().unwrap());
    assert_eq!(api.control("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(api.control("DELETE", &path, Value::Null).await.0, 404);

    for (path, body) in [
        ("/clock/advance", json!({"seconds": 3_601})),
        ("/tokens/expire", Value::Null),
        ("/tokens/revoke", json!({"kind": "access"})),
    ] {
        let api = Api::start().await;
        assert_eq!(api.call("GET", "/site/all").await.0, 200);
        assert_eq!(api.control("POST", path, body).await.0, 204);
        assert_eq!(api.call("GET", "/site/all").await.0, 401, "{path}");
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_sandbox() {
    let some = async |seed| {
        let api = Api::of(Sandbox::builder().contacts(30).seed(seed)).await;
        let (_, contacts) = api.call("GET", "/contact/all?size=30").await;
        let credentials = [
            api.client_id(),
            api.client_secret(),
            api.api_key(),
            api.password(),
        ];
        (contacts, credentials.map(str::to_owned))
    };

    let (one, same, other) = (some(7).await, some(7).await, some(8).await);

    assert_eq!(one, same);
    assert_ne!(one.0, other.0);
    assert!(one.1.iter().zip(&other.1).all(|(a, b)| a != b));
}

#[tokio::test]
async fn a_sandbox_stops_when_it_is_dropped() {
    let api = Api::start().await;
    let (http, url) = (api.http.clone(), api.control_url().to_owned());
    drop(api);

    let ended = async || http.get(&url).send().await.is_err();
    while !ended().await {
        tokio::task::yield_now().await;
    }
}
