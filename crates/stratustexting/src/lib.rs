//! An unofficial SDK for the StratusTexting Connect API, and for the sibling brands
//! that serve the same API: SMS and MMS, contacts, consent, webhooks, sites.
//!
//! ```
//! # use stratustexting_sandbox::Sandbox;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use stratustexting::{Client, SendOutcome, auth::Credentials};
//!
//! # let sandbox = Sandbox::start().await?;
//! # let (id, secret, key) = (sandbox.client_id(), sandbox.client_secret(), sandbox.api_key());
//! let client = Client::builder()
//! #   .api_base(sandbox.api_base()).token_url(sandbox.token_url())
//!     .credentials(Credentials::client_credentials(id, secret))
//!     .api_key(key)
//!     .build()?;
//!
//! # let from = sandbox.number();
//! let sent = client.messages().send_sms(from, "+12025550123", "Your order is ready.").await;
//! match SendOutcome::of(&sent) {
//!     SendOutcome::Accepted => println!("the service took it"),
//!     SendOutcome::Rejected | SendOutcome::NotSent => println!("nobody was texted: {sent:?}"),
//!     SendOutcome::Unknown => println!("look before you send it again: {sent:?}"),
//! }
//!
//! let mut contacts = client.contacts().list();
//! while let Some(contact) = contacts.next_item().await? {
//!     println!("{:?}", contact.id);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Everything that waits needs a Tokio runtime with time and I/O, and panics without one. A
//! client belongs to one runtime: with one that has ended, its connections and its renewal
//! have ended, too, and a send that was under way is *unknown*. Make a client per runtime.
//! Every variable that [`Client::from_env`] reads is listed there.
//!
//! # Where to start
//!
//! - [`Client`] is made once per login and cloned freely.
//! - [`auth::Credentials`] say how it gets its tokens; [`auth`] explains which to take.
//! - Its resources are [`Messages`], [`Contacts`], [`Consents`], [`Subscriptions`] and
//!   [`Sites`]; lists are [`Pager`]s.
//! - [`SendOutcome`] says what became of a message, and [`Error`] what went wrong.
//! - [`Client::check`] says which part of a set-up is wrong, without sending a message.
//! - [`webhook`] reads what the service posts.
//! - [`Client::api`] is the generated client below all of it, and [`Client::request`]
//!   takes any path: through the same credentials and limits.
//!
//! # How the API is known
//!
//! The vendor publishes no OpenAPI document, and many of its pages can't be had. Of
//! each operation, [`api::OPERATIONS`] says how it is known: documented, documented by
//! a sibling brand, seen in client code, or inferred. The documentation of each method
//! says it too. Where something is UNKNOWN, fields are optional and values open, and
//! what comes back is kept.
//!
//! # Features
//!
//! - `rustls` (default): TLS by rustls with the platform's certificate store.
//! - `native-tls`: TLS by the platform's own library.
//! - `redis`: `auth::RedisTokenStore`, one login for several machines.
//! - `axum`: [`webhook::Incoming`] as an extractor and a response of axum 0.8.
//! - `schemas`: [`api::MODELS`](api), the models with their JSON Schemas.
//!
//! Without the first two, a client can only be built for a loopback address.
//!
//! # When something fails
//!
//! Three things are decided in three places. Whether an operation may be done again is in
//! [`api::OPERATIONS`]; of what may not, such as a send, only what provably never left is
//! tried again, unless a call says otherwise ([`CallOptions::resend`]). When, is decided
//! by a [`RetryPolicy`], by default [`Backoff`]. How often over all calls, by a
//! [`RetryBudget`]. What the service asks for (`Retry-After`) is kept to, and so is the
//! call's time.
//!
//! | time | default | set by |
//! |---|---|---|
//! | the whole call | 60 s | [`ClientBuilder::timeout`], [`CallOptions::timeout`] |
//! | an attempt | 30 s | [`ClientBuilder::attempt_timeout`], [`CallOptions::attempt_timeout`] |
//! | connecting, TLS included | 10 s | [`ClientBuilder::connect_timeout`] |
//! | a request for a token, which is made for all who wait | 30 s | |
//!
//! Nothing limits how fast requests are sent unless a [`RateLimit`] is set.
//!
//! # What is logged
//!
//! Spans and events of `tracing`, at DEBUG: a span `call` with `operation`,
//! `correlation`, `http.request.method`, `url.template`, `server.address`,
//! `server.port`; in it a span `attempt` with `http.request.resend_count`,
//! `http.response.status_code`, `error.type`, after OpenTelemetry's conventions; an event
//! `another attempt` with `reason`, `attempt` and `wait_ms`. At WARN: that a token that is
//! still good couldn't be renewed, and that a token file can't be locked. URLs aren't
//! logged: the vendor puts numbers and texts into the query.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod auth;
mod brand;
mod client;
mod drift;
mod encoding;
mod endpoint;
mod error;
mod executor;
mod input;
mod options;
mod outcome;
mod overrides;
pub mod pager;
mod phone;
mod rate_limit;
mod reading;
mod refusal;
pub mod resources;
mod response;
mod retry;
mod secret;
#[doc(hidden)]
pub mod testing;
pub mod webhook;

/// The generated client, and the table of operations. Its models are [`models`].
#[doc(no_inline)]
pub use stratustexting_client as api;
pub use stratustexting_client::lenient::{Diagnostic, Found, Handling};
/// The models of the API: what operations take and return, and what callbacks get.
///
/// A model that a program makes begins with `default()` or `new(…)` and is completed by
/// `with_…`. Every model keeps fields that nothing lists in `extra`.
///
/// ```
/// use stratustexting::models::ContactRequest;
///
/// let contact = ContactRequest::default()
///     .with_mobile_number("+12025550123")
///     .with_first_name("Ada")
///     .with_extra("shoeSize", 38);
/// # assert_eq!(contact.first_name.as_deref(), Some("Ada"));
/// ```
#[doc(inline)]
pub use stratustexting_client::types as models;

/// The libraries whose types stand in this crate's signatures, in the versions that fit.
pub use {bytes, http, reqwest, url};

pub use self::{
    brand::Brand,
    client::{Client, ClientBuilder, RawRequest, check},
    drift::differences,
    error::{Error, Result},
    options::CallOptions,
    outcome::{SendOutcome, Ticket},
    overrides::{OperationOverride, Paging},
    pager::Pager,
    phone::{IntoPhoneNumber, PhoneNumber},
    rate_limit::RateLimit,
    resources::{Consents, ContactRef, Contacts, Media, Messages, Sites, Subscriptions},
    response::Response,
    retry::{Backoff, FailedAttempt, Resend, RetryBudget, RetryPolicy},
    secret::{AccessToken, ApiKey, ClientSecret, RefreshToken},
};

/// The program on the README's first screen, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
