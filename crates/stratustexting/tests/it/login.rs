//! Logging in by authorization code, and the other ways to a token.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures::future::BoxFuture;
use reqwest::redirect::Policy;
use serde::Deserialize;
use serde_json::Value;
use stratustexting::{
    AccessToken, Client, Error,
    auth::{
        ClientAuthentication, Credentials, FileTokenStore, Login, MemoryTokenStore, Token,
        TokenSource, TokenStore, scopes,
    },
};
use stratustexting_sandbox::{Entry, Sandbox, ScriptedResponse};
use url::Url;

use crate::{
    endpoint::{Endpoint, failing, log_in, token},
    support::{TEXT, Watched, call, expired, fixture, folder},
};

/// A redirect URI that the sandbox's ready-made client has. Nothing listens there: the tests
/// read where the browser would go.
pub(crate) const REDIRECT: &str = "http://127.0.0.1:9/callback";

/// Plays the browser: fills in the login page, and returns where it is sent.
pub(crate) async fn visit(sandbox: &Sandbox, url: &Url) -> String {
    let browser = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .unwrap();
    let page = browser.get(url.clone()).send().await.unwrap();
    assert_eq!(page.status(), 200, "{}", page.text().await.unwrap());
    let form = [
        ("username", sandbox.username()),
        ("password", sandbox.password()),
    ];
    let response = browser.post(url.clone()).form(&form).send().await.unwrap();
    let location = response.headers().get("location").expect("a redirect");
    location.to_str().unwrap().to_owned()
}

pub(crate) async fn logged_in(sandbox: &Watched) -> Client {
    logged_in_with(sandbox, MemoryTokenStore::new()).await
}

/// A client whose user has logged in, with the tokens in this store.
pub(crate) async fn logged_in_with(sandbox: &Watched, store: impl TokenStore) -> Client {
    let builder = sandbox.builder().credentials(sandbox.user());
    let client = builder.token_store(store).build().unwrap();
    let login = client.auth().start_login(REDIRECT).unwrap();
    let callback = visit(sandbox, login.url()).await;
    client.auth().finish_login(&login, &callback).await.unwrap();
    client
}

fn form(entry: &Entry) -> Vec<(String, String)> {
    url::form_urlencoded::parse(&entry.body)
        .into_owned()
        .collect()
}

fn refresh_token(entry: &Entry) -> String {
    let form: BTreeMap<String, String> = form(entry).into_iter().collect();
    form["refresh_token"].clone()
}

#[tokio::test]
async fn a_user_logs_in_with_pkce_and_state() {
    let sandbox = Watched::start().await;
    let client = sandbox
        .builder()
        .credentials(sandbox.user())
        .build()
        .unwrap();
    let login = client.auth().start_login(REDIRECT).unwrap();
    let query: Vec<(String, String)> = login.url().query_pairs().into_owned().collect();
    let value = |name: &str| {
        let found = query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    assert_eq!(value("response_type"), "code");
    assert_eq!(value("client_id"), sandbox.client_id());
    assert_eq!(value("redirect_uri"), REDIRECT);
    assert_eq!(value("scope"), scopes::ALL.join(" "));
    assert_eq!(value("code_challenge_method"), "S256");
    assert!(value("state").len() >= 16 && value("code_challenge").len() == 43);

    let callback = visit(&sandbox, login.url()).await;
    client.auth().finish_login(&login, &callback).await.unwrap();

    let id = sandbox
        .customer_texts("+13035550123", sandbox.number(), "hi")
        .await
        .unwrap();
    assert_eq!(
        client.messages().get(id).await.unwrap().text.as_deref(),
        Some("hi")
    );
    assert_eq!(sandbox.token_requests().len(), 1);
}

#[tokio::test]
async fn without_a_login_a_call_says_that_one_is_needed() {
    let sandbox = Watched::start().await;
    let client = sandbox
        .builder()
        .credentials(sandbox.user())
        .build()
        .unwrap();

    let error = client.messages().get("m").await.unwrap_err();

    assert!(error.is_login_required() && error.is_auth(), "{error:?}");
    assert!(!error.may_have_been_sent());
    assert!(sandbox.ledger().is_empty());
}

#[tokio::test]
async fn a_callback_of_another_login_is_refused_before_its_code_is_used() {
    let sandbox = Watched::start().await;
    let client = sandbox
        .builder()
        .credentials(sandbox.user())
        .build()
        .unwrap();
    let first = client.auth().start_login(REDIRECT).unwrap();
    let second = client.auth().start_login(REDIRECT).unwrap();
    let callback = visit(&sandbox, first.url()).await;

    let error = client
        .auth()
        .finish_login(&second, &callback)
        .await
        .unwrap_err();

    assert!(
        error.is_auth() && error.to_string().contains("state"),
        "{error}"
    );
    assert!(sandbox.token_requests().is_empty());

    // Neither login is lost by it: each is finished by its own callback.
    let own = visit(&sandbox, second.url()).await;
    client.auth().finish_login(&second, &own).await.unwrap();
    client.auth().finish_login(&first, &callback).await.unwrap();
    assert_eq!(sandbox.token_requests().len(), 2);
    // A second click doesn't use the code again.
    let again = client.auth().finish_login(&first, &callback).await;
    assert!(again.unwrap_err().to_string().contains("used already"));
    assert_eq!(sandbox.token_requests().len(), 2);
}

#[tokio::test]
async fn a_code_works_once() {
    let sandbox = Watched::start().await;
    let client = sandbox
        .builder()
        .credentials(sandbox.user())
        .build()
        .unwrap();
    let login = client.auth().start_login(REDIRECT).unwrap();
    let callback = visit(&sandbox, login.url()).await;
    client.auth().finish_login(&login, &callback).await.unwrap();

    // The same code with the state of another login.
    let again = client.auth().start_login(REDIRECT).unwrap();
    let state = |url: &Url| {
        let found = url.query_pairs().find(|(key, _)| key == "state");
        found.map(|(_, value)| value.into_owned()).unwrap()
    };
    let old = state(&Url::parse(&callback).unwrap());
    let replayed = callback.replace(&old, &state(again.url()));
    let error = client
        .auth()
        .finish_login(&again, &replayed)
        .await
        .unwrap_err();

    assert_eq!(error.oauth_error().as_deref(), Some("invalid_grant"));
    assert!(error.is_login_required());
    assert!(
        error.to_string().contains("the code was used before"),
        "{error}"
    );
}

#[tokio::test]
async fn an_expired_token_is_renewed_by_the_refresh_token() {
    for rotate in [false, true] {
        let builder = Sandbox::builder().contacts(1).rotate_refresh_tokens(rotate);
        let sandbox = Watched::of(builder).await;
        let client = logged_in(&sandbox).await;

        for _ in 0..3 {
            sandbox.expire_access_tokens();
            let sites = client.api().list_sites().send().await.unwrap();
            assert!(sites.content.is_some());
        }

        let requests = sandbox.token_requests();
        assert_eq!(requests.len(), 4, "one login, and a refresh per expiry");
        let refresh_tokens: std::collections::BTreeSet<_> =
            requests[1..].iter().map(refresh_token).collect();
        assert_eq!(refresh_tokens.len(), if rotate { 3 } else { 1 });
    }
}

#[tokio::test]
async fn a_login_outlives_the_program_in_a_file() {
    let sandbox = Watched::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("login.json");
    let client = || {
        sandbox
            .builder()
            .credentials(sandbox.user())
            .token_store(FileTokenStore::new(&path))
            .build()
            .unwrap()
    };
    let first = client();
    let login = first.auth().start_login(REDIRECT).unwrap();
    let callback = visit(&sandbox, login.url()).await;
    first.auth().finish_login(&login, &callback).await.unwrap();
    drop(first);

    let second = client();
    second.api().list_sites().send().await.unwrap();
    assert_eq!(
        sandbox.token_requests().len(),
        1,
        "the stored token is used"
    );

    second.auth().log_out().await.unwrap();
    let error = client().messages().get("m").await.unwrap_err();
    assert!(error.is_login_required());
}

#[tokio::test]
async fn a_refresh_token_from_elsewhere_is_enough() {
    let sandbox = Watched::start().await;
    let store = MemoryTokenStore::new();
    let token = {
        let client = logged_in(&sandbox).await;
        client.auth().access_token().await.unwrap();
        sandbox.expire_access_tokens();
        client.api().list_sites().send().await.unwrap();
        refresh_token(&sandbox.token_requests()[1])
    };
    assert!(store.load().await.unwrap().is_none());
    let credentials =
        Credentials::refresh_token(sandbox.client_id(), sandbox.client_secret(), token);
    let client = sandbox
        .builder()
        .credentials(credentials)
        .token_store(store)
        .build()
        .unwrap();

    client.api().list_sites().send().await.unwrap();

    assert_eq!(
        form(sandbox.token_requests().last().unwrap())[0].1,
        "refresh_token"
    );
}

#[tokio::test]
async fn a_static_token_is_used_as_it_is_and_not_renewed() {
    let sandbox = Watched::start().await;
    let token = sandbox.client().auth().access_token().await.unwrap();
    let requests = sandbox.token_requests().len();
    let credentials = Credentials::static_token(AccessToken::new(token.expose()).unwrap());
    let client = sandbox.builder().credentials(credentials).build().unwrap();

    client.api().list_sites().send().await.unwrap();
    sandbox.expire_access_tokens();
    let error = client.messages().get("m").await.unwrap_err();

    assert!(error.is_auth());
    assert_eq!(
        sandbox.calls().len(),
        2,
        "a 401 isn't retried with the same token"
    );
    assert_eq!(sandbox.token_requests().len(), requests);
    assert!(
        client
            .auth()
            .start_login(REDIRECT)
            .unwrap_err()
            .is_configuration()
    );
}

#[tokio::test]
async fn client_credentials_go_in_a_basic_header_or_in_the_form() {
    for authentication in [
        ClientAuthentication::Basic,
        ClientAuthentication::RequestBody,
    ] {
        let sandbox = Watched::start().await;
        let credentials = sandbox.machine().client_authentication(authentication);
        let client = sandbox.builder().credentials(credentials).build().unwrap();

        client.api().list_sites().send().await.unwrap();

        let requests = sandbox.token_requests();
        assert_eq!(requests.len(), 1);
        let basic = requests[0].header("authorization").is_some();
        let in_form = form(&requests[0])
            .iter()
            .any(|(name, _)| name == "client_secret");
        assert_eq!(basic, authentication == ClientAuthentication::Basic);
        assert_eq!(in_form, authentication == ClientAuthentication::RequestBody);
        assert_eq!(requests[0].query, None, "nothing of it is in the URL");
    }
}

#[tokio::test]
async fn scopes_are_requested_as_set_and_enforced() {
    let sandbox = Watched::start().await;
    let credentials = sandbox.machine().scopes([scopes::READ_CONTACT]);
    let client = sandbox.builder().credentials(credentials).build().unwrap();

    client.api().list_contacts().send().await.unwrap();
    let messages = client.messages();
    let error = messages
        .from(sandbox.number())
        .send_sms("+13035550123", TEXT)
        .await
        .unwrap_err();

    assert_eq!(error.status().map(|s| s.as_u16()), Some(403));
    assert!(sandbox.sent_messages().is_empty());
}

#[tokio::test]
async fn a_token_is_stored_before_it_is_used() {
    let sandbox = Watched::start().await;
    let client = sandbox
        .builder()
        .credentials(sandbox.machine())
        .token_store(Broken)
        .build()
        .unwrap();

    let error = client.messages().get("m").await.unwrap_err();

    assert!(!error.may_have_been_sent());
    assert_eq!(sandbox.token_requests().len(), 1);
    assert!(
        sandbox.calls().is_empty(),
        "a token that can't be stored isn't used"
    );
}

/// A store that takes no token.
struct Broken;

impl TokenStore for Broken {
    fn load(&self) -> BoxFuture<'_, Result<Option<Token>, stratustexting::auth::StoreError>> {
        Box::pin(async { Ok(None) })
    }

    fn save<'a>(
        &'a self,
        _: &'a Token,
    ) -> BoxFuture<'a, Result<(), stratustexting::auth::StoreError>> {
        Box::pin(async { Err("the disk is full".into()) })
    }

    fn clear(&self) -> BoxFuture<'_, Result<(), stratustexting::auth::StoreError>> {
        Box::pin(async { Ok(()) })
    }
}

#[tokio::test]
async fn a_token_that_is_about_to_expire_is_renewed_early_and_kept_if_that_fails() {
    let sandbox = Watched::start().await;
    let access = sandbox.client().auth().access_token().await.unwrap();
    let almost = Token::new(access)
        .with_refresh("of no use")
        .with_expiry(SystemTime::now() + Duration::from_secs(10));
    let client = sandbox
        .builder()
        .credentials(sandbox.user())
        .token_store(MemoryTokenStore::with(almost))
        .build()
        .unwrap();

    // The renewal fails, since the refresh token is unknown; the token is still good.
    let sites = client.api().list_sites().send().await;

    assert!(sites.is_ok(), "{sites:?}");
    assert_eq!(sandbox.token_requests().len(), 2);
}

#[tokio::test]
async fn a_stored_login_is_finished_by_another_client() {
    let sandbox = Watched::start().await;
    let instance = || {
        let builder = sandbox.builder().credentials(sandbox.user());
        builder.build().unwrap()
    };
    let (one, another) = (instance(), instance());
    let mut store = BTreeMap::new();
    for _ in 0..2 {
        let login = one.auth().start_login(REDIRECT).unwrap();
        let stored = serde_json::to_string(&login).unwrap();
        store.insert(login.state().to_owned(), (stored, login.url().clone()));
    }
    let (_, url) = store.values().next().unwrap();
    let callback = visit(&sandbox, url).await;

    let state = Login::state_of(&callback).unwrap();
    let (stored, _) = store.remove(&state).unwrap();
    let login: Login = serde_json::from_str(&stored).unwrap();
    another
        .auth()
        .finish_login(&login, &callback)
        .await
        .unwrap();

    call(&another).await.unwrap();
    assert_eq!(sandbox.token_requests().len(), 1);
    let (other, _) = store.values().next().unwrap();
    let other: Login = serde_json::from_str(other).unwrap();
    let error = another.auth().finish_login(&other, &callback).await;
    assert!(error.unwrap_err().to_string().contains("state"));
}

/// Servers compare it byte for byte with the registered one.
#[tokio::test]
async fn a_redirect_uri_is_sent_to_the_letter() {
    for uri in [
        "https://app.example",
        "http://127.0.0.1:80/",
        "http://LOCALHOST:8000/a/../b",
    ] {
        let endpoint = Endpoint::start().await;
        endpoint.grants(1, 3_600.0);
        let client = endpoint.client(MemoryTokenStore::new());

        let login = client.auth().start_login(uri).unwrap();
        let callback = format!("?code=c&state={}", login.state());
        client.auth().finish_login(&login, &callback).await.unwrap();

        let sent = |mut pairs: Vec<(String, String)>| {
            pairs.retain(|(name, _)| name == "redirect_uri");
            pairs
        };
        let expected = [("redirect_uri".to_owned(), uri.to_owned())];
        assert_eq!(
            sent(login.url().query_pairs().into_owned().collect()),
            expected
        );
        let form = endpoint.requests.lock().unwrap()[0].clone();
        assert_eq!(sent(form), expected);
    }
}

#[tokio::test]
async fn a_redirect_uri_with_white_space_around_it_is_refused() {
    let client = Endpoint::start().await.client(MemoryTokenStore::new());
    for uri in [
        " https://app.example/",
        "https://app.example/ ",
        "https://app.example/\n",
        "\u{feff}https://app.example/",
    ] {
        let error = client.auth().start_login(uri).unwrap_err();

        assert!(error.is_input(), "{error:?}");
        assert_eq!(error.field(), Some("redirect_uri"), "{uri:?}");
    }
}

async fn is_logged_in(client: &Client) -> bool {
    client.auth().is_logged_in().await.unwrap()
}

#[tokio::test]
async fn whether_a_user_is_logged_in_is_known_without_a_request() {
    let sandbox = Watched::start().await;
    let store = Arc::new(MemoryTokenStore::new());
    let builder = sandbox.builder().credentials(sandbox.user());
    let client = builder.token_store(Arc::clone(&store)).build().unwrap();
    assert!(!is_logged_in(&client).await);

    let token = |expires_in: i64| {
        let now = SystemTime::now();
        let length = Duration::from_secs(expires_in.unsigned_abs());
        let expiry = if expires_in < 0 {
            now - length
        } else {
            now + length
        };
        Token::new(AccessToken::new("a").unwrap()).with_expiry(expiry)
    };
    for (token, expected) in [
        (token(60), true),
        (token(-60), false),
        (token(-60).with_refresh("refresh"), true),
    ] {
        store.save(&token).await.unwrap();
        assert_eq!(is_logged_in(&client).await, expected, "{token:?}");
    }
    store.clear().await.unwrap();
    assert!(!is_logged_in(&client).await);

    assert!(sandbox.ledger().is_empty());
}

#[tokio::test]
async fn a_login_that_the_service_has_ended_is_none_until_there_is_another() {
    for credentials in [
        Credentials::authorization_code("id", "secret"),
        Credentials::refresh_token("id", "secret", "R0"),
    ] {
        let endpoint = Endpoint::start().await;
        let store = Arc::new(MemoryTokenStore::with(expired("R0")));
        let builder = endpoint.builder(credentials);
        let client = builder.token_store(Arc::clone(&store)).build().unwrap();
        assert!(is_logged_in(&client).await);

        endpoint.answers(503, serde_json::json!({}));
        token(&client).await.unwrap_err();
        assert!(is_logged_in(&client).await, "a failure ends no login");

        endpoint.answers(400, serde_json::json!({"error": "invalid_grant"}));
        assert!(token(&client).await.unwrap_err().is_login_required());
        assert!(!is_logged_in(&client).await);

        // As by a login of another process.
        store.save(&expired("R1")).await.unwrap();
        assert!(is_logged_in(&client).await);

        client.auth().log_out().await.unwrap();
        assert!(!is_logged_in(&client).await);
        endpoint.grants(2, 3_600.0);
        log_in(&client).await.unwrap();
        assert!(is_logged_in(&client).await);
    }
}

#[tokio::test]
async fn a_store_that_can_not_be_read_says_neither_yes_nor_no() {
    let endpoint = Endpoint::start().await;
    let store = failing(0).await;
    store
        .unreadable
        .store(true, std::sync::atomic::Ordering::SeqCst);
    let client = endpoint.client(Arc::clone(&store));

    let error = client.auth().is_logged_in().await.unwrap_err();

    assert!(error.is_store(), "{error:?}");
    // A program that logs in as itself needs no store for it.
    let machine = endpoint.builder(Credentials::client_credentials("id", "secret"));
    assert!(is_logged_in(&machine.token_store(store).build().unwrap()).await);
}

#[tokio::test]
async fn logging_out_of_a_static_token_says_that_there_is_nothing_to_forget() {
    let fixed = Credentials::static_token(AccessToken::new("canary").unwrap());
    let client = Client::builder().api_key("key").credentials(fixed);
    let client = client.build().unwrap();

    let error = client.auth().log_out().await.unwrap_err();

    assert!(error.is_configuration(), "{error:?}");
    assert_eq!(
        error.to_string(),
        "credentials: are a token or a source of the program's own, of which the client stores \
         nothing: there is no login to end here"
    );
    assert!(is_logged_in(&client).await, "the token is still used");
}

#[tokio::test]
async fn static_tokens_count_as_logged_in_and_a_source_says_for_itself() {
    #[derive(Debug)]
    struct Vault(Option<bool>);
    impl TokenSource for Vault {
        fn access_token(&self) -> BoxFuture<'_, stratustexting::Result<AccessToken>> {
            Box::pin(async { AccessToken::new("of the vault") })
        }

        fn is_logged_in(&self) -> BoxFuture<'_, stratustexting::Result<bool>> {
            let sealed = || Error::from_token_source(std::io::Error::other("sealed"));
            Box::pin(async move { self.0.ok_or_else(sealed) })
        }

        fn reject(&self, _: &AccessToken) {}
    }
    let endpoint = Endpoint::at("http://127.0.0.1:9/token".to_owned());
    let client = |credentials| endpoint.builder(credentials).build().unwrap();

    let fixed = Credentials::static_token(AccessToken::new("fixed").unwrap());
    assert!(is_logged_in(&client(fixed)).await);
    for says in [true, false] {
        let vault = client(Credentials::source(Vault(Some(says))));
        assert_eq!(is_logged_in(&vault).await, says);
        assert_eq!(token(&vault).await.unwrap(), "of the vault");
    }
    let shared: Arc<dyn TokenSource> = Arc::new(Vault(None));
    let vault = client(Credentials::source(shared));
    assert!(vault.auth().is_logged_in().await.unwrap_err().is_auth());
}

#[derive(Deserialize)]
struct Request {
    input: BTreeMap<String, Value>,
    request: Wire,
}

#[derive(Deserialize)]
struct Wire {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: String,
    parameters: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Reply {
    response: Answered,
}

#[derive(Deserialize)]
struct Answered {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Value,
}

impl Answered {
    fn answer(&self) -> ScriptedResponse {
        let mut answer = ScriptedResponse::new(self.status).body(self.body.to_string());
        for (name, value) in &self.headers {
            answer = answer.header(name, value);
        }
        answer
    }
}

impl Request {
    fn text(&self, name: &str) -> &str {
        self.input[name].as_str().unwrap()
    }

    /// Compares everything but the order of the form's fields, which has no meaning,
    /// and the values that the SDK makes up.
    fn compare(&self, sandbox: &Watched, entry: &Entry, made_up: &[&str]) {
        assert_eq!(entry.method, self.request.method);
        assert_eq!(entry.path, self.request.path);
        assert_eq!(entry.query, None);
        let fields = |mut fields: Vec<(String, String)>| {
            for (name, value) in &mut fields {
                if made_up.contains(&name.as_str()) {
                    value.clear();
                }
            }
            fields.sort();
            fields
        };
        assert_eq!(fields(form(entry)), fields(self.request.parameters.clone()));
        let host = sandbox.token_url().strip_prefix("http://").unwrap();
        let host = host.split('/').next().unwrap();
        let agent = concat!("stratustexting-rust/", env!("CARGO_PKG_VERSION"));
        let arrived: BTreeMap<String, String> = entry
            .headers
            .iter()
            .map(|(name, value)| (name.clone(), String::from_utf8(value.clone()).unwrap()))
            .collect();
        let mut wanted: BTreeMap<String, String> = self
            .request
            .headers
            .iter()
            .map(|(name, value)| {
                let value = value.replace("<host>", host).replace("<user_agent>", agent);
                (name.clone(), value)
            })
            .collect();
        // Each request for a token has a connection of its own, which ends with it.
        wanted.insert("connection".to_owned(), "close".to_owned());
        assert_eq!(arrived, wanted);
    }
}

#[tokio::test]
async fn a_code_is_exchanged_as_written_by_hand() {
    for name in ["request-code-exchange", "request-code-exchange-loopback"] {
        let fixture: Request = fixture(&format!("oauth/{name}.json"));
        let reply: Reply = crate::support::fixture("oauth/response-code.json");
        let sandbox = Watched::start().await;
        sandbox.respond_next("token", reply.response.answer());
        let credentials = Credentials::authorization_code(
            fixture.text("client_id"),
            fixture.text("client_secret"),
        );
        let client = sandbox.builder().credentials(credentials).build().unwrap();
        let login = client
            .auth()
            .start_login(fixture.text("redirect_uri"))
            .unwrap();
        let query: BTreeMap<_, _> = login.url().query_pairs().into_owned().collect();
        let callback = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("code", fixture.text("code"))
            .append_pair("state", &query["state"])
            .finish();

        client
            .auth()
            .finish_login(&login, &format!("?{callback}"))
            .await
            .unwrap();

        let token = client.auth().access_token().await.unwrap();
        assert_eq!(token.expose(), reply.response.body["access_token"]);
        fixture.compare(&sandbox, &sandbox.token_requests()[0], &["code_verifier"]);
    }
}

#[tokio::test]
async fn tokens_are_refreshed_as_written_by_hand() {
    for name in ["request-refresh", "request-refresh-encoded"] {
        let fixture: Request = fixture(&format!("oauth/{name}.json"));
        for reply in [
            "refresh-kept",
            "refresh-rotated",
            "with-unknown-fields",
            "without-expiry",
        ] {
            let reply: Reply = crate::support::fixture(&format!("oauth/response-{reply}.json"));
            let sandbox = Watched::start().await;
            sandbox.respond_next("token", reply.response.answer());
            let credentials = Credentials::refresh_token(
                fixture.text("client_id"),
                fixture.text("client_secret"),
                fixture.text("refresh_token"),
            );
            let store = Arc::new(MemoryTokenStore::new());
            let client = sandbox
                .builder()
                .credentials(credentials)
                .token_store(Arc::clone(&store))
                .build()
                .unwrap();

            let token = client.auth().access_token().await.unwrap();

            let body = &reply.response.body;
            assert_eq!(token.expose(), body["access_token"]);
            let stored = store.load().await.unwrap().unwrap();
            let kept = body["refresh_token"]
                .as_str()
                .unwrap_or(fixture.text("refresh_token"));
            assert_eq!(stored.refresh().unwrap().expose(), kept);
            assert_eq!(
                stored.expires_at().is_some(),
                body.get("expires_in").is_some()
            );
            let entry = &sandbox.token_requests()[0];
            fixture.compare(&sandbox, entry, &[]);
            assert_eq!(String::from_utf8_lossy(&entry.body), fixture.request.body);
        }
    }
}

#[tokio::test]
async fn a_machine_logs_in_as_written_by_hand() {
    for name in ["", "-without-scope"] {
        let fixture: Request = fixture(&format!("oauth/request-client-credentials{name}.json"));
        let reply: Reply = crate::support::fixture("oauth/response-client-credentials.json");
        let sandbox = Watched::start().await;
        sandbox.respond_next("token", reply.response.answer());
        let mut credentials = Credentials::client_credentials(
            fixture.text("client_id"),
            fixture.text("client_secret"),
        );
        if !name.is_empty() {
            credentials = credentials.scopes::<String>([]);
        }
        let client = sandbox.builder().credentials(credentials).build().unwrap();

        let token = client.auth().access_token().await.unwrap();

        assert_eq!(token.expose(), reply.response.body["access_token"]);
        let entry = &sandbox.token_requests()[0];
        fixture.compare(&sandbox, entry, &[]);
        assert_eq!(String::from_utf8_lossy(&entry.body), fixture.request.body);
    }
}

#[tokio::test]
async fn the_token_endpoints_errors_are_read() {
    for (name, reply) in folder::<Value>("oauth")
        .into_iter()
        .filter(|(name, _)| name.starts_with("error"))
    {
        let reply: Reply = serde_json::from_value(reply).unwrap();
        let sandbox = Watched::start().await;
        sandbox.respond_next("token", reply.response.answer());

        let error = sandbox.client().auth().access_token().await.unwrap_err();

        assert!(error.is_auth(), "{name}");
        assert_eq!(
            error.status().map(|s| s.as_u16()),
            Some(reply.response.status),
            "{name}"
        );
        assert_eq!(
            error.oauth_error().as_deref(),
            reply.response.body["error"].as_str(),
            "{name}"
        );
        assert!(!error.may_have_been_sent(), "{name}");
    }
}
