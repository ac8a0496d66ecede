//! Pages in a browser that call the sandbox.

use http::HeaderMap;
use serde_json::json;
use stratustexting_sandbox::Sandbox;

use crate::support::Api;

const PAGE: &str = "http://localhost:5173";

/// What a browser sends ahead of a request with credentials.
async fn preflight(api: &Api, origin: &str) -> (u16, HeaderMap) {
    let request = api
        .bare("OPTIONS", "/site/all")
        .header("origin", origin)
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "authorization,x-api-key");
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.headers().clone())
}

#[tokio::test]
async fn no_origin_is_allowed_by_default() {
    let api = Api::start().await;

    let (status, headers) = preflight(&api, PAGE).await;
    let response = api.request("GET", "/site/all").header("origin", PAGE);
    let response = response.send().await.unwrap();

    assert_eq!(status, 403);
    for headers in [&headers, response.headers()] {
        assert!(!headers.contains_key("access-control-allow-origin"));
    }
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_may_call_and_another_may_not() {
    let builder = Sandbox::builder().contacts(0).allow_origin(PAGE);
    let api = Api::of(builder.allow_origin("http://127.0.0.1:3000")).await;
    api.clear_ledger();

    let (status, headers) = preflight(&api, PAGE).await;
    assert_eq!(status, 200);
    assert_eq!(headers["access-control-allow-origin"], PAGE);
    assert_eq!(
        headers["access-control-allow-headers"],
        "authorization,x-api-key"
    );
    let methods = headers["access-control-allow-methods"].to_str().unwrap();
    assert!(
        methods.contains("PATCH") && methods.contains("GET"),
        "{methods}"
    );
    let (_, headers) = preflight(&api, "http://evil.example").await;
    assert!(!headers.contains_key("access-control-allow-origin"));
    assert!(
        api.ledger().is_empty(),
        "a preflight request isn't recorded"
    );
    api.requests_settled().await;
    assert!(api.broken_requests().is_empty());

    let response = api.request("GET", "/site/all").header("origin", PAGE);
    let response = response.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["access-control-allow-origin"], PAGE);
    let shown = response.headers()["access-control-expose-headers"]
        .to_str()
        .unwrap();
    assert!(shown.contains("x-amzn-errortype"), "{shown}");
    assert_eq!(api.ledger().len(), 1);
}

#[tokio::test]
async fn every_origin_can_be_allowed_and_an_invalid_one_is_an_error() {
    let api = Api::of(Sandbox::builder().contacts(0).allow_origin("*")).await;
    let (_, headers) = preflight(&api, PAGE).await;
    assert_eq!(headers["access-control-allow-origin"], "*");
    let (status, _) = api.control("GET", "", json!(null)).await;
    assert_eq!(status, 200);

    for wrong in [
        "localhost:5173",
        "http://localhost/",
        "http://localhost/page",
        "",
        "file:///",
    ] {
        let started = Sandbox::builder()
            .contacts(0)
            .allow_origin(wrong)
            .start()
            .await;
        assert!(started.is_err(), "{wrong}");
    }
}
