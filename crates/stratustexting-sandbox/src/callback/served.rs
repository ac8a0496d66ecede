//! Callbacks that are served within the program, without a socket.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::body::Body;
use futures::future::{BoxFuture, FutureExt, poll_fn};
use http::{HeaderMap, Request, Response, StatusCode};
use tower_service::Service;
use url::Url;

use super::{CallbackError, CallbackResponse};
use crate::{error::SandboxError, sandbox::Sandbox, state::delivery::DeliveryError};

impl Sandbox {
    /// Has a callback served within the program: by a `tower` service, such as an axum
    /// `Router`, that gets all requests to the URL's host and port. No socket is opened.
    ///
    /// Subscriptions may then have any URL of this host, with `https` and a name that nobody
    /// has, such as `https://callback.test/hook`. The handshake comes this way, too.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use axum::{Router, http::StatusCode, routing::post};
    /// use stratustexting_sandbox::Sandbox;
    ///
    /// let sandbox = Sandbox::start().await?;
    /// let callback = Router::new().route("/hook", post(|| async { StatusCode::OK }));
    ///
    /// sandbox.serve_callback("https://callback.test/", callback)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`SandboxError::Setting`] for a text that is no URL with a host.
    pub fn serve_callback<S, B>(&self, url: &str, service: S) -> Result<(), SandboxError>
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send,
        S::Error: Send,
        B: Send + 'static,
    {
        let origin = origin(url).ok_or_else(|| {
            SandboxError::Setting("a callback's URL must have a scheme and a host".to_owned())
        })?;
        self.shared.callbacks.served.add(origin, service);
        Ok(())
    }
}

/// The services, each by its URL's scheme, host and port.
#[derive(Default)]
pub(super) struct Served(Mutex<HashMap<String, Serve>>);

pub(super) type Serve =
    Arc<dyn Fn(Request<Body>) -> BoxFuture<'static, Option<Parts>> + Send + Sync>;
pub(super) type Parts = (StatusCode, HeaderMap);

impl Served {
    fn add<S, B>(&self, origin: String, service: S)
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send,
        S::Error: Send,
        B: Send + 'static,
    {
        let serve: Serve = Arc::new(move |request| {
            let mut service = service.clone();
            async move {
                poll_fn(|context| service.poll_ready(context)).await.ok()?;
                let response = service.call(request).await.ok()?;
                Some((response.status(), response.headers().clone()))
            }
            .boxed()
        });
        let mut served = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        served.insert(origin, serve);
    }

    pub(super) fn has(&self, uri: &str) -> bool {
        self.of(uri).is_some()
    }

    pub(super) fn of(&self, uri: &str) -> Option<Serve> {
        let served = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if served.is_empty() {
            return None;
        }
        served.get(&origin(uri)?).cloned()
    }
}

pub(super) async fn send(
    serve: Serve,
    request: Request<Body>,
    timeout: Duration,
) -> Result<CallbackResponse, CallbackError> {
    let failed = |kind, detail| Err(CallbackError { kind, detail });
    match tokio::time::timeout(timeout, serve(request)).await {
        Ok(Some((status, headers))) => Ok(CallbackResponse { status, headers }),
        Ok(None) => failed(DeliveryError::Broken, None),
        Err(_) => failed(DeliveryError::TimedOut, Some(format!("after {timeout:?}"))),
    }
}

fn origin(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    url.host()?;
    Some(url.origin().ascii_serialization())
}
