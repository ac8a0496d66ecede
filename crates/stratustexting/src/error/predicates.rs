//! What an error means to a caller.

use http::StatusCode;

use super::{Error, Kind};
use crate::{list_end::End, outcome::SendOutcome, refusal, ticket::Ticket};

impl Error {
    /// Whether any part of the request may have reached the service.
    ///
    /// `false` is a promise: nothing left this machine, and the call can be made
    /// again without doing anything twice. `true` means that the service may have
    /// acted, unless [`send_outcome`](Self::send_outcome) says that it rejected the request. Don't
    /// send such a message again blindly: it may be under way already, and the service
    /// gives no way to look.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        self.send_outcome() != SendOutcome::NotSent
    }

    /// The outcome of the call, all attempts together: never [`SendOutcome::Accepted`],
    /// since this is an error.
    #[must_use]
    pub fn send_outcome(&self) -> SendOutcome {
        let last = if !self.0.left {
            SendOutcome::NotSent
        } else if self.is_rejection() {
            SendOutcome::Rejected
        } else {
            SendOutcome::Unknown
        };
        self.0.earlier.and(last)
    }

    /// Whether the service certainly didn't do what was asked. After 408, 425 and 429 that
    /// isn't known, and a server that fails (5xx) may have done it before. A 4xx of the
    /// gateway's own was stopped before the service.
    fn is_rejection(&self) -> bool {
        let status = self.status().filter(StatusCode::is_client_error);
        self.0.kind == Kind::Status
            && status.is_some_and(|status| {
                self.gateway_error().is_some() || !matches!(status.as_u16(), 408 | 425 | 429)
            })
    }

    /// The ticket by which the outcome of a send can be found out later. There is one when
    /// the outcome is [`SendOutcome::Unknown`] and the operation must not be done twice.
    #[must_use]
    pub fn ticket(&self) -> Option<&Ticket> {
        self.0.ticket.as_deref()
    }

    /// Whether the caller's input is invalid; nothing was sent.
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

    /// The field of an invalid input or setting.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match &self.0.kind {
            Kind::Input { field, .. } => Some(field),
            Kind::Configuration { field, .. } => Some(field),
            _ => None,
        }
    }

    /// Whether it is about credentials: no token, a rejected login or renewal, a 401
    /// response, or one that says in another way that the access token isn't good any more,
    /// as gateways do with 403.
    ///
    /// After such a response the next call has another token. An operation that may be done
    /// twice has already been retried with one; a send hasn't, unless
    /// [`CallOptions::resend`](crate::CallOptions::resend) says so.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        matches!(
            self.0.kind,
            Kind::LoginRequired | Kind::Login { .. } | Kind::TokenRejected
        ) || self.status() == Some(StatusCode::UNAUTHORIZED)
            || self.rejects_token()
    }

    /// Whether the service rejected the access token; another one may help.
    pub(crate) fn rejects_token(&self) -> bool {
        let response = self.0.response.as_ref();
        self.0.kind == Kind::Status && response.is_some_and(refusal::rejects_token)
    }

    /// Whether the token endpoint said that the login is over.
    pub(crate) fn ends_login(&self) -> bool {
        let response = self.0.response.as_ref();
        self.0.kind == Kind::TokenRejected && response.is_some_and(refusal::login_is_over)
    }

    /// Whether a user must log in (again): there is no usable token, and none can be got
    /// without a user.
    ///
    /// Start with [`Auth::start_login`](crate::auth::Auth::start_login).
    #[must_use]
    pub fn is_login_required(&self) -> bool {
        match self.0.kind {
            Kind::LoginRequired => true,
            Kind::TokenRejected => self.ends_login(),
            // After a rejected token it is the renewal that knows.
            Kind::Status => {
                let source = self.0.source.as_deref();
                let renewal = source.and_then(|source| source.downcast_ref::<Self>());
                renewal.is_some_and(Self::is_login_required)
            }
            _ => false,
        }
    }

    /// Whether the call, or an attempt of it, timed out.
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
    /// endpoint is none of the operation's: see [`is_token_rejected`](Self::is_token_rejected).
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
    pub fn is_token_rejected(&self) -> bool {
        self.0.kind == Kind::TokenRejected
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

    /// Whether the response was a redirect. Redirects are never followed: they would
    /// take the API key, and a message, to another place.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        matches!(self.0.kind, Kind::Redirect { .. })
    }

    /// Whether the response is a success, but not in the form that the operation promises. The request has probably taken effect.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        matches!(self.0.kind, Kind::Decode)
    }

    /// Whether the response's status is a success while its body says that the service failed, as with
    /// `{"success": false, "message": "quota"}`. [`service_message`](Self::service_message)
    /// has its words. Whether anything was done isn't known.
    #[must_use]
    pub fn is_service_failure(&self) -> bool {
        matches!(self.0.kind, Kind::ServiceFailure)
    }

    /// Whether a list ended in doubt: all items that came were handed out, and some may be
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
}
