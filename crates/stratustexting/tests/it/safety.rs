//! Redirects, deadlines, limits, secrets.

use std::time::{Duration, Instant};

use stratustexting::{Client, Media};
use stratustexting_sandbox::ScriptedResponse;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{TEXT, Watched, log_has, silent};

const TO: &str = "+13035550123";

#[tokio::test]
async fn a_redirect_is_not_followed_and_carries_nothing_away() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Watched::start().await;
        let sandbox = Watched::start().await;
        let target = format!("{}/message/sendsms?secret=1", elsewhere.api_base());
        let answer = ScriptedResponse::new(status).header("location", &target);
        sandbox.respond_next("sendSms", answer);

        let messages = sandbox.client().messages();
        let error = messages
            .from(sandbox.number())
            .send_sms(TO, TEXT)
            .await
            .unwrap_err();

        assert!(error.is_redirect(), "{status}: {error:?}");
        assert_eq!(error.status().map(|s| s.as_u16()), Some(status));
        assert!(
            elsewhere.ledger().is_empty(),
            "{status}: something arrived elsewhere"
        );
        let origin = elsewhere
            .api_base()
            .strip_suffix("/stratustexting-prod")
            .unwrap();
        assert!(error.to_string().contains(origin), "{error}");
        assert!(
            !format!("{error} {error:?}").contains("secret="),
            "{error:?}"
        );
        assert_eq!(sandbox.calls().len(), 1);
    }
}

/// A cache's answer to a question with an `If-None-Match`, for one.
#[tokio::test]
async fn a_status_3xx_that_leads_nowhere_is_no_redirect() {
    for status in [300, 304] {
        let sandbox = Watched::start().await;
        sandbox.respond_next(
            "listSites",
            ScriptedResponse::new(status).header("etag", "\"1\""),
        );

        let request = sandbox.client().request(http::Method::GET, "/site/all");
        let error = request.header("if-none-match", "\"1\"").send().await;

        let error = error.unwrap_err();
        assert!(error.is_status() && !error.is_redirect(), "{error:?}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(status));
    }
}

#[tokio::test]
async fn a_redirect_of_the_token_endpoint_is_not_followed() {
    let elsewhere = Watched::start().await;
    let sandbox = Watched::start().await;
    let answer = ScriptedResponse::new(307).header("location", elsewhere.token_url());
    sandbox.respond_next("token", answer);

    let error = sandbox.client().auth().access_token().await.unwrap_err();

    assert!(error.is_auth());
    assert!(elsewhere.ledger().is_empty());
}

#[tokio::test]
async fn a_call_takes_no_longer_than_its_time() {
    let sandbox = Watched::start().await;
    let (address, _) = silent().await;
    let client = sandbox
        .builder()
        .credentials(sandbox.machine())
        .api_base(format!("http://{address}"))
        .build()
        .unwrap();
    client.auth().access_token().await.unwrap();
    let started = Instant::now();

    let messages = client.messages().from(sandbox.number());
    let error = messages
        .send_sms(TO, TEXT)
        .timeout(Duration::from_millis(200))
        .await
        .unwrap_err();

    assert!(error.is_timeout(), "{error:?}");
    assert!(error.may_have_been_sent(), "the request was written");
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "the default would be a minute"
    );
}

#[tokio::test]
async fn waiting_for_a_token_counts_and_then_nothing_was_sent() {
    let sandbox = Watched::start().await;
    let (address, _) = silent().await;
    let client = sandbox
        .builder()
        .credentials(sandbox.machine())
        .token_url(format!("http://{address}/token"))
        .timeout(Duration::from_millis(200))
        .build()
        .unwrap();

    let messages = client.messages();
    let error = messages
        .from(sandbox.number())
        .send_sms(TO, TEXT)
        .await
        .unwrap_err();

    assert!(error.is_timeout(), "{error:?}");
    assert!(!error.may_have_been_sent());
    assert!(sandbox.ledger().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read_to_its_end() {
    for with_length in [true, false] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = connection.read(&mut request).await.unwrap();
            let head = if with_length {
                "HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n"
            } else {
                "HTTP/1.1 200 OK\r\n\r\n"
            };
            connection.write_all(head.as_bytes()).await.unwrap();
            let mut written = 0_u64;
            while connection.write_all(&[b' '; 65536]).await.is_ok() {
                written += 65536;
            }
            written
        });
        let sandbox = Watched::start().await;
        let client = sandbox
            .builder()
            .credentials(sandbox.machine())
            .api_base(base)
            .max_response_bytes(100_000)
            .build()
            .unwrap();

        let error = client.messages().get("m").await.unwrap_err();

        assert!(error.to_string().contains("100000 bytes"), "{error}");
        assert_eq!(error.status().map(|s| s.as_u16()), Some(200));
        drop(client);
        assert!(
            server.await.unwrap() < 50_000_000,
            "most of it was never read"
        );
    }
}

/// The last byte that is allowed is allowed, however the answer says its length.
#[tokio::test]
async fn an_answer_may_be_as_large_as_the_limit() {
    const LIMIT: usize = 100_000;
    for (chunked, length, fits) in [
        (false, LIMIT, true),
        (false, LIMIT + 1, false),
        (true, LIMIT, true),
        (true, LIMIT + 1, false),
        (true, 10, true),
    ] {
        let sandbox = Watched::start().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let answer = async move || {
            let body = r#"{"id":"m"}"#;
            let body = format!("{body}{}", " ".repeat(length - body.len()));
            if chunked {
                let halves = [&body[..length / 2], &body[length / 2..]];
                let parts = halves.map(|half| Ok::<_, std::io::Error>(half.to_owned()));
                axum::body::Body::from_stream(futures::stream::iter(parts))
            } else {
                axum::body::Body::from(body)
            }
        };
        let app = axum::Router::new().fallback(answer);
        tokio::spawn(async move { axum::serve(listener, app).await });
        let client = sandbox
            .builder()
            .credentials(sandbox.machine())
            .api_base(base)
            .max_response_bytes(LIMIT)
            .build()
            .unwrap();

        let read = client.messages().get("m").await;

        assert_eq!(read.is_ok(), fits, "{chunked} {length}: {read:?}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_may_have_carried_the_message() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let mut requests = 0;
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = [0; 4096];
            if connection.read(&mut request).await.unwrap_or(0) > 0 {
                requests += 1;
            }
            drop(connection);
            if requests == 1 {
                break;
            }
        }
        requests
    });
    let sandbox = Watched::start().await;
    let client = sandbox
        .builder()
        .credentials(sandbox.machine())
        .api_base(base)
        .build()
        .unwrap();

    let messages = client.messages();
    let error = messages
        .from(sandbox.number())
        .send_sms(TO, TEXT)
        .await
        .unwrap_err();

    assert!(error.may_have_been_sent(), "{error:?}");
    assert!(!error.is_connect());
    assert_eq!(server.await.unwrap(), 1);
}

#[tokio::test]
async fn debug_and_errors_show_no_secret_number_or_text() {
    let sandbox = Watched::start().await;
    let builder = sandbox.builder().credentials(sandbox.machine());
    let builder_shown = format!("{builder:?}");
    let client = builder.build().unwrap();
    let token = client.auth().access_token().await.unwrap();
    let (from, text) = (sandbox.number().to_owned(), "a canary of a text");
    sandbox.respond_next(
        "sendSms",
        ScriptedResponse::json(400, serde_json::json!({"message": text})),
    );
    let messages = client.messages();
    let error = messages.from(&from).send_sms(TO, text).await.unwrap_err();
    let broken = silent_and_gone().await;
    let gone = sandbox
        .builder()
        .credentials(sandbox.machine())
        .api_base(broken)
        .build()
        .unwrap();
    let gone_error = gone
        .messages()
        .from(&from)
        .send_sms(TO, text)
        .await
        .unwrap_err();
    let media = Media::from_bytes("a.txt", text);
    let mms = client
        .messages()
        .from(&from)
        .send_mms(TO, text, [media.clone()])
        .await
        .unwrap();

    let shown = format!(
        "{builder_shown} {client:?} {client:#?} {:?} {messages:?} {token:?} {error:?} {error} \
         {gone_error:?} {gone_error} {mms:?} {media:?} {:?} {:?} {:?}",
        client.auth(),
        client.api(),
        client.api().send_sms().from(&*from).text(text),
        client.request(http::Method::GET, "/x").query("text", text),
    );

    for secret in sandbox.secrets() {
        assert!(!shown.contains(&secret), "{shown}");
    }
    for personal in [from.as_str(), TO, text, "3035550123"] {
        assert!(!shown.contains(personal), "{personal} in {shown}");
    }
}

/// An address where nothing listens any more.
async fn silent_and_gone() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

#[tokio::test]
async fn the_log_is_watched_and_says_what_was_called() {
    let sandbox = Watched::start().await;

    sandbox.client().api().list_sites().send().await.unwrap();

    assert!(log_has("listSites"));
}

/// The HTTP client can write all bytes into the log. What was logged is searched at the end.
#[tokio::test]
async fn the_http_clients_log_of_all_bytes_stays_off() {
    let sandbox = Watched::start().await;
    let client = sandbox
        .builder()
        .credentials(sandbox.machine())
        .configure_http(|http| http.connection_verbose(true))
        .build()
        .unwrap();

    let messages = client.messages();
    let text = "a text that nobody else has sent";
    messages
        .from(sandbox.number())
        .send_sms(TO, text)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_generated_client_can_not_be_led_to_another_host() {
    let sandbox = Watched::start().await;
    let elsewhere = Watched::start().await;
    let client = sandbox.client();
    let api = client.api();
    let stray = stratustexting::api::Client::with_transport(
        elsewhere.api_base(),
        reqwest::Client::new(),
        stratustexting::api::ClientInfo::inner(api).clone(),
    );

    let error = stratustexting::Error::from(stray.list_sites().send().await.unwrap_err());

    assert!(error.is_input(), "{error:?}");
    assert!(elsewhere.ledger().is_empty());
}

#[test]
fn clients_and_errors_can_cross_threads() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<Client>();
    crosses::<stratustexting::Error>();
    crosses::<stratustexting::Response<()>>();
    crosses::<stratustexting::auth::Login>();
    fn sends<T: Send>(_: &T) {}
    async fn futures_are_send(client: Client) {
        sends(&client.messages().from("").send_sms("", ""));
        sends(&client.contacts().list());
        sends(&client.request(http::Method::GET, "/").send());
    }
    let _ = futures_are_send;
}
