//! Webhooks: what the service posts, and what it wants to hear.
//!
//! The service first checks a callback by a handshake, while the call that
//! subscribes is still under way, and then posts events, which carry ids and no
//! texts. [`Incoming`] reads both out of an [`http::Request`], whatever server it
//! came through, and makes the answer:
//!
//! ```
//! use bytes::Bytes;
//! use stratustexting::webhook::Incoming;
//!
//! let handshake = http::Request::get("/callback")
//!     .header("validation-token", "abc")
//!     .body(Bytes::new())?;
//! let incoming = Incoming::read(&handshake)?;
//! assert_eq!(incoming.response().headers()["validation-token"], "abc");
//!
//! let event = http::Request::post("/callback")
//!     .body(Bytes::from(r#"{"uuid":"u","messageInfo":{"messageId":"m"},"new":1}"#))?;
//! let Incoming::Events(events) = Incoming::read(&event)? else { panic!() };
//! assert_eq!(events[0].message_id(), Some("m"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What differs from the document
//!
//! Next to nothing is documented of an event, and a callback that refuses one is suspended.
//! So no event is refused for a field: what is known of it is read, whatever form it has; what
//! can't be read is kept as it came; and a list of events is as many events.
//! [`Event::diagnostics`] tells what differs.
//!
//! # What it does not do
//!
//! The service documents no signature, so nothing here proves where an event comes
//! from: put a secret into the callback's path, and read the message by its id
//! rather than trusting the event. Events may come twice; nothing here drops them.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use serde_json::Value;
use stratustexting_client::{
    lenient::{self, Diagnostic, Model, Read, Reader},
    types::{MessageDirection, WebhookEvent},
};

use crate::{Error, Result, drift, encoding, input};

/// The largest event that is unpacked, in bytes.
const LIMIT: usize = 8 * 1024 * 1024;

/// The header of the handshake.
pub const VALIDATION_TOKEN: HeaderName = HeaderName::from_static("validation-token");

/// Which events to post: one filter of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventFilter(String);

/// What happens to a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContactEvent {
    /// It is created.
    Create,
    /// It is changed.
    Update,
    /// It is deleted.
    Delete,
}

impl EventFilter {
    /// Messages of one department in one direction (documented).
    ///
    /// Where the ids of organization and department are found is not documented; see
    /// [`Client::sites`](crate::Client::sites).
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] for an id that isn't letters and digits, or an unknown
    /// direction.
    pub fn messages(
        organization_id: &str,
        department_id: &str,
        direction: &MessageDirection,
    ) -> Result<Self> {
        if !MessageDirection::KNOWN.contains(direction) {
            return Err(Error::input("direction", "has to be inbound or outbound"));
        }
        Self::of(
            organization_id,
            department_id,
            format_args!("message?direction={direction}"),
        )
    }

    /// Contacts of one department (that such events exist is documented; the filter's
    /// text is inferred).
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] for an id that isn't letters and digits.
    pub fn contacts(
        organization_id: &str,
        department_id: &str,
        event: ContactEvent,
    ) -> Result<Self> {
        let event = match event {
            ContactEvent::Create => "create",
            ContactEvent::Update => "update",
            ContactEvent::Delete => "delete",
        };
        Self::of(
            organization_id,
            department_id,
            format_args!("contact?event={event}"),
        )
    }

    /// A filter in the service's own words.
    pub fn raw(filter: impl Into<String>) -> Self {
        Self(filter.into())
    }

    fn of(organization_id: &str, department_id: &str, events: fmt::Arguments<'_>) -> Result<Self> {
        for (field, id) in [
            ("organization_id", organization_id),
            ("department_id", department_id),
        ] {
            input::not_empty(field, id)?;
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if !id.chars().all(plain) {
                return Err(Error::input(
                    field,
                    "has to be letters, digits, `-` and `_`",
                ));
            }
        }
        Ok(Self(format!(
            "/orgId/{organization_id}/department/{department_id}/{events}"
        )))
    }

    /// The filter as it is sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<EventFilter> for String {
    fn from(filter: EventFilter) -> Self {
        filter.0
    }
}

/// A request that came to a callback.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Incoming {
    /// The service checks the callback.
    Handshake(Handshake),
    /// Things happened: one, as far as is documented; several where the service posts them
    /// together.
    Events(Vec<Event>),
}

/// The service's check of a callback.
#[derive(Clone)]
pub struct Handshake {
    token: HeaderValue,
}

/// Something that happened.
#[derive(Clone)]
pub struct Event {
    payload: WebhookEvent,
    raw: Bytes,
    diagnostics: Vec<Diagnostic>,
}

impl Incoming {
    /// Reads a request to a callback.
    ///
    /// A request with the header of the handshake is one, whatever its method and
    /// body: the service documents `GET` and an empty body.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] when it is neither a handshake nor a posted JSON object or list;
    /// answer it with [`refusal`](Self::refusal).
    pub fn read<B: AsRef<[u8]>>(request: &Request<B>) -> Result<Self> {
        Self::from_parts(request.method(), request.headers(), request.body())
    }

    /// Reads a request to a callback out of what a server's framework hands over one by one.
    ///
    /// ```
    /// use stratustexting::{http::{HeaderMap, Method}, webhook::Incoming};
    ///
    /// let body = br#"{"messageInfo": {"messageId": "m-1"}}"#;
    /// let incoming = Incoming::from_parts(&Method::POST, &HeaderMap::new(), body)?;
    ///
    /// let Incoming::Events(events) = &incoming else { unreachable!() };
    /// assert_eq!(events[0].message_id(), Some("m-1"));
    /// assert_eq!(incoming.response().status(), 200);
    /// # Ok::<(), stratustexting::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read).
    pub fn from_parts(
        method: &Method,
        headers: &HeaderMap,
        body: impl AsRef<[u8]>,
    ) -> Result<Self> {
        if let Some(token) = headers.get(VALIDATION_TOKEN) {
            let token = token.clone();
            return Ok(Self::Handshake(Handshake { token }));
        }
        if *method != Method::POST {
            return Err(Error::input("method", "has to be POST without a handshake"));
        }
        Event::all_from_slice(body.as_ref()).map(Self::Events)
    }

    /// What to answer: success, and the token where the service sent one.
    #[must_use]
    pub fn response(&self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        if let Self::Handshake(handshake) = self {
            response
                .headers_mut()
                .insert(VALIDATION_TOKEN, handshake.token.clone());
        }
        response
    }

    /// What to answer to a request that can't be read.
    #[must_use]
    pub fn refusal() -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::BAD_REQUEST;
        response
    }
}

impl Event {
    /// Reads the events out of a body: one of an object, as many of a list as it has items.
    /// A body may be packed by gzip.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] when it isn't a JSON object or a list.
    pub fn all_from_slice(body: &[u8]) -> Result<Vec<Self>> {
        let body = Bytes::copy_from_slice(body);
        let body = encoding::unpacked(&HeaderMap::new(), body, LIMIT)
            .map_err(|error| not_an_event().with_source(error))?;
        let first = body.iter().find(|byte| matches!(byte, b'{' | b'['));
        if first == Some(&b'{')
            && let Ok(read) = lenient::from_slice::<WebhookEvent>(&body)
        {
            // The way that nearly every event takes.
            return Ok(match within(&read.value) {
                None => vec![Self::new(read.value, body, read.diagnostics)],
                Some(Value::Array(items)) => Self::all_of(items.clone(), &read.diagnostics),
                Some(item) => vec![Self {
                    raw: body,
                    ..Self::of(item.clone(), read.diagnostics)
                }],
            });
        }
        let read = lenient::from_slice::<Value>(&body)
            .map_err(|error| not_an_event().with_source(error))?;
        match read.value {
            Value::Array(items) => Ok(Self::all_of(items, &read.diagnostics)),
            item @ Value::Object(_) => Ok(vec![Self::of(item, read.diagnostics)]),
            _ => Err(not_an_event()),
        }
    }

    /// Reads the one event of a body.
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] when it isn't a JSON object, nor a list of one.
    pub fn from_slice(body: &[u8]) -> Result<Self> {
        let mut events = Self::all_from_slice(body)?;
        match (events.pop(), events.is_empty()) {
            (Some(event), true) => Ok(event),
            _ => Err(Error::input(
                "event",
                "has to be one; a list is read by `Event::all_from_slice`",
            )),
        }
    }

    fn all_of(items: Vec<Value>, diagnostics: &[Diagnostic]) -> Vec<Self> {
        let of = |item| Self::of(item, diagnostics.to_vec());
        items.into_iter().map(of).collect()
    }

    /// One of a list, or one whose text had to be mended. What isn't an object is an event of
    /// which nothing is known.
    fn of(item: Value, mut diagnostics: Vec<Diagnostic>) -> Self {
        let raw = serde_json::to_vec(&item).unwrap_or_default().into();
        let mut reader = Reader::new();
        let payload = match lenient::from_value::<WebhookEvent>(item, &mut reader) {
            Read::Good(payload) | Read::Partly(payload, _) => payload,
            Read::Null | Read::Unreadable(_) => WebhookEvent::default(),
        };
        diagnostics.extend(reader.into_diagnostics());
        Self::new(payload, raw, diagnostics)
    }

    fn new(payload: WebhookEvent, raw: Bytes, diagnostics: Vec<Diagnostic>) -> Self {
        drift::tell("webhook", &diagnostics);
        Self {
            payload,
            raw,
            diagnostics,
        }
    }

    /// How the event differs from what the document says; empty where it doesn't.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The event; fields that nothing lists are in its `extra`.
    #[must_use]
    pub fn payload(&self) -> &WebhookEvent {
        &self.payload
    }

    /// The event as it came; one of a list as JSON of the same content.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// The message that the event is about, to be read by
    /// [`Messages::get`](crate::Messages::get).
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.payload.message_info.as_ref()?.message_id.as_deref()
    }
}

/// The event or the list of events in an object that has nothing of an event's own.
fn within(outer: &WebhookEvent) -> Option<&Value> {
    const WRAPPINGS: [&str; 7] = [
        "events", "data", "content", "items", "records", "payload", "body",
    ];
    let holds = |value: &&Value| match value {
        Value::Array(items) => !items.is_empty() && items.iter().all(Value::is_object),
        other => other.is_object(),
    };
    if !outer.is_blank() {
        return None;
    }
    let mut found = WRAPPINGS.iter().filter_map(|key| outer.extra.get(*key));
    found.find(holds)
}

fn not_an_event() -> Error {
    Error::input("event", "has to be a JSON object, or a list of them")
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handshake")
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Event").field(&self.payload).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_written_as_the_service_wants_them() {
        let inbound = EventFilter::messages("o1", "d1", &MessageDirection::Inbound).unwrap();
        let deleted = EventFilter::contacts("o1", "d1", ContactEvent::Delete).unwrap();

        assert_eq!(
            inbound.as_str(),
            "/orgId/o1/department/d1/message?direction=inbound"
        );
        assert_eq!(
            deleted.as_str(),
            "/orgId/o1/department/d1/contact?event=delete"
        );
    }

    #[test]
    fn ids_that_would_change_the_filter_are_refused() {
        for id in ["", "a/b", "a?b", "a b", "*"] {
            let error = EventFilter::contacts("o1", id, ContactEvent::Create).unwrap_err();

            assert_eq!(error.field(), Some("department_id"), "{id:?}");
        }
    }

    #[test]
    fn events_are_found_in_what_is_around_them() {
        let ids = |body: &str| -> Vec<String> {
            let events = Event::all_from_slice(body.as_bytes()).unwrap();
            let ids = events.iter().filter_map(Event::message_id);
            ids.map(str::to_owned).collect()
        };
        let (one, two) = (
            r#"{"uuid":"1","messageInfo":{"messageId":"a"}}"#,
            r#"{"uuid":"2","messageInfo":{"messageId":"b"}}"#,
        );

        assert_eq!(ids(one), ["a"]);
        assert_eq!(ids(&format!("[{one},{two}]")), ["a", "b"]);
        assert_eq!(
            ids(&format!(r#"{{"events":[{one},{two}],"count":2}}"#)),
            ["a", "b"]
        );
        assert_eq!(ids(&format!(r#"{{"data":{one}}}"#)), ["a"]);
        assert_eq!(ids(&format!("\u{feff} [{one}]")), ["a"]);
        assert!(ids("[]").is_empty());
        // Of what isn't an event nothing is known, and nothing is lost.
        let odd = Event::all_from_slice(b"[5, null]").unwrap();
        assert_eq!((odd.len(), odd[0].raw().as_ref()), (2, &b"5"[..]));
        assert!(ids(r#"{"data":{"x":1},"uuid":"u"}"#).is_empty());
    }

    #[test]
    fn what_is_neither_handshake_nor_event_is_refused() {
        let get = Request::get("/").body(Bytes::new()).unwrap();
        let text = Request::post("/").body(Bytes::from("canary")).unwrap();

        assert!(Incoming::read(&get).unwrap_err().is_input());
        let error = Incoming::read(&text).unwrap_err();
        assert!(error.is_input());
        assert!(!format!("{error:?}").contains("canary"));
        assert_eq!(Incoming::refusal().status(), StatusCode::BAD_REQUEST);
    }
}
