//! A token that the service has given is not lost because a store fails, and a refresh token is
//! not used twice: many services end the login for that.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use serde_json::{Value, json};
use stratustexting::{
    AccessToken, Backoff,
    auth::{Credentials, MemoryTokenStore, Token, TokenStore},
};
use stratustexting_sandbox::{Sandbox, ScriptedResponse};

use crate::{
    endpoint::{Endpoint, SHORT, failing, log_in, over, stored, token},
    login::logged_in_with,
    support::{Told, Watched, call, expired},
};

#[tokio::test]
async fn a_token_that_could_not_be_stored_is_stored_the_next_time() {
    let endpoint = Endpoint::start().await;
    let store = failing(2).await;
    let client = endpoint.client(Arc::clone(&store));
    endpoint.grants(1, 3_600.0);

    for _ in 0..2 {
        let error = token(&client).await.unwrap_err();
        let text = format!("{:?}", std::error::Error::source(&error));
        assert!(text.contains("the disk is full"), "{text}");
    }

    assert_eq!(token(&client).await.unwrap(), "T1");
    assert_eq!(stored(&store).await, "T1");
    assert_eq!(endpoint.used(), ["R0"]);
}

#[tokio::test]
async fn a_call_is_retried_when_the_store_fails_once() {
    let sandbox = Watched::of(Sandbox::builder().rotate_refresh_tokens(true)).await;
    let store = Arc::new(Told::default());
    let client = logged_in_with(&sandbox, Arc::clone(&store)).await;
    sandbox.expire_access_tokens();
    store.fails.store(1, SeqCst);

    let at_once = Backoff::new().base(Duration::ZERO);
    let options = stratustexting::CallOptions::new().retry(at_once);
    let sites = client.sites().list().options(options);
    futures::TryStreamExt::try_collect::<Vec<_>>(sites)
        .await
        .unwrap();

    assert_eq!(sandbox.token_requests().len(), 2);
}

#[tokio::test]
async fn an_unsaved_token_outlives_a_renewal_that_fails() {
    let endpoint = Endpoint::start().await;
    let client = endpoint.client(failing(1).await);
    endpoint.grants(1, SHORT);
    endpoint.answers(503, json!({}));
    endpoint.grants(2, 3_600.0);

    assert!(token(&client).await.is_err(), "it couldn't be stored");
    over().await;
    assert!(token(&client).await.is_err(), "it couldn't be renewed");

    assert_eq!(token(&client).await.unwrap(), "T2");
    assert_eq!(endpoint.used(), ["R0", "R1", "R1"]);
}

#[tokio::test]
async fn the_last_of_several_unsaved_tokens_is_the_one_that_counts() {
    let endpoint = Endpoint::start().await;
    let store = failing(2).await;
    let client = endpoint.client(Arc::clone(&store));
    for number in 1..=2 {
        endpoint.grants(number, SHORT);
        assert!(token(&client).await.is_err());
        over().await;
    }
    endpoint.grants(3, 3_600.0);

    assert_eq!(token(&client).await.unwrap(), "T3");
    assert_eq!(stored(&store).await, "T3");
    assert_eq!(endpoint.used(), ["R0", "R1", "R2"]);
}

#[tokio::test]
async fn an_unsaved_token_gives_way_to_one_that_another_process_has_stored() {
    let endpoint = Endpoint::start().await;
    let store = failing(1).await;
    let client = endpoint.client(Arc::clone(&store));
    endpoint.grants(1, 3_600.0);
    assert!(token(&client).await.is_err());

    let theirs = Token::new(AccessToken::new("theirs").unwrap());
    store.inner.save(&theirs).await.unwrap();

    assert_eq!(token(&client).await.unwrap(), "theirs");
    assert_eq!(stored(&store).await, "theirs");
}

#[tokio::test]
async fn an_unsaved_token_whose_login_is_over_gives_way_to_the_next_login() {
    let endpoint = Endpoint::start().await;
    let client = endpoint.client(failing(1).await);
    endpoint.grants(1, SHORT);
    assert!(token(&client).await.is_err());
    over().await;
    endpoint.answers(400, json!({"error": "invalid_grant"}));

    for _ in 0..2 {
        let error = token(&client).await.unwrap_err();
        assert!(error.is_login_required(), "{error:?}");
    }
    assert_eq!(endpoint.used(), ["R0", "R1"], "each once");

    endpoint.grants(2, 3_600.0);
    log_in(&client).await.unwrap();
    assert_eq!(token(&client).await.unwrap(), "T2");
}

#[tokio::test]
async fn a_login_that_could_not_be_stored_is_stored_with_the_next_call() {
    let good = Token::new(AccessToken::new("good").unwrap());
    for before in [None, Some(expired("R0")), Some(good)] {
        let endpoint = Endpoint::start().await;
        let store = Arc::new(Told::default());
        if let Some(before) = &before {
            store.inner.save(before).await.unwrap();
        }
        let client = endpoint.client(Arc::clone(&store));
        if before
            .as_ref()
            .is_some_and(|before| before.refresh().is_none())
        {
            assert_eq!(token(&client).await.unwrap(), "good");
        }
        store.fails.store(1, SeqCst);
        endpoint.grants(1, 3_600.0);

        assert!(log_in(&client).await.is_err());

        assert_eq!(token(&client).await.unwrap(), "T1");
        assert_eq!(stored(&store).await, "T1");
        assert!(endpoint.used().is_empty());
    }
}

#[tokio::test]
async fn a_login_replaces_a_token_that_can_not_be_read() {
    let endpoint = Endpoint::start().await;
    let store = failing(0).await;
    store.unreadable.store(true, SeqCst);
    let client = endpoint.client(Arc::clone(&store));
    assert!(token(&client).await.is_err());
    endpoint.grants(1, 3_600.0);

    log_in(&client).await.unwrap();

    assert_eq!(token(&client).await.unwrap(), "T1");
    store.unreadable.store(false, SeqCst);
    assert_eq!(stored(&store).await, "T1");
}

#[tokio::test]
async fn logging_out_forgets_an_unsaved_token() {
    let endpoint = Endpoint::start().await;
    let client = endpoint.client(failing(1).await);
    endpoint.grants(1, 3_600.0);
    assert!(token(&client).await.is_err());

    client.auth().log_out().await.unwrap();

    let error = token(&client).await.unwrap_err();
    assert!(error.is_login_required());
    assert_eq!(endpoint.used(), ["R0"]);
}

#[tokio::test]
async fn a_store_that_went_back_in_time_displaces_no_newer_token() {
    let endpoint = Endpoint::start().await;
    let store = Arc::new(MemoryTokenStore::with(expired("R0")));
    let client = endpoint.client(Arc::clone(&store));
    for number in 1..=3 {
        endpoint.grants(number, SHORT);
        token(&client).await.unwrap();
        over().await;
        // As by a backup, or a server that starts with an older copy.
        store.save(&expired("R0")).await.unwrap();
    }
    endpoint.grants(4, 3_600.0);

    assert_eq!(token(&client).await.unwrap(), "T4");
    assert_eq!(stored(&store).await, "T4");
    assert_eq!(endpoint.used(), ["R0", "R1", "R2", "R3"]);
}

#[tokio::test]
async fn logging_out_ends_the_credentials_refresh_token_too() {
    let endpoint = Endpoint::start().await;
    let credentials = Credentials::refresh_token("id", "secret", "R0");
    let client = endpoint.builder(credentials).build().unwrap();
    endpoint.grants(1, 3_600.0);
    assert_eq!(token(&client).await.unwrap(), "T1");

    client.auth().log_out().await.unwrap();

    assert!(token(&client).await.unwrap_err().is_login_required());
    assert_eq!(endpoint.used(), ["R0"]);
    endpoint.grants(2, 3_600.0);
    log_in(&client).await.unwrap();
    assert_eq!(token(&client).await.unwrap(), "T2");
}

#[tokio::test]
async fn a_program_that_logs_in_as_itself_uses_no_refresh_token() {
    let endpoint = Endpoint::start().await;
    let credentials = Credentials::client_credentials("id", "secret");
    let builder = endpoint.builder(credentials);
    let store = MemoryTokenStore::with(expired("a user's"));
    let client = builder.token_store(store).build().unwrap();
    for number in 1..=2 {
        endpoint.grants(number, SHORT);
        token(&client).await.unwrap();
        over().await;
    }

    assert!(endpoint.used().is_empty());
    assert_eq!(endpoint.requests.lock().unwrap().len(), 2);
}

/// An empty refresh token is none, and a missing one means that the old one stays good.
#[tokio::test]
async fn a_refresh_token_is_not_replaced_by_nothing() {
    for nothing in [json!(""), Value::Null] {
        let endpoint = Endpoint::start().await;
        let store = Arc::new(MemoryTokenStore::with(expired("R0")));
        let client = endpoint.client(Arc::clone(&store));
        let grant = json!({"access_token": "T1", "refresh_token": nothing, "expires_in": SHORT});
        endpoint.answers(200, grant);
        token(&client).await.unwrap();
        over().await;
        endpoint.grants(2, 3_600.0);

        token(&client).await.unwrap();

        assert_eq!(endpoint.used(), ["R0", "R0"]);
    }
}

#[tokio::test]
async fn a_response_with_a_long_token_is_read_and_a_huge_one_is_not() {
    for (length, read) in [(20_000, true), (300_000, false)] {
        let endpoint = Endpoint::start().await;
        let client = endpoint.client(MemoryTokenStore::with(expired("R0")));
        endpoint.answers(200, json!({"access_token": "T".repeat(length)}));

        assert_eq!(token(&client).await.is_ok(), read, "{length}");
    }
}

/// Only a rejected refresh token gives way: another failure says nothing about it.
#[tokio::test]
async fn a_renewal_that_fails_otherwise_does_not_look_for_another_token() {
    let endpoint = Endpoint::start().await;
    let store = failing(0).await;
    let says = [expired("R0"), expired("R0")];
    store.says.lock().unwrap().extend(says);
    store.inner.save(&expired("theirs")).await.unwrap();
    let client = endpoint.client(store);
    endpoint.answers(503, json!({}));

    token(&client).await.unwrap_err();

    assert_eq!(endpoint.used(), ["R0"]);
}

/// The sandbox didn't make this response, so it doesn't know its token.
#[tokio::test]
async fn a_renewal_with_an_odd_response_loses_no_login() {
    let sandbox = Watched::of(Sandbox::builder().rotate_refresh_tokens(true)).await;
    let folder = tempfile::tempdir().unwrap();
    let store = stratustexting::auth::FileTokenStore::new(folder.path().join("token.json"));
    let client = logged_in_with(&sandbox, store.clone()).await;
    let first = client.auth().access_token().await.unwrap();
    sandbox.expire_access_tokens();
    let odd = json!({"access_token": "odd", "scope": ["a"], "expires_in": "60"});
    let answer = ScriptedResponse::new(201)
        .header("content-type", "text/plain")
        .body(odd.to_string());
    sandbox.respond_next("token", answer);

    // The sandbox rejects that token. This client waits before it requests a third one;
    // another client requests one at once, and the login is good.
    call(&client).await.unwrap_err();
    call(&client).await.unwrap_err();
    let builder = sandbox.builder().credentials(sandbox.user());
    let another = builder.token_store(store).build().unwrap();
    call(&another).await.unwrap();

    assert_ne!(another.auth().access_token().await.unwrap(), first);
}
