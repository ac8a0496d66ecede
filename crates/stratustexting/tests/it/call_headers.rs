//! The headers of one call.

use stratustexting::{CallOptions, Error};
use stratustexting_sandbox::{Entry, ScriptedResponse};

use crate::support::Watched;

const TO: &str = "+13035550123";

/// The values that a request had for a header.
fn values(entry: &Entry, name: &str) -> Vec<String> {
    let values = entry.headers.iter().filter(|(header, _)| header == name);
    values
        .map(|(_, value)| String::from_utf8(value.clone()).unwrap())
        .collect()
}

#[tokio::test]
async fn a_calls_header_is_on_its_requests_and_on_no_others() {
    let sandbox = Watched::start().await;
    let builder = sandbox.builder().credentials(sandbox.machine());
    let builder = builder.sender(sandbox.number()).header("x-team", "all");
    let client = builder.build().unwrap();

    let sent = client
        .messages()
        .send_sms(TO, "Hello, you")
        .header("X-Request-Id", "first")
        .header("x-request-id", "order-17")
        .header("x-team", "one")
        .header("accept", "application/vnd.example+json")
        .await
        .unwrap();
    client.sites().list().next_item().await.unwrap();

    assert!(sent.request_id().is_some_and(|id| !id.is_empty()));
    let ledger = sandbox.ledger();
    let [token, send, sites] = ledger.as_slice() else {
        panic!("{} requests", ledger.len());
    };
    assert!(values(token, "x-request-id").is_empty());
    assert_eq!(values(send, "x-request-id"), ["order-17"], "none twice");
    assert_eq!(values(send, "x-team"), ["one"]);
    assert_eq!(values(send, "accept"), ["application/vnd.example+json"]);
    assert!(values(sites, "x-request-id").is_empty());
    assert_eq!(values(sites, "x-team"), ["all"]);
}

#[tokio::test]
async fn every_retry_and_every_page_has_it() {
    let sandbox = Watched::start().await;
    let client = sandbox.client();
    sandbox.respond_next("listContacts", ScriptedResponse::new(503));

    let list = client.contacts().list().page_size(10);
    let contacts = list.header("x-request-id", "import-3").collect_up_to(20);
    assert_eq!(contacts.await.unwrap().len(), 20);

    let pages = sandbox.calls();
    assert_eq!(pages.len(), 3, "a retry and two pages");
    for page in pages {
        assert_eq!(values(&page, "x-request-id"), ["import-3"]);
    }
}

#[tokio::test]
async fn a_raw_requests_own_header_replaces_that_of_its_options() {
    let sandbox = Watched::start().await;
    let options = CallOptions::new()
        .header("x-a", "options")
        .header("x-b", "options");

    let request = sandbox.client().request(http::Method::GET, "/site/all");
    let request = request.header("x-a", "own").options(options);
    request.send().await.unwrap();

    let calls = sandbox.calls();
    assert_eq!(values(&calls[0], "x-a"), ["own"]);
    assert_eq!(values(&calls[0], "x-b"), ["options"]);
}

#[tokio::test]
async fn headers_of_the_clients_own_are_refused_before_anything_is_sent() {
    let sandbox = Watched::start().await;
    let client = sandbox.client();
    let messages = client.messages().from(sandbox.number());

    for (field, name, value) in [
        ("header name", "Authorization", "Bearer canary"),
        ("header name", "X-API-Key", "canary"),
        ("header name", "content-type", "canary"),
        ("header name", "content-length", "7"),
        ("header name", "host", "canary"),
        ("header name", "", "canary"),
        ("header name", "a b", "canary"),
        ("header value", "x-request-id", ""),
        ("header value", "x-request-id", "canary\r\nx-b: c"),
    ] {
        let send = messages.send_sms(TO, "Hello, you").header(name, value);
        assert!(!format!("{send:?}").contains("canary"));
        let list = client.contacts().list().header(name, value);
        let raw = client.request(http::Method::GET, "/site/all");
        let raw = raw.options(CallOptions::new().header(name, value));

        let errors: [Error; 3] = [
            send.await.unwrap_err(),
            list.collect_up_to(1).await.unwrap_err(),
            raw.send().await.unwrap_err(),
        ];

        for error in errors {
            assert!(error.is_input(), "{name}: {error:?}");
            assert_eq!(error.field(), Some(field), "{name}");
            assert!(!error.may_have_been_sent());
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
    }
    assert!(sandbox.ledger().is_empty());
}
