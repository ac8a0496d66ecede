//! A request to a callback, and the response to it.

use std::{fmt, vec};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};

use super::{Event, Rejection, event::LIMIT, rejection::Kind};
use crate::{encoding, error};

/// The header of the handshake.
pub const VALIDATION_TOKEN: HeaderName = HeaderName::from_static("validation-token");

/// A request that came to a callback: a handshake, or events.
///
/// With the feature `axum` it is an extractor (`FromRequest`) and a response
/// (`IntoResponse`); see the [module](super).
#[derive(Clone)]
pub struct Incoming {
    token: Option<HeaderValue>,
    events: Vec<Event>,
}

impl Incoming {
    /// Reads a request to a callback.
    ///
    /// A request with the header of the handshake is one, whatever its method: the service
    /// documents `GET` and an empty body. If it brings events too, both are read.
    ///
    /// # Errors
    ///
    /// A [`Rejection`] when it is neither a handshake nor a posted JSON object or list.
    ///
    /// ```
    /// use stratustexting::{http, webhook::Incoming};
    ///
    /// let request = http::Request::get("/hook").header("Validation-Token", "abc").body("")?;
    /// let incoming = Incoming::read(&request)?;
    ///
    /// assert!(incoming.is_handshake());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read<B: AsRef<[u8]>>(request: &Request<B>) -> Result<Self, Rejection> {
        Self::from_parts(request.method(), request.headers(), request.body())
    }

    /// Reads a request to a callback, given as the parts that every server's framework hands
    /// over.
    ///
    /// A body packed by gzip is unpacked, whatever its headers say, and so is one packed by
    /// deflate whose header says so; up to 8 MiB. Its size before that is the server's to
    /// limit.
    ///
    /// ```
    /// use stratustexting::{http::{HeaderMap, Method}, webhook::Incoming};
    ///
    /// let body = br#"{"messageInfo": {"messageId": "m-1"}}"#;
    /// let incoming = Incoming::from_parts(&Method::POST, &HeaderMap::new(), body)?;
    ///
    /// assert_eq!(incoming.events()[0].message_id(), Some("m-1"));
    /// assert_eq!(incoming.response().status(), 200);
    /// # Ok::<(), stratustexting::webhook::Rejection>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read).
    pub fn from_parts(
        method: &Method,
        headers: &HeaderMap,
        body: impl AsRef<[u8]>,
    ) -> Result<Self, Rejection> {
        let body = Bytes::copy_from_slice(body.as_ref());
        Self::of(method, headers, body)
    }

    pub(super) fn of(method: &Method, headers: &HeaderMap, body: Bytes) -> Result<Self, Rejection> {
        let token = headers.get(VALIDATION_TOKEN).cloned();
        let events = if *method == Method::POST {
            unpacked(headers, body).and_then(Event::all_of_body)
        } else {
            Err(Rejection::new(Kind::Method))
        };
        match (token, events) {
            (token, Ok(events)) => Ok(Self { token, events }),
            // A handshake has nothing else to say. A body that can't even be looked at may be
            // an event, which must not be acknowledged and lost.
            (token @ Some(_), Err(rejection)) if rejection.was_read() => Ok(Self {
                token,
                events: Vec::new(),
            }),
            (_, Err(rejection)) => Err(rejection),
        }
    }

    /// Whether the service only checks the callback.
    #[must_use]
    pub fn is_handshake(&self) -> bool {
        self.token.is_some() && self.events.is_empty()
    }

    /// The events: none of a handshake, one as far as is documented, several where the service
    /// posts them together.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The response that the service waits for: 200 without a body, and the token of a
    /// handshake.
    ///
    /// Respond soon. Nothing is documented of the time; the model that the service seems to
    /// follow allows 3 seconds, and suspends a callback that fails.
    #[must_use]
    pub fn response(&self) -> CallbackResponse {
        let mut response = CallbackResponse::with_status(StatusCode::OK);
        if let Some(token) = &self.token {
            response.insert(VALIDATION_TOKEN, token.clone());
        }
        response
    }
}

/// The body as it was before it was packed.
fn unpacked(headers: &HeaderMap, body: Bytes) -> Result<Bytes, Rejection> {
    let unknown = headers.get(header::CONTENT_ENCODING).is_some_and(|coding| {
        let known = ["gzip", "x-gzip", "deflate", "identity", ""];
        let coding = coding.to_str().unwrap_or("?").trim().to_ascii_lowercase();
        !known.contains(&coding.as_str())
    });
    // The bytes count: a proxy may have unpacked the body and left the header.
    let is_text = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if unknown && !matches!(is_text, Some(b'{' | b'[')) {
        return Err(Rejection::new(Kind::Coding));
    }
    encoding::unpacked(headers, body, LIMIT).map_err(|error| {
        let kind = match error.kind() {
            error::Kind::TooLarge { .. } => Kind::TooLarge,
            _ => Kind::Packed,
        };
        Rejection::new(kind).with_source(error)
    })
}

/// The events, one by one.
impl IntoIterator for Incoming {
    type Item = Event;
    type IntoIter = vec::IntoIter<Event>;

    fn into_iter(self) -> Self::IntoIter {
        self.events.into_iter()
    }
}

/// The token is left out: whoever knows it can pass for the callback.
impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("is_handshake", &self.is_handshake())
            .field("events", &self.events)
            .finish()
    }
}

/// The response of a callback; from [`Incoming::response`] and [`Rejection::response`], or
/// [`unavailable`](Self::unavailable).
///
/// It has no body. [`into_http`](Self::into_http) makes the response of the crate `http`; with
/// the feature `axum` it is a response there (`IntoResponse`).
#[derive(Clone)]
pub struct CallbackResponse {
    status: StatusCode,
    headers: HeaderMap,
}

impl CallbackResponse {
    /// 503 Service Unavailable: the events can't be taken at the moment, as when the database
    /// that keeps them is away.
    ///
    /// What the service does then is UNKNOWN. It may deliver them again, or suspend the
    /// subscription.
    ///
    /// ```
    /// use stratustexting::webhook::CallbackResponse;
    ///
    /// assert_eq!(CallbackResponse::unavailable().status(), 503);
    /// ```
    #[must_use]
    pub fn unavailable() -> Self {
        Self::with_status(StatusCode::SERVICE_UNAVAILABLE)
    }

    pub(super) fn with_status(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
        }
    }

    pub(super) fn insert(&mut self, name: HeaderName, value: HeaderValue) {
        self.headers.insert(name, value);
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The response as the crate `http` has it, with an empty body.
    #[must_use]
    pub fn into_http(self) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

impl From<CallbackResponse> for Response<Bytes> {
    fn from(response: CallbackResponse) -> Self {
        response.into_http()
    }
}

impl fmt::Debug for CallbackResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackResponse")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{
        Compression,
        write::{GzEncoder, ZlibEncoder},
    };

    use super::*;

    const EVENT: &str = r#"{"uuid":"u","messageInfo":{"messageId":"canary"}}"#;

    fn read(
        method: Method,
        headers: &[(HeaderName, &str)],
        body: &[u8],
    ) -> Result<Incoming, Rejection> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect();
        Incoming::from_parts(&method, &headers, body)
    }

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_handshake_gets_its_token_back_whatever_comes_with_it() {
        for (method, body) in [
            (Method::GET, &b""[..]),
            (Method::POST, b""),
            (Method::POST, b"validation"),
            (Method::HEAD, b""),
        ] {
            let incoming = read(method, &[(VALIDATION_TOKEN, "canary")], body).unwrap();

            assert!(incoming.is_handshake());
            assert_eq!(incoming.response().headers()[VALIDATION_TOKEN], "canary");
            let shown = format!("{incoming:?} {:?}", incoming.response());
            assert!(!shown.contains("canary"), "{shown}");
        }
    }

    /// The service may put its token on every request.
    #[test]
    fn an_event_that_has_a_token_is_an_event() {
        let incoming = read(Method::POST, &[(VALIDATION_TOKEN, "t")], EVENT.as_bytes()).unwrap();

        assert!(!incoming.is_handshake());
        assert_eq!(incoming.response().headers()[VALIDATION_TOKEN], "t");
        let ids: Vec<_> = incoming.into_iter().collect();
        assert_eq!(ids[0].message_id(), Some("canary"));
    }

    #[test]
    fn a_packed_body_is_unpacked() {
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(EVENT.as_bytes()).unwrap();
        let zlib = zlib.finish().unwrap();
        let packed = gzip(EVENT.as_bytes());
        let coding = header::CONTENT_ENCODING;

        for (headers, body) in [
            (vec![(coding.clone(), "gzip")], packed.as_slice()),
            (vec![], &packed),
            (vec![(coding.clone(), "deflate")], &zlib),
            (vec![(coding.clone(), "GZIP")], EVENT.as_bytes()),
            (vec![(coding, "br")], EVENT.as_bytes()),
        ] {
            let incoming = read(Method::POST, &headers, body).unwrap();
            assert_eq!(incoming.events()[0].message_id(), Some("canary"));
        }
    }

    #[test]
    fn each_request_that_cannot_be_read_has_its_status() {
        let coding = header::CONTENT_ENCODING;
        let cut = &gzip(EVENT.as_bytes())[..30];
        let bomb = gzip(&vec![b' '; LIMIT + 1]);
        for (method, headers, body, status) in [
            (Method::GET, vec![], &b""[..], 405),
            (Method::PUT, vec![], EVENT.as_bytes(), 405),
            (Method::POST, vec![], b"", 400),
            (Method::POST, vec![], b"canary", 400),
            (Method::POST, vec![], b"{\"canary\":", 400),
            (Method::POST, vec![], b"\xff\xfe", 400),
            (Method::POST, vec![], cut, 400),
            (Method::POST, vec![], &bomb, 413),
            (Method::POST, vec![(coding, "br")], b"\x0b\x02\x80", 415),
            (Method::POST, vec![(VALIDATION_TOKEN, "t")], cut, 400),
            (Method::POST, vec![], b"\"canary\"", 422),
            (Method::POST, vec![], b"17", 422),
        ] {
            let rejection = read(method, &headers, body).unwrap_err();

            assert_eq!(rejection.status(), status, "{rejection}");
            assert_eq!(rejection.response().status(), status);
            let error = crate::Error::from(rejection.clone());
            assert!(error.is_input());
            let shown = format!("{rejection} {rejection:?} {error} {error:?}");
            assert!(!shown.contains("canary"), "{shown}");
        }
        let rejection = read(Method::GET, &[], b"").unwrap_err();
        assert_eq!(rejection.response().headers()[header::ALLOW], "POST");
    }
}
