//! Requests that are too long for the gateway or not UTF-8, and many contacts.

use serde_json::{Value, json};
use stratustexting_sandbox::Sandbox;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Api, CUSTOMER, fetch};

impl Api {
    /// Path and query of an SMS, of this length.
    fn target(&self, length: usize) -> String {
        let from = self.number().replace('+', "%2B");
        let to = CUSTOMER.replace('+', "%2B");
        let start = format!("/stratustexting-prod/message/sendsms?from={from}&to={to}&text=");
        let (emoji, letters) = ((length - start.len()) / 12, (length - start.len()) % 12);
        let text = "%F0%9F%98%80".repeat(emoji) + &"a".repeat(letters);
        format!("{start}{text}")
    }

    /// Sends a target as it is: no HTTP client would send the longest. Returns status, head
    /// and body.
    async fn send_raw(&self, target: &str) -> (u16, String, Value) {
        let (host, _) = self.api_base()[7..].split_once('/').unwrap();
        let request = format!(
            "POST {target} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\nx-api-key: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            self.token,
            self.api_key()
        );
        let mut connection = TcpStream::connect(host).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        connection.read_to_string(&mut response).await.unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = serde_json::from_str(body).unwrap_or_else(|_| panic!("{head}: {body:?}"));
        (status, head.to_lowercase(), body)
    }
}

#[tokio::test]
async fn a_url_that_is_too_long_is_rejected_by_the_gateway_and_not_carried_out() {
    let api = Api::start().await;

    assert_eq!(api.target(8_192).len(), 8_192);
    assert_eq!(api.send_raw(&api.target(8_192)).await.0, 200);
    api.clear_ledger();
    for length in [8_193, 19_302, 61_000, 65_600, 108_102, 900_000] {
        let (status, head, body) = api.send_raw(&api.target(length)).await;

        assert_eq!(status, 414, "{length}");
        assert!(body["message"].is_string(), "{length}");
        for header in [
            "x-amzn-errortype: ",
            "x-amzn-requestid: ",
            "content-type: application/json",
        ] {
            assert!(head.contains(header), "{length}: {header}");
        }
        let entry = api.take_ledger().pop().unwrap();
        assert_eq!(entry.operation.as_deref(), Some("sendSms"));
        assert_eq!((entry.status, entry.carried_out), (414, false), "{length}");
    }
    assert_eq!(api.sent_messages().len(), 1);
    assert!(api.broken_requests().is_empty());
}

#[tokio::test]
async fn the_longest_url_can_be_set() {
    let api = Api::of(Sandbox::builder().contacts(0).max_url(200)).await;
    assert_eq!(api.send_raw(&api.target(200)).await.0, 200);
    assert_eq!(api.send_raw(&api.target(201)).await.0, 414);

    let change = json!({"max_url": 20_000});
    assert_eq!(api.control("PATCH", "/settings", change).await.0, 200);
    assert_eq!(api.send_raw(&api.target(19_000)).await.0, 200);
    assert_eq!(api.sent_messages()[1].text.chars().next(), Some('😀'));
    assert_eq!(api.send_raw(&api.target(20_001)).await.0, 414);
}

#[tokio::test]
async fn a_request_that_is_not_utf_8_is_rejected_and_not_carried_out() {
    let api = Api::start().await;
    let numbers = "from=%2B12025550100&to=%2B13035550123";
    for (path, named) in [
        (format!("/message/sendsms?{numbers}&text=%FF%FE"), "'text'"),
        (format!("/message/sendsms?{numbers}&text=a&%FF=b"), "name"),
        (
            format!("/message/sendsms/a%FFb@example.com?{numbers}&text=a"),
            "Path",
        ),
    ] {
        let (status, error) = api.call("POST", &path).await;

        assert_eq!(status, 400, "{path}");
        assert!(
            error["message"].as_str().unwrap().contains(named),
            "{error}"
        );
        assert!(!api.ledger().pop().unwrap().carried_out);
    }
    assert!(api.sent_messages().is_empty());

    let form = "grant_type=client_credentials&scope=%FF";
    let request = api.http.post(api.token_url()).body(form);
    let request = request.basic_auth(api.client_id(), Some(api.client_secret()));
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let (status, error) = fetch(request).await;
    assert_eq!((status, &error["error"]), (400, &json!("invalid_request")));
}

#[tokio::test]
async fn a_hundred_thousand_contacts_are_all_there() {
    let api = Api::of(Sandbox::builder().contacts(100_000)).await;

    let (_, last) = api.call("GET", "/contact/all?size=1&page=99999").await;

    assert_eq!(last["totalElements"], 100_000);
    let contact = &last["content"][0];
    let number = contact["mobileNumber"]
        .as_str()
        .unwrap()
        .replace('+', "%2B");
    let (_, found) = api.call("GET", &format!("/contact/mobile/{number}")).await;
    assert_eq!(found["id"], contact["id"]);
}
