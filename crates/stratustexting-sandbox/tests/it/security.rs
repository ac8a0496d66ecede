//! What a hostile page or program can send to a developer's sandbox, byte by byte.

use std::{io::ErrorKind, time::Duration};

use serde_json::{Value, json};
use stratustexting_sandbox::{Commit, Fault, Sandbox};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Api, CUSTOMER};

const MIB: usize = 1024 * 1024;

/// Host and port of a sandbox.
fn authority(api: &Api) -> &str {
    let url = api.control_url().trim_start_matches("http://");
    url.trim_end_matches("/control")
}

async fn connect(api: &Api) -> TcpStream {
    TcpStream::connect(authority(api)).await.unwrap()
}

/// What arrives until the sandbox closes the connection.
async fn rest(connection: &mut TcpStream) -> String {
    let mut received = Vec::new();
    // A reset ends it, too.
    let _ = connection.read_to_end(&mut received).await;
    String::from_utf8_lossy(&received).into_owned()
}

/// Sends a request that closes its connection; returns the whole response.
async fn exchange(api: &Api, line: &str, headers: &[String], body: &str) -> String {
    let mut request = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
    for header in headers {
        request.push_str(header);
        request.push_str("\r\n");
    }
    request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    let mut connection = connect(api).await;
    connection.write_all(request.as_bytes()).await.unwrap();
    rest(&mut connection).await
}

fn status(response: &str) -> u16 {
    let status = response.get(9..12).unwrap_or_default();
    status.parse().unwrap_or_else(|_| panic!("{response:?}"))
}

/// The headers of an operation's request.
fn credentials(api: &Api) -> Vec<String> {
    vec![
        format!("Host: {}", authority(api)),
        format!("Authorization: Bearer {}", api.token),
        format!("X-Api-Key: {}", api.api_key()),
        "Content-Type: application/json".to_owned(),
    ]
}

#[tokio::test]
async fn a_name_that_leads_here_is_no_host_of_the_sandbox_however_it_is_written() {
    let api = Api::start().await;
    let own = format!("Host: {}", authority(&api));
    let evil = "Host: evil.example".to_owned();
    for (target, hosts) in [
        ("/control", vec![evil.clone()]),
        ("/control/", vec!["Host: localhost.evil.example".to_owned()]),
        ("/control/ledger", vec![own.clone(), evil.clone()]),
        ("/control/ledger", vec![evil.clone(), own.clone()]),
        ("http://evil.example/control", vec![own.clone()]),
        ("http://evil.example/control", vec![evil]),
        ("/control", vec!["Host: 127.0.0.1@evil.example".to_owned()]),
    ] {
        let response = exchange(&api, &format!("GET {target}"), &hosts, "").await;

        let status = status(&response);
        assert!(matches!(status, 400 | 403), "{target} {hosts:?}: {status}");
        assert!(!response.contains(api.client_secret()), "{target}");
    }
    let response = exchange(&api, "GET /control", &[own], "").await;
    assert!(response.contains(api.client_secret()));
}

#[tokio::test]
async fn a_page_of_another_site_can_change_nothing_even_if_its_browser_hides_the_origin() {
    let api = Api::start().await;
    let host = format!("Host: {}", authority(&api));
    for (method, path) in [
        ("DELETE", "/control/ledger"),
        ("POST", "/control/tokens/expire"),
        ("PATCH", "/control/settings"),
        ("POST", "/control/unknown"),
    ] {
        for site in ["cross-site", "same-site"] {
            let headers = [host.clone(), format!("Sec-Fetch-Site: {site}")];
            let response = exchange(&api, &format!("{method} {path}"), &headers, "{}").await;

            assert_eq!(status(&response), 403, "{method} {path} {site}");
            assert!(response.contains("--allow-origin"), "{response}");
        }
    }
    assert_eq!(api.ledger().len(), 1, "the token request is still there");
    let own = [host.clone(), "Sec-Fetch-Site: same-origin".to_owned()];
    let response = exchange(&api, "DELETE /control/ledger", &own, "").await;
    assert_eq!(status(&response), 204);
}

#[tokio::test]
async fn no_path_leads_out_of_its_part_of_the_sandbox() {
    let api = Api::start().await;
    for host in [authority(&api), "evil.example"] {
        let headers = [format!("Host: {host}")];
        for target in [
            "/control/../control/ledger",
            "/control/../../../etc/passwd",
            "/control/%2e%2e/%2e%2e/etc/passwd",
            "/control/..%2f..%2fetc%2fpasswd",
            "/control/..%5c..%5cetc%5cpasswd",
            "/control%2fledger",
            "/CONTROL/ledger",
            "//control/ledger",
            "/./control/ledger",
            "/x/../control/ledger",
            "/stratustexting-prod/../control/ledger",
            "/stratustexting-prod/..%2fcontrol%2fledger",
            "/page/../control/ledger",
            "/page/..%2f..%2fetc%2fpasswd",
            "/../../../../etc/passwd",
            "/etc/passwd",
            "/control/ledger%00",
        ] {
            let response = exchange(&api, &format!("GET {target}"), &headers, "").await;

            let status = status(&response);
            assert!((400..500).contains(&status), "{host} {target}: {status}");
            assert!(!response.contains("root:"), "{target}");
            assert!(!response.contains(api.client_secret()), "{target}");
        }
        let target = "DELETE /control/contacts/..%2f..%2fledger";
        let response = exchange(&api, target, &headers, "").await;
        assert!(matches!(status(&response), 403 | 404), "{response}");
    }
}

#[tokio::test]
async fn no_value_adds_a_header_to_a_response() {
    let api = Api::start().await;
    let injected = "a\r\nset-cookie: stolen=1\r\n\r\nbody";
    for (path, body) in [
        (
            "/responses",
            json!({"operation": "listSites", "status": 200, "headers": {"x": injected}}),
        ),
        (
            "/responses",
            json!({"operation": "listSites", "status": 200, "headers": {injected: "x"}}),
        ),
        (
            "/faults",
            json!({"operation": "listSites", "fault": {
                "kind": "redirect", "status": 302, "location": injected, "commit": "before",
            }}),
        ),
    ] {
        let (status, error) = api.control("POST", path, body).await;
        assert_eq!(status, 400, "{path}: {error}");
    }

    let redirect = "http%3A%2F%2F127.0.0.1%2Fcallback";
    let injected = "a%0D%0Aset-cookie%3A%20stolen%3D1%0D%0A%0D%0A";
    let form = format!("username={}&password={}", api.username(), api.password());
    for (redirect, state) in [
        (redirect.to_owned(), injected),
        (format!("{redirect}{injected}"), "a"),
        (injected.to_owned(), "a"),
    ] {
        let target = format!(
            "POST /oauth2/authorize?response_type=code&client_id={}&redirect_uri={redirect}\
             &state={state}",
            api.client_id()
        );
        let headers = [
            format!("Host: {}", authority(&api)),
            "Content-Type: application/x-www-form-urlencoded".to_owned(),
        ];
        let response = exchange(&api, &target, &headers, &form).await;

        let (head, _) = response.split_once("\r\n\r\n").unwrap();
        assert!(!head.to_lowercase().contains("\r\nset-cookie"), "{head}");
    }
    let uri = "http://127.0.0.1:1/hook\r\nx: y";
    let client = json!({"name": "a\r\nb: c", "redirect_uris": [uri], "grants": [], "scopes": []});
    let (status, _) = api.control("POST", "/clients", client).await;
    assert!(status < 500);
}

/// Sends zeros until all are sent or the sandbox has closed the connection; returns the response.
async fn upload(api: &Api, head: &str, chunked: bool, length: usize) -> (usize, String) {
    let connection = connect(api).await;
    let (mut reader, mut writer) = connection.into_split();
    writer.write_all(head.as_bytes()).await.unwrap();
    let sending = tokio::spawn(async move {
        let zeros = vec![b'0'; MIB];
        let mut sent = 0;
        while sent < length {
            let head = format!("{MIB:x}\r\n");
            let result = async {
                if chunked {
                    writer.write_all(head.as_bytes()).await?;
                }
                writer.write_all(&zeros).await?;
                if chunked {
                    writer.write_all(b"\r\n").await?;
                }
                Ok::<(), std::io::Error>(())
            };
            if result.await.is_err() {
                break;
            }
            sent += MIB;
        }
        (sent, writer)
    });
    let mut received = Vec::new();
    let _ = reader.read_to_end(&mut received).await;
    let response = String::from_utf8_lossy(&received).into_owned();
    // Until here, so that the sandbox isn't told that nobody listens.
    let (sent, _writer) = sending.await.unwrap();
    (sent, response)
}

#[tokio::test]
async fn a_body_of_100_mb_is_rejected_and_not_kept() {
    let api = Api::start().await;
    for line in [
        "POST /stratustexting-prod/contact",
        "PATCH /control/settings",
    ] {
        let head = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            authority(&api),
            100 * MIB
        );

        let (sent, response) = upload(&api, &head, false, 100 * MIB).await;

        assert_eq!(status(&response), 413, "{line}");
        assert_eq!(sent, 100 * MIB);
    }
    assert_eq!(api.ledger().len(), 1, "only the token request");
}

#[tokio::test]
async fn a_body_without_an_end_is_not_read_for_ever() {
    let api = Api::start().await;
    let head = format!(
        "PATCH /control/settings HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
        authority(&api)
    );

    let (sent, _) = upload(&api, &head, true, 1_000 * MIB).await;

    assert!(sent < 200 * MIB, "{sent}");
    // One that is announced isn't read at all.
    let head = format!(
        "POST /stratustexting-prod/contact HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n\r\n",
        authority(&api),
        1_000_000 * MIB
    );
    let mut connection = connect(&api).await;
    connection.write_all(head.as_bytes()).await.unwrap();
    let response = rest(&mut connection).await;
    assert_eq!(status(&response), 413);
}

#[tokio::test]
async fn json_of_a_hundred_thousand_levels_is_rejected() {
    let api = Api::start().await;
    let levels = 100_000;
    let host = [format!("Host: {}", authority(&api))];
    for (open, close) in [("[", "]"), ("{\"deliveries\":", "}")] {
        let deep = format!("{}1{}", open.repeat(levels), close.repeat(levels));
        for line in [
            "PATCH /control/settings",
            "POST /control/responses",
            "POST /control/dialect",
            "POST /control/faults/random",
            "POST /control/clients",
        ] {
            let response = exchange(&api, line, &host, &deep).await;
            assert_eq!(status(&response), 400, "{line}");
        }
        for (method, path) in [("POST", "/contact"), ("POST", "/webhooksubscription")] {
            let line = format!("{method} /stratustexting-prod{path}");
            let mut headers = credentials(&api);
            headers[1] = format!("Authorization: Bearer {}", api.log_in().await);
            let response = exchange(&api, &line, &headers, &deep).await;
            assert_eq!(status(&response), 400, "{line}");
        }
    }
    assert_eq!(api.call("GET", "/contact/all").await.0, 200);
}

#[tokio::test]
async fn no_spelling_makes_a_callback_on_another_machine_one_on_this() {
    let builder = Sandbox::builder().contacts(0);
    let api = Api::of(builder.allow_machine_subscriptions(true)).await;
    for uri in [
        "http://127.0.0.1.evil.example/hook",
        "https://127.0.0.1.evil.example/hook",
        "http://localhost@evil.example/hook",
        "https://localhost@evil.example/hook",
        "https://127.0.0.1:80@evil.example/hook",
        "https://localhost.evil.example/hook",
        "https://evil.example#@localhost/hook",
        "https://evil.example?@localhost/hook",
        "https://evil.example\\@localhost/hook",
        "https://[::ffff:10.0.0.1]/hook",
        "http://[::ffff:a00:1]/hook",
        "https://0x0a000001/hook",
        "https://167772161/hook",
        "https://10.0.0.1/hook",
        "https://169.254.169.254/latest/meta-data",
        "https://0.0.0.0/hook",
        "https://[::]/hook",
        "http://localhost%2eevil.example/hook",
        "file:///etc/passwd",
        "gopher://127.0.0.1/hook",
    ] {
        let filters = [api.filter("message?direction=inbound")];
        let body = json!({"uri": uri, "eventFilters": filters});
        let (status, error) = api.post("/webhooksubscription", body).await;

        assert_eq!(status, 400, "{uri}");
        let message = error["message"].as_str().unwrap();
        assert!(!message.contains("handshake"), "{uri}: {message}");
    }
    assert!(api.subscriptions().is_empty());
}

/// A sandbox in which a request must arrive soon.
async fn impatient() -> Api {
    let soon = Duration::from_millis(100);
    let builder = Sandbox::builder().contacts(0);
    Api::of(builder.request_timeouts(soon, soon)).await
}

/// The parts of requests that never end: a first line, a head, bodies.
fn endless(api: &Api) -> [String; 5] {
    let host = authority(api);
    [
        "GET /stratus".to_owned(),
        format!("GET /control HTTP/1.1\r\nHost: {host}\r\nX-A: "),
        format!(
            "PATCH /control/settings HTTP/1.1\r\nHost: {host}\r\nContent-Length: 10000\r\n\r\n"
        ),
        format!(
            "POST /stratustexting-prod/contact HTTP/1.1\r\nHost: {host}\r\nContent-Length: 10000\r\n\r\n"
        ),
        format!(
            "POST /stratustexting-prod/contact HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n"
        ),
    ]
}

#[tokio::test]
async fn a_request_that_stops_arriving_loses_its_connection() {
    let api = impatient().await;
    for start in endless(&api) {
        let mut connection = connect(&api).await;
        connection.write_all(start.as_bytes()).await.unwrap();

        let response = rest(&mut connection).await;

        assert!(!response.contains(" 200 "), "{start}: {response}");
    }
    assert_eq!(api.sent_messages().len(), 0);
}

#[tokio::test]
async fn a_request_that_trickles_loses_its_connection() {
    let api = impatient().await;
    for start in endless(&api) {
        let mut connection = connect(&api).await;
        connection.write_all(start.as_bytes()).await.unwrap();
        let (mut reader, mut writer) = connection.into_split();
        let trickling = tokio::spawn(async move {
            let mut pause = tokio::time::interval(Duration::from_millis(5));
            loop {
                pause.tick().await;
                if writer.write_all(b"a").await.is_err() {
                    return;
                }
            }
        });

        let _ = reader.read_to_end(&mut Vec::new()).await;
        trickling.await.unwrap();
    }
}

fn is_open(connection: &TcpStream) -> bool {
    let read = connection.try_read(&mut [0; 16]);
    read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[tokio::test]
async fn only_arriving_requests_are_limited() {
    let api = impatient().await;
    let target = format!(
        "POST /stratustexting-prod/message/sendsms?from=%2B{}&to=%2B{}&text=a HTTP/1.1\r\n{}\r\nContent-Length: 1\r\n\r\na",
        &api.number()[1..],
        &CUSTOMER[1..],
        credentials(&api).join("\r\n")
    );
    let unused = connect(&api).await;
    let mut idle = connect(&api).await;
    idle.write_all(target.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    idle.read_exact(&mut head).await.unwrap();
    assert!(head.ends_with(b"200"));
    while !is_open(&idle) {}
    api.fail_next("sendSms", Fault::never_respond(Commit::After));
    let late = Fault::respond_late(Duration::from_millis(150), Commit::Before);
    api.fail_next("sendSms", late);
    let mut waiting = connect(&api).await;
    waiting.write_all(target.as_bytes()).await.unwrap();
    while api.sent_messages().len() < 2 {
        tokio::task::yield_now().await;
    }

    // One that began later has lost its connection by now, and so would these.
    let mut connection = connect(&api).await;
    connection.write_all(b"GET /").await.unwrap();
    rest(&mut connection).await;

    assert!(is_open(&unused) && is_open(&idle) && is_open(&waiting));
    idle.write_all(target.as_bytes()).await.unwrap();
    idle.readable().await.unwrap();
    assert_eq!(api.sent_messages().len(), 3, "it comes late, and comes");
    let (_, settings) = api.control("GET", "/settings", Value::Null).await;
    assert!(settings.is_object());
}
