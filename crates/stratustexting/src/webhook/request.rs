//! The service's requests, for tests of a callback.

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use stratustexting_client::types::WebhookEvent;

use super::{Event, Incoming, VALIDATION_TOKEN};
use crate::{Error, Result};

impl Event {
    /// The request in which the service posts this event, for a test of a callback.
    ///
    /// ```
    /// use stratustexting::{models::{MessageInfo, WebhookEvent}, webhook::{Event, Incoming}};
    ///
    /// let message = MessageInfo::default().with_message_id("m-1");
    /// let event = Event::from(WebhookEvent::default().with_message_info(message));
    ///
    /// let request = event.to_request("https://callback.test/hook")?;
    ///
    /// let incoming = Incoming::read(&request)?;
    /// assert_eq!(incoming.events()[0].message_id(), Some("m-1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] for a URL that is none.
    pub fn to_request(&self, uri: &str) -> Result<Request<Bytes>> {
        let request = Request::post(uri).header(header::CONTENT_TYPE, "application/json");
        request.body(self.raw().clone()).map_err(no_url)
    }
}

/// An event that a test makes.
impl From<WebhookEvent> for Event {
    fn from(payload: WebhookEvent) -> Self {
        // A model has only what JSON has, so this can't fail.
        let raw = serde_json::to_vec(&payload).unwrap_or_default();
        Self::new(payload, raw.into(), Vec::new())
    }
}

impl Incoming {
    /// The request by which the service checks a callback, for a test of one: the response must
    /// have the token in the same header.
    ///
    /// ```
    /// use stratustexting::webhook::{Incoming, VALIDATION_TOKEN};
    ///
    /// let request = Incoming::handshake("https://callback.test/hook", "a-token")?;
    ///
    /// let response = Incoming::read(&request)?.response();
    /// assert_eq!(response.headers()[VALIDATION_TOKEN], "a-token");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] for a URL that is none, and for a token that is no header's value.
    pub fn handshake(uri: &str, token: &str) -> Result<Request<Bytes>> {
        let token = HeaderValue::from_str(token)
            .map_err(|error| Error::input("token", "must be visible ASCII").with_source(error))?;
        let request = Request::get(uri).header(VALIDATION_TOKEN, token);
        request.body(Bytes::new()).map_err(no_url)
    }
}

fn no_url(error: http::Error) -> Error {
    Error::input("uri", "must be a URL").with_source(error)
}
