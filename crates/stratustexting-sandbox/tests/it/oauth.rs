//! The OAuth server over plain HTTP.

use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use stratustexting_sandbox::{Grant, NewClient, Sandbox};

use crate::support::{Api, fetch, fixture, http};

const REDIRECT: &str = "http://127.0.0.1:9/callback";

/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

type Pairs<'a> = Vec<(&'a str, &'a str)>;

fn authorize<'a>(sandbox: &'a Sandbox, more: &[(&'a str, &'a str)]) -> Pairs<'a> {
    let mut query = vec![
        ("client_id", sandbox.client_id()),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
    ];
    for (name, value) in more {
        query.retain(|(other, _)| other != name);
        query.push((name, value));
    }
    query
}

fn login(sandbox: &Sandbox, query: &Pairs<'_>) -> RequestBuilder {
    let form = [
        ("username", sandbox.username()),
        ("password", sandbox.password()),
    ];
    http()
        .post(sandbox.authorize_url())
        .query(query)
        .form(&form)
}

/// The URL that the browser is redirected to, and its query.
async fn redirected_to(request: RequestBuilder) -> (String, Vec<(String, String)>) {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 302);
    let location = response.headers()["location"].to_str().unwrap();
    let url = url::Url::parse(location).unwrap();
    let (to, _) = location.split_once('?').unwrap();
    (to.to_owned(), url.query_pairs().into_owned().collect())
}

async fn code(sandbox: &Sandbox, more: &[(&str, &str)]) -> String {
    let (to, values) = redirected_to(login(sandbox, &authorize(sandbox, more))).await;
    assert_eq!(to, REDIRECT);
    let code = values.into_iter().find(|(name, _)| name == "code");
    code.unwrap().1
}

async fn token(sandbox: &Sandbox, form: &[(&str, &str)]) -> (u16, Value) {
    let request = http().post(sandbox.token_url()).form(form);
    let request = request.basic_auth(sandbox.client_id(), Some(sandbox.client_secret()));
    fetch(request).await
}

async fn exchange(sandbox: &Sandbox, code: &str, more: &[(&str, &str)]) -> (u16, Value) {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", REDIRECT),
    ];
    form.extend(more);
    token(sandbox, &form).await
}

fn keys(body: &Value) -> Vec<&str> {
    body.as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

async fn is_valid(sandbox: &Sandbox, body: &Value) -> bool {
    let request = http()
        .get(format!("{}/site/all", sandbox.api_base()))
        .bearer_auth(body["access_token"].as_str().unwrap())
        .header("x-api-key", sandbox.api_key());
    fetch(request).await.0 == 200
}

async fn sandbox() -> Sandbox {
    Sandbox::builder().contacts(1).start().await.unwrap()
}

fn grant_error(error_code: &str) -> (u16, Value) {
    let fixture = fixture(&format!(
        "oauth/error-{}.json",
        error_code.replace('_', "-")
    ));
    let response = &fixture["response"];
    (
        response["status"].as_u64().unwrap() as u16,
        response["body"].clone(),
    )
}

/// As in the existing clients: no state, no PKCE, scopes separated by spaces.
#[tokio::test]
async fn a_user_logs_in_as_in_existing_clients() {
    let sandbox = sandbox().await;
    let scopes = "https://com.beetexting.scopes/ReadContact \
                  https://com.beetexting.scopes/WriteContact \
                  https://com.beetexting.scopes/SendMessage";
    let query = authorize(&sandbox, &[("scope", scopes)]);
    let page = http()
        .get(sandbox.authorize_url())
        .query(&query)
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(page.contains("name=\"username\"") && page.contains("scopes/SendMessage"));

    let (to, values) = redirected_to(login(&sandbox, &query)).await;
    assert_eq!(to, REDIRECT);
    assert_eq!(values.len(), 1, "a code, and no state, since none was sent");
    let (status, body) = exchange(&sandbox, &values[0].1, &[]).await;

    let like = fixture("oauth/response-code.json")["response"]["body"].clone();
    assert_eq!(status, 200);
    assert_eq!(keys(&body), keys(&like));
    assert_eq!(
        (&body["token_type"], &body["expires_in"]),
        (&json!("Bearer"), &json!(3600))
    );
    assert!(
        body["access_token"]
            .as_str()
            .unwrap()
            .starts_with("eyJhbGciOiJSUzI1NiIs")
    );
    assert!(is_valid(&sandbox, &body).await);
}

#[tokio::test]
async fn state_comes_back_unchanged_and_final_slashes_do_not_matter() {
    let sandbox = sandbox().await;
    let state = "a&b=c d+é";
    let (_, values) =
        redirected_to(login(&sandbox, &authorize(&sandbox, &[("state", state)]))).await;
    assert!(values.contains(&("state".to_owned(), state.to_owned())));

    let query = authorize(&sandbox, &[]);
    let url = sandbox.authorize_url().trim_end_matches('/');
    assert_eq!(
        http().get(url).query(&query).send().await.unwrap().status(),
        200
    );
    let form = [("grant_type", "client_credentials")];
    let request = http()
        .post(sandbox.token_url().trim_end_matches('/'))
        .form(&form);
    let request = request.basic_auth(sandbox.client_id(), Some(sandbox.client_secret()));
    assert_eq!(fetch(request).await.0, 200);
}

#[tokio::test]
async fn pkce_is_enforced_when_there_is_a_challenge() {
    let sandbox = sandbox().await;
    let hashed = [
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let plain = [
        ("code_challenge", VERIFIER),
        ("code_challenge_method", "plain"),
    ];
    let cases: [(&[_], &[_], bool); 6] = [
        (&hashed, &[("code_verifier", VERIFIER)], true),
        (&hashed, &[("code_verifier", CHALLENGE)], false),
        (&hashed, &[], false),
        (&plain, &[("code_verifier", VERIFIER)], true),
        (&[], &[], true),
        (&[], &[("code_verifier", VERIFIER)], false),
    ];

    for (challenge, verifier, valid) in cases {
        let code = code(&sandbox, challenge).await;
        let (status, body) = exchange(&sandbox, &code, verifier).await;
        assert_eq!(status == 200, valid, "{challenge:?} {verifier:?}");
        assert!(valid || (status, body) == grant_error("invalid_grant"));
    }
    for invalid in [
        [
            ("code_challenge", "short"),
            ("code_challenge_method", "S256"),
        ],
        [
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S512"),
        ],
    ] {
        let (_, values) = redirected_to(login(&sandbox, &authorize(&sandbox, &invalid))).await;
        assert_eq!(
            values[0],
            ("error".to_owned(), "invalid_request".to_owned())
        );
    }
}

#[tokio::test]
async fn a_code_is_valid_once_for_five_minutes_for_one_client_and_one_redirect_uri() {
    let sandbox = sandbox().await;
    let rejected = grant_error("invalid_grant");

    let used = code(&sandbox, &[]).await;
    let (_, tokens) = exchange(&sandbox, &used, &[]).await;
    assert!(is_valid(&sandbox, &tokens).await);
    assert_eq!(exchange(&sandbox, &used, &[]).await, rejected);
    // Reloading a page costs nothing.
    assert!(is_valid(&sandbox, &tokens).await);
    assert_eq!(refresh(&sandbox, &tokens).await.0, 200);

    let late = code(&sandbox, &[]).await;
    sandbox.advance(Duration::from_secs(301));
    assert_eq!(exchange(&sandbox, &late, &[]).await, rejected);

    let moved = code(&sandbox, &[]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*moved),
        ("redirect_uri", "http://127.0.0.1:10/callback"),
    ];
    assert_eq!(token(&sandbox, &form).await, rejected);

    let stolen = code(&sandbox, &[]).await;
    let other = sandbox.register_client(NewClient::default()).unwrap();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", &*stolen),
        ("redirect_uri", REDIRECT),
    ];
    let request = http().post(sandbox.token_url()).form(&form);
    let request = request.basic_auth(other.client_id, Some(other.client_secret));
    assert_eq!(fetch(request).await, rejected);
    assert_eq!(exchange(&sandbox, "none", &[]).await, rejected);
}

#[tokio::test]
async fn a_reused_code_can_end_the_login() {
    let builder = Sandbox::builder().contacts(1).code_reuse_ends_login(true);
    let sandbox = builder.start().await.unwrap();
    let code = code(&sandbox, &[]).await;
    let (_, tokens) = exchange(&sandbox, &code, &[]).await;

    let again = exchange(&sandbox, &code, &[]).await;

    assert_eq!(again, grant_error("invalid_grant"));
    assert!(!is_valid(&sandbox, &tokens).await);
    assert_eq!(refresh(&sandbox, &tokens).await.0, 400);
}

/// Days after the login; the code is exchanged four minutes after it.
#[tokio::test]
async fn a_login_ends_however_often_it_was_renewed() {
    const DAY: Duration = Duration::from_secs(86_400);
    for (rotate, grace) in [(false, 0), (true, 0), (true, 60)] {
        let builder = Sandbox::builder().contacts(1).rotate_refresh_tokens(rotate);
        let builder = builder.refresh_token_grace(Duration::from_secs(grace));
        let sandbox = builder.start().await.unwrap();
        let code = code(&sandbox, &[]).await;
        sandbox.advance(Duration::from_secs(240));
        let (_, mut tokens) = exchange(&sandbox, &code, &[]).await;
        let mut refresh_next = async || {
            let (status, next) = refresh(&sandbox, &tokens).await;
            if next["refresh_token"].is_string() {
                tokens = next;
            }
            status
        };

        for _ in 0..2 {
            sandbox.advance(DAY * 14);
            assert_eq!(refresh_next().await, 200, "rotates: {rotate}");
        }
        // A minute before the end, and a minute after it.
        sandbox.advance(DAY * 2 - Duration::from_secs(300));
        assert_eq!(refresh_next().await, 200, "rotates: {rotate}");
        sandbox.advance(Duration::from_secs(120));
        assert_eq!(refresh_next().await, 400, "rotates: {rotate}");
    }
}

#[tokio::test]
async fn the_lifetime_of_a_login_can_be_set_and_the_grace_period_does_not_extend_it() {
    let builder = Sandbox::builder().contacts(1).rotate_refresh_tokens(true);
    let builder = builder.refresh_token_lifetime(Duration::from_secs(100));
    let builder = builder.refresh_token_grace(Duration::from_secs(60));
    let sandbox = builder.start().await.unwrap();
    let code = code(&sandbox, &[]).await;
    let (_, tokens) = exchange(&sandbox, &code, &[]).await;

    sandbox.advance(Duration::from_secs(80));
    assert_eq!(refresh(&sandbox, &tokens).await.0, 200);
    assert_eq!(
        refresh(&sandbox, &tokens).await.0,
        200,
        "within the grace period"
    );
    sandbox.advance(Duration::from_secs(30));
    assert_eq!(refresh(&sandbox, &tokens).await.0, 400);
}

#[tokio::test]
async fn no_browser_is_redirected_to_an_unregistered_uri() {
    let sandbox = sandbox().await;

    for (name, value, error_code) in [
        (
            "redirect_uri",
            "http://127.0.0.1:9/other",
            "redirect_mismatch",
        ),
        (
            "redirect_uri",
            "https://evil.example/callback",
            "redirect_mismatch",
        ),
        ("redirect_uri", "", "invalid_request"),
        ("client_id", "none", "invalid_client"),
        ("client_id", "", "invalid_request"),
    ] {
        let response = login(&sandbox, &authorize(&sandbox, &[(name, value)]))
            .send()
            .await;
        let response = response.unwrap();
        assert_eq!(response.status(), 400, "{name}={value}");
        assert!(response.headers().get("location").is_none());
        assert!(
            response.text().await.unwrap().contains(error_code),
            "{name}={value}"
        );
    }
    for (name, value, error_code) in [
        ("response_type", "token", "unsupported_response_type"),
        (
            "scope",
            "https://com.beetexting.scopes/Other",
            "invalid_scope",
        ),
    ] {
        let (to, values) =
            redirected_to(login(&sandbox, &authorize(&sandbox, &[(name, value)]))).await;
        assert_eq!(to, REDIRECT);
        assert_eq!(values[0], ("error".to_owned(), error_code.to_owned()));
    }
}

#[tokio::test]
async fn a_wrong_password_gives_no_code_and_a_user_can_deny_access() {
    let sandbox = sandbox().await;
    let query = authorize(&sandbox, &[("state", "s")]);
    let form = [
        ("username", sandbox.username()),
        ("password", "<b>wrong</b>"),
    ];
    let request = http()
        .post(sandbox.authorize_url())
        .query(&query)
        .form(&form);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(response.text().await.unwrap().contains("role=\"alert\""));

    let request = http().post(sandbox.authorize_url()).query(&query);
    let (_, values) = redirected_to(request.form(&[("action", "deny")])).await;
    assert_eq!(values[0], ("error".to_owned(), "access_denied".to_owned()));
    assert_eq!(values[1], ("state".to_owned(), "s".to_owned()));
}

#[tokio::test]
async fn a_refresh_keeps_its_token_or_changes_it() {
    for rotate in [false, true] {
        let builder = Sandbox::builder().contacts(1).rotate_refresh_tokens(rotate);
        let sandbox = builder.start().await.unwrap();
        let code = code(&sandbox, &[]).await;
        let (_, first) = exchange(&sandbox, &code, &[]).await;
        let old = first["refresh_token"].as_str().unwrap().to_owned();
        let refresh = async |token_: &str| {
            let form = [("grant_type", "refresh_token"), ("refresh_token", token_)];
            token(&sandbox, &form).await
        };

        let (status, second) = refresh(&old).await;
        assert_eq!(status, 200);
        assert!(is_valid(&sandbox, &first).await && is_valid(&sandbox, &second).await);
        let name = if rotate { "rotated" } else { "kept" };
        let like = fixture(&format!("oauth/response-refresh-{name}.json"));
        assert_eq!(keys(&second), keys(&like["response"]["body"]));

        let (status, _) = refresh(&old).await;
        assert_eq!(status, if rotate { 400 } else { 200 });
        // The old token was reused, so somebody else may have it: the whole login ends.
        assert_eq!(is_valid(&sandbox, &second).await, !rotate);
        if rotate {
            let new = second["refresh_token"].as_str().unwrap();
            assert_eq!(refresh(new).await, grant_error("invalid_grant"));
        } else {
            sandbox.revoke_refresh_tokens();
            assert_eq!(refresh(&old).await, grant_error("invalid_grant"));
        }
    }
}

/// A sandbox with a grace period of a minute, and the tokens of a login.
async fn with_grace() -> (Sandbox, Value) {
    let builder = Sandbox::builder().contacts(1).rotate_refresh_tokens(true);
    let builder = builder.refresh_token_grace(Duration::from_secs(60));
    let sandbox = builder.start().await.unwrap();
    let code = code(&sandbox, &[]).await;
    let (_, tokens) = exchange(&sandbox, &code, &[]).await;
    (sandbox, tokens)
}

async fn refresh(sandbox: &Sandbox, from: &Value) -> (u16, Value) {
    let old = from["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", old)];
    token(sandbox, &form).await
}

#[tokio::test]
async fn within_the_grace_period_a_replaced_token_returns_the_same_successor() {
    let (sandbox, first) = with_grace().await;
    let refresh = async |from: &Value| refresh(&sandbox, from).await;

    let (_, second) = refresh(&first).await;
    sandbox.advance(Duration::from_secs(30));
    let (status, again) = refresh(&first).await;
    assert_eq!(status, 200);
    for name in ["access_token", "refresh_token"] {
        assert_eq!(again[name], second[name], "{name}");
    }
    let lifetime = again["expires_in"].as_u64().unwrap();
    assert!(lifetime <= 3_570, "it is 30 seconds older: {lifetime}");

    // An expired access token is replaced; the refresh token stays the same.
    sandbox.expire_access_tokens();
    let (_, again) = refresh(&first).await;
    assert_ne!(again["access_token"], second["access_token"]);
    assert_eq!(again["refresh_token"], second["refresh_token"]);
    assert!(is_valid(&sandbox, &again).await);

    let (status, third) = refresh(&second).await;
    assert_eq!(status, 200);
    sandbox.advance(Duration::from_secs(60));
    assert_eq!(refresh(&second).await.0, 400, "the grace period has ended");
    assert_eq!(refresh(&third).await.0, 400, "and the login with it");
}

#[tokio::test]
async fn the_grace_period_is_for_the_immediately_preceding_token_only() {
    let (sandbox, first) = with_grace().await;
    let refresh = async |from: &Value| refresh(&sandbox, from).await;

    let (_, second) = refresh(&first).await;
    let (_, third) = refresh(&second).await;

    assert_eq!(refresh(&first).await, grant_error("invalid_grant"));
    assert_eq!(refresh(&third).await, grant_error("invalid_grant"));
    assert!(!is_valid(&sandbox, &third).await);
}

#[tokio::test]
async fn a_refresh_with_too_many_scopes_ends_nothing() {
    let builder = Sandbox::builder().contacts(1).rotate_refresh_tokens(true);
    let sandbox = builder.start().await.unwrap();
    let scope = "https://com.beetexting.scopes/ReadContact";
    let code = code(&sandbox, &[("scope", scope)]).await;
    let (_, first) = exchange(&sandbox, &code, &[]).await;
    let refresh = first["refresh_token"].as_str().unwrap();
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];

    let more = ("scope", "https://com.beetexting.scopes/SendMessage");
    let (status, body) = token(&sandbox, &[form[0], form[1], more]).await;

    assert_eq!((status, &body["error"]), (400, &json!("invalid_scope")));
    assert_eq!(token(&sandbox, &form).await.0, 200);
}

#[tokio::test]
async fn a_client_authenticates_by_header_or_by_form_and_not_by_both() {
    let sandbox = sandbox().await;
    let (id, secret) = (sandbox.client_id(), sandbox.client_secret());
    let grant = ("grant_type", "client_credentials");
    let in_form = [grant, ("client_id", id), ("client_secret", secret)];
    let request = || http().post(sandbox.token_url());
    let error_code = async |request: RequestBuilder| {
        let (status, body) = fetch(request).await;
        assert_eq!(status, 400);
        body["error"].as_str().unwrap().to_owned()
    };

    // As in an existing client: form fields, with an API key that isn't required there.
    let (status, body) = fetch(request().form(&in_form).header("x-api-key", "any")).await;
    assert_eq!(
        (status, keys(&body)),
        (200, vec!["access_token", "expires_in", "token_type"])
    );
    let with_id = request()
        .basic_auth(id, Some(secret))
        .form(&[grant, ("client_id", id)]);
    assert_eq!(fetch(with_id).await.0, 200);

    let both = request().basic_auth(id, Some(secret)).form(&in_form);
    assert_eq!(error_code(both).await, "invalid_request");
    let other = request()
        .basic_auth(id, Some(secret))
        .form(&[grant, ("client_id", "x")]);
    assert_eq!(error_code(other).await, "invalid_request");
    for request in [
        request().basic_auth(id, Some("wrong")).form(&[grant]),
        request().basic_auth("wrong", Some(secret)).form(&[grant]),
        request().bearer_auth("x").form(&[grant]),
        request().form(&[grant]),
        request().form(&[grant, ("client_id", id)]),
    ] {
        assert_eq!(error_code(request).await, "invalid_client");
    }
}

#[tokio::test]
async fn the_token_endpoint_says_what_is_wrong() {
    let sandbox = sandbox().await;
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[], "invalid_request"),
        (&[("grant_type", "password")], "unsupported_grant_type"),
        (&[("grant_type", "authorization_code")], "invalid_request"),
        (&[("grant_type", "refresh_token")], "invalid_request"),
        (
            &[("grant_type", "client_credentials"), ("scope", "x")],
            "invalid_scope",
        ),
        (
            &[
                ("grant_type", "client_credentials"),
                ("grant_type", "client_credentials"),
            ],
            "invalid_request",
        ),
    ];
    for (form, error_code) in cases {
        let (status, body) = token(&sandbox, form).await;
        assert_eq!(
            (status, body["error"].as_str()),
            (400, Some(error_code)),
            "{form:?}"
        );
    }
    let json = http()
        .post(sandbox.token_url())
        .json(&json!({"grant_type": "x"}));
    assert_eq!(fetch(json).await.1["error"], "invalid_request");
    assert_eq!(fetch(http().get(sandbox.token_url())).await.0, 403);
}

/// Observed: a client that was made for logins by code gets `invalid_grant`.
#[tokio::test]
async fn a_client_has_the_grants_that_it_was_registered_with() {
    let api = Api::start().await;
    let only = |grant| {
        NewClient::default()
            .grants([grant])
            .redirect_uris([REDIRECT])
    };
    let user = api.register_client(only(Grant::AuthorizationCode)).unwrap();
    let machine = api.register_client(only(Grant::ClientCredentials)).unwrap();

    let request = http()
        .post(api.token_url())
        .form(&[("grant_type", "client_credentials")]);
    let request = request.basic_auth(&user.client_id, Some(&user.client_secret));
    assert_eq!(fetch(request).await, grant_error("invalid_grant"));
    let query = authorize(&api, &[("client_id", &machine.client_id)]);
    let (_, values) = redirected_to(login(&api, &query)).await;
    assert_eq!(
        values[0],
        ("error".to_owned(), "unauthorized_client".to_owned())
    );
    // Each client's key is valid.
    let request = api.bare("GET", "/site/all").bearer_auth(&api.token);
    assert_eq!(
        fetch(request.header("x-api-key", machine.api_key)).await.0,
        200
    );

    let bad = NewClient::default().redirect_uris(["http://example.com/callback"]);
    assert!(
        api.register_client(bad)
            .unwrap_err()
            .to_string()
            .contains("example.com")
    );
}
