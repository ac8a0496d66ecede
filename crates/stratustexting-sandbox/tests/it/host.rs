//! The address that the sandbox listens on, and who may use its control API.

use std::net::Ipv4Addr;

use http::HeaderMap;
use serde_json::{Value, json};
use stratustexting_sandbox::Sandbox;

use crate::support::{Api, fetch, http};

const PAGE: &str = "http://localhost:5173";

/// A request to the control API with these headers: its status and body.
async fn control(
    api: &Api,
    method: &str,
    path: &str,
    headers: &[(&'static str, &str)],
) -> (u16, Value) {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    let url = format!("{}{path}", api.control_url());
    let request = api.http.request(method.parse().unwrap(), url);
    let body = json!({"operation": "listSites", "status": 503});
    fetch(request.headers(headers).body(body.to_string())).await
}

#[tokio::test]
async fn a_page_of_another_origin_cannot_drive_the_sandbox() {
    let api = Api::start().await;

    for origin in ["http://evil.example", "null", PAGE] {
        let headers = [("origin", origin), ("content-type", "text/plain")];
        let (status, error) = control(&api, "POST", "/answers", &headers).await;

        assert_eq!(status, 403, "{origin}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("--allow-origin"), "{message}");
    }
    assert_eq!(api.call("GET", "/site/all").await.0, 200);
}

#[tokio::test]
async fn a_page_of_an_allowed_origin_or_of_the_sandbox_may_drive_it() {
    let api = Api::of(Sandbox::builder().contacts(0).allow_origin(PAGE)).await;
    let own = api.control_url().trim_end_matches("/control");

    for origin in [PAGE, own] {
        let (status, _) = control(&api, "POST", "/answers", &[("origin", origin)]).await;

        assert_eq!(status, 204, "{origin}");
        assert_eq!(api.call("GET", "/site/all").await.0, 503);
    }
}

/// A page can make its name lead to the sandbox's address; then its origin is the sandbox's.
#[tokio::test]
async fn a_name_that_leads_to_the_sandbox_is_no_way_into_its_control_api() {
    let api = Api::start().await;

    for (method, path) in [
        ("GET", ""),
        ("GET", "/"),
        ("GET", "/ledger"),
        ("POST", "/answers"),
        ("GET", "/unknown"),
        ("PUT", "/ledger"),
    ] {
        let headers = [
            ("host", "evil.example:8080"),
            ("origin", "http://evil.example:8080"),
        ];
        let (status, body) = control(&api, method, path, &headers).await;

        assert_eq!(status, 403, "{method} {path}");
        let message = body["message"].as_str().unwrap();
        assert!(message.contains("evil.example"), "{message}");
        assert!(message.contains("--allow-host"), "{message}");
        assert!(!body.to_string().contains(api.client_secret()));
    }
    assert_eq!(api.call("GET", "/site/all").await.0, 200);
    let gateway = api.request("GET", "/site/all");
    let (status, _) = fetch(gateway.header("host", "evil.example")).await;
    assert_eq!(status, 200, "the API has credentials of its own");
}

#[tokio::test]
async fn the_index_has_the_urls_by_which_it_was_reached() {
    let builder = Sandbox::builder().contacts(0);
    let api = Api::of(builder.allow_host("sandbox")).await;

    let (status, index) = control(&api, "GET", "", &[("host", "sandbox:8080")]).await;

    assert_eq!(status, 200);
    assert_eq!(index["api_base"], "http://sandbox:8080/stratustexting-prod");
    assert_eq!(index["token_url"], "http://sandbox:8080/oauth2/token/");
    assert_eq!(index["control_url"], "http://sandbox:8080/control");
    assert_eq!(index["client_id"], api.client_id());
    let (_, index) = control(&api, "GET", "", &[]).await;
    assert_eq!(index["api_base"], api.api_base());
}

#[tokio::test]
async fn an_allowed_host_must_be_a_name() {
    for wrong in ["", "http://sandbox", "sandbox:8080", "127.0.0.1", "a b"] {
        let builder = Sandbox::builder().contacts(0).allow_host(wrong);
        assert!(builder.start().await.is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn by_default_only_the_loopback_address_is_listened_on_and_others_on_demand() {
    let default = Sandbox::builder().contacts(0).start().await.unwrap();
    let all = Sandbox::builder().contacts(0).host(Ipv4Addr::UNSPECIFIED);
    let all = all.start().await.unwrap();

    assert!(all.api_base().starts_with("http://127.0.0.1:"));
    assert!(http().get(all.control_url()).send().await.is_ok());
    // Another address of this machine; only Linux has it without being configured to.
    if cfg!(target_os = "linux") {
        let other = |url: &str| url.replace("127.0.0.1", "127.0.0.2");
        let (status, index) = fetch(http().get(other(all.control_url()))).await;
        assert_eq!(status, 200);
        assert_eq!(index["api_base"], other(all.api_base()));
        let refused = http().get(other(default.control_url())).send().await;
        assert!(refused.unwrap_err().is_connect());
    }
    // Closed and opened again, it is the same address.
    all.refuse_connections(true).unwrap();
    all.refuse_connections(false).unwrap();
    assert!(http().get(all.control_url()).send().await.is_ok());
}

/// The address is reserved for documentation.
#[tokio::test]
async fn an_address_that_the_machine_does_not_have_is_named() {
    let builder = Sandbox::builder().contacts(0).host([203, 0, 113, 1]);

    let error = builder.port(8_080).start().await.unwrap_err().to_string();

    assert_eq!(error, "can't listen on port 8080 of 203.0.113.1");
}
