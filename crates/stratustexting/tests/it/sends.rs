//! What becomes of a send, and what is repeated, over real HTTP: counted on the server.

use std::{
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use serde_json::json;
use stratustexting::{
    Backoff, CallOptions, Client, FailedAttempt, Outcome, RawRequest, Resend, RetryPolicy,
    SendOutcome, Ticket, TicketMatch,
    api::{OPERATIONS, Operation},
    models::Message,
};
use stratustexting_sandbox::ScriptedResponse;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{TEXT, Watched, log_has, silent};

const TO: &str = "+13035550123";

/// Three attempts without waits.
fn at_once() -> Backoff {
    Backoff::new().base(Duration::ZERO)
}

fn client(sandbox: &Watched) -> Client {
    let builder = sandbox.builder().credentials(sandbox.machine());
    builder.retry(at_once()).build().unwrap()
}

/// A request for an operation, with something in each placeholder.
fn request(client: &Client, operation: &Operation) -> RawRequest {
    let segments = operation.path.split('/');
    let path = segments.map(|segment| match segment.starts_with('{') {
        true => "x",
        false => segment,
    });
    let path = path.collect::<Vec<_>>().join("/");
    client.request(operation.method.parse().unwrap(), &path)
}

/// For each operation, a repeatable failure is repeated if the table says that it may
/// be, and isn't if not.
#[tokio::test]
async fn each_operation_is_repeated_as_the_table_says() {
    for operation in OPERATIONS {
        let sandbox = Watched::start().await;
        let client = client(&sandbox);
        sandbox.respond_next(operation.id, ScriptedResponse::new(503));
        sandbox.respond_next(operation.id, ScriptedResponse::json(200, json!({})));

        let outcome = request(&client, operation).send().await;

        assert_eq!(outcome.is_ok(), operation.idempotent, "{}", operation.id);
        let requests = if operation.idempotent { 2 } else { 1 };
        assert_eq!(sandbox.calls().len(), requests, "{}", operation.id);
        if let Err(error) = outcome {
            assert_eq!(
                error.send_outcome(),
                SendOutcome::Unknown,
                "{}",
                operation.id
            );
            assert!(error.ticket().is_some(), "{}", operation.id);
        }
    }
}

/// A policy that opens the door before the second attempt.
#[derive(Debug)]
struct Opens(Mutex<Option<u16>>);

impl RetryPolicy for Opens {
    fn wait(&self, failed: &FailedAttempt<'_>) -> Option<Duration> {
        assert!(failed.error.is_connect(), "{:?}", failed.error);
        let port = self.0.lock().unwrap().take()?;
        let listener = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let listener = TcpListener::from_std(listener).unwrap();
        tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            assert!(connection.read(&mut request).await.unwrap() > 0);
            let body = r#"{"result":"ok"}"#;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            connection
                .write_all((head + body).as_bytes())
                .await
                .unwrap();
        });
        Some(Duration::ZERO)
    }
}

/// Whatever it is: nothing of it left.
#[tokio::test]
async fn what_found_no_connection_is_tried_again() {
    for operation in OPERATIONS {
        let sandbox = Watched::start().await;
        let port = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap().port()
        };
        let client = sandbox
            .builder()
            .credentials(sandbox.machine())
            .api_base(format!("http://127.0.0.1:{port}"))
            .retry(Opens(Mutex::new(Some(port))))
            .build()
            .unwrap();

        let sent = request(&client, operation).send().await;

        assert_eq!(
            sent.outcome(),
            SendOutcome::Accepted,
            "{}: {sent:?}",
            operation.id
        );
    }
}

#[tokio::test]
async fn a_send_that_got_no_token_is_tried_again_within_its_attempts() {
    for (failures, outcome) in [(2, SendOutcome::Accepted), (3, SendOutcome::NotSent)] {
        let sandbox = Watched::start().await;
        for _ in 0..failures {
            sandbox.respond_next("token", ScriptedResponse::new(503));
        }

        let messages = client(&sandbox).messages();
        let sent = messages.from(sandbox.number()).send_sms(TO, TEXT).await;

        assert_eq!(sent.outcome(), outcome);
        assert_eq!(sandbox.token_requests().len(), 3);
        let sends = usize::from(outcome == SendOutcome::Accepted);
        assert_eq!(sandbox.sent_messages().len(), sends);
    }
}

#[tokio::test]
async fn a_send_whose_token_was_refused_outlives_a_renewal_that_fails_once() {
    let sandbox = Watched::start().await;
    let client = client(&sandbox);
    client.auth().access_token().await.unwrap();
    sandbox.revoke_access_tokens();
    sandbox.respond_next("token", ScriptedResponse::new(503));

    let messages = client.messages().from(sandbox.number());
    let sms = messages.send_sms(TO, TEXT);
    let sent = sms.resend(Resend::IfTurnedAway).await;

    assert_eq!(sent.outcome(), SendOutcome::Accepted, "{sent:?}");
    assert_eq!(sandbox.token_requests().len(), 3);
    assert_eq!(sandbox.sent_messages().len(), 1);
}

#[tokio::test]
async fn a_refused_token_request_is_not_repeated() {
    let sandbox = Watched::start().await;
    let answer = ScriptedResponse::json(400, json!({"error": "invalid_client"}));
    sandbox.respond_next("token", answer);

    let messages = client(&sandbox).messages();
    let sent = messages.from(sandbox.number()).send_sms(TO, TEXT).await;

    assert_eq!(sent.outcome(), SendOutcome::NotSent);
    assert_eq!(sandbox.token_requests().len(), 1);
}

/// What the service answers, and what that says.
#[tokio::test]
async fn an_answer_says_what_became_of_the_send() {
    let html = || {
        ScriptedResponse::new(200)
            .header("content-type", "text/html")
            .body("<p>Hello</p>")
    };
    let cases = [
        (ScriptedResponse::new(400), SendOutcome::Rejected),
        (ScriptedResponse::new(403), SendOutcome::Rejected),
        (ScriptedResponse::new(408), SendOutcome::Unknown),
        (ScriptedResponse::new(425), SendOutcome::Unknown),
        (ScriptedResponse::new(429), SendOutcome::Unknown),
        // The gateway's own answers: what it stopped never came to the service.
        (gateways(429), SendOutcome::Rejected),
        (gateways(403), SendOutcome::Rejected),
        (gateways(502), SendOutcome::Unknown),
        (gateways(504), SendOutcome::Unknown),
        (ScriptedResponse::new(500), SendOutcome::Unknown),
        (ScriptedResponse::new(502), SendOutcome::Unknown),
        (
            ScriptedResponse::new(303).header("location", "/x"),
            SendOutcome::Unknown,
        ),
        (html(), SendOutcome::Unknown),
        (ScriptedResponse::new(204), SendOutcome::Unknown),
        (ScriptedResponse::json(200, json!([])), SendOutcome::Unknown),
        (ScriptedResponse::json(200, json!({})), SendOutcome::Unknown),
        (
            ScriptedResponse::json(200, json!({"result": null})),
            SendOutcome::Unknown,
        ),
        (
            ScriptedResponse::json(200, json!({"result": " "})),
            SendOutcome::Unknown,
        ),
        (
            ScriptedResponse::json(200, json!({"errorMessage": "Task timed out"})),
            SendOutcome::Unknown,
        ),
        (
            ScriptedResponse::json(200, json!({"result": "ok"})),
            SendOutcome::Accepted,
        ),
    ];
    for (answer, outcome) in cases {
        let sandbox = Watched::start().await;
        let shown = format!("{answer:?}");
        for operation in ["sendSms", "sendMms"] {
            sandbox.respond_next(operation, answer.clone());
        }
        let messages = client(&sandbox).messages();

        let sms = messages.from(sandbox.number()).send_sms(TO, TEXT).await;
        let media = [stratustexting::Media::from_bytes("a.txt", "text")];
        let messages = messages.from(sandbox.number());
        let mms = messages.send_mms(TO, TEXT, media).await;

        for sent in [sms, mms] {
            assert_eq!(sent.outcome(), outcome, "{shown}");
            let ticket = sent.as_ref().err().and_then(|error| error.ticket());
            assert_eq!(ticket.is_some(), outcome == SendOutcome::Unknown, "{shown}");
        }
        assert_eq!(sandbox.calls().len(), 2, "{shown}: each once");
    }
}

#[tokio::test]
async fn a_send_by_its_path_is_taken_by_the_same_words() {
    for (body, outcome) in [
        (json!({"result": "ok"}), SendOutcome::Accepted),
        (
            json!({"errorMessage": "Task timed out"}),
            SendOutcome::Unknown,
        ),
        (json!({}), SendOutcome::Unknown),
    ] {
        for id in ["sendSms", "sendSmsAsAgent", "sendMms"] {
            let sandbox = Watched::start().await;
            sandbox.respond_next(id, ScriptedResponse::json(200, body.clone()));
            let client = client(&sandbox);

            let sent = request(&client, Operation::find(id).unwrap()).send().await;

            assert_eq!(sent.outcome(), outcome, "{id} {body}");
            let ticket = sent.as_ref().err().and_then(|error| error.ticket());
            assert_eq!(ticket.is_some(), outcome == SendOutcome::Unknown);
        }
    }
}

/// The TLS handshake is part of connecting: until it is done nothing of a request can leave.
#[tokio::test]
async fn a_send_whose_time_ends_while_it_connects_was_not_sent_and_is_tried_again() {
    let (address, connections) = silent().await;
    let sandbox = Watched::start().await;
    let builder = sandbox.builder().credentials(sandbox.machine());
    let base = format!("https://{address}");
    let client = builder.api_base(base).retry(at_once()).build().unwrap();
    let (messages, limit) = (client.messages(), Duration::from_millis(300));
    let messages = messages.from(sandbox.number());

    let sms = messages.send_sms(TO, TEXT).attempt_timeout(limit).await;
    assert_eq!(connections.load(Ordering::SeqCst), 3, "{sms:?}");
    let media = [stratustexting::Media::from_bytes("a.txt", "text")];
    let mms = messages
        .send_mms(TO, TEXT, media)
        .attempt_timeout(limit)
        .await;

    for sent in [sms, mms] {
        assert_eq!(sent.outcome(), SendOutcome::NotSent, "{sent:?}");
        let error = sent.unwrap_err();
        assert!(error.is_timeout() && error.ticket().is_none());
        assert!(error.to_string().contains("connection"), "{error}");
    }
}

#[tokio::test]
async fn a_send_whose_time_ends_after_it_was_written_may_have_been_sent() {
    let (address, connections) = silent().await;
    let sandbox = Watched::start().await;
    let builder = sandbox.builder().credentials(sandbox.machine());
    let base = format!("http://{address}");
    let client = builder.api_base(base).retry(at_once()).build().unwrap();
    let (messages, limit) = (client.messages(), Duration::from_millis(300));
    let messages = messages.from(sandbox.number());

    let sms = messages.send_sms(TO, TEXT).attempt_timeout(limit).await;
    let media = [stratustexting::Media::from_bytes("a.txt", "text")];
    let mms = messages
        .send_mms(TO, TEXT, media)
        .attempt_timeout(limit)
        .await;

    for sent in [sms, mms] {
        assert_eq!(sent.outcome(), SendOutcome::Unknown, "{sent:?}");
        let error = sent.unwrap_err().to_string();
        assert!(error.contains("waiting for the response"), "{error}");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 2, "each once");
}

/// A server that gives an answer's head and a part of its body, and no more.
async fn never_ends(status: u16) -> (String, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut connections = Vec::new();
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = connection.read(&mut request).await;
            let head = format!("HTTP/1.1 {status} x\r\ncontent-length: 15\r\n\r\n{{");
            let _ = connection.write_all(head.as_bytes()).await;
            connections.push(connection);
        }
    });
    (base, server)
}

#[tokio::test]
async fn what_an_answers_status_says_holds_also_when_its_body_never_ends() {
    for (status, outcome) in [
        (200, SendOutcome::Unknown),
        (400, SendOutcome::Rejected),
        (401, SendOutcome::Rejected),
        (403, SendOutcome::Rejected),
        (429, SendOutcome::Unknown),
        (503, SendOutcome::Unknown),
    ] {
        let (base, _server) = never_ends(status).await;
        let sandbox = Watched::start().await;
        let builder = sandbox.builder().credentials(sandbox.machine());
        let client = builder.api_base(base).build().unwrap();
        let first = client.auth().access_token().await.unwrap();

        let messages = client.messages().from(sandbox.number());
        let sms = messages.send_sms(TO, TEXT);
        let sent = sms.timeout(Duration::from_millis(500)).await;

        let error = sent.unwrap_err();
        assert_eq!(error.send_outcome(), outcome, "{status}");
        assert_eq!(error.status().map(|s| s.as_u16()), Some(status));
        assert_eq!(error.is_timeout(), status == 200, "{status}");
        let token = client.auth().access_token().await.unwrap();
        assert_eq!(token == first, status != 401, "{status}");
    }
}

/// The one operation whose answer isn't read.
#[tokio::test]
async fn a_proxys_page_deletes_nothing() {
    let sandbox = Watched::start().await;
    let subscriptions = client(&sandbox).subscriptions();
    for media_type in ["Text/HTML; charset=utf-8", "application/xhtml+xml"] {
        let page = ScriptedResponse::new(200).header("content-type", media_type);
        sandbox.respond_next("deleteSubscription", page.clone().body("<p>Log in</p>"));
        sandbox.respond_next("deleteSubscription", page);

        assert!(subscriptions.delete("x").await.unwrap_err().is_decode());
        assert!(
            subscriptions.delete("x").await.is_ok(),
            "nothing is no page"
        );
    }
}

#[tokio::test]
async fn a_ticket_finds_its_message_among_others() {
    let sandbox = Watched::start().await;
    let client = client(&sandbox);
    sandbox.respond_next("sendSms", ScriptedResponse::new(500));
    let messages = client.messages().from(sandbox.number());

    let sent = messages
        .send_sms(TO, "Ça va? 👍 + & so on")
        .correlation("order-17")
        .await;

    let error = sent.unwrap_err();
    let stored = serde_json::to_string(error.ticket().unwrap()).unwrap();
    let ticket: Ticket = serde_json::from_str(&stored).unwrap();
    assert_eq!(ticket.correlation, "order-17");
    assert_eq!((ticket.attempts, ticket.status), (1, Some(500)));
    let message = |text: &str| {
        let message = Message::default().with_from(sandbox.number()).with_to(TO);
        message.with_text(text)
    };
    let compare = |text| ticket.compare(&message(text));
    assert_eq!(compare("Ça va? 👍 + & so on"), TicketMatch::Yes);
    assert_eq!(compare("Comment ça va?"), TicketMatch::No);
    for personal in [sandbox.number(), TO, "Ça va"] {
        assert!(!format!("{stored} {ticket:?} {error:?} {error}").contains(personal));
    }
}

#[tokio::test]
async fn a_caller_can_widen_the_rule_for_one_call() {
    for (resend, status, accepted) in [
        (Resend::IfNotSent, 429, false),
        (Resend::IfTurnedAway, 429, true),
        (Resend::IfTurnedAway, 503, true),
        (Resend::IfTurnedAway, 500, false),
        (Resend::EvenIfUnknown, 500, true),
        (Resend::EvenIfUnknown, 400, false),
    ] {
        let sandbox = Watched::start().await;
        sandbox.respond_next("sendSms", ScriptedResponse::new(status));
        let messages = client(&sandbox).messages().from(sandbox.number());

        let sent = messages.send_sms(TO, TEXT).resend(resend).await;

        assert_eq!(sent.is_ok(), accepted, "{resend:?} {status}");
        assert_eq!(sandbox.sent_messages().len(), usize::from(accepted));
    }
}

/// A server that keeps connections open, counts whole requests, and ends a connection
/// as it is told: before or after the second request on it.
async fn ends_connections(after_request: bool) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            for on_connection in 0.. {
                let mut request = vec![0; 8192];
                let length = connection.read(&mut request).await.unwrap_or(0);
                if length == 0 {
                    break;
                }
                let text = String::from_utf8_lossy(&request[..length]).into_owned();
                counted.lock().unwrap().push(text);
                if after_request && on_connection == 1 {
                    break;
                }
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 24\r\n\r\n{\"id\":\"m\",\"result\":\"ok\"}";
                connection.write_all(answer).await.unwrap();
                if !after_request {
                    // Closed while the client thinks that it can be used again.
                    break;
                }
            }
        }
    });
    (base, requests)
}

/// Below the SDK, hyper takes a request that was never written to another connection,
/// and that is all: whatever arrives, arrives once.
#[tokio::test]
async fn a_connection_that_ended_meanwhile_never_makes_a_second_copy() {
    for after_request in [false, true] {
        let (base, requests) = ends_connections(after_request).await;
        let sandbox = Watched::start().await;
        let builder = sandbox.builder().credentials(sandbox.machine());
        let client = builder.api_base(base).retry(at_once()).build().unwrap();

        let mut accepted = 0;
        for number in 0..50 {
            let text = format!("text-{number}-");
            let sent = client
                .messages()
                .from(sandbox.number())
                .send_sms(TO, &text)
                .await;
            let arrived = requests.lock().unwrap().clone();
            let copies = arrived
                .iter()
                .filter(|request| request.contains(&text))
                .count();
            match sent.outcome() {
                SendOutcome::Accepted => assert_eq!(copies, 1),
                SendOutcome::Unknown => assert!(copies <= 1),
                other => panic!("{other:?}"),
            }
            accepted += usize::from(sent.is_ok());
        }
        assert!(accepted >= 25, "{accepted}");
    }
}

#[tokio::test]
async fn reads_survive_a_connection_that_breaks() {
    let (base, requests) = ends_connections(true).await;
    let sandbox = Watched::start().await;
    let builder = sandbox.builder().credentials(sandbox.machine());
    let client = builder.api_base(base).retry(at_once()).build().unwrap();

    for _ in 0..10 {
        client.messages().get("m").await.unwrap();
    }

    assert!(requests.lock().unwrap().len() > 10, "some came twice");
}

#[tokio::test]
async fn spans_say_what_was_tried_and_why_again() {
    let sandbox = Watched::start().await;
    sandbox.respond_next("listSites", ScriptedResponse::new(503));
    let options = CallOptions::new().correlation("a-name-for-the-log");

    let sites = client(&sandbox).sites().list().options(options);
    futures::TryStreamExt::try_collect::<Vec<_>>(sites)
        .await
        .unwrap();

    for field in [
        "a-name-for-the-log",
        "operation=\"listSites\"",
        "http.request.method=GET",
        "url.template=\"/site/all\"",
        "server.address=\"127.0.0.1\"",
        "http.request.resend_count=1",
        "http.response.status_code=503",
        "error.type=\"status\"",
        "reason=503",
    ] {
        assert!(log_has(field), "{field}");
    }
}

/// An answer that the gateway made itself, as its header says.
fn gateways(status: u16) -> ScriptedResponse {
    ScriptedResponse::new(status).header("x-amzn-errortype", "SomeException")
}
