//! Each fault from both sides: what a client sees on the bare connection, and what the
//! ledger says.

use std::{io::ErrorKind, time::Duration};

use serde_json::{Value, json};
use stratustexting_sandbox::{Commit, Entry, Fault, FaultPlan, Sandbox};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Api, CUSTOMER, fetch, http};

const ELSEWHERE: &str = "https://elsewhere.invalid/x";
const BOTH: [Commit; 2] = [Commit::Before, Commit::After];

/// Everything that came back on a connection until its end.
#[derive(Debug)]
struct Seen {
    bytes: Vec<u8>,
    /// `None` if the connection was closed cleanly.
    error: Option<ErrorKind>,
}

impl Seen {
    fn head(&self) -> String {
        let text = String::from_utf8_lossy(&self.bytes).into_owned();
        let (head, _) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        head.to_ascii_lowercase()
    }

    fn body(&self) -> &[u8] {
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n");
        end.map_or(&[], |end| &self.bytes[end + 4..])
    }

    fn status(&self) -> Option<u16> {
        self.head().split(' ').nth(1)?.parse().ok()
    }

    fn header(&self, wanted: &str) -> Option<String> {
        let head = self.head();
        let mut headers = head.lines().filter_map(|line| line.split_once(": "));
        let found = headers.find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value.to_owned())
    }

    fn length(&self) -> usize {
        self.header("content-length").unwrap().parse().unwrap()
    }
}

impl Api {
    async fn connect(&self) -> TcpStream {
        let url: reqwest::Url = self.api_base().parse().unwrap();
        let address = format!("127.0.0.1:{}", url.port().unwrap());
        TcpStream::connect(address).await.unwrap()
    }

    /// The bytes of a request that sends this text.
    fn sms(&self, text: &str) -> String {
        self.raw("POST", &self.sms_target(text), "")
    }

    fn sms_target(&self, text: &str) -> String {
        let from = self.number().replace('+', "%2B");
        let to = CUSTOMER.replace('+', "%2B");
        format!("/message/sendsms?from={from}&to={to}&text={text}")
    }

    fn raw(&self, method: &str, target: &str, body: &str) -> String {
        let url: reqwest::Url = self.api_base().parse().unwrap();
        format!(
            "{method} {}{target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
             X-Api-Key: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            url.path(),
            self.token,
            self.api_key(),
            body.len()
        )
    }

    /// Sends a text on its own connection.
    async fn send(&self, text: &str) -> Seen {
        self.exchange(&self.sms(text)).await
    }

    async fn exchange(&self, request: &str) -> Seen {
        let mut connection = self.connect().await;
        // The reset may come first.
        let _ = connection.write_all(request.as_bytes()).await;
        read(&mut connection).await
    }

    /// The last request, once no request is in flight.
    async fn last(&self) -> Entry {
        self.requests_settled().await;
        self.ledger().pop().unwrap()
    }

    fn texts(&self) -> Vec<String> {
        let sent = self.sent_messages().into_iter();
        sent.map(|message| message.text).collect()
    }
}

async fn read(connection: &mut TcpStream) -> Seen {
    let mut bytes = Vec::new();
    let error = connection.read_to_end(&mut bytes).await.err();
    let error = error.map(|error| error.kind());
    Seen { bytes, error }
}

/// Lets one send meet a fault after the whole request has arrived, and checks whether it
/// was carried out as the fault says.
async fn send_with(fault: Fault) -> Seen {
    let api = Api::start().await;
    api.fail_next("sendSms", fault.clone());

    let seen = api.send("once").await;

    let entry = api.last().await;
    let carried_out = fault.commit() == Some(Commit::After) || fault.name() == "respond_late";
    assert_eq!(entry.operation.as_deref(), Some("sendSms"));
    assert_eq!(entry.fault, Some(fault.name()));
    assert_eq!(entry.carried_out, carried_out, "{fault:?}");
    assert_eq!(api.texts().len(), usize::from(carried_out), "{fault:?}");
    assert!(api.broken_requests().is_empty());
    // It met exactly one request.
    assert_eq!(api.send("after").await.status(), Some(200));
    assert_eq!(api.last().await.fault, None);
    assert!(api.last().await.carried_out);
    seen
}

/// Breaks one request, and returns how many bytes the sandbox read.
async fn bytes_before_reset(fault: Fault) -> u64 {
    let api = Api::start().await;
    api.fail_next("sendSms", fault.clone());

    let seen = api.send("once").await;

    assert_eq!(seen.error, Some(ErrorKind::ConnectionReset), "{fault:?}");
    assert!(seen.bytes.is_empty());
    let [broken] = &api.broken_requests()[..] else {
        panic!("{:?}", api.broken_requests());
    };
    assert_eq!(broken.operation.as_deref(), Some("sendSms"));
    assert_eq!(broken.fault, Some(fault.name()));
    assert!(broken.target.as_deref().unwrap().ends_with("text=once"));
    assert!(!format!("{broken:?}").contains("5550123"), "{broken:?}");
    assert!(api.texts().is_empty());
    assert_eq!(api.ledger().len(), 1, "the one for the token");
    broken.bytes
}

#[tokio::test]
async fn reset_before_the_request() {
    assert!(bytes_before_reset(Fault::reset_before_request()).await > 0);
}

#[tokio::test]
async fn reset_after_some_bytes_of_the_request() {
    let api = Api::start().await;
    let (whole, line) = (api.sms("once"), api.sms_target("once"));
    let whole = whole.len() as u64;

    let first = bytes_before_reset(Fault::reset_after_request_bytes(1)).await;
    assert!(first > line.len() as u64, "the first line is needed");
    assert_eq!(
        bytes_before_reset(Fault::reset_after_request_bytes(whole - 1)).await,
        whole
    );
    assert_eq!(
        bytes_before_reset(Fault::reset_after_request_bytes(u64::MAX)).await,
        whole
    );
}

#[tokio::test]
async fn reset_in_the_middle_of_a_large_body() {
    let api = Api::start().await;
    api.fail_next("upsertContact", Fault::reset_after_request_bytes(50_000));
    let name = "x".repeat(200_000);
    let body = json!({"mobileNumber": CUSTOMER, "firstName": name}).to_string();

    let seen = api.exchange(&api.raw("POST", "/contact/", &body)).await;

    assert_eq!(seen.error, Some(ErrorKind::ConnectionReset));
    let broken = api.broken_requests();
    assert_eq!(broken.len(), 1, "{:?}", api.ledger());
    assert_eq!(broken[0].bytes, 50_000);
}

#[tokio::test]
async fn reset_of_a_connection_before_anything_of_it_is_read() {
    let api = Api::start().await;
    api.fail_next("connection", Fault::reset_before_request());

    let seen = api.send("once").await;

    assert_eq!(seen.error, Some(ErrorKind::ConnectionReset));
    assert!(seen.bytes.is_empty() && api.texts().is_empty());
    let broken = api.broken_requests();
    assert_eq!((broken.len(), broken[0].bytes), (1, 0));
    assert_eq!(broken[0].operation.as_deref(), Some("sendSms"));
    let target = broken[0].target.as_deref().unwrap();
    assert!(
        target.contains("text=once"),
        "peeked at, so that the request is known"
    );
    assert_eq!(api.send("after").await.status(), Some(200));
}

#[tokio::test]
async fn reset_before_the_response() {
    for commit in BOTH {
        let seen = send_with(Fault::reset_before_response(commit)).await;
        assert_eq!(seen.error, Some(ErrorKind::ConnectionReset));
        assert!(seen.bytes.is_empty());
    }
}

#[tokio::test]
async fn reset_after_the_headers() {
    for commit in BOTH {
        let seen = send_with(Fault::reset_after_headers(commit)).await;
        assert_eq!(seen.error, Some(ErrorKind::ConnectionReset));
        assert_eq!(seen.status(), Some(200));
        assert!(seen.bytes.ends_with(b"\r\n\r\n"));
        assert!(seen.length() > 0);
    }
}

#[tokio::test]
async fn half_a_body_then_a_reset_or_a_close() {
    for commit in BOTH {
        let seen = send_with(Fault::reset_in_body(commit)).await;
        assert_eq!(seen.error, Some(ErrorKind::ConnectionReset));
        assert_eq!(seen.body().len(), seen.length() / 2);

        let seen = send_with(Fault::truncated_body(commit)).await;
        assert_eq!(seen.error, None);
        assert_eq!(seen.body().len(), seen.length() / 2);
    }
}

#[tokio::test]
async fn a_response_without_a_body_gets_one_to_cut() {
    let api = Api::start().await;
    api.respond_next(
        "sendSms",
        stratustexting_sandbox::ScriptedResponse::new(204),
    );
    api.fail_next("sendSms", Fault::truncated_body(Commit::After));

    let seen = api.send("once").await;

    assert_eq!((seen.status(), seen.length()), (Some(200), 64));
    assert_eq!(seen.body().len(), 32);
    assert!(
        !api.last().await.carried_out,
        "the scripted response carries nothing out"
    );
}

#[tokio::test]
async fn no_response_until_the_client_closes_the_connection() {
    for commit in BOTH {
        let api = Api::start().await;
        api.fail_next("sendSms", Fault::never_respond(commit));
        let mut connection = api.connect().await;
        connection
            .write_all(api.sms("once").as_bytes())
            .await
            .unwrap();
        // There is no event to wait for: a late response could only be missed. Another
        // request gets its response meanwhile.
        assert_eq!(api.send("other").await.status(), Some(200));
        let mut space = [0];
        let none_yet = connection.try_read(&mut space).unwrap_err();
        assert_eq!(none_yet.kind(), ErrorKind::WouldBlock);
        drop(connection);

        api.requests_settled().await;
        let entries = api.ledger();
        let entry = entries.iter().find(|entry| entry.fault.is_some()).unwrap();
        assert_eq!((entry.fault, entry.status), (Some("never_respond"), 0));
        assert_eq!(entry.carried_out, commit == Commit::After);
        let once = api.texts().iter().filter(|text| *text == "once").count();
        assert_eq!(once, usize::from(commit == Commit::After));
    }
}

#[tokio::test]
async fn a_request_without_a_response_ends_when_faults_are_stopped() {
    let api = Api::start().await;
    api.fail_next("sendSms", Fault::never_respond(Commit::After));
    let mut connection = api.connect().await;
    connection
        .write_all(api.sms("once").as_bytes())
        .await
        .unwrap();
    while api.texts().is_empty() {
        tokio::task::yield_now().await;
    }

    api.stop_failing();

    let seen = read(&mut connection).await;
    assert_eq!(seen.error, Some(ErrorKind::ConnectionReset));
    assert!(seen.bytes.is_empty());
}

#[tokio::test]
async fn a_sandbox_stops_despite_a_request_without_a_response() {
    let api = Api::start().await;
    api.fail_next("sendSms", Fault::never_respond(Commit::Before));
    let mut connection = api.connect().await;
    connection
        .write_all(api.sms("once").as_bytes())
        .await
        .unwrap();
    // When another request is done, it has arrived or is about to: it must end either way.
    assert_eq!(api.send("other").await.status(), Some(200));
    drop(api);

    assert!(read(&mut connection).await.bytes.is_empty());
}

#[tokio::test]
async fn a_late_response() {
    for commit in BOTH {
        let delay = Duration::from_millis(40);
        let start = std::time::Instant::now();
        let seen = send_with(Fault::respond_late(delay, commit)).await;
        assert!(start.elapsed() >= delay);
        assert_eq!((seen.status(), seen.error), (Some(200), None));
        assert!(seen.body().ends_with(b"Successfully\"}"));
    }
}

#[tokio::test]
async fn a_late_request_is_carried_out_although_the_client_closed_the_connection() {
    for commit in BOTH {
        let api = Api::start().await;
        let fault = Fault::respond_late(Duration::from_millis(30), commit);
        api.fail_next("sendSms", fault);
        let mut connection = api.connect().await;
        connection
            .write_all(api.sms("once").as_bytes())
            .await
            .unwrap();
        while api.ledger().len() < 2 {
            tokio::task::yield_now().await;
        }
        drop(connection);

        let entry = api.last().await;
        assert!(entry.carried_out, "{commit:?}");
        assert_eq!(api.texts(), ["once"]);
    }
}

#[tokio::test]
async fn statuses_with_and_without_retry_after() {
    for commit in BOTH {
        for status in [400, 404, 429, 500, 502, 503, 504] {
            let seen = send_with(Fault::status(status, commit)).await;
            assert_eq!((seen.status(), seen.error), (Some(status), None));
            assert_eq!(seen.header("retry-after"), None);
        }
        let seen = send_with(Fault::status(429, commit).retry_after(7)).await;
        assert_eq!(seen.header("retry-after").as_deref(), Some("7"));
    }
}

#[tokio::test]
async fn another_content_type() {
    for commit in BOTH {
        let seen = send_with(Fault::wrong_content_type(commit)).await;
        assert_eq!((seen.status(), seen.error), (Some(200), None));
        assert_eq!(seen.header("content-type").as_deref(), Some("text/html"));
        assert!(seen.body().starts_with(b"<!doctype html>"));
    }
}

#[tokio::test]
async fn an_oversized_body_is_valid_json() {
    for commit in BOTH {
        let seen = send_with(Fault::oversized_body(300_000, commit)).await;
        assert_eq!((seen.length(), seen.body().len()), (300_000, 300_000));
        assert!(serde_json::from_slice::<Value>(seen.body()).is_ok());
    }
}

#[tokio::test]
async fn redirects() {
    for commit in BOTH {
        for status in [301, 302, 303, 307, 308] {
            let seen = send_with(Fault::redirect(status, ELSEWHERE, commit)).await;
            assert_eq!((seen.status(), seen.error), (Some(status), None));
            assert_eq!(seen.header("location").as_deref(), Some(ELSEWHERE));
        }
    }
}

#[tokio::test]
async fn the_second_request_of_a_connection_meets_its_fault_too() {
    let api = Api::start().await;
    let request = api.sms("one").replace("Connection: close\r\n", "");
    let mut connection = api.connect().await;
    for fault in [
        None,
        Some(Fault::respond_late(Duration::ZERO, Commit::After)),
    ] {
        fault
            .into_iter()
            .for_each(|fault| api.fail_next("sendSms", fault));
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut response = Vec::new();
        while !response.ends_with(b"Successfully\"}") {
            assert!(connection.read_buf(&mut response).await.unwrap() > 0);
        }
    }
    api.fail_next("sendSms", Fault::reset_before_request());
    connection.write_all(request.as_bytes()).await.unwrap();

    let error = read(&mut connection).await.error;

    assert_eq!(error, Some(ErrorKind::ConnectionReset));
    let faults: Vec<_> = api.ledger().iter().map(|entry| entry.fault).collect();
    assert_eq!(faults, [None, None, Some("respond_late")]);
    assert_eq!(api.broken_requests()[0].bytes, request.len() as u64);
}

#[tokio::test]
async fn a_connection_that_is_closed_in_the_middle_leaves_a_broken_request() {
    for cut in [10, 200] {
        let api = Api::start().await;
        let request = api.sms("once");
        let mut connection = api.connect().await;
        connection
            .write_all(&request.as_bytes()[..cut])
            .await
            .unwrap();
        drop(connection);
        while api.broken_requests().is_empty() {
            tokio::task::yield_now().await;
        }

        let broken = &api.broken_requests()[0];
        assert_eq!((broken.bytes, broken.fault), (cut as u64, None));
        assert_eq!(broken.operation.is_some(), cut == 200);
        assert!(api.texts().is_empty());
    }
}

#[tokio::test]
async fn connections_are_refused_and_idle_ones_closed_until_it_listens_again() {
    let api = Api::start().await;
    let mut idle = api.connect().await;
    let request = api.sms("one").replace("Connection: close\r\n", "");
    idle.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    while !response.ends_with(b"Successfully\"}") {
        assert!(idle.read_buf(&mut response).await.unwrap() > 0);
    }
    let url = api.api_base().to_owned();

    api.refuse_connections(true).unwrap();

    assert_eq!(
        api.idle_connections_closed(),
        2,
        "also the one of the token request"
    );
    assert!(read(&mut idle).await.bytes.is_empty(), "closed");
    let error = http().get(&url).send().await.unwrap_err();
    assert!(error.is_connect(), "{error}");
    assert_eq!(api.ledger().len(), 2);
    assert!(api.broken_requests().is_empty());

    api.refuse_connections(false).unwrap();
    api.refuse_connections(false).unwrap();
    assert_eq!(api.api_base(), url);
    assert_eq!(api.send("two").await.status(), Some(200));
}

#[tokio::test]
async fn a_request_in_flight_is_finished_while_connections_are_refused() {
    let api = Api::start().await;
    let late = Fault::respond_late(Duration::from_millis(30), Commit::Before);
    api.fail_next("sendSms", late);
    let mut busy = api.connect().await;
    let request = api.sms("one").replace("Connection: close\r\n", "");
    busy.write_all(request.as_bytes()).await.unwrap();
    while api.ledger().len() < 2 {
        tokio::task::yield_now().await;
    }

    api.refuse_connections(true).unwrap();

    let seen = read(&mut busy).await;
    assert_eq!((seen.status(), seen.error), (Some(200), None));
    assert_eq!(api.texts(), ["one"]);
}

#[tokio::test]
async fn the_token_endpoint_fails_too() {
    for (commit, issued) in [(Commit::Before, false), (Commit::After, true)] {
        let sandbox = Sandbox::start().await.unwrap();
        sandbox.fail_next("token", Fault::reset_before_response(commit));
        let request = http()
            .post(sandbox.token_url())
            .basic_auth(sandbox.client_id(), Some(sandbox.client_secret()))
            .form(&[("grant_type", "client_credentials")]);

        assert!(request.send().await.is_err());

        let entry = sandbox.ledger().pop().unwrap();
        assert_eq!(entry.operation.as_deref(), Some("token"));
        assert_eq!(entry.carried_out, issued);
    }
}

#[tokio::test]
async fn a_rejected_request_is_not_carried_out() {
    let api = Api::start().await;
    api.fail_next("sendSms", Fault::reset_before_response(Commit::After));
    let bad = api.sms("x").replace(&api.token, "other");
    assert!(api.exchange(&bad).await.bytes.is_empty());
    assert!(!api.last().await.carried_out);

    assert_eq!(api.exchange(&bad).await.status(), Some(401));
    assert!(!api.last().await.carried_out);
}

/// The faults that a series of sends met, and what the client saw.
async fn trace(
    seed: u64,
    texts: impl Iterator<Item = u32>,
) -> Vec<(u32, Option<&'static str>, String)> {
    let api = Api::start().await;
    let faults = Fault::every(ELSEWHERE).into_iter();
    let mut plan = FaultPlan::new(seed).probability(0.7);
    for fault in faults.filter(|fault| fault.name() != "never_respond") {
        let fault = match fault.name() {
            "oversized_body" => Fault::oversized_body(9_000, Commit::After),
            _ => fault,
        };
        plan = plan.fault(fault, 1);
    }
    api.fail_at_random(plan);
    let mut trace = Vec::new();
    for text in texts {
        let seen = api.send(&text.to_string()).await;
        api.requests_settled().await;
        let broken = api.broken_requests().pop().map(|request| request.fault);
        let entry = api.ledger().pop().unwrap();
        api.clear_ledger();
        let fault = broken.unwrap_or(entry.fault);
        trace.push((text, fault, format!("{:?} {:?}", seen.status(), seen.error)));
        // So that there is an entry to pop.
        api.call("GET", "/nowhere").await;
    }
    trace.sort_by_key(|(text, ..)| *text);
    trace
}

#[tokio::test]
async fn the_same_seed_gives_the_same_faults() {
    let forwards = trace(5, 0..60).await;

    assert_eq!(forwards, trace(5, 0..60).await);
    assert_eq!(forwards, trace(5, (0..60).rev()).await);
    assert_ne!(forwards, trace(6, 0..60).await);
    let kinds = forwards.iter().filter_map(|(_, fault, _)| *fault);
    let kinds: std::collections::BTreeSet<_> = kinds.collect();
    assert!(kinds.len() > 6, "{kinds:?}");
}

#[tokio::test]
async fn faults_can_be_stopped() {
    let api = Api::start().await;
    api.fail_at_random(FaultPlan::new(1).probability(1.0));
    api.fail_next("sendSms", Fault::reset_before_request());
    api.stop_failing();

    assert_eq!(api.send("one").await.status(), Some(200));
}

#[tokio::test]
async fn faults_are_scripted_over_http() {
    let api = Api::start().await;
    let control = async |method: &str, path: &str, body: Value| {
        let url = format!("{}{path}", api.control_url());
        fetch(api.http.request(method.parse().unwrap(), url).json(&body)).await
    };
    let fault = json!({"kind": "status", "status": 503, "retry_after": 2, "commit": "after"});
    let body = json!({"operation": "sendSms", "fault": fault});
    assert_eq!(control("POST", "/faults", body).await.0, 204);
    let broken = json!({"operation": "sendSms", "fault": {"kind": "reset_before_request"}});
    assert_eq!(control("POST", "/faults", broken.clone()).await.0, 204);

    let seen = api.send("one").await;
    assert_eq!(seen.status(), Some(503));
    assert_eq!(seen.header("retry-after").as_deref(), Some("2"));
    assert_eq!(
        api.send("two").await.error,
        Some(ErrorKind::ConnectionReset)
    );
    let (_, ledger) = control("GET", "/ledger?since=1", Value::Null).await;
    assert_eq!(ledger[0]["fault"], "status");
    assert_eq!(ledger[0]["carried_out"], true);
    let (_, list) = control("GET", "/broken", Value::Null).await;
    assert_eq!(list[0]["fault"], "reset_before_request");

    let plan = json!({"seed": 1, "probability": 1.0, "operations": ["sendSms"],
        "faults": [{"fault": {"kind": "truncated_body", "commit": "before"}}]});
    assert_eq!(control("POST", "/faults/random", plan).await.0, 204);
    let seen = api.send("three").await;
    assert_eq!(seen.body().len(), seen.length() / 2);
    assert_eq!(control("POST", "/faults", broken).await.0, 204);
    assert_eq!(control("DELETE", "/faults", Value::Null).await.0, 204);
    assert_eq!(api.send("four").await.status(), Some(200));

    for (path, bad) in [
        (
            "/faults",
            json!({"operation": "nope", "fault": {"kind": "reset_before_request"}}),
        ),
        (
            "/faults",
            json!({"operation": "sendSms", "fault": {"kind": "status", "status": 200, "commit": "after"}}),
        ),
        (
            "/faults",
            json!({"operation": "connection", "fault": {"kind": "truncated_body", "commit": "after"}}),
        ),
        ("/faults/random", json!({"seed": 1, "probability": 2.0})),
    ] {
        let (status, _) = control("POST", path, bad).await;
        assert!(status == 400 || status == 422, "{path}: {status}");
    }

    let soon = json!({"milliseconds": 20});
    assert_eq!(control("POST", "/faults/refuse", soon).await.0, 204);
    let url = format!("{}/site/all", api.api_base());
    assert!(http().get(&url).send().await.unwrap_err().is_connect());
    while http().get(&url).send().await.is_err() {}
}

#[test]
fn a_fault_is_the_same_after_serialization() {
    for fault in Fault::every(ELSEWHERE) {
        let text = serde_json::to_string(&fault).unwrap();
        assert_eq!(
            serde_json::from_str::<Fault>(&text).unwrap(),
            fault,
            "{text}"
        );
        assert!(
            text.contains(&format!("\"kind\":\"{}\"", fault.name())),
            "{text}"
        );
    }
}
