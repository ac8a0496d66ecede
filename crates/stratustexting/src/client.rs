//! The client.

mod builder;
pub mod check;
mod env;
mod headers;
mod raw;

use std::{fmt, future::Future, sync::Arc};

use stratustexting_client::{
    self as api, Operation,
    lenient::{Diagnostic, Model},
    types::SendResult,
};

pub use self::{builder::ClientBuilder, raw::RawRequest};

use crate::{
    Paging, Result,
    auth::Auth,
    drift,
    error::{Error, Kind},
    executor::{CallState, Executor},
    options::CallOptions,
    pager::Page,
    reading::{self, PageModel},
    resources::{Consents, Contacts, Messages, Sites, Subscriptions},
    response::{Parts, Response},
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
    /// Where the client asks for tokens, if it does.
    token_endpoint: Option<url::Url>,
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

    /// Runs a generated operation as one call of this client, and reads an object of its
    /// response.
    pub(crate) async fn call<T, F>(
        &self,
        id: &'static str,
        options: &CallOptions,
        operation: impl FnOnce(api::Client) -> F,
    ) -> Result<Response<T>>
    where
        T: Model,
        F: Future<Output = Result<reqwest::Response, api::Error<()>>>,
    {
        let state = self.inner.executor.start(options);
        let ((value, diagnostics), parts) =
            self.run(id, state, operation, read_object::<T>).await?;
        Ok(Response::new(value, parts).with_diagnostics(diagnostics))
    }

    /// The same for an operation that sends a message.
    pub(crate) async fn call_to_send<F>(
        &self,
        id: &'static str,
        options: &CallOptions,
        operation: impl FnOnce(api::Client) -> F,
    ) -> Result<Response<SendResult>>
    where
        F: Future<Output = Result<reqwest::Response, api::Error<()>>>,
    {
        let state = self.inner.executor.start(options);
        let ((sent, diagnostics), parts) = self.run(id, state, operation, read_sent).await?;
        Ok(Response::new(sent, parts).with_diagnostics(diagnostics))
    }

    /// The same for an operation of whose response nothing is read.
    pub(crate) async fn call_for_nothing<F>(
        &self,
        id: &'static str,
        options: &CallOptions,
        operation: impl FnOnce(api::Client) -> F,
    ) -> Result<Response<()>>
    where
        F: Future<Output = Result<reqwest::Response, api::Error<()>>>,
    {
        let state = self.inner.executor.start(options);
        self.run(id, state, operation, |parts, _, _| reading::nothing(parts))
            .await
            .map(|((), parts)| Response::new((), parts))
    }

    /// The same for one page of a list.
    pub(crate) async fn call_for_page<P, F>(
        &self,
        id: &'static str,
        options: &CallOptions,
        token: Option<(String, String)>,
        operation: impl FnOnce(api::Client) -> F,
    ) -> Result<Page<P::Item>>
    where
        P: PageModel,
        F: Future<Output = Result<reqwest::Response, api::Error<()>>>,
    {
        let executor = &self.inner.executor;
        let state = executor.start(options).by_token(token);
        self.run(id, state, operation, |parts, operation, strict| {
            let place = executor.overrides.items(operation.id);
            let mut page = read_page::<P>(parts, operation, place, strict)?;
            if let Some(Paging::Token { from, .. }) = executor.overrides.paging(operation.id) {
                reading::take_token_from(&mut page, parts, from);
            }
            Ok(page)
        })
        .await
        .map(|(page, _)| page)
    }

    /// Runs a generated operation up to its response, and has that read.
    async fn run<T, F>(
        &self,
        id: &'static str,
        state: CallState,
        operation: impl FnOnce(api::Client) -> F,
        read: impl FnOnce(&Parts, &'static Operation, bool) -> Result<T>,
    ) -> Result<(T, Parts)>
    where
        F: Future<Output = Result<reqwest::Response, api::Error<()>>>,
    {
        let row = Operation::find(id);
        let state = Arc::new(state);
        let api = self.inner.api.with_context(Arc::clone(&state) as _);
        match operation(api).await {
            Ok(_) => {
                let parts = state.take_answer();
                let (Some(parts), Some(row)) = (parts, row) else {
                    // The executor leaves the answer of each success with the call.
                    return Err(Error::new(Kind::Decode).with_operation(row));
                };
                self.judged(parts, row, &state, read)
            }
            Err(error) => Err(state.with_ticket(Error::from(error).with_operation(row))),
        }
    }

    /// Reads a response; an error has it, and a ticket where one is needed.
    fn judged<T>(
        &self,
        parts: Parts,
        operation: &'static Operation,
        state: &CallState,
        read: impl FnOnce(&Parts, &'static Operation, bool) -> Result<T>,
    ) -> Result<(T, Parts)> {
        match read(&parts, operation, self.inner.executor.strict) {
            Ok(value) => Ok((value, parts)),
            Err(error) => {
                let error = error.with_answer(parts).with_operation(Some(operation));
                Err(state.with_ticket(error))
            }
        }
    }

    /// Sends a message by a request that was made by hand, as one call of this client.
    pub(crate) async fn send_message(
        &self,
        mut request: reqwest::Request,
        operation: &'static Operation,
        options: &CallOptions,
    ) -> Result<Response<SendResult>> {
        let executor = &self.inner.executor;
        let state = executor.start(options);
        executor
            .overrides
            .rewrite(&mut request, operation, &executor.api_base)?;
        let parts = executor.send(request, Some(operation), &state).await?;
        let ((sent, diagnostics), parts) = self.judged(parts, operation, &state, read_sent)?;
        Ok(Response::new(sent, parts).with_diagnostics(diagnostics))
    }

    /// Sends a request that was made by hand as one call of this client. Of a send it is asked
    /// whether the message was taken; nothing else of the response is read.
    pub(crate) async fn send(
        &self,
        request: reqwest::Request,
        operation: Option<&'static Operation>,
        options: &CallOptions,
    ) -> Result<Response<()>> {
        let executor = &self.inner.executor;
        let state: CallState = executor.start(options);
        let parts = executor.send(request, operation, &state).await?;
        let Some(row) = operation.filter(|operation| reading::is_send(operation)) else {
            return Ok(Response::new((), parts));
        };
        let (_, parts) = self.judged(parts, row, &state, read_sent)?;
        Ok(Response::new((), parts))
    }

    /// How an operation pages, where that was said.
    pub(crate) fn paging(&self, id: &str) -> Option<Paging> {
        self.inner.executor.overrides.paging(id).cloned()
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

pub(crate) fn read_object<T: Model>(
    parts: &Parts,
    operation: &'static Operation,
    strict: bool,
) -> Result<(T, Vec<Diagnostic>)> {
    let (value, diagnostics) = reading::object::<T>(parts, operation)?;
    told(operation, &diagnostics, strict)?;
    Ok((value, diagnostics))
}

pub(crate) fn read_page<P: PageModel>(
    parts: &Parts,
    operation: &'static Operation,
    place: Option<&str>,
    strict: bool,
) -> Result<Page<P::Item>> {
    let page = reading::list::<P>(parts, operation, place)?;
    told(operation, &page.diagnostics, strict)?;
    Ok(page)
}

pub(crate) fn read_sent(
    parts: &Parts,
    operation: &'static Operation,
    strict: bool,
) -> Result<(SendResult, Vec<Diagnostic>)> {
    let (sent, diagnostics) = reading::sent(parts)?;
    told(operation, &diagnostics, strict)?;
    Ok((sent, diagnostics))
}

/// Tells of what differs from the document; an error of it where reading is strict.
fn told(operation: &Operation, diagnostics: &[Diagnostic], strict: bool) -> Result<()> {
    drift::tell(operation.id, diagnostics);
    match diagnostics.first() {
        Some(first) if strict => Err(Error::new(Kind::Decode).with_source(Differs(first.clone()))),
        _ => Ok(()),
    }
}

/// Says in what a response differs from the document.
#[derive(Debug)]
struct Differs(Diagnostic);

impl fmt::Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Differs {}

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
