//! Rejections in other words: an access token that a gateway rejects with 403, and a login that
//! the token endpoint ends without `invalid_grant`.

use std::sync::Arc;

use serde_json::json;
use stratustexting::{
    Resend, SendOutcome,
    auth::{MemoryTokenStore, TokenStore},
};
use stratustexting_sandbox::ScriptedResponse;

use crate::{
    login::logged_in_with,
    support::{TEXT, Told, Watched, call, expired},
};

const TO: &str = "+13035550123";

/// Responses of gateways to a token that has expired.
fn expired_token() -> Vec<ScriptedResponse> {
    let answer =
        |status: u16| ScriptedResponse::new(status).header("content-type", "application/json");
    vec![
        answer(403)
            .header("x-amzn-errortype", "ExpiredTokenException")
            .body(r#"{"message":"The security token included in the request is expired"}"#),
        answer(403)
            .header("x-amzn-errortype", "ExpiredTokenException:http://internal/")
            .body("{}"),
        answer(403)
            .header("www-authenticate", r#"Bearer error="invalid_token""#)
            .body("{}"),
        answer(400)
            .header(
                "www-authenticate",
                "bearer realm=\"a\", ERROR=invalid_token",
            )
            .body("{}"),
        answer(403).body("\u{feff}{\"Message\":\"The incoming token has expired\"}"),
        answer(403).body(r#"{"error":{"message":"jwt expired"}}"#),
    ]
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_and_a_read_retried_once() {
    for rejection in expired_token() {
        let sandbox = Watched::start().await;
        let client = sandbox.client();
        let first = client.auth().access_token().await.unwrap();
        let shown = format!("{rejection:?}");
        sandbox.respond_next("listSites", rejection.clone());

        call(&client).await.unwrap();

        assert_eq!(sandbox.token_requests().len(), 2, "{shown}");
        assert_eq!(sandbox.calls().len(), 2, "{shown}");
        assert_ne!(client.auth().access_token().await.unwrap(), first);

        // One that lasts is an error after one more renewal.
        for _ in 0..5 {
            sandbox.respond_next("listSites", rejection.clone());
        }
        let error = call(&client).await.unwrap_err();
        assert!(error.is_auth() && !error.is_login_required(), "{error:?}");
        assert_eq!(sandbox.token_requests().len(), 3, "{shown}");
        assert_eq!(sandbox.calls().len(), 4, "{shown}");
    }
}

#[tokio::test]
async fn a_send_whose_token_has_expired_renews_it_and_is_retried_only_if_its_caller_says_so() {
    for rejection in expired_token() {
        for resend in [Resend::IfNotSent, Resend::IfTurnedAway] {
            let sandbox = Watched::start().await;
            let client = sandbox.client();
            let first = client.auth().access_token().await.unwrap();
            sandbox.respond_next("sendSms", rejection.clone());
            let messages = client.messages();
            let messages = messages.from(sandbox.number());

            let sent = messages.send_sms(TO, TEXT).resend(resend).await;

            let repeats = usize::from(resend == Resend::IfTurnedAway);
            assert_eq!(sandbox.calls().len(), 1 + repeats, "{rejection:?}");
            assert_eq!(sandbox.sent_messages().len(), repeats);
            if let Err(error) = &sent {
                assert!(error.is_auth() && error.ticket().is_none(), "{error:?}");
                assert_eq!(error.send_outcome(), SendOutcome::Rejected);
            }
            assert_ne!(client.auth().access_token().await.unwrap(), first);
            messages
                .from(sandbox.number())
                .send_sms(TO, TEXT)
                .await
                .unwrap();
            assert_eq!(sandbox.token_requests().len(), 2);
        }
    }
}

#[tokio::test]
async fn a_plain_403_renews_nothing_and_names_the_likely_causes() {
    let rejected = ["scope", "role of the user", "another brand", "API key"];
    for (body, causes) in [
        (r#"{"message":"Forbidden"}"#, &rejected[..]),
        // What the gateway says of a path that it doesn't know.
        (r#"{"message":"Missing Authentication Token"}"#, &["path"]),
        (
            r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#,
            &rejected,
        ),
    ] {
        let sandbox = Watched::start().await;
        let client = sandbox.client();
        sandbox.respond_next("listSites", ScriptedResponse::new(403).body(body));

        let error = call(&client).await.unwrap_err();

        assert!(!error.is_auth(), "{body}");
        let text = error.to_string();
        for cause in causes {
            assert!(text.contains(cause), "{body}: {text}");
        }
        call(&client).await.unwrap();
        assert_eq!(sandbox.token_requests().len(), 1, "{body}");
        assert_eq!(sandbox.calls().len(), 2, "{body}");
    }
}

/// Responses of token endpoints for a login that is over.
fn login_over() -> Vec<ScriptedResponse> {
    let said = |status, body: &str| ScriptedResponse::new(status).body(body.to_owned());
    vec![
        said(400, r#"{"error":"invalid_token"}"#),
        said(400, r#"{"error":"INVALID_GRANT"}"#),
        said(401, "\u{feff}{\"error\":\"invalid_grant\"}"),
        said(400, r#"{"error":{"code":"invalid_grant"}}"#),
        said(400, r#"{"errorCode":"invalid_grant"}"#),
        said(200, r#"{"error":"invalid_grant"}"#),
        said(
            400,
            r#"{"error":"invalid_request","error_description":"The refresh token has been revoked"}"#,
        ),
        ScriptedResponse::new(400)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("error=invalid_grant&error_description=Token+is+not+active"),
    ]
}

#[tokio::test]
async fn the_call_that_finds_a_login_over_says_so_and_the_store_keeps_its_token() {
    for rejection in login_over() {
        let sandbox = Watched::strict().await;
        let store = Arc::new(MemoryTokenStore::new());
        let client = logged_in_with(&sandbox, Arc::clone(&store)).await;
        let before = store.load().await.unwrap().unwrap();
        sandbox.expire_access_tokens();
        sandbox.respond_next("token", rejection.clone());

        let error = call(&client).await.unwrap_err();

        assert!(error.is_login_required(), "{rejection:?} {error:?}");
        assert!(error.is_auth() && error.status().is_some_and(|s| s == 401));
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert!(!source.contains("revoked") && !source.contains("active"));
        let kept = store.load().await.unwrap().unwrap();
        assert_eq!(kept.access(), before.access());
    }
}

/// As after `invalid_grant`: another machine may have renewed the token meanwhile.
#[tokio::test]
async fn before_a_login_counts_as_over_the_store_is_read_once_more() {
    for rejection in login_over() {
        let sandbox = Watched::strict().await;
        let login = Arc::new(MemoryTokenStore::new());
        logged_in_with(&sandbox, Arc::clone(&login)).await;
        let theirs = login.load().await.unwrap().unwrap();
        let store = Arc::new(Told::default());
        let old = expired("used up by another machine");
        store.says.lock().unwrap().extend([old.clone(), old]);
        let theirs = expired(theirs.refresh().unwrap().expose());
        store.inner.save(&theirs).await.unwrap();
        let builder = sandbox.builder().credentials(sandbox.user());
        let client = builder.token_store(store).build().unwrap();
        sandbox.respond_next("token", rejection.clone());

        call(&client)
            .await
            .unwrap_or_else(|error| panic!("{rejection:?} {error:?}"));

        assert_eq!(sandbox.token_requests().len(), 3, "{rejection:?}");
    }
}

#[tokio::test]
async fn in_doubt_a_login_is_not_over_and_goes_on() {
    let page = "<html>Your refresh token has expired</html>";
    for rejection in [
        ScriptedResponse::json(401, json!({"error": "invalid_client"})),
        ScriptedResponse::json(400, json!({"error": "unauthorized_client"})),
        ScriptedResponse::json(400, json!({"error": "temporarily_unavailable"})),
        ScriptedResponse::json(400, json!({"error": "server_error"})),
        ScriptedResponse::json(400, json!({"error": "invalid_request"})),
        ScriptedResponse::json(429, json!({"error": "invalid_grant"})),
        ScriptedResponse::json(503, json!({"error": "invalid_grant"})),
        ScriptedResponse::new(403)
            .header("content-type", "text/html")
            .body(page),
    ] {
        let sandbox = Watched::strict().await;
        let store = Arc::new(MemoryTokenStore::new());
        let client = logged_in_with(&sandbox, Arc::clone(&store)).await;
        sandbox.expire_access_tokens();
        for _ in 0..3 {
            sandbox.respond_next("token", rejection.clone());
        }

        let error = client.auth().access_token().await;
        // The token in hand looks good until a call finds out.
        assert!(error.is_ok());
        let error = call(&client).await.unwrap_err();
        assert!(!error.is_login_required(), "{rejection:?} {error:?}");

        let mut works = call(&client).await;
        for _ in 0..3 {
            if works.is_ok() {
                break;
            }
            works = call(&client).await;
        }
        assert!(works.is_ok(), "{rejection:?} {works:?}");
    }
}
