//! Many callers, one renewal.

use std::time::{Duration, SystemTime};

use futures::future::join_all;
use serde_json::json;
use stratustexting::{
    Backoff, Client, Resend, SendOutcome,
    auth::{MemoryTokenStore, Token},
};
use stratustexting_sandbox::{Commit, Fault, ScriptedResponse};

use crate::support::{TEXT, Watched};

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
async fn a_thousand_calls_with_an_expired_token_make_one_renewal_and_no_failure() {
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
    assert_eq!(sandbox.token_requests().len() - before, 1, "renewals");
    assert_eq!(sandbox.calls().len(), TASKS, "no call was made in vain");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_calls_with_a_revoked_token_make_one_renewal_and_no_failure() {
    let sandbox = Watched::start().await;
    let client = sandbox.client();
    client.auth().access_token().await.unwrap();
    let before = sandbox.token_requests().len();
    sandbox.revoke_access_tokens();

    let failed = storm(&client).await;

    assert_eq!(failed, 0);
    assert_eq!(sandbox.token_requests().len() - before, 1, "renewals");
    let rejected = sandbox
        .calls()
        .iter()
        .filter(|call| call.status == 401)
        .count();
    assert!(
        rejected > 0 && rejected <= TASKS,
        "{rejected} calls were rejected"
    );
    assert_eq!(
        sandbox.calls().len(),
        TASKS + rejected,
        "each rejected call was retried once"
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
async fn a_failed_renewal_fails_all_waiting_calls_and_the_next_call_retries_it() {
    let sandbox = Watched::start().await;
    let client = sandbox.client();
    sandbox.respond_next("token", ScriptedResponse::new(503));

    let outcomes = join_all((0..10).map(|_| client.auth().access_token())).await;
    assert!(outcomes.iter().all(Result::is_err));
    assert_eq!(sandbox.token_requests().len(), 1);

    client.auth().access_token().await.unwrap();
    assert_eq!(sandbox.token_requests().len(), 2);
}

#[tokio::test]
async fn a_send_with_a_response_is_not_retried() {
    for status in [400, 401, 403, 408, 429, 500, 502, 503, 504] {
        for commit in [Commit::Before, Commit::After] {
            let sandbox = Watched::start().await;
            let client = sandbox.client();
            sandbox.fail_next("sendSms", Fault::status(status, commit));

            let messages = client.messages();
            let error = messages
                .from(sandbox.number())
                .send_sms("+13035550123", TEXT)
                .await
                .unwrap_err();

            assert_eq!(error.status().map(|s| s.as_u16()), Some(status));
            assert_eq!(sandbox.calls().len(), 1, "{status}");
            let sent = usize::from(commit == Commit::After);
            assert_eq!(sandbox.sent_messages().len(), sent, "{status}");
        }
    }
}

#[tokio::test]
async fn after_a_401_the_next_send_has_another_token() {
    let sandbox = Watched::start().await;
    let client = sandbox.client();
    let first = client.auth().access_token().await.unwrap();
    sandbox.revoke_access_tokens();
    let messages = client.messages();
    let send = async || {
        messages
            .from(sandbox.number())
            .send_sms("+13035550123", TEXT)
            .await
    };

    let error = send().await.unwrap_err();
    assert_eq!(error.send_outcome(), SendOutcome::Rejected);
    assert!(error.is_auth() && error.ticket().is_none());
    send().await.unwrap();

    assert_eq!(sandbox.sent_messages().len(), 1);
    assert_eq!(sandbox.token_requests().len(), 2);
    assert_ne!(client.auth().access_token().await.unwrap(), first);
}

#[tokio::test]
async fn an_mms_is_retried_after_a_401_with_the_same_body_if_its_caller_says_so() {
    let sandbox = Watched::start().await;
    let client = sandbox.client();
    client.auth().access_token().await.unwrap();
    sandbox.revoke_access_tokens();

    let media = [stratustexting::Media::from_bytes("a.txt", "the same bytes")];
    let messages = client.messages().from(sandbox.number());
    messages
        .send_mms("+13035550123", TEXT, media)
        .resend(Resend::IfTurnedAway)
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
        let answer = ScriptedResponse::new(401).body(r#"{"message":"Unauthorized"}"#);
        sandbox.respond_next("getMessageById", answer);
    }

    let error = client.messages().get("m").await.unwrap_err();

    assert!(error.is_auth());
    assert_eq!(error.service_message().as_deref(), Some("Unauthorized"));
    assert_eq!(sandbox.calls().len(), 2);
    assert_eq!(sandbox.token_requests().len(), 2);
    // The new token isn't to blame: the next calls use it, and request no other.
    for _ in 0..3 {
        let error = client.messages().get("m").await.unwrap_err();
        assert!(error.to_string().contains("scope"), "{error}");
    }
    assert_eq!(sandbox.calls().len(), 5);
    assert_eq!(sandbox.token_requests().len(), 2);
}

/// No attempt follows a send's 401, so each send would request a token of its own.
#[tokio::test]
async fn a_lasting_401_costs_sends_one_token_and_not_one_each() {
    let sandbox = Watched::start().await;
    let messages = sandbox.client().messages();
    let send = async || {
        messages
            .from(sandbox.number())
            .send_sms("+13035550123", TEXT)
            .await
    };
    for _ in 0..5 {
        sandbox.respond_next("sendSms", ScriptedResponse::new(401));
        assert!(send().await.unwrap_err().is_auth());
    }

    assert_eq!(sandbox.token_requests().len(), 2);
    // Once a token was accepted, the next rejection is the token's fault again.
    send().await.unwrap();
    sandbox.respond_next("sendSms", ScriptedResponse::new(401));
    assert!(send().await.unwrap_err().is_auth());
    send().await.unwrap();
    assert_eq!(sandbox.token_requests().len(), 3);
}

#[tokio::test]
async fn a_401_whose_renewal_fails_is_still_a_401_with_the_reason_as_its_source() {
    let lasting = json!({"error": "invalid_client"});
    for answers in [
        vec![ScriptedResponse::json(400, lasting)],
        // The first attempt has the 401, the two after it get no token.
        vec![ScriptedResponse::new(503), ScriptedResponse::new(503)],
    ] {
        let sandbox = Watched::start().await;
        let builder = sandbox.builder().credentials(sandbox.machine());
        let at_once = Backoff::new().base(Duration::ZERO);
        let client = builder.retry(at_once).build().unwrap();
        client.auth().access_token().await.unwrap();
        sandbox.revoke_access_tokens();
        let renewals = answers.len();
        for answer in answers {
            sandbox.respond_next("token", answer);
        }

        let error = client.messages().get("m").await.unwrap_err();

        assert_eq!(error.status().map(|s| s.as_u16()), Some(401));
        let source = std::error::Error::source(&error).unwrap();
        assert!(source.to_string().contains("token endpoint"), "{source}");
        assert_eq!(sandbox.token_requests().len(), 1 + renewals);
        assert_eq!(sandbox.calls().len(), 1);
    }
}
