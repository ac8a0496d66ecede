//! The client.

mod builder;
mod raw;

use std::{fmt, future::Future, sync::Arc};

use serde::de::DeserializeOwned;
use stratustexting_client::{self as api, Operation, ResponseValue};

pub use self::{builder::ClientBuilder, raw::RawRequest};

use crate::{
    Result,
    auth::Auth,
    error::{Error, Kind},
    executor::{CallState, Executor, without_values},
    options::CallOptions,
    resources::{Consents, Contacts, Messages, Sites, Subscriptions, is_promised},
    response::Response,
};

/// A client of the service.
///
/// Cloning is cheap, and clones share connections and tokens. Make one per login
/// and keep it.
///
/// ```
/// # use stratustexting_sandbox::Sandbox;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use stratustexting::{Client, auth::Credentials};
///
/// # let sandbox = Sandbox::start().await?;
/// # let (id, secret, key) = (sandbox.client_id(), sandbox.client_secret(), sandbox.api_key());
/// let client = Client::builder()
/// #   .api_base(sandbox.api_base()).token_url(sandbox.token_url())
///     .credentials(Credentials::client_credentials(id, secret))
///     .api_key(key)
///     .build()?;
///
/// # let number = sandbox.number();
/// let sent = client.messages().send_sms(number, "+12025550123", "Hello").await?;
///
/// assert_eq!(sent.result.as_deref(), Some("Message Processed Successfully"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    api: api::Client,
    executor: Arc<Executor>,
    auth: Auth,
    media_limit: usize,
}

impl Client {
    /// Starts to make a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Sending messages, and reading them.
    #[must_use]
    pub fn messages(&self) -> Messages {
        Messages::new(self.clone())
    }

    /// The organization's contacts.
    #[must_use]
    pub fn contacts(&self) -> Contacts {
        Contacts::new(self.clone())
    }

    /// Custom consents.
    #[must_use]
    pub fn consents(&self) -> Consents {
        Consents::new(self.clone())
    }

    /// Webhook subscriptions.
    #[must_use]
    pub fn subscriptions(&self) -> Subscriptions {
        Subscriptions::new(self.clone())
    }

    /// Sites and their departments.
    #[must_use]
    pub fn sites(&self) -> Sites {
        Sites::new(self.clone())
    }

    /// The login: logging a user in, logging out, the current token.
    #[must_use]
    pub fn auth(&self) -> &Auth {
        &self.inner.auth
    }

    /// The generated client, for what the resources don't wrap.
    ///
    /// Its requests go through the same place as all others. Its errors become
    /// ours by `Error::from`.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::{Client, auth::Credentials};
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::builder()
    /// #     .api_base(sandbox.api_base()).token_url(sandbox.token_url())
    /// #     .credentials(Credentials::client_credentials(sandbox.client_id(), sandbox.client_secret()))
    /// #     .api_key(sandbox.api_key())
    /// #     .build()?;
    /// let page = client.api().list_contacts().size(5).send().await?;
    ///
    /// assert_eq!(page.content.as_ref().map(Vec::len), Some(5));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn api(&self) -> &api::Client {
        &self.inner.api
    }

    /// A request to any path below the API's base URL, for operations that nothing
    /// here knows, or whose inferred path turns out to be another.
    ///
    /// `path` begins with `/` and is sent as it is: percent-encode its parts.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::{Client, auth::Credentials};
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::builder()
    /// #     .api_base(sandbox.api_base()).token_url(sandbox.token_url())
    /// #     .credentials(Credentials::client_credentials(sandbox.client_id(), sandbox.client_secret()))
    /// #     .api_key(sandbox.api_key())
    /// #     .build()?;
    /// let answer = client
    ///     .request(http::Method::GET, "/site/all")
    ///     .query("size", "1")
    ///     .send()
    ///     .await?;
    ///
    /// let page: serde_json::Value = answer.json()?;
    /// assert!(page["content"].is_array());
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, method: http::Method, path: impl Into<String>) -> RawRequest {
        RawRequest::new(self.clone(), method, path.into())
    }

    /// Runs a generated operation as one call of this client.
    pub(crate) async fn call<T, F>(
        &self,
        id: &'static str,
        options: &CallOptions,
        operation: impl FnOnce(api::Client) -> F,
    ) -> Result<Response<T>>
    where
        F: Future<Output = Result<ResponseValue<T>, api::Error<()>>>,
    {
        self.call_for(id, options, |_| true, operation).await
    }

    /// The same for an answer that has to say something to be what was promised.
    pub(crate) async fn call_for<T, F>(
        &self,
        id: &'static str,
        options: &CallOptions,
        is_promised: fn(&T) -> bool,
        operation: impl FnOnce(api::Client) -> F,
    ) -> Result<Response<T>>
    where
        F: Future<Output = Result<ResponseValue<T>, api::Error<()>>>,
    {
        let state = Arc::new(self.inner.executor.start(options));
        let api = self.inner.api.with_context(Arc::clone(&state) as _);
        match operation(api).await {
            Ok(value) => {
                let parts = state
                    .take_answer()
                    .unwrap_or_else(|| crate::response::Parts {
                        status: value.status(),
                        headers: value.headers().clone(),
                        body: bytes::Bytes::new(),
                    });
                let answer = Response::new(value.into_inner(), parts);
                promised(answer, is_promised, Operation::find(id), &state)
            }
            Err(error) => {
                let mut error = Error::from(error).with_operation(Operation::find(id));
                // The generated client's decoding errors have lost the answer.
                if let Some(parts) = state.take_answer() {
                    error = error.with_answer(parts);
                }
                Err(state.with_ticket(error))
            }
        }
    }

    /// Sends a request that was made by hand as one call of this client, and reads the
    /// answer as JSON, which has to say something to be what was promised.
    pub(crate) async fn send_for<T: DeserializeOwned>(
        &self,
        request: reqwest::Request,
        operation: Option<&'static Operation>,
        options: &CallOptions,
        is_promised: fn(&T) -> bool,
    ) -> Result<Response<T>> {
        let executor = &self.inner.executor;
        let state: CallState = executor.start(options);
        let parts = executor.send(request, operation, &state).await?;
        match serde_json::from_slice(&parts.body) {
            Ok(value) => promised(Response::new(value, parts), is_promised, operation, &state),
            Err(error) => {
                let error = Error::new(Kind::Decode)
                    .with_source(without_values(&error))
                    .with_answer(parts)
                    .with_operation(operation);
                Err(state.with_ticket(error))
            }
        }
    }

    /// Sends a request that was made by hand as one call of this client.
    pub(crate) async fn send(
        &self,
        request: reqwest::Request,
        operation: Option<&'static Operation>,
        options: &CallOptions,
    ) -> Result<Response<()>> {
        let executor = &self.inner.executor;
        let state: CallState = executor.start(options);
        let parts = executor.send(request, operation, &state).await?;
        if is_promised(operation, &parts.body) {
            return Ok(Response::new((), parts));
        }
        let error = Error::new(Kind::Decode).with_answer(parts);
        Err(state.with_ticket(error.with_operation(operation)))
    }

    /// A request to a path below the base URL, still without credentials.
    pub(crate) fn build_request(
        &self,
        method: http::Method,
        path: &str,
    ) -> Result<reqwest::RequestBuilder> {
        let allowed = "has to begin with one `/`, and may contain neither `.` nor `..` as a \
                       segment, nor a query, nor a fragment";
        let plain = path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains(['?', '#', '\\'])
            && path.bytes().all(|byte| byte.is_ascii_graphic())
            && path.split('/').all(|segment| !is_dots(segment));
        if !plain {
            return Err(Error::input("path", allowed));
        }
        let executor = &self.inner.executor;
        let base = executor.api_base.as_str().trim_end_matches('/');
        Ok(api::ClientInfo::client(&self.inner.api).request(method, format!("{base}{path}")))
    }

    pub(crate) fn media_limit(&self) -> usize {
        self.inner.media_limit
    }
}

/// An answer, if it says what it has to.
fn promised<T>(
    answer: Response<T>,
    is_promised: fn(&T) -> bool,
    operation: Option<&'static Operation>,
    state: &CallState,
) -> Result<Response<T>> {
    if is_promised(&answer) {
        return Ok(answer);
    }
    let error = Error::new(Kind::Decode)
        .with_answer(answer.into_parts())
        .with_operation(operation);
    Err(state.with_ticket(error))
}

/// Whether a segment means "here" or "one up", as a URL's parser reads it.
pub(crate) fn is_dots(segment: &str) -> bool {
    let decoded = segment.to_ascii_lowercase().replace("%2e", ".");
    decoded == "." || decoded == ".."
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("api_base", &self.inner.executor.api_base.as_str())
            .finish_non_exhaustive()
    }
}
