//! The one error of this crate.

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::Value;
use stratustexting_client::operation::{Basis, Operation, Provenance};

use crate::{
    outcome::{SendOutcome, Ticket},
    pager::End,
    parts::Parts,
    refusal,
};

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed.
///
/// Its predicates answer what a caller needs to decide; the first question for
/// anything that costs money is [`may_have_been_sent`](Self::may_have_been_sent).
/// Where the service (or something in front of it) answered, [`status`],
/// [`headers`] and [`body`] are there as they came.
///
/// Neither the text of an error nor its `Debug` form contains tokens, keys, phone
/// numbers, message texts, or a URL's query. What the service says about the
/// failure may contain them, so it has its own accessor,
/// [`service_message`](Self::service_message).
///
/// [`status`]: Self::status
/// [`headers`]: Self::headers
/// [`body`]: Self::body
#[derive(Clone)]
pub struct Error(
    // Boxed, because `Result`s of every call carry its size.
    Box<Inner>,
);

#[derive(Clone)]
struct Inner {
    kind: Kind,
    operation: Option<&'static Operation>,
    answer: Option<Parts>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    /// Whether a byte of the last attempt's request may have left.
    left: bool,
    /// What earlier attempts of the call came to.
    earlier: SendOutcome,
    ticket: Option<Arc<Ticket>>,
    /// What `invalid_grant` means for the grant that was used.
    if_invalid_grant: &'static str,
}

/// The kinds, private so that they can grow.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Input that can't be sent.
    Input {
        field: Cow<'static, str>,
        allowed: Cow<'static, str>,
    },
    /// The client was set up wrongly.
    Configuration {
        field: &'static str,
        problem: Cow<'static, str>,
    },
    /// There is no token, and none can be had without a user.
    LoginRequired,
    /// The login's callback isn't the answer to the login.
    Login { problem: Cow<'static, str> },
    /// The token endpoint said no.
    TokenRefused,
    /// The token store failed.
    Store,
    /// No connection.
    Connect,
    /// The time was up.
    Timeout { while_: &'static str },
    /// The connection broke.
    Transport,
    /// The service answered with an error.
    Status,
    /// The service answered with a redirect, which is never followed.
    Redirect { target: Option<String> },
    /// The answer isn't what the operation promises.
    Decode,
    /// The answer is larger than allowed.
    TooLarge { limit: usize },
    /// The answer is a success that says in its body that it is none.
    ServiceFailure,
    /// A list ended, and something may be missing of it.
    Incomplete { end: End },
}

impl Error {
    pub(crate) fn new(kind: Kind) -> Self {
        let left = matches!(
            kind,
            Kind::Transport
                | Kind::Timeout { .. }
                | Kind::Status
                | Kind::Redirect { .. }
                | Kind::Decode
                | Kind::TooLarge { .. }
                | Kind::ServiceFailure
                | Kind::Incomplete { .. }
        );
        Self(Box::new(Inner {
            kind,
            operation: None,
            answer: None,
            source: None,
            left,
            earlier: SendOutcome::NotSent,
            ticket: None,
            if_invalid_grant: "",
        }))
    }

    /// Input that can't be sent: which field, and what would be allowed.
    pub(crate) fn input(
        field: impl Into<Cow<'static, str>>,
        allowed: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Kind::Input {
            field: field.into(),
            allowed: allowed.into(),
        })
    }

    pub(crate) fn configuration(
        field: &'static str,
        problem: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Kind::Configuration {
            field,
            problem: problem.into(),
        })
    }

    /// The same of another field; only of input.
    #[must_use]
    pub(crate) fn of_field(mut self, name: &'static str) -> Self {
        if let Kind::Input { field, .. } = &mut self.0.kind {
            *field = name.into();
        }
        self
    }

    #[must_use]
    pub(crate) fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    #[must_use]
    pub(crate) fn with_answer(mut self, answer: Parts) -> Self {
        self.0.answer = Some(answer);
        self
    }

    #[must_use]
    pub(crate) fn with_operation(mut self, operation: Option<&'static Operation>) -> Self {
        self.0.operation = self.0.operation.or(operation);
        self
    }

    /// Says that no byte of the call's request left: the failure came before.
    #[must_use]
    pub(crate) fn before_sending(mut self) -> Self {
        self.0.left = false;
        self
    }

    /// Says what the call's attempts came to, this one's included.
    #[must_use]
    pub(crate) fn after(mut self, attempts: SendOutcome) -> Self {
        self.0.earlier = attempts;
        self
    }

    #[must_use]
    pub(crate) fn with_ticket(mut self, ticket: Ticket) -> Self {
        self.0.ticket = Some(Arc::new(ticket));
        self
    }

    #[must_use]
    pub(crate) fn if_invalid_grant(mut self, meaning: &'static str) -> Self {
        self.0.if_invalid_grant = meaning;
        self
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.0.kind
    }

    /// The kind in a word, for logs.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.0.kind {
            Kind::Input { .. } => "input",
            Kind::Configuration { .. } => "configuration",
            Kind::LoginRequired => "login_required",
            Kind::Login { .. } => "login",
            Kind::TokenRefused => "token_refused",
            Kind::Store => "store",
            Kind::Connect => "connect",
            Kind::Timeout { .. } => "timeout",
            Kind::Transport => "transport",
            Kind::Status => "status",
            Kind::Redirect { .. } => "redirect",
            Kind::Decode => "decode",
            Kind::TooLarge { .. } => "too_large",
            Kind::ServiceFailure => "service_failure",
            Kind::Incomplete { .. } => "incomplete",
        }
    }

    /// Whether any part of the request may have reached the service.
    ///
    /// `false` is a promise: nothing left this machine, and the call can be made
    /// again without doing anything twice. `true` means that the service may have
    /// acted, unless [`send_outcome`](Self::send_outcome) says that it refused. A
    /// message whose sending ended so must not be sent again blindly: it may be under
    /// way already, and the service gives no way to look.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        self.send_outcome() != SendOutcome::NotSent
    }

    /// What became of what was to be sent, all attempts of the call together: never
    /// [`SendOutcome::Accepted`], since this is an error.
    #[must_use]
    pub fn send_outcome(&self) -> SendOutcome {
        let last = if !self.0.left {
            SendOutcome::NotSent
        } else if self.is_refusal() {
            SendOutcome::Rejected
        } else {
            SendOutcome::Unknown
        };
        self.0.earlier.and(last)
    }

    /// Whether the service answered that it didn't do what was asked. Of 408, 425 and
    /// 429 that isn't known, and a server that fails (5xx) may have done it before.
    /// One that the gateway made itself never came as far as the service.
    fn is_refusal(&self) -> bool {
        let status = self.status().filter(StatusCode::is_client_error);
        self.0.kind == Kind::Status
            && status.is_some_and(|status| {
                self.gateway_error().is_some() || !matches!(status.as_u16(), 408 | 425 | 429)
            })
    }

    /// The gateway's name for the error, such as `ForbiddenException`, where the response
    /// has one (`x-amzn-errortype`): then it is the gateway's own. One with a status 4xx was
    /// stopped there, and a message was not taken; after 502 or 504 the service may have acted.
    /// That the service has such a gateway is inferred.
    #[must_use]
    pub fn gateway_error(&self) -> Option<&str> {
        let value = self.headers()?.get("x-amzn-errortype")?.to_str().ok()?;
        // A URL of a description may follow the name.
        let name = value.split(':').next().unwrap_or_default().trim();
        (!name.is_empty()).then_some(name)
    }

    /// The gateway's id of the request (`x-amzn-requestid`), for asking the vendor about it.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        let value = self.headers()?.get("x-amzn-requestid")?.to_str().ok()?;
        (!value.is_empty()).then_some(value)
    }

    /// What is needed to find out later what became of a send: there is one when the
    /// outcome is [`SendOutcome::Unknown`] and the operation must not be done twice.
    #[must_use]
    pub fn ticket(&self) -> Option<&Ticket> {
        self.0.ticket.as_deref()
    }

    /// Whether the caller's input was refused before anything was sent.
    ///
    /// [`field`](Self::field) names the value, and the error's text says what is
    /// allowed.
    #[must_use]
    pub fn is_input(&self) -> bool {
        matches!(self.0.kind, Kind::Input { .. })
    }

    /// Whether the client was set up wrongly; only from building a client, or from
    /// using a part of it that was not set up.
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        matches!(self.0.kind, Kind::Configuration { .. })
    }

    /// The field of a refused input or setting.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match &self.0.kind {
            Kind::Input { field, .. } => Some(field),
            Kind::Configuration { field, .. } => Some(field),
            _ => None,
        }
    }

    /// Whether it is about credentials: no token, a refused login or refresh, an answer
    /// 401, or one that says in another way that the access token isn't good any more,
    /// as gateways do with 403.
    ///
    /// After such an answer the next call has another token. What may be done twice has
    /// already been tried once more with one when it gets here; a send hasn't, unless
    /// [`CallOptions::resend`](crate::CallOptions::resend) says so.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::LoginRequired | Kind::Login { .. } | Kind::TokenRefused
        ) || self.status() == Some(StatusCode::UNAUTHORIZED)
            || self.refuses_token()
    }

    /// Whether the service refused the access token, which another may mend.
    pub(crate) fn refuses_token(&self) -> bool {
        let answer = self.0.answer.as_ref();
        self.0.kind == Kind::Status && answer.is_some_and(refusal::refuses_token)
    }

    /// Whether the token endpoint said that the login is over.
    pub(crate) fn ends_login(&self) -> bool {
        let answer = self.0.answer.as_ref();
        self.0.kind == Kind::TokenRefused && answer.is_some_and(refusal::login_is_over)
    }

    /// Whether a user has to log in (again): there is no usable token and none can
    /// be had without one.
    ///
    /// Start with [`Auth::start_login`](crate::auth::Auth::start_login).
    #[must_use]
    pub fn is_login_required(&self) -> bool {
        match self.0.kind {
            Kind::LoginRequired => true,
            Kind::TokenRefused => self.ends_login(),
            // After a refused token it is the renewal that knows.
            Kind::Status => {
                let source = self.0.source.as_deref();
                let renewal = source.and_then(|source| source.downcast_ref::<Self>());
                renewal.is_some_and(Self::is_login_required)
            }
            _ => false,
        }
    }

    /// Whether the time given to the call was up.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, Kind::Timeout { .. })
    }

    /// Whether no connection came about: name, address, TLS. Nothing was sent by this
    /// attempt; [`may_have_been_sent`](Self::may_have_been_sent) speaks of all of the call.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self.0.kind, Kind::Connect)
    }

    /// Whether the connection broke after a part of the request may have left.
    #[must_use]
    pub fn is_transport(&self) -> bool {
        self.0.kind == Kind::Transport
    }

    /// Whether the service responded to the operation with a status that is neither a
    /// success nor a redirect; [`status`](Self::status) has it. A response of the token
    /// endpoint is none of the operation's: see [`is_token_refused`](Self::is_token_refused).
    #[must_use]
    pub fn is_status(&self) -> bool {
        self.0.kind == Kind::Status
    }

    /// Whether the service responded to the operation with 429: too fast, or the quota is
    /// used up. `false` for a 429 of the token endpoint.
    ///
    /// Whether the service processed the request is UNKNOWN.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.is_status() && self.status() == Some(StatusCode::TOO_MANY_REQUESTS)
    }

    /// Whether the service responded to the operation with 404. `false` for a 404 of the
    /// token endpoint, which says nothing about a contact or a message.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.is_status() && self.status() == Some(StatusCode::NOT_FOUND)
    }

    /// Whether the token endpoint gave no token; [`oauth_error`](Self::oauth_error) has its
    /// reason, and [`status`](Self::status), [`headers`](Self::headers) and
    /// [`body`](Self::body) are then those of its response.
    #[must_use]
    pub fn is_token_refused(&self) -> bool {
        self.0.kind == Kind::TokenRefused
    }

    /// Whether the token store failed: a token couldn't be read, stored or removed. The
    /// error's source says why.
    #[must_use]
    pub fn is_store(&self) -> bool {
        self.0.kind == Kind::Store
    }

    /// Whether the response was larger than
    /// [`max_response_bytes`](crate::ClientBuilder::max_response_bytes) allows.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        matches!(self.0.kind, Kind::TooLarge { .. })
    }

    /// Whether the answer was a redirect. Redirects are never followed: they would
    /// take the API key, and a message, to another place.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        matches!(self.0.kind, Kind::Redirect { .. })
    }

    /// Whether the service answered with success, but not in the form that the
    /// operation promises. The request has probably taken effect.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        matches!(self.0.kind, Kind::Decode)
    }

    /// Whether the service answered with success and said in the body that it failed, as with
    /// `{"success": false, "message": "quota"}`. [`service_message`](Self::service_message)
    /// has its words. Whether anything was done isn't known.
    #[must_use]
    pub fn is_service_failure(&self) -> bool {
        matches!(self.0.kind, Kind::ServiceFailure)
    }

    /// Whether a list ended in doubt: all that came was handed out, and something may be
    /// missing. [`end`](Self::end) tells why;
    /// [`Pager::accept_incomplete`](crate::Pager::accept_incomplete) takes it as it is.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        matches!(self.0.kind, Kind::Incomplete { .. })
    }

    /// Why a list that may lack items ended.
    #[must_use]
    pub fn end(&self) -> Option<&End> {
        match &self.0.kind {
            Kind::Incomplete { end } => Some(end),
            _ => None,
        }
    }

    /// The status of the answer, if there was one: the service's, or the token endpoint's
    /// where [`is_token_refused`](Self::is_token_refused).
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.answer.as_ref().map(|answer| answer.status)
    }

    /// The headers of the answer, if there was one.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.0.answer.as_ref().map(|answer| &answer.headers)
    }

    /// The body of the answer as it came, if there was one.
    ///
    /// It may contain personal data.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        self.0.answer.as_ref().map(|answer| &answer.body)
    }

    /// How long the service asks to wait, from the answer's `Retry-After`, in seconds or
    /// as an HTTP date, which is held against the answer's own `Date`, so that it doesn't
    /// matter whether the clocks agree. Whether this service sends it is UNKNOWN.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        crate::retry::after(self.headers()?)
    }

    /// What the service says went wrong, in its own words.
    ///
    /// It is read leniently out of any of the forms in which a gateway, the
    /// service or the OAuth server may answer; none of them is documented. It may
    /// contain personal data, such as the number that was refused.
    #[must_use]
    pub fn service_message(&self) -> Option<String> {
        let body = self.json_object()?;
        let said = |fields: &serde_json::Map<String, Value>| {
            // The gateway's authorizers are known to write theirs with a capital.
            let keys = [
                "message",
                "Message",
                "error_description",
                "errorMessage",
                "error",
            ];
            let mut texts = keys.iter().filter_map(|key| fields.get(*key)?.as_str());
            texts
                .find(|text| !text.trim().is_empty())
                .map(str::to_owned)
        };
        let first = |key: &str| match body.get(key)? {
            Value::Object(inner) => said(inner),
            Value::Array(items) => match items.first()? {
                Value::String(text) => Some(text.clone()),
                Value::Object(inner) => said(inner),
                _ => None,
            },
            _ => None,
        };
        said(&body)
            .or_else(|| first("error"))
            .or_else(|| first("errors"))
    }

    /// The OAuth error code, such as `invalid_grant`, if the token endpoint refused: in
    /// small letters, however and wherever the answer spells it.
    #[must_use]
    pub fn oauth_error(&self) -> Option<String> {
        if self.0.kind != Kind::TokenRefused {
            return None;
        }
        refusal::oauth_code(self.body()?)
    }

    fn json_object(&self) -> Option<serde_json::Map<String, Value>> {
        let read = stratustexting_client::lenient::from_slice(self.body()?);
        read.ok().map(|read| read.value)
    }

    /// The operation that failed, such as `sendSms`.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation.map(|operation| operation.id)
    }

    /// How the failed operation's method and path are known.
    #[must_use]
    pub fn provenance(&self) -> Option<&'static Provenance> {
        self.0.operation.map(|operation| &operation.provenance)
    }

    /// Whether the failure may come from our having inferred the operation wrongly:
    /// an answer that says so, to an operation that nothing documents.
    fn may_be_inferred_wrongly(&self) -> bool {
        let inferred = self
            .provenance()
            .is_some_and(|provenance| provenance.basis == Basis::Inferred);
        let telling = match self.0.kind {
            Kind::Decode => true,
            Kind::Status => matches!(
                self.status().map(|status| status.as_u16()),
                Some(400 | 403 | 404 | 405 | 415)
            ),
            // Its status may be the token endpoint's.
            _ => false,
        };
        inferred && telling
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation() {
            write!(f, "{operation}: ")?;
        }
        match &self.0.kind {
            Kind::Input { field, allowed } => write!(f, "{field}: {allowed}")?,
            Kind::Configuration { field, problem } => write!(f, "{field}: {problem}")?,
            Kind::LoginRequired => f.write_str("a user has to log in")?,
            Kind::Login { problem } => write!(f, "the login failed: {problem}")?,
            Kind::TokenRefused => match self.oauth_error() {
                Some(code) => write!(f, "the token endpoint refused: {}", shown(&code))?,
                None => f.write_str("the token endpoint gave no token")?,
            },
            Kind::Store => f.write_str("the token store failed")?,
            Kind::Connect => f.write_str("no connection to the service")?,
            Kind::Timeout { while_ } => write!(f, "the time was up while {while_}")?,
            Kind::Transport => f.write_str("the connection broke before the answer was there")?,
            // Not of one that may have done it all the same: whoever reads "rejected" sends
            // again.
            Kind::Status if self.send_outcome() == SendOutcome::Rejected => {
                f.write_str("the service rejected the request")?;
            }
            Kind::Status => f.write_str("the service responded without success")?,
            Kind::Redirect { target } => {
                let target = target.as_deref().unwrap_or("an unreadable target");
                write!(
                    f,
                    "the service redirects to {target}, which is not followed"
                )?;
            }
            Kind::Decode => f.write_str("the answer has an unexpected form")?,
            Kind::TooLarge { limit } => write!(f, "the answer has more than {limit} bytes")?,
            Kind::ServiceFailure => {
                f.write_str("the service says in a success that it failed")?;
            }
            Kind::Incomplete { end } => write!(f, "the list may be incomplete: {end}")?,
        }
        if let Some(status) = self.status() {
            write!(f, " (status {status})")?;
        }
        if self.is_status() && matches!(self.status().map(|s| s.as_u16()), Some(401 | 403)) {
            f.write_str(
                "; if it lasts, the token lacks a scope, the role of the user who signed in \
                 doesn't allow it, or token and API key are not of this brand",
            )?;
        }
        if !self.0.if_invalid_grant.is_empty()
            && self.oauth_error().as_deref() == Some("invalid_grant")
        {
            write!(f, "; {}", self.0.if_invalid_grant)?;
        }
        if self.may_be_inferred_wrongly() {
            f.write_str(
                "; this operation's method and path are inferred, not documented: \
                 if the service's differ, `ClientBuilder::operation` takes the right ones, \
                 and openapi.json is the one place to correct",
            )?;
        }
        Ok(())
    }
}

/// An OAuth error code, if it is a standard's. What else a server puts there isn't quoted:
/// nobody knows what it is.
fn shown(code: &str) -> &str {
    if refusal::is_registered(code) {
        code
    } else {
        "a code of its own"
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind);
        if let Some(operation) = self.operation() {
            debug.field("operation", &operation);
        }
        if let Some(answer) = &self.0.answer {
            debug.field("status", &answer.status);
            debug.field("body_bytes", &answer.body.len());
        }
        debug.field("send_outcome", &self.send_outcome());
        if let Some(source) = &self.0.source {
            debug.field("source", source);
        }
        debug.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source: &(dyn StdError + 'static) = self.0.source.as_deref()?;
        Some(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(kind: Kind, code: u16) -> Error {
        Error::new(kind).with_answer(Parts {
            status: StatusCode::from_u16(code).unwrap(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        })
    }

    #[test]
    fn what_the_gateway_stopped_was_not_sent_and_what_it_gave_up_may_have_been() {
        let gateways = |code: u16| {
            let mut error = status(Kind::Status, code);
            let parts = error.0.answer.as_mut().unwrap();
            let name = "TooManyRequestsException:http://internal.example/doc";
            parts
                .headers
                .insert("x-amzn-errortype", name.parse().unwrap());
            parts
                .headers
                .insert("x-amzn-requestid", "id-1".parse().unwrap());
            error
        };
        for (code, own, gateway) in [
            (400, SendOutcome::Rejected, SendOutcome::Rejected),
            (408, SendOutcome::Unknown, SendOutcome::Rejected),
            (429, SendOutcome::Unknown, SendOutcome::Rejected),
            (500, SendOutcome::Unknown, SendOutcome::Unknown),
            (502, SendOutcome::Unknown, SendOutcome::Unknown),
            (504, SendOutcome::Unknown, SendOutcome::Unknown),
        ] {
            assert_eq!(status(Kind::Status, code).send_outcome(), own, "{code}");
            assert_eq!(gateways(code).send_outcome(), gateway, "{code}");
        }
        assert_eq!(
            gateways(429).gateway_error(),
            Some("TooManyRequestsException")
        );
        assert_eq!(gateways(429).request_id(), Some("id-1"));
        assert_eq!(status(Kind::Status, 429).gateway_error(), None);
    }

    #[test]
    fn what_the_token_endpoint_responds_is_not_the_operations_response() {
        let missing = status(Kind::TokenRefused, 404);
        assert!(!missing.is_not_found() && !missing.is_status() && missing.is_token_refused());
        assert!(!status(Kind::TokenRefused, 429).is_rate_limited());

        assert!(status(Kind::Status, 404).is_not_found());
        assert!(status(Kind::Status, 429).is_rate_limited());
    }

    /// Whoever reads that a send was rejected sends it again.
    #[test]
    fn no_words_of_a_rejection_where_the_outcome_is_unknown() {
        use SendOutcome::{NotSent, Rejected, Unknown};
        let kinds = [
            Kind::Status,
            Kind::Transport,
            Kind::Timeout {
                while_: "waiting for the answer",
            },
            Kind::Redirect { target: None },
            Kind::Decode,
            Kind::TooLarge { limit: 1 },
            Kind::ServiceFailure,
            Kind::Connect,
            Kind::Store,
        ];
        let mut rejections = 0;
        for kind in kinds {
            for earlier in [NotSent, Rejected, Unknown] {
                for code in [
                    200, 304, 400, 401, 403, 404, 408, 425, 429, 500, 502, 503, 504,
                ] {
                    let error = status(kind.clone(), code).after(earlier);
                    let text = error.to_string();
                    let rejects = ["reject", "refus", "denied", "declin"]
                        .iter()
                        .any(|word| text.contains(word));

                    let rejected = error.send_outcome() == Rejected && kind == Kind::Status;
                    assert_eq!(rejects, rejected, "{text}: {:?}", error.send_outcome());
                    rejections += usize::from(rejected);
                }
            }
        }
        assert!(rejections > 0, "the table has both");
    }
}
