//! The builder's settings, each tested by its effect.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use stratustexting::{
    Backoff, Client, ClientBuilder, Outcome, RateLimit, RetryBudget, SendOutcome, http, reqwest,
};
use stratustexting_sandbox::{Entry, ScriptedResponse};

use crate::{
    support::{TEXT, Watched, call, silent},
    tls::{Front, Proxy},
};

const TO: &str = "+13035550123";

/// Far longer than any test, and far shorter than what is set by default.
const SOON: Duration = Duration::from_secs(8);

fn builder(sandbox: &Watched) -> ClientBuilder {
    sandbox.builder().credentials(sandbox.machine())
}

async fn send(sandbox: &Watched, client: &Client) -> SendOutcome {
    let sent = client
        .messages()
        .from(sandbox.number())
        .send_sms(TO, TEXT)
        .await;
    sent.outcome()
}

#[tokio::test]
async fn a_rate_limit_is_kept_to_by_all_requests_or_by_those_from_a_number() {
    let sandbox = Watched::start().await;
    let hourly = RateLimit::new(1, Duration::from_secs(3_600));
    let over_all = builder(&sandbox).rate_limit(hourly).build().unwrap();
    let per_number = builder(&sandbox).number_rate_limit(hourly).build().unwrap();

    for (client, reads) in [(&over_all, false), (&per_number, true)] {
        assert_eq!(send(&sandbox, client).await, SendOutcome::Accepted);
        assert_eq!(send(&sandbox, client).await, SendOutcome::NotSent);
        assert_eq!(call(client).await.is_ok(), reads);
    }
    let never = RateLimit::new(0, Duration::from_secs(1));
    for (builder, field) in [
        (builder(&sandbox).rate_limit(never), "rate_limit"),
        (
            builder(&sandbox).number_rate_limit(never),
            "number_rate_limit",
        ),
    ] {
        assert_eq!(builder.build().unwrap_err().field(), Some(field));
    }
}

#[tokio::test]
async fn limits_hold_for_the_clients_that_share_them() {
    let sandbox = Watched::start().await;
    let hourly = RateLimit::new(1, Duration::from_secs(3_600));
    let first = builder(&sandbox).rate_limit(hourly).build().unwrap();
    let second = builder(&sandbox).limits_of(&first).build().unwrap();
    let apart = builder(&sandbox).connections_of(&first).build().unwrap();

    assert_eq!(send(&sandbox, &first).await, SendOutcome::Accepted);
    assert_eq!(send(&sandbox, &second).await, SendOutcome::NotSent);
    assert_eq!(send(&sandbox, &apart).await, SendOutcome::Accepted);
    // Each has a login of its own.
    assert_eq!(sandbox.token_requests().len(), 3);
}

#[tokio::test]
async fn settings_of_another_client_cannot_be_changed_here() {
    let sandbox = Watched::start().await;
    let first = sandbox.client();
    let shared = || builder(&sandbox).connections_of(&first);
    let limited = || builder(&sandbox).limits_of(&first);
    let limit = RateLimit::new(1, Duration::from_secs(1));
    for (builder, field) in [
        (shared().configure_http(|http| http), "configure_http"),
        (shared().header("x-team", "a"), "header"),
        (shared().user_agent("mine"), "user_agent"),
        (shared().connect_timeout(SOON), "connect_timeout"),
        (limited().rate_limit(limit), "rate_limit"),
        (limited().number_rate_limit(limit), "number_rate_limit"),
        (limited().retry_budget(RetryBudget::new()), "retry_budget"),
        // It has no TLS.
        (shared().api_base("https://api.example/"), "connections_of"),
    ] {
        let error = builder.build().unwrap_err();

        assert!(error.is_configuration(), "{error:?}");
        assert_eq!(error.field(), Some(field), "{error}");
    }
}

#[tokio::test]
async fn a_retry_budget_that_is_empty_allows_no_retry() {
    for (reserve, requests) in [(0.0, 1), (9.0, 3)] {
        let sandbox = Watched::start().await;
        for _ in 0..3 {
            sandbox.respond_next("listSites", ScriptedResponse::new(503));
        }
        let budget = RetryBudget::new().ratio(0.0).per_second(0.0);
        let client = builder(&sandbox)
            .retry(Backoff::new().base(Duration::ZERO))
            .retry_budget(budget.reserve(reserve))
            .build()
            .unwrap();

        assert!(call(&client).await.is_err());
        assert_eq!(sandbox.calls().len(), requests);
    }
}

#[tokio::test]
async fn time_limits_are_those_that_were_set() {
    let sandbox = Watched::start().await;
    let short = Duration::from_millis(200);
    for (scheme, connects) in [("http", true), ("https", false)] {
        let (address, connections) = silent().await;
        let client = builder(&sandbox)
            .api_base(format!("{scheme}://{address}"))
            .retry(Backoff::never());
        let client = match connects {
            true => client.attempt_timeout(short),
            false => client.connect_timeout(short),
        };
        let client = client.build().unwrap();
        client.auth().access_token().await.unwrap();
        let start = Instant::now();

        let error = call(&client).await.unwrap_err();

        assert_eq!(error.is_connect(), !connects, "{error:?}");
        assert_eq!(error.is_timeout(), connects, "{error:?}");
        assert_eq!(connections.load(Ordering::SeqCst), 1);
        assert!(start.elapsed() < SOON, "{scheme}");
    }
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_trusted_when_it_is_set() {
    let sandbox = Watched::start().await;
    let front = Front::of(&sandbox).await;
    let authority = front.certificate.clone();

    let unset = front.builder(&sandbox).build().unwrap();
    assert!(call(&unset).await.unwrap_err().is_connect());
    let set = front
        .builder(&sandbox)
        .configure_http(|http| http.tls_certs_merge([authority]))
        .build()
        .unwrap();
    call(&set).await.unwrap();
    assert_eq!(send(&sandbox, &set).await, SendOutcome::Accepted);
}

#[tokio::test]
async fn all_requests_go_through_a_proxy_that_is_set() {
    let sandbox = Watched::start().await;
    let front = Front::of(&sandbox).await;
    let through = async |proxy: &Proxy| {
        let (authority, url) = (front.certificate.clone(), proxy.url());
        let proxied = front
            .builder(&sandbox)
            .configure_http(move |http| {
                let proxy = reqwest::Proxy::all(url).unwrap();
                http.tls_certs_merge([authority]).proxy(proxy)
            })
            .build()
            .unwrap();
        send(&sandbox, &proxied).await
    };

    let allows = Proxy::start(true).await;
    assert_eq!(through(&allows).await, SendOutcome::Accepted);
    // One for the token, one for the message.
    assert_eq!(allows.tunnels.load(Ordering::SeqCst), 2);
    sandbox.clear_ledger();

    let forbids = Proxy::start(false).await;
    assert_eq!(through(&forbids).await, SendOutcome::NotSent);
    assert!(
        sandbox.ledger().is_empty(),
        "a request went around the proxy"
    );
}

/// It would carry the request off this machine in plain text.
#[tokio::test]
async fn no_proxy_is_used_for_this_machine() {
    let sandbox = Watched::start().await;
    let proxy = Proxy::start(true).await;
    let url = proxy.url();
    let client = builder(&sandbox)
        .configure_http(move |http| http.proxy(reqwest::Proxy::all(url).unwrap()))
        .build()
        .unwrap();

    call(&client).await.unwrap();

    assert_eq!(proxy.tunnels.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_header_is_on_every_request() {
    let sandbox = Watched::start().await;
    let client = builder(&sandbox)
        .header("X-Team", "first")
        .header("x-team", "dispatch")
        .header("user-agent", "mine")
        .build()
        .unwrap();

    call(&client).await.unwrap();
    assert_eq!(send(&sandbox, &client).await, SendOutcome::Accepted);
    client
        .request(http::Method::GET, "/site/all")
        .header("x-team", "its own")
        .send()
        .await
        .unwrap();

    let value = |entry: &Entry, name: &str| -> Vec<String> {
        let headers = entry.headers.iter().filter(|(other, _)| other == name);
        let values = headers.map(|(_, value)| String::from_utf8(value.clone()).unwrap());
        values.collect()
    };
    let ledger = sandbox.ledger();
    let teams: Vec<_> = ledger.iter().map(|entry| value(entry, "x-team")).collect();
    assert_eq!(
        teams,
        [["dispatch"], ["dispatch"], ["dispatch"], ["its own"]]
    );
    assert!(
        ledger
            .iter()
            .all(|entry| value(entry, "user-agent") == ["mine"])
    );
    assert_eq!(value(&ledger[1], "x-api-key"), [sandbox.api_key()]);
}

#[tokio::test]
async fn headers_of_the_clients_own_are_refused_when_it_is_built() {
    let sandbox = Watched::start().await;
    for (name, value) in [
        ("Authorization", "Bearer t"),
        ("x-api-key", "k"),
        ("a b", "c"),
    ] {
        let error = builder(&sandbox).header(name, value).build().unwrap_err();

        assert!(error.is_configuration(), "{error:?}");
        assert_eq!(error.field(), Some("header"));
    }
}
