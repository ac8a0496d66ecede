//! The seam between the generated client and the code that sends its requests.

use std::{fmt, sync::Arc};

use futures::future::BoxFuture;
use progenitor_client::{ClientHooks, ClientInfo, OperationInfo};

use crate::{
    Client, Error, Operation, ResponseValue,
    lenient::{self, Lenient},
};

/// Sends the requests of a [`Client`].
///
/// Every request goes through [`execute`](Self::execute), the one place for
/// credentials, limits, retries and tracing. The trait is `Sync`, because all clones of
/// a client share it.
pub trait Transport: Send + Sync + 'static {
    /// Sends a request and returns the response, whatever its status.
    ///
    /// `reqwest::Error` can't be created by other crates, so a failure of the transport
    /// travels in the extensions of a response whose status isn't a success; it comes
    /// out of the operation as `Error::UnexpectedResponse`.
    fn execute<'a>(
        &'a self,
        request: reqwest::Request,
        call: Call<'a>,
    ) -> BoxFuture<'a, reqwest::Result<reqwest::Response>>;
}

/// The call to which a request belongs.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The operation, if the document has it.
    pub operation: Option<&'static Operation>,
    /// What the caller attached to the client by [`Handle::with_context`].
    pub context: Option<&'a (dyn std::any::Any + Send + Sync)>,
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("operation", &self.operation.map(|operation| operation.id))
            .field("context", &self.context.is_some())
            .finish()
    }
}

/// A transport, together with the context of one call.
#[derive(Clone)]
pub struct Handle {
    transport: Arc<dyn Transport>,
    context: Option<Arc<dyn std::any::Any + Send + Sync>>,
}

impl Handle {
    /// A handle without a context.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self {
            transport,
            context: None,
        }
    }

    /// The same transport with a context that it gets with each request: options of the
    /// call, or a slot for results.
    #[must_use]
    pub fn with_context(&self, context: Arc<dyn std::any::Any + Send + Sync>) -> Self {
        Self {
            transport: Arc::clone(&self.transport),
            context: Some(context),
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

impl Client {
    /// A client that sends through the given transport.
    ///
    /// `base_url` has no trailing slash. The `reqwest` client only builds the
    /// requests; whether it also sends them is the transport's business.
    #[must_use]
    pub fn with_transport(base_url: &str, http: reqwest::Client, handle: Handle) -> Self {
        Self::new_with_client(base_url, http, handle)
    }

    /// The same client with a context for its calls; see
    /// [`Handle::with_context`].
    #[must_use]
    pub fn with_context(&self, context: Arc<dyn std::any::Any + Send + Sync>) -> Self {
        Self {
            baseurl: self.baseurl.clone(),
            client: self.client.clone(),
            inner: self.inner.with_context(context),
        }
    }
}

impl ClientHooks<Handle> for Client {
    async fn exec(
        &self,
        request: reqwest::Request,
        info: &OperationInfo,
    ) -> reqwest::Result<reqwest::Response> {
        let handle = self.inner();
        let call = Call {
            operation: by_rust_name(info.operation_id),
            context: handle.context.as_deref(),
        };
        handle.transport.execute(request, call).await
    }
}

/// Finds an operation by its id, or by the generator's name for it: `send_sms_as_agent`
/// for `sendSmsAsAgent`. If that isn't enough, the generated code passes the id.
fn by_rust_name(name: &str) -> Option<&'static Operation> {
    let squash = |c: &char| *c != '_';
    let exact = crate::OPERATIONS
        .iter()
        .find(|operation| operation.id == name);
    let mut all = crate::OPERATIONS.iter();
    exact.or_else(|| {
        all.find(|operation| {
            operation
                .id
                .chars()
                .map(|c| c.to_ascii_lowercase())
                .filter(squash)
                .eq(name.chars().filter(squash))
        })
    })
}

/// A response, if it is a success.
#[allow(
    clippy::result_large_err,
    reason = "the generated operations return it"
)]
pub(crate) fn success(response: reqwest::Response) -> Result<reqwest::Response, Error<()>> {
    if response.status().is_success() {
        Ok(response)
    } else {
        Err(Error::UnexpectedResponse(response))
    }
}

/// A success whose body isn't read.
#[allow(
    clippy::result_large_err,
    reason = "the generated operations return it"
)]
pub(crate) fn empty(response: reqwest::Response) -> Result<ResponseValue<()>, Error<()>> {
    Ok(ResponseValue::empty(response))
}

/// Reads a success leniently.
pub(crate) async fn read<T: Lenient>(
    mut response: reqwest::Response,
) -> Result<ResponseValue<T>, Error<()>> {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let body = response.bytes().await.map_err(Error::ResponseBodyError)?;
    match lenient::from_slice(&body) {
        Ok(read) => Ok(ResponseValue::new(read.value, status, headers)),
        Err(unreadable) => Err(Error::InvalidResponsePayload(
            body,
            serde::de::Error::custom(unreadable),
        )),
    }
}

/// Reads a success with an optional body, leniently.
#[allow(dead_code, reason = "today's document has no such success")]
pub(crate) async fn read_if_any<T: Lenient>(
    response: reqwest::Response,
) -> Result<ResponseValue<Option<T>>, Error<()>> {
    if_any(response, |body| {
        let read = lenient::from_slice(body).map_err(serde::de::Error::custom)?;
        Ok(Some(read.value))
    })
    .await
}

/// Reads a success with an optional body, of a type with one form only.
#[allow(dead_code, reason = "today's document has no such success")]
#[allow(
    clippy::redundant_closure,
    reason = "the function itself isn't general enough"
)]
pub(crate) async fn read_strictly_if_any<T: serde::de::DeserializeOwned>(
    response: reqwest::Response,
) -> Result<ResponseValue<Option<T>>, Error<()>> {
    if_any(response, |body| serde_json::from_slice(body)).await
}

#[allow(dead_code, reason = "today's document has no such success")]
async fn if_any<T>(
    mut response: reqwest::Response,
    read: impl FnOnce(&[u8]) -> serde_json::Result<Option<T>>,
) -> Result<ResponseValue<Option<T>>, Error<()>> {
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    let body = response.bytes().await.map_err(Error::ResponseBodyError)?;
    let text = lenient::without_mark(&body);
    if text.iter().all(u8::is_ascii_whitespace) || text.trim_ascii() == b"null" {
        return Ok(ResponseValue::new(None, status, headers));
    }
    match read(text) {
        Ok(value) => Ok(ResponseValue::new(value, status, headers)),
        Err(error) => Err(Error::InvalidResponsePayload(body, error)),
    }
}

/// Reads a success of a type with one form only.
#[allow(dead_code, reason = "today's document has no such type")]
pub(crate) async fn read_strictly<T: serde::de::DeserializeOwned>(
    response: reqwest::Response,
) -> Result<ResponseValue<T>, Error<()>> {
    ResponseValue::from_response(response).await
}

/// Percent-encodes one segment of a path: everything but RFC 3986's unreserved
/// characters.
#[must_use]
pub fn encode_segment(segment: &str) -> String {
    const RESERVED: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'.')
        .remove(b'_')
        .remove(b'~');
    percent_encoding::utf8_percent_encode(segment, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Contact;

    fn response(status: u16, body: &'static str) -> reqwest::Response {
        let response = http::Response::builder().status(status).body(body);
        response.expect("a response").into()
    }

    #[tokio::test]
    async fn a_success_without_a_body_is_none_if_the_body_is_optional() {
        for body in ["", " \n", "null", "\u{feff}"] {
            let read = read_if_any::<Contact>(response(204, body)).await;
            assert!(read.expect("a success").into_inner().is_none(), "{body:?}");
            let read = read_strictly_if_any::<Vec<String>>(response(204, body)).await;
            assert!(read.expect("a success").into_inner().is_none(), "{body:?}");
        }
    }

    #[tokio::test]
    async fn an_optional_body_is_read() {
        let read = read_if_any::<Contact>(response(200, r#"{"id":17}"#)).await;
        let contact = read.expect("a success").into_inner().expect("a contact");
        assert_eq!(contact.id.as_deref(), Some("17"));

        let read = read_strictly_if_any::<Vec<String>>(response(200, r#"["a"]"#)).await;
        let list = read.expect("a success").into_inner();
        assert_eq!(list, Some(vec!["a".to_owned()]));

        let read = read_strictly_if_any::<Vec<String>>(response(200, "<html>")).await;
        assert!(matches!(read, Err(Error::InvalidResponsePayload(..))));
    }

    #[test]
    fn an_operation_is_found_by_id_and_by_method() {
        for name in ["sendSmsAsAgent", "send_sms_as_agent"] {
            let found = by_rust_name(name).map(|operation| operation.id);
            assert_eq!(found, Some("sendSmsAsAgent"));
        }
        assert!(by_rust_name("send_all").is_none());
    }
}
