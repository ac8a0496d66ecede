//! Logging in by a browser that comes back to a loopback address.

use std::{
    error::Error as _,
    future::IntoFuture,
    io,
    net::{Ipv4Addr, TcpListener},
    time::Duration,
};

use reqwest::{Method, StatusCode, redirect::Policy};
use serde_json::json;
use stratustexting::{Client, Error, Result, auth::BrowserLogin};
use stratustexting_sandbox::ScriptedResponse;
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::oneshot, task::JoinHandle};
use url::Url;

use crate::{
    login::visit,
    support::{Watched, call, log_has},
};

const FREE_PORT: &str = "http://127.0.0.1:0/callback";

/// A login that is under way, with the URL that a browser was to open.
struct Underway {
    url: Url,
    outcome: JoinHandle<Result<()>>,
}

impl Underway {
    async fn start(login: BrowserLogin) -> Self {
        let (opened, url) = oneshot::channel();
        let login = login.open_with(move |url| {
            opened.send(url.clone()).unwrap();
            Ok(())
        });
        let outcome = tokio::spawn(login.into_future());
        let url = url.await.unwrap();
        Self { url, outcome }
    }

    async fn of(client: &Client) -> Self {
        Self::start(client.auth().log_in_with_browser(FREE_PORT)).await
    }

    fn redirect_uri(&self) -> Url {
        let mut pairs = self.url.query_pairs();
        let (_, uri) = pairs.find(|(name, _)| name == "redirect_uri").unwrap();
        uri.parse().unwrap()
    }

    async fn error(self) -> Error {
        self.outcome.await.unwrap().unwrap_err()
    }
}

fn client(sandbox: &Watched) -> Client {
    let builder = sandbox.builder().credentials(sandbox.user());
    builder.build().unwrap()
}

fn browser(redirects: Policy) -> reqwest::Client {
    let browser = reqwest::Client::builder().redirect(redirects).no_proxy();
    browser.build().unwrap()
}

/// Fills in the login page, and follows wherever that leads.
async fn submit(url: &Url, form: &[(&str, &str)]) -> (StatusCode, String) {
    let browser = browser(Policy::limited(3));
    let response = browser.post(url.clone()).form(form).send().await.unwrap();
    let status = response.status();
    (status, response.text().await.unwrap())
}

fn is_free(uri: &Url) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, uri.port().unwrap())).is_ok()
}

#[tokio::test]
async fn a_user_logs_in_and_sees_that_the_window_can_be_closed() {
    let sandbox = Watched::start().await;
    let client = client(&sandbox);
    let login = Underway::of(&client).await;
    let uri = login.redirect_uri();
    assert!(!is_free(&uri) && uri.path() == "/callback");

    let form = [
        ("username", sandbox.username()),
        ("password", sandbox.password()),
    ];
    let (status, page) = submit(&login.url, &form).await;

    assert_eq!(status, 200);
    assert!(page.contains("You are logged in. This window can be closed."));
    login.outcome.await.unwrap().unwrap();
    assert!(is_free(&uri), "nobody listens any more");
    call(&client).await.unwrap();
    assert_eq!(sandbox.token_requests().len(), 1);
    assert!(log_has("sandbox") || log_has("hyper"), "the log is watched");
}

#[tokio::test]
async fn only_the_logins_own_callback_counts() {
    let sandbox = Watched::start().await;
    let client = client(&sandbox);
    let login = Underway::of(&client).await;
    let callback: Url = visit(&sandbox, &login.url).await.parse().unwrap();
    let at = |path: &str| login.redirect_uri().join(path).unwrap();
    let with_other_state = {
        let mut url = callback.clone();
        let pairs = callback.query_pairs().into_owned();
        let pairs: Vec<_> = pairs.filter(|(name, _)| name != "state").collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
        url.query_pairs_mut().append_pair("state", "another");
        url
    };
    let browser = browser(Policy::none());

    for (method, url, header, status) in [
        (Method::GET, at("/favicon.ico"), None, 404),
        (Method::GET, at("/"), None, 404),
        (Method::GET, at("/callback"), None, 400),
        (Method::GET, at("/callback?error=access_denied"), None, 400),
        (
            Method::GET,
            at("/callback?state=x&error=access_denied"),
            None,
            400,
        ),
        (Method::GET, with_other_state, None, 400),
        (Method::HEAD, callback.clone(), None, 405),
        (Method::POST, callback.clone(), None, 405),
        (Method::GET, callback.clone(), Some("sec-purpose"), 503),
        (Method::GET, callback.clone(), Some("purpose"), 503),
    ] {
        let mut request = browser.request(method.clone(), url.clone());
        if let Some(name) = header {
            request = request.header(name, "prefetch;prerender");
        }
        let response = request.send().await.unwrap();

        assert_eq!(response.status(), status, "{method} {url}");
        assert_eq!(response.headers()["cache-control"], "no-store");
        // Nothing of the request comes back.
        let page = response.text().await.unwrap();
        assert!(!page.contains("another") && !page.contains("denied"));
        assert!(sandbox.token_requests().is_empty() && !login.outcome.is_finished());
    }

    let response = browser.get(callback).send().await.unwrap();
    assert_eq!(response.status(), 200);
    login.outcome.await.unwrap().unwrap();
    assert_eq!(sandbox.token_requests().len(), 1);
}

#[tokio::test]
async fn a_user_who_denies_access_ends_the_login() {
    let sandbox = Watched::start().await;
    let client = client(&sandbox);
    let login = Underway::of(&client).await;

    let (status, page) = submit(&login.url, &[("action", "deny")]).await;

    assert!(status == 400 && page.contains("The login failed"), "{page}");
    let error = login.error().await;
    assert!(
        error.is_auth() && error.to_string().contains("denied access"),
        "{error}"
    );
    assert!(sandbox.token_requests().is_empty());
    assert!(!client.auth().is_logged_in().await.unwrap());
}

#[tokio::test]
async fn a_code_that_brings_no_token_fails_the_login_in_the_browser_too() {
    let sandbox = Watched::start().await;
    let client = client(&sandbox);
    let login = Underway::of(&client).await;
    let rejection = json!({"error": "invalid_grant"}).to_string();
    let rejection = ScriptedResponse::new(400)
        .header("content-type", "application/json")
        .body(rejection);
    sandbox.respond_next("token", rejection);

    let callback = visit(&sandbox, &login.url).await;
    let response = browser(Policy::none()).get(callback).send().await.unwrap();

    assert_eq!(response.status(), 400);
    assert!(response.text().await.unwrap().contains("The login failed"));
    assert_eq!(
        login.error().await.oauth_error().as_deref(),
        Some("invalid_grant")
    );
}

/// As by a double click; the exact order is `loopback/server.rs`'s to test.
#[tokio::test]
async fn two_callbacks_at_once_use_the_code_once() {
    let sandbox = Watched::start().await;
    let client = client(&sandbox);
    let login = Underway::of(&client).await;
    let callback = visit(&sandbox, &login.url).await;
    let browser = browser(Policy::none());

    let get = || browser.get(&callback).send();
    let responses = tokio::join!(get(), get());

    login.outcome.await.unwrap().unwrap();
    assert_eq!(sandbox.token_requests().len(), 1);
    // One that comes too late finds nobody; no one is told that the login failed.
    let statuses = [responses.0, responses.1].map(|response| response.ok().map(|r| r.status()));
    assert!(statuses.contains(&Some(StatusCode::OK)), "{statuses:?}");
    assert!(
        !statuses.contains(&Some(StatusCode::BAD_REQUEST)),
        "{statuses:?}"
    );
}

#[tokio::test]
async fn a_browser_that_goes_away_does_not_take_the_login_along() {
    let sandbox = Watched::start().await;
    let client = client(&sandbox);
    let login = Underway::of(&client).await;
    let callback: Url = visit(&sandbox, &login.url).await.parse().unwrap();

    let address = (Ipv4Addr::LOCALHOST, callback.port().unwrap());
    let mut connection = TcpStream::connect(address).await.unwrap();
    let target = &callback[url::Position::BeforePath..];
    let request = format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    drop(connection);

    login.outcome.await.unwrap().unwrap();
    call(&client).await.unwrap();
}

#[tokio::test]
async fn connections_without_a_request_end_with_the_login() {
    let sandbox = Watched::start().await;
    let client = client(&sandbox);
    let login = Underway::of(&client).await;
    let address = (Ipv4Addr::LOCALHOST, login.redirect_uri().port().unwrap());
    let mut silent = TcpStream::connect(address).await.unwrap();

    let callback = visit(&sandbox, &login.url).await;
    browser(Policy::none()).get(callback).send().await.unwrap();
    login.outcome.await.unwrap().unwrap();

    let mut bytes = Vec::new();
    let read = tokio::io::AsyncReadExt::read_to_end(&mut silent, &mut bytes).await;
    assert!(matches!(read, Ok(0) | Err(_)));
}

#[tokio::test]
async fn a_port_that_is_in_use_is_an_error_before_the_browser_opens() {
    let sandbox = Watched::start().await;
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}/callback", taken.local_addr().unwrap());

    let login = client(&sandbox).auth().log_in_with_browser(uri);
    let login = login.open_with(|_| panic!("it must not open"));
    let error = login.await.unwrap_err();

    assert!(
        error.is_auth() && error.to_string().contains("port"),
        "{error}"
    );
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn a_login_that_nobody_finishes_times_out() {
    let sandbox = Watched::start().await;
    let login = client(&sandbox).auth().log_in_with_browser(FREE_PORT);

    let login = Underway::start(login.timeout(Duration::from_millis(20))).await;
    let uri = login.redirect_uri();
    let error = login.error().await;

    assert!(
        error.is_timeout() && !error.may_have_been_sent(),
        "{error:?}"
    );
    assert!(error.to_string().contains("browser"), "{error}");
    assert!(is_free(&uri));
}

#[tokio::test]
async fn a_login_that_is_dropped_frees_its_port() {
    let sandbox = Watched::start().await;
    let login = Underway::of(&client(&sandbox)).await;
    let uri = login.redirect_uri();

    login.outcome.abort();
    assert!(login.outcome.await.unwrap_err().is_cancelled());

    assert!(is_free(&uri));
}

#[tokio::test]
async fn no_browser_is_an_error_and_a_panic_of_the_opener_tells_no_url() {
    let sandbox = Watched::start().await;
    let client = client(&sandbox);
    let login = || client.auth().log_in_with_browser(FREE_PORT);

    let error = login().open_with(|_| Err(io::Error::other("no screen")));
    let error = error.await.unwrap_err();
    assert!(
        error.is_auth() && error.to_string().contains("browser"),
        "{error}"
    );
    assert_eq!(error.source().unwrap().to_string(), "no screen");

    let error = login().open_with(|_| panic!("canary")).await.unwrap_err();
    assert!(error.is_auth() && !format!("{error:?}").contains("canary"));
}

#[tokio::test]
async fn only_a_user_logs_in_and_only_by_this_machine() {
    let sandbox = Watched::start().await;
    let login = sandbox.client().auth().log_in_with_browser(FREE_PORT);
    assert!(login.await.unwrap_err().is_configuration());

    let login = client(&sandbox)
        .auth()
        .log_in_with_browser("https://app.example/callback");
    let error = login.await.unwrap_err();
    assert_eq!(error.field(), Some("redirect_uri"), "{error}");
}

#[tokio::test]
async fn the_sandboxs_browser_logs_in_and_opens_no_other_page() {
    let sandbox = Watched::start().await;
    let client = client(&sandbox);
    let other = Watched::start().await;
    let browser = sandbox.browser();

    for url in [
        other.authorize_url(),
        sandbox.token_url(),
        "https://example.com/",
    ] {
        let error = browser(&url.parse().unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{url}");
    }
    let page: Url = sandbox.authorize_url().parse().unwrap();
    let outside = {
        let browser = browser.clone();
        std::thread::spawn(move || browser(&page)).join().unwrap()
    };
    assert!(outside.unwrap_err().to_string().contains("runtime"));
    assert!(sandbox.ledger().is_empty());

    let login = client.auth().log_in_with_browser(FREE_PORT);
    login.open_with(browser).await.unwrap();
    call(&client).await.unwrap();
}
