//! What the service posts: events, read leniently.

use std::fmt;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;
use stratustexting_client::{
    lenient::{self, Diagnostic, Model, Read, Reader},
    types::WebhookEvent,
};

use super::{EventFilter, Rejection, rejection::Kind};
use crate::{Error, Result, drift, encoding};

/// The largest body that is unpacked, in bytes.
pub(super) const LIMIT: usize = 8 * 1024 * 1024;

/// Something that happened: a message came or went, or a contact changed.
///
/// It carries ids and no texts.
#[derive(Clone)]
pub struct Event {
    payload: WebhookEvent,
    raw: Bytes,
    diagnostics: Vec<Diagnostic>,
}

impl Event {
    /// Reads the events in a body: one in an object, as many in a list as it has items. A
    /// body may be packed by gzip.
    ///
    /// [`Incoming`](super::Incoming) does this for a request; this is for bodies that were
    /// kept, such as those in a queue.
    ///
    /// ```
    /// use stratustexting::webhook::Event;
    ///
    /// let body = br#"[{"messageInfo": {"messageId": "m-1"}}, {"messageInfo": {"messageId": "m-2"}}]"#;
    /// let events = Event::all_from_slice(body)?;
    ///
    /// assert_eq!(events[1].message_id(), Some("m-2"));
    /// # Ok::<(), stratustexting::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_input`] when it isn't a JSON object or a list.
    pub fn all_from_slice(body: &[u8]) -> Result<Vec<Self>> {
        let body = Bytes::copy_from_slice(body);
        let body = encoding::unpacked(&HeaderMap::new(), body, LIMIT)
            .map_err(|error| Rejection::new(Kind::Packed).with_source(error))?;
        Ok(Self::all_of_body(body)?)
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
                "must be one; `Event::all_from_slice` reads a list",
            )),
        }
    }

    pub(super) fn all_of_body(body: Bytes) -> Result<Vec<Self>, Rejection> {
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
            .map_err(|error| Rejection::new(Kind::NotJson).with_source(error))?;
        match read.value {
            Value::Array(items) => Ok(Self::all_of(items, &read.diagnostics)),
            item @ Value::Object(_) => Ok(vec![Self::of(item, read.diagnostics)]),
            _ => Err(Rejection::new(Kind::NotEvents)),
        }
    }

    fn all_of(items: Vec<Value>, diagnostics: &[Diagnostic]) -> Vec<Self> {
        let of = |item| Self::of(item, diagnostics.to_vec());
        items.into_iter().map(of).collect()
    }

    /// One of a list, or one whose text needed mending. Of an item that isn't an object,
    /// nothing is known.
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

    pub(super) fn new(payload: WebhookEvent, raw: Bytes, diagnostics: Vec<Diagnostic>) -> Self {
        drift::tell("webhook", &diagnostics);
        Self {
            payload,
            raw,
            diagnostics,
        }
    }

    /// The message that the event is about, to be read by
    /// [`Messages::get`](crate::Messages::get).
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.payload.message_info.as_ref()?.message_id.as_deref()
    }

    /// The filter that the event matched, where the event names it (seen in client code, not
    /// documented).
    ///
    /// It says what was subscribed to, which isn't always what happened: see
    /// [`EventFilter::inbound`]. The message itself has the direction that counts.
    ///
    /// ```
    /// use stratustexting::{models::MessageDirection, webhook::Event};
    ///
    /// let body = br#"{"event": "/orgId/o/department/d/message?direction=inbound"}"#;
    /// let filter = Event::from_slice(body)?.filter().ok_or("no filter")?;
    ///
    /// assert_eq!(filter.direction(), Some(MessageDirection::Inbound));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn filter(&self) -> Option<EventFilter> {
        self.payload.event.as_ref()?.parse().ok()
    }

    /// The event's fields; those that nothing lists are in its `extra`.
    #[must_use]
    pub fn payload(&self) -> &WebhookEvent {
        &self.payload
    }

    /// The event as it came; one of a list as JSON with the same values.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.raw
    }

    /// How the event differs from the document; empty where it doesn't.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}

/// The event or the list of events in an object that has no field of an event's own.
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

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Event").field(&self.payload).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        // An item that isn't an event is kept.
        let odd = Event::all_from_slice(b"[5, null]").unwrap();
        assert_eq!((odd.len(), odd[0].raw().as_ref()), (2, &b"5"[..]));
        assert!(ids(r#"{"data":{"x":1},"uuid":"u"}"#).is_empty());
    }

    #[test]
    fn what_is_no_event_is_an_error_of_the_input() {
        for body in [&b"canary"[..], b"", b"17", b"\x1f\x8bcanary"] {
            let error = Event::all_from_slice(body).unwrap_err();

            assert!(error.is_input(), "{error}");
            assert!(!format!("{error} {error:?}").contains("canary"));
        }
        assert_eq!(
            Event::from_slice(b"[{},{}]").unwrap_err().field(),
            Some("event")
        );
    }
}
