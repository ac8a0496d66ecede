//! Renewing a token in time and once, whatever goes wrong meanwhile.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::{Json, Router, routing::post};
use futures::{FutureExt, future::join_all};
use serde_json::{Value, json};
use stratustexting::{
    AccessToken, Client,
    auth::{MemoryTokenStore, Token, TokenStore},
};
use stratustexting_sandbox::ScriptedResponse;

use crate::{
    login::{REDIRECT, logged_in_with, visit},
    support::{Told, Watched, call, expired},
};

fn in_seconds(seconds: u64) -> SystemTime {
    SystemTime::now() + Duration::from_secs(seconds)
}

async fn until(mut holds: impl AsyncFnMut() -> bool) {
    while !holds().await {
        tokio::task::yield_now().await;
    }
}

/// Polls a future so many times at most, and drops it.
async fn give_up_after<F: Future + Unpin>(polls: usize, mut future: F) {
    for _ in 0..polls {
        if futures::poll!(&mut future).is_ready() {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// A client whose token is good for another minute, and that token.
async fn with_a_minute_left(sandbox: &Watched) -> (Client, AccessToken) {
    let old = sandbox.client().auth().access_token().await.unwrap();
    let token = Token::new(old.clone()).with_expiry(in_seconds(60));
    let client = sandbox
        .builder()
        .credentials(sandbox.machine())
        .token_store(MemoryTokenStore::with(token))
        .build()
        .unwrap();
    assert_eq!(client.auth().access_token().await.unwrap(), old);
    assert_eq!(sandbox.token_requests().len(), 1);
    (client, old)
}

#[tokio::test]
async fn a_good_token_is_renewed_in_the_background_and_nobody_waits() {
    let sandbox = Watched::start().await;
    let (client, old) = with_a_minute_left(&sandbox).await;

    let auth = client.auth();
    for _ in 0..100 {
        let token = auth.access_token().now_or_never();
        assert_eq!(token.expect("it needs no waiting").unwrap(), old);
    }
    until(async || client.auth().access_token().await.unwrap() != old).await;

    assert_eq!(sandbox.token_requests().len(), 2, "it is renewed once");
    call(&client).await.unwrap();
}

#[tokio::test]
async fn a_failed_early_renewal_takes_nothing_away_and_isnt_retried_at_once() {
    let sandbox = Watched::start().await;
    let (client, old) = with_a_minute_left(&sandbox).await;
    for _ in 0..5 {
        sandbox.respond_next("token", ScriptedResponse::new(503));
    }

    let auth = client.auth();
    let first = auth.access_token().now_or_never();
    assert_eq!(first.unwrap().unwrap(), old);
    until(async || sandbox.token_requests().last().unwrap().status == 503).await;
    for _ in 0..20 {
        call(&client).await.unwrap();
        assert_eq!(client.auth().access_token().await.unwrap(), old);
    }

    assert_eq!(
        sandbox.token_requests().len(),
        2,
        "one failure, and no retry at once"
    );
}

#[tokio::test]
async fn after_a_401_the_token_that_another_client_has_stored_is_used() {
    let sandbox = Watched::strict().await;
    let store = Arc::new(MemoryTokenStore::new());
    let first = logged_in_with(&sandbox, Arc::clone(&store)).await;
    let second = sandbox.builder().credentials(sandbox.user());
    let second = second.token_store(store).build().unwrap();
    call(&second).await.unwrap();

    for expiry in 1..=5 {
        sandbox.expire_access_tokens();
        call(&first).await.unwrap();
        call(&second).await.unwrap();

        assert_eq!(sandbox.token_requests().len(), 1 + expiry);
    }
}

#[tokio::test]
async fn clients_that_share_a_store_renew_one_after_the_other() {
    let sandbox = Watched::strict().await;
    let store = Arc::new(MemoryTokenStore::new());
    logged_in_with(&sandbox, Arc::clone(&store)).await;
    let clients: Vec<Client> = (0..8)
        .map(|_| {
            let builder = sandbox.builder().credentials(sandbox.user());
            builder.token_store(Arc::clone(&store)).build().unwrap()
        })
        .collect();

    for expiry in 1..=5 {
        sandbox.expire_access_tokens();
        let outcomes = join_all(clients.iter().map(call)).await;

        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert_eq!(sandbox.token_requests().len(), 1 + expiry);
    }
}

#[tokio::test]
async fn a_rejected_renewal_takes_the_token_that_another_machine_has_stored() {
    let sandbox = Watched::strict().await;
    let won = sandbox.client().auth().access_token().await.unwrap();
    let store = Told::default();
    let old = expired("used up by another machine");
    // Read without the lock, under it, and once more before the other machine has stored.
    store
        .says
        .lock()
        .unwrap()
        .extend([old.clone(), old.clone(), old]);
    let won = Token::new(won)
        .with_refresh("theirs")
        .with_expiry(in_seconds(3_600));
    store.inner.save(&won).await.unwrap();
    let builder = sandbox.builder().credentials(sandbox.user());
    let client = builder.token_store(store).build().unwrap();

    call(&client).await.unwrap();

    assert_eq!(&client.auth().access_token().await.unwrap(), won.access());
    assert_eq!(
        sandbox.token_requests().len(),
        2,
        "theirs, and ours in vain"
    );
}

#[tokio::test]
async fn a_rejected_renewal_tries_the_refresh_token_that_another_machine_has_stored() {
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
    let client = builder.token_store(Arc::clone(&store)).build().unwrap();

    call(&client).await.unwrap();

    assert_eq!(sandbox.token_requests().len(), 3);
    let stored = store.load().await.unwrap().unwrap();
    assert_eq!(
        stored.access(),
        &client.auth().access_token().await.unwrap()
    );
}

#[tokio::test]
async fn without_another_machines_token_a_login_is_required() {
    let sandbox = Watched::strict().await;
    let builder = sandbox.builder().credentials(sandbox.user());
    let store = MemoryTokenStore::with(expired("unknown"));
    let client = builder.token_store(store).build().unwrap();

    let error = call(&client).await.unwrap_err();

    assert!(error.is_login_required() && !error.may_have_been_sent());
    assert_eq!(sandbox.token_requests().len(), 1);
    assert!(sandbox.calls().is_empty());
}

#[tokio::test]
async fn the_call_that_finds_a_login_over_says_so() {
    let sandbox = Watched::strict().await;
    let client = logged_in_with(&sandbox, MemoryTokenStore::new()).await;
    sandbox.expire_access_tokens();
    let ended = ScriptedResponse::json(400, json!({"error": "invalid_grant"}));
    sandbox.respond_next("token", ended);

    let error = call(&client).await.unwrap_err();

    assert_eq!(error.status().map(|status| status.as_u16()), Some(401));
    assert!(error.is_login_required() && error.is_auth(), "{error:?}");
}

#[tokio::test]
async fn an_odd_lifetime_loses_no_token() {
    for (lifetime, known) in [
        (json!(3_600), true),
        (json!("3600"), true),
        (json!(3_600.5), true),
        (json!(0), false),
        (json!(-1), false),
        (json!(u64::MAX), false),
        (json!("soon"), false),
        (Value::Null, false),
    ] {
        let sandbox = Watched::strict().await;
        let access = sandbox.client().auth().access_token().await.unwrap();
        let grant = json!({
            "access_token": access.expose(),
            "token_type": "Bearer",
            "refresh_token": "the next",
            "expires_in": lifetime,
        });
        sandbox.respond_next("token", ScriptedResponse::json(200, grant));
        let store = Arc::new(MemoryTokenStore::with(expired("the first")));
        let builder = sandbox.builder().credentials(sandbox.user());
        let client = builder.token_store(Arc::clone(&store)).build().unwrap();

        for _ in 0..3 {
            call(&client).await.unwrap();
        }

        assert_eq!(sandbox.token_requests().len(), 2, "{lifetime}");
        let stored = store.load().await.unwrap().unwrap();
        assert_eq!(stored.refresh().unwrap().expose(), "the next");
        assert_eq!(stored.expires_at().is_some(), known, "{lifetime}");
    }
}

#[tokio::test]
async fn a_lifetime_is_counted_from_the_start_of_the_request() {
    let sandbox = Watched::start().await;
    let arrived = Arc::new(Mutex::new(None));
    let endpoint = Router::new().route("/token", {
        let arrived = Arc::clone(&arrived);
        post(async move || {
            *arrived.lock().unwrap() = Some(SystemTime::now());
            Json(json!({"access_token": "t", "token_type": "Bearer", "expires_in": 60}))
        })
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, endpoint).await });
    let store = Arc::new(MemoryTokenStore::new());
    let builder = sandbox
        .builder()
        .credentials(sandbox.machine())
        .token_url(url);
    let client = builder.token_store(Arc::clone(&store)).build().unwrap();

    client.auth().access_token().await.unwrap();

    let expires_at = store.load().await.unwrap().unwrap().expires_at().unwrap();
    let arrived = arrived.lock().unwrap().unwrap();
    assert!(expires_at <= arrived + Duration::from_secs(60));
}

#[tokio::test]
async fn a_call_given_up_anywhere_costs_no_second_refresh() {
    let sandbox = Watched::strict().await;
    let client = logged_in_with(&sandbox, MemoryTokenStore::new()).await;

    for polls in 1..60 {
        let before = sandbox.token_requests().len();
        sandbox.expire_access_tokens();
        give_up_after(polls, Box::pin(call(&client))).await;

        call(&client).await.unwrap();

        assert_eq!(sandbox.token_requests().len() - before, 1, "{polls} polls");
    }
}

#[tokio::test]
async fn a_login_given_up_anywhere_is_finished_all_the_same() {
    let sandbox = Watched::strict().await;
    for polls in 1..20 {
        let before = sandbox.token_requests().len();
        let store = Arc::new(MemoryTokenStore::new());
        let builder = sandbox.builder().credentials(sandbox.user());
        let client = builder.token_store(Arc::clone(&store)).build().unwrap();
        let login = client.auth().start_login(REDIRECT).unwrap();
        let callback = visit(&sandbox, login.url()).await;

        give_up_after(
            polls,
            Box::pin(client.auth().finish_login(&login, &callback)),
        )
        .await;

        until(async || store.load().await.unwrap().is_some()).await;
        call(&client).await.unwrap();
        assert_eq!(sandbox.token_requests().len() - before, 1, "{polls} polls");
    }
}

#[tokio::test]
async fn a_logout_given_up_at_once_is_finished_all_the_same() {
    let sandbox = Watched::strict().await;
    let store = Arc::new(MemoryTokenStore::new());
    let client = logged_in_with(&sandbox, Arc::clone(&store)).await;

    give_up_after(1, Box::pin(client.auth().log_out())).await;

    until(async || store.load().await.unwrap().is_none()).await;
    until(async || client.auth().access_token().await.is_err()).await;
    assert!(call(&client).await.unwrap_err().is_login_required());
}

#[tokio::test]
async fn logging_out_during_a_renewal_lasts() {
    let sandbox = Watched::strict().await;
    let store = Arc::new(MemoryTokenStore::new());
    let client = logged_in_with(&sandbox, Arc::clone(&store)).await;
    sandbox.expire_access_tokens();
    let renewing = tokio::spawn({
        let client = client.clone();
        async move { call(&client).await }
    });
    until(async || sandbox.token_requests().len() == 2).await;

    client.auth().log_out().await.unwrap();
    let _ = renewing.await.unwrap();

    assert!(store.load().await.unwrap().is_none());
    assert!(call(&client).await.unwrap_err().is_login_required());
}
