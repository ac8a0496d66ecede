//! The small server that the browser comes back to.

use std::{
    convert::Infallible,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::TcpStream,
    sync::{oneshot, watch},
    task::JoinSet,
};

use super::{First, listener::Listener};
use crate::auth::login::{self, Login};

/// How long the browser has to take the last page. A login is not held up by it for longer.
const FAREWELL: Duration = Duration::from_secs(2);

/// Serves the redirect URI while a login is under way. Dropping it ends all connections.
pub(super) struct Server {
    listener: Listener,
    connections: JoinSet<()>,
    shared: Arc<Shared>,
    /// Whether the user is logged in, once that is known.
    outcome: watch::Sender<Option<bool>>,
}

struct Shared {
    login: Arc<Login>,
    path: String,
    /// For the first callback; none afterwards.
    first: Mutex<Option<First>>,
}

/// How a login ended for the browser.
type Outcome = watch::Receiver<Option<bool>>;

impl Server {
    /// A server, and what brings the response to the login.
    pub(super) fn new(
        listener: Listener,
        login: Arc<Login>,
    ) -> (Self, oneshot::Receiver<login::Response>) {
        let (first, response) = oneshot::channel();
        let shared = Arc::new(Shared {
            login,
            path: listener.path().to_owned(),
            first: Mutex::new(Some(first)),
        });
        let server = Self {
            listener,
            connections: JoinSet::new(),
            shared,
            outcome: watch::Sender::new(None),
        };
        (server, response)
    }

    /// Serves until this is done.
    pub(super) async fn serve_until<T>(&mut self, done: impl Future<Output = T>) -> T {
        let mut done = pin!(done);
        loop {
            tokio::select! {
                outcome = &mut done => return outcome,
                stream = self.listener.accept() => {
                    let shared = Arc::clone(&self.shared);
                    self.connections.spawn(serve(stream, shared, self.outcome.subscribe()));
                }
                Some(_) = self.connections.join_next() => {}
            }
        }
    }

    /// Lets go of the port, and tells the browser how the login ended.
    pub(super) async fn finish(self, logged_in: bool) {
        let Self {
            listener,
            mut connections,
            outcome,
            ..
        } = self;
        drop(listener);
        outcome.send_replace(Some(logged_in));
        let served = async { while connections.join_next().await.is_some() {} };
        // A browser that doesn't take its page goes without.
        let _ = tokio::time::timeout(FAREWELL, served).await;
    }
}

/// Serves one request of a connection. Browsers also connect without any, to be prepared.
async fn serve(stream: TcpStream, shared: Arc<Shared>, mut outcome: Outcome) {
    let for_page = outcome.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let (shared, outcome) = (Arc::clone(&shared), for_page.clone());
        async move { Ok::<_, Infallible>(shared.respond(&request, outcome).await) }
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        // How it ended is the browser's business.
        _ = &mut connection => return,
        _ = outcome.wait_for(Option::is_some) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

impl Shared {
    async fn respond<B>(&self, request: &Request<B>, mut outcome: Outcome) -> Response<String> {
        if request.uri().path() != self.path {
            return page(StatusCode::NOT_FOUND, "There is nothing here.");
        }
        if request.method() != Method::GET {
            let mut response = page(StatusCode::METHOD_NOT_ALLOWED, "Only GET is possible here.");
            let get = HeaderValue::from_static("GET");
            response.headers_mut().insert(header::ALLOW, get);
            return response;
        }
        if is_prefetch(request.headers()) {
            // The user hasn't gone there yet; the browser asks again when they do.
            return page(StatusCode::SERVICE_UNAVAILABLE, "Not ahead of time.");
        }
        let Ok(response) = self.login.read(&request.uri().to_string()) else {
            let text = "This is not the response to the login that is under way.";
            return page(StatusCode::BAD_REQUEST, text);
        };
        let first = self
            .first
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(first) = first {
            // Nobody listens any more if the program has given the login up.
            let _ = first.send(response);
        }
        // Whoever comes second, as by a second click, sees the same page.
        let outcome = outcome.wait_for(Option::is_some).await;
        match outcome.ok().and_then(|outcome| *outcome) {
            Some(true) => page(
                StatusCode::OK,
                "You are logged in. This window can be closed.",
            ),
            _ => page(
                StatusCode::BAD_REQUEST,
                "The login failed; the program says why. This window can be closed.",
            ),
        }
    }
}

/// Whether a browser asks in advance, by the names that browsers have for it.
fn is_prefetch(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-moz"].iter().any(|name| {
        let value = headers.get(*name).map(HeaderValue::as_bytes);
        value.is_some_and(|value| value.starts_with(b"prefetch"))
    })
}

/// A page with one sentence. Nothing of the request stands in it.
fn page(status: StatusCode, text: &'static str) -> Response<String> {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Login</title>\
         <body style=\"font-family: sans-serif; margin: 3em\"><p>{text}</p></body></html>\n"
    );
    let mut response = Response::new(html);
    *response.status_mut() = status;
    for (name, value) in [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        // The URL has the code and the `state`: neither is kept, nor told to others.
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use oauth2::{CsrfToken, PkceCodeVerifier, RedirectUrl};
    use url::Url;

    use super::*;

    /// What a login shares with its connections, and its two ends.
    fn shared() -> (
        Shared,
        oneshot::Receiver<login::Response>,
        watch::Sender<Option<bool>>,
    ) {
        let (first, response) = oneshot::channel();
        let login = Login::new(
            Url::parse("https://auth.example/authorize").unwrap(),
            RedirectUrl::new("http://127.0.0.1:8000/callback".to_owned()).unwrap(),
            CsrfToken::new("the-state".to_owned()),
            PkceCodeVerifier::new("v".repeat(43)),
        );
        let shared = Shared {
            login: Arc::new(login),
            path: "/callback".to_owned(),
            first: Mutex::new(Some(first)),
        };
        (shared, response, watch::Sender::new(None))
    }

    fn get(target: &str) -> Request<()> {
        Request::builder().uri(target).body(()).unwrap()
    }

    #[tokio::test]
    async fn callbacks_that_come_together_get_one_page_and_the_first_one_counts() {
        for (logged_in, status) in [(true, StatusCode::OK), (false, StatusCode::BAD_REQUEST)] {
            let (shared, response, outcome) = shared();
            let first = get("/callback?code=one&state=the-state");
            let second = get("/callback?error=access_denied&state=the-state");

            let (one, two, response) = tokio::join!(
                shared.respond(&first, outcome.subscribe()),
                shared.respond(&second, outcome.subscribe()),
                async {
                    let response = response.await.unwrap();
                    outcome.send_replace(Some(logged_in));
                    response
                }
            );

            assert_eq!(response, login::Response::Code("one".to_owned()));
            assert_eq!([one.status(), two.status()], [status; 2]);
            assert_eq!(one.body(), two.body());
        }
    }

    /// The program may have been dropped while a browser still waits.
    #[tokio::test]
    async fn a_login_that_was_given_up_does_not_leave_the_browser_waiting() {
        let (shared, response, outcome) = shared();
        let connection = outcome.subscribe();
        drop((response, outcome));

        let request = get("/callback?code=one&state=the-state");
        let response = shared.respond(&request, connection).await;

        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    }
}
