//! Many callers, one renewal.

use std::time::{Duration, SystemTime};

use futures::future::join_all;
use stratustexting::{
    Client,
    auth::{MemoryTokenStore, Token},
};

use crate::support::Watched;

const TASKS: usize = 1_000;

/// Runs as many calls at once, and returns how many failed.
async fn storm(client: &Client) -> usize {
    let calls = (0..TASKS).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.sites().list().pages().collect_first().await })
    });
    let outcomes = join_all(calls).await;
    outcomes
        .into_iter()
        .filter(|outcome| !matches!(outcome, Ok(Ok(()))))
        .count()
}

trait CollectFirst {
    async fn collect_first(self) -> stratustexting::Result<()>;
}

impl CollectFirst for stratustexting::pager::Pages<stratustexting::models::Site> {
    async fn collect_first(mut self) -> stratustexting::Result<()> {
        use futures::TryStreamExt;
        self.try_next().await.map(|_| ())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_with_an_expired_token_make_one_refresh_and_no_failure() {
    let sandbox = Watched::start().await;
    let old = sandbox.client().auth().access_token().await.unwrap();
    let expired = Token::new(old).with_expiry(SystemTime::now() - Duration::from_secs(1));
    let before = sandbox.token_requests().len();
    let client = sandbox
        .builder()
        .credentials(sandbox.machine())
        .token_store(MemoryTokenStore::with(expired))
        .build()
        .unwrap();

    let failed = storm(&client).await;

    assert_eq!(failed, 0);
    assert_eq!(sandbox.token_requests().len() - before, 1, "refreshes");
    assert_eq!(sandbox.calls().len(), TASKS, "no call was made in vain");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_with_a_revoked_token_make_one_refresh_and_no_failure() {
    let sandbox = Watched::start().await;
    let client = sandbox.client();
    client.auth().access_token().await.unwrap();
    let before = sandbox.token_requests().len();
    sandbox.revoke_access_tokens();

    let failed = storm(&client).await;

    assert_eq!(failed, 0);
    assert_eq!(sandbox.token_requests().len() - before, 1, "refreshes");
    let refused = sandbox
        .calls()
        .iter()
        .filter(|call| call.status == 401)
        .count();
    assert!(
        refused > 0 && refused <= TASKS,
        "{refused} calls were refused"
    );
    assert_eq!(
        sandbox.calls().len(),
        TASKS + refused,
        "each refused call came once more"
    );
}

#[tokio::test]
async fn a_renewal_goes_on_when_its_caller_goes_away() {
    let sandbox = Watched::start().await;
    let client = sandbox.client();

    // Polled once, so that the renewal starts, and dropped.
    let mut call = Box::pin(client.auth().access_token());
    assert!(futures::poll!(&mut call).is_pending());
    drop(call);
    client.auth().access_token().await.unwrap();

    assert_eq!(
        sandbox.token_requests().len(),
        1,
        "the renewal wasn't started again"
    );
}

#[tokio::test]
async fn a_failed_renewal_fails_all_who_wait_and_the_next_call_tries_again() {
    let sandbox = Watched::start().await;
    let client = sandbox.client();
    sandbox.answer_next("token", stratustexting_sandbox::Answer::new(503));

    let outcomes = join_all((0..10).map(|_| client.auth().access_token())).await;
    assert!(outcomes.iter().all(Result::is_err));
    assert_eq!(sandbox.token_requests().len(), 1);

    client.auth().access_token().await.unwrap();
    assert_eq!(sandbox.token_requests().len(), 2);
}

#[tokio::test]
async fn a_send_is_repeated_once_after_a_401_and_never_else() {
    for (status, requests) in [(401, 2), (429, 1), (500, 1), (502, 1), (503, 1), (504, 1)] {
        let sandbox = Watched::start().await;
        let client = sandbox.client();
        sandbox.answer_next("sendSms", stratustexting_sandbox::Answer::new(status));

        let messages = client.messages();
        let outcome = messages
            .send_sms(sandbox.number(), "+13035550123", "x")
            .await;

        assert_eq!(outcome.is_ok(), status == 401, "{status}");
        assert_eq!(sandbox.calls().len(), requests, "{status}");
        assert_eq!(sandbox.sent_messages().len(), usize::from(status == 401));
    }
}

#[tokio::test]
async fn an_mms_is_repeated_after_a_401_with_the_same_body() {
    let sandbox = Watched::start().await;
    let client = sandbox.client();
    client.auth().access_token().await.unwrap();
    sandbox.revoke_access_tokens();

    let media = [stratustexting::Media::from_bytes("a.txt", "the same bytes")];
    let messages = client.messages();
    messages
        .send_mms(sandbox.number(), "+13035550123", "x", media)
        .await
        .unwrap();

    let calls = sandbox.calls();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].body, calls[1].body);
    assert_eq!(sandbox.sent_messages().len(), 1);
}

#[tokio::test]
async fn a_lasting_401_is_tried_twice_and_then_an_error() {
    let sandbox = Watched::start().await;
    let client = sandbox.client();
    for _ in 0..5 {
        let answer = stratustexting_sandbox::Answer::new(401).body(r#"{"message":"Unauthorized"}"#);
        sandbox.answer_next("sendSms", answer);
    }

    let messages = client.messages();
    let error = messages
        .send_sms(sandbox.number(), "+13035550123", "x")
        .await
        .unwrap_err();

    assert!(error.is_auth());
    assert_eq!(error.service_message().as_deref(), Some("Unauthorized"));
    assert_eq!(sandbox.calls().len(), 2);
}

#[tokio::test]
async fn a_401_whose_renewal_fails_is_still_a_401_with_the_reason_as_its_source() {
    let sandbox = Watched::start().await;
    let client = sandbox.client();
    client.auth().access_token().await.unwrap();
    sandbox.revoke_access_tokens();
    sandbox.answer_next("token", stratustexting_sandbox::Answer::new(503));

    let error = client.messages().get("m").await.unwrap_err();

    assert_eq!(error.status().map(|s| s.as_u16()), Some(401));
    let source = std::error::Error::source(&error).unwrap();
    assert!(source.to_string().contains("token endpoint"), "{source}");
}
