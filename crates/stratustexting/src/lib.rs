//! An unofficial SDK for the StratusTexting Connect API, and for the sibling brands
//! that serve the same API: SMS and MMS, contacts, consent, webhooks, sites.
//!
//! ```
//! # use stratustexting_sandbox::Sandbox;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use stratustexting::{Client, Outcome, SendOutcome};
//!
//! # let sandbox = Sandbox::start().await?;
//! # let client = Client::from_variables(sandbox.variables())?;
//! # #[cfg(any())]
//! let client = Client::from_env()?;
//!
//! let sent = client.messages().send_sms("+12025550123", "Your order is ready.").await;
//! match sent.outcome() {
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
//! Add it, and a runtime:
//!
//! ```sh
//! cargo add stratustexting
//! cargo add tokio --features full
//! cargo add --dev stratustexting-sandbox
//! ```
//!
//! # Where to start
//!
//! - Make one [`Client`] per login and clone it freely; many logins share their connections by
//!   [`ClientBuilder::connections_of`].
//!   [`Client::from_env`] makes a client from environment variables, which
//!   [`ClientBuilder::from_env`] lists; [`Client::builder`] has all settings.
//! - [`auth::Credentials`] choose the OAuth grant; [`auth`] explains which to take.
//! - The resources are [`Messages`], [`Contacts`], [`Consents`], [`Subscriptions`] and
//!   [`Sites`]. Their methods give a [`Call`], which takes options and is awaited, or a
//!   [`Pager`] over a list.
//! - [`SendOutcome`] tells how a send ended, and [`Error`] why a call failed.
//! - [`Client::check`] shows which part of a set-up is wrong, without sending a message.
//! - [`webhook`] reads the events that the service posts.
//! - [`segments`] counts what a text costs, and says which character makes it more.
//! - [`Client::api`] is the generated client below the resources, and [`Client::request`]
//!   takes any path; both use the same credentials, limits and retries.
//!
//! Calls need a Tokio runtime with time and I/O, and panic without one. A client belongs to
//! one runtime: when that ends, the client's connections and its renewal end, too, and a send
//! under way is *unknown*. Make a client per runtime.
//!
//! # How the API is known
//!
//! The vendor publishes no OpenAPI document, and most of its pages can't be reached.
//! [`api::OPERATIONS`] says of each operation how it is known: documented, documented by
//! a sibling brand, seen in client code, or inferred. So does the documentation of each
//! method. Where something is UNKNOWN, fields are optional, values are open, and the
//! service's own values are kept.
//!
//! # Features
//!
//! - `rustls` (default): TLS by rustls with the platform's certificate store.
//! - `native-tls`: TLS by the platform's own library.
//! - `socks`: proxies by SOCKS.
//! - `redis`: `auth::RedisTokenStore`, one login for several machines.
//! - `loopback-login`: `Auth::log_in_with_browser`, for programs on the user's own machine.
//! - `axum`: [`webhook::Incoming`] as an extractor and a response of axum 0.8.
//! - `parse-numbers`: `PhoneNumber::parse_in`, numbers as people write them in a region.
//! - `schemas`: [`api::MODELS`](api), the models with their JSON Schemas.
//!
//! Without the first two, a client only uses plain `http`, to a loopback address or a host of
//! [`ClientBuilder::allow_plain_http`], unless [`ClientBuilder::configure_http`] gives it TLS
//! of its own.
//!
//! # When something fails
//!
//! Three rules decide about retries:
//!
//! - [`api::OPERATIONS`] says which operations are idempotent. One that isn't, such as a send, is
//!   retried only if provably no byte of the request left, unless [`Call::resend`] allows more.
//! - A [`RetryPolicy`] decides when the next attempt is made; by default [`Backoff`], and never
//!   before the service's `Retry-After`.
//! - A [`RetryBudget`] limits the retries of all calls together.
//!
//! | limit | default | set by |
//! |---|---|---|
//! | the whole call | 60 s | [`ClientBuilder::timeout`], [`Call::timeout`] |
//! | an attempt | 30 s; 35 s of a send | [`ClientBuilder::attempt_timeout`], [`Call::attempt_timeout`] |
//! | connecting, TLS included | 10 s | [`ClientBuilder::connect_timeout`] |
//! | a token request, shared by all callers | 30 s | |
//!
//! Requests are sent as fast as they are made unless a [`RateLimit`] is set.
//!
//! # What is logged
//!
//! Spans and events of `tracing`, at DEBUG: a span `call` with `operation`, `correlation`,
//! `http.request.method`, `url.template`, `server.address`, `server.port`, and `error.type` if
//! it failed; in it a span `attempt` with `http.request.resend_count`,
//! `http.response.status_code`, `error.type`, after OpenTelemetry's conventions; an event
//! `another attempt` with `reason`, `attempt` and `wait_ms`. At INFO: each change
//! that [`webhook::Keeper`] makes. At WARN: a token that is still valid couldn't be renewed; a
//! stored token can't be read; a token file can't be locked; the end of a runtime cut a renewal
//! off; a field differs from the document (once per field); a text has more than 1,000
//! characters; the keeper couldn't check a subscription; a client uses plain `http` to another
//! machine.
//! URLs aren't logged: the vendor puts numbers and texts into the query.
//!
//! # Metrics
//!
//! A `tracing-subscriber` layer can derive metrics from the spans. This one counts the calls per
//! operation and the failures per kind. A call that a resource refuses for its input has no
//! span, since it makes no request.
//!
//! ```
//! # use stratustexting_sandbox::Sandbox;
//! # use stratustexting::Client;
//! use std::{collections::BTreeMap, fmt::Debug, sync::{Arc, Mutex}};
//! use tracing::{Metadata, Subscriber, field::{Field, Visit}, span::{Attributes, Id, Record}};
//! use tracing_subscriber::{Layer, layer::{Context, SubscriberExt}, registry::LookupSpan};
//!
//! #[derive(Clone, Default)]
//! struct Counts(Arc<Mutex<BTreeMap<String, u64>>>);
//!
//! fn is_call(span: &Metadata<'_>) -> bool {
//!     span.name() == "call" && span.target().starts_with("stratustexting")
//! }
//!
//! impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Counts {
//!     fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
//!         if is_call(span.metadata()) {
//!             span.record(&mut self.clone());
//!         }
//!     }
//!
//!     fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
//!         if context.metadata(id).is_some_and(is_call) {
//!             values.record(&mut self.clone());
//!         }
//!     }
//! }
//!
//! impl Visit for Counts {
//!     fn record_str(&mut self, field: &Field, value: &str) {
//!         if ["operation", "error.type"].contains(&field.name()) {
//!             *self.0.lock().unwrap().entry(value.to_owned()).or_default() += 1;
//!         }
//!     }
//!
//!     fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let counts = Counts::default();
//! let subscriber = tracing_subscriber::registry().with(counts.clone());
//! tracing::subscriber::set_global_default(subscriber)?;
//! # let sandbox = Sandbox::start().await?;
//! # let client = Client::from_variables(sandbox.variables())?;
//!
//! client.messages().send_sms("+12025550123", "Hello").await?;
//! client.contacts().find_by_mobile("+12025550199").await.unwrap_err();
//!
//! # let all = counts.clone();
//! let counts = counts.0.lock().unwrap();
//! assert_eq!((counts["sendSms"], counts["findContactByMobile"], counts["status"]), (1, 1, 1));
//! # drop(counts);
//! # let counts = &all.0;
//! # // A success that can't be read is a failed call, whichever way it was made.
//! # let unreadable = stratustexting_sandbox::ScriptedResponse::new(200).body("{}");
//! # sandbox.respond_times("sendSms", 2, unreadable);
//! # client.messages().send_sms("+12025550123", "Hello").await.unwrap_err();
//! # let number = sandbox.number();
//! # client.api().send_sms().from(number).to("+12025550123").text("Hello").send().await.unwrap_err();
//! # assert_eq!(counts.lock().unwrap()["decode"], 2);
//! # Ok(())
//! # }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod auth;
mod brand;
mod call;
mod client;
mod decode;
mod drift;
mod encoding;
mod endpoint;
mod error;
mod executor;
mod headers;
mod input;
mod invisible;
mod list_end;
mod options;
mod outcome;
mod overrides;
pub mod pager;
mod parts;
mod phone;
mod rate_limit;
mod reading;
mod refusal;
pub mod resources;
mod response;
mod retry;
mod retry_after;
mod secret;
pub mod segments;
#[doc(hidden)]
pub mod testing;
mod ticket;
mod time;
mod transport;
pub mod webhook;

/// The generated client, and the table of operations. Its models are [`models`].
#[doc(no_inline)]
pub use stratustexting_client as api;
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
pub use stratustexting_client::{
    ContactField,
    lenient::{Diagnostic, Found, Handling},
};

/// The libraries whose types stand in this crate's signatures, in the versions that fit.
pub use {bytes, http, reqwest, url};

#[cfg(feature = "parse-numbers")]
pub use self::phone::ParsedNumber;
pub use self::{
    brand::Brand,
    call::Call,
    client::{Client, ClientBuilder, RawRequest, check},
    drift::differences,
    error::{Error, Result},
    options::CallOptions,
    outcome::SendOutcome,
    overrides::{OperationOverride, Paging},
    pager::Pager,
    phone::{PhoneNumber, Unreadable},
    rate_limit::RateLimit,
    resources::{Consents, ContactRef, Contacts, Media, Messages, Sites, Subscriptions},
    response::{Outcome, Response},
    retry::{Backoff, FailedAttempt, Resend, RetryBudget, RetryPolicy},
    secret::{AccessToken, ApiKey, ClientSecret, RefreshToken},
    ticket::{Ticket, TicketMatch},
};

/// The program on the README's first screen, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
