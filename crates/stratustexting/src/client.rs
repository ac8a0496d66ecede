//! The client.

mod builder;
mod calls;
pub mod check;
mod env;
mod http_clients;
mod proxy;
mod raw;

use std::{fmt, sync::Arc};

use stratustexting_client as api;

pub(crate) use self::calls::{read_object, read_page, read_sent};
pub use self::{builder::ClientBuilder, raw::RawRequest};

use crate::{
    Error, Paging, PhoneNumber, Result,
    auth::Auth,
    executor::Executor,
    input,
    resources::{Consents, Contacts, Messages, Sites, Subscriptions},
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
/// # let number = sandbox.number();
/// let client = Client::builder()
/// #   .api_base(sandbox.api_base()).token_url(sandbox.token_url())
///     .credentials(Credentials::client_credentials(id, secret))
///     .api_key(key)
///     .sender(number)
///     .build()?;
///
/// client.messages().send_sms("+12025550123", "Hello").await?;
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
    http: Arc<http_clients::HttpClients>,
    auth: Auth,
    /// Where the client asks for tokens, if it does.
    token_endpoint: Option<url::Url>,
    media_limit: usize,
    sender: Option<PhoneNumber>,
}

impl Client {
    /// Begins to set up a client.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// Sends and reads messages. They are sent from the client's
    /// [`sender`](ClientBuilder::sender), unless [`Messages::from`] names another number.
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

    /// The generated client, for fields and parameters that the resources don't take.
    ///
    /// Its requests go through the same credentials, limits and retries as all others. Its
    /// errors become ours by `Error::from`.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
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

    /// A request to any path below the API's base URL, for an operation that is unknown
    /// here, or whose inferred path turns out to be wrong.
    ///
    /// `path` begins with `/` and is sent as it is: percent-encode its parts.
    ///
    /// ```
    /// # use stratustexting_sandbox::Sandbox;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use stratustexting::Client;
    /// # let sandbox = Sandbox::start().await?;
    /// # let client = Client::from_variables(sandbox.variables())?;
    /// let response = client
    ///     .request(http::Method::GET, "/site/all")
    ///     .query("size", "1")
    ///     .send()
    ///     .await?;
    ///
    /// let page: serde_json::Value = response.json()?;
    /// assert!(page["content"].is_array());
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, method: http::Method, path: impl Into<String>) -> RawRequest {
        RawRequest::new(self.clone(), method, path.into())
    }

    /// How an operation pages, if the caller said so.
    pub(crate) fn paging(&self, id: &str) -> Option<Paging> {
        self.inner.executor.overrides.paging(id).cloned()
    }

    /// A request to a path below the base URL, still without credentials.
    pub(crate) fn build_request(
        &self,
        method: http::Method,
        path: &str,
    ) -> Result<reqwest::RequestBuilder> {
        let allowed = "must begin with one `/`, must be percent-encoded ASCII, and may \
                       contain neither `.` nor `..` as a segment, nor a backslash, a query or a \
                       fragment";
        let plain = path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains(['?', '#', '\\'])
            && path.bytes().all(|byte| byte.is_ascii_graphic())
            && path.split('/').all(|segment| !input::is_dots(segment));
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

    pub(crate) fn sender(&self) -> Option<&PhoneNumber> {
        self.inner.sender.as_ref()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("api_base", &self.inner.executor.api_base.as_str())
            .finish_non_exhaustive()
    }
}
