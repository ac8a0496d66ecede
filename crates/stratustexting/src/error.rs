//! The one error of this crate.

mod predicates;
mod response;
mod text;

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc};

use stratustexting_client::Operation;

use crate::{list_end::End, outcome::SendOutcome, parts::Parts, ticket::Ticket};

/// A result with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed.
///
/// Its predicates tell what a caller needs to decide; the first question for
/// anything that costs money is [`may_have_been_sent`](Self::may_have_been_sent).
/// Where the service (or something in front of it) responded, [`status`],
/// [`headers`] and [`body`] are there as they came.
///
/// Neither the text of an error nor its `Debug` form contains tokens, keys, phone
/// numbers, message texts, or a URL's query. The service's words about the
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
    response: Option<Parts>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    /// Whether a byte of the last attempt's request may have left.
    left: bool,
    /// The outcome of the call's earlier attempts.
    earlier: SendOutcome,
    ticket: Option<Arc<Ticket>>,
    /// The meaning of `invalid_grant` for the grant that was used.
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
    /// There is no token, and a user must log in to get one.
    LoginRequired,
    /// The callback doesn't belong to the login.
    Login { problem: Cow<'static, str> },
    /// The token endpoint gave no token.
    TokenRejected,
    /// The token store failed.
    Store,
    /// No connection.
    Connect,
    /// A limit of time was reached.
    Timeout { while_: &'static str },
    /// The connection broke.
    Transport,
    /// The response's status is an error.
    Status,
    /// The response is a redirect, which is never followed.
    Redirect { target: Option<String> },
    /// The response isn't in the form that the operation promises.
    Decode,
    /// The response is larger than allowed.
    TooLarge { limit: usize },
    /// The status is a success, and the body says that the service failed.
    ServiceFailure,
    /// A list ended, and items may be missing.
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
            response: None,
            source: None,
            left,
            earlier: SendOutcome::NotSent,
            ticket: None,
            if_invalid_grant: "",
        }))
    }

    /// Input that can't be sent: the field, and what is allowed.
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

    /// Names another field; only of input.
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
    pub(crate) fn with_response(mut self, response: Parts) -> Self {
        self.0.response = Some(response);
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

    /// Sets the outcome of the call's attempts, this one included.
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
            Kind::TokenRejected => "token_rejected",
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
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Error");
        debug.field("kind", &self.0.kind);
        if let Some(operation) = self.operation() {
            debug.field("operation", &operation);
        }
        if let Some(response) = &self.0.response {
            debug.field("status", &response.status);
            debug.field("body_bytes", &response.body.len());
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
mod tests;
