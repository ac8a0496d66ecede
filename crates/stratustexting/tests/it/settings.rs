//! What the builder is told is what a client does: each setting by its effect.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use stratustexting::{
    Backoff, Client, ClientBuilder, Outcome, RateLimit, RetryBudget, SendOutcome,
};
use stratustexting_sandbox::ScriptedResponse;

use crate::support::{TEXT, Watched, call, silent};

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
async fn a_retry_budget_that_is_empty_allows_no_repeat() {
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
