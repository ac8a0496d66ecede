//! An unofficial SDK for the StratusTexting Connect API, and for the sibling brands
//! that serve the same API: SMS and MMS, contacts, consent, webhooks, sites.
//!
//! ```
//! # use stratustexting_sandbox::Sandbox;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use futures::TryStreamExt;
//! use stratustexting::{Client, auth::Credentials};
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
//! match client.messages().send_sms(from, "+12025550123", "Your order is ready.").await {
//!     Ok(_) => println!("taken"),
//!     Err(error) if error.may_have_been_sent() => println!("look before sending again: {error}"),
//!     Err(error) => println!("nothing was sent: {error}"),
//! }
//!
//! let mut contacts = client.contacts().list();
//! while let Some(contact) = contacts.try_next().await? {
//!     println!("{:?}", contact.id);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Where to start
//!
//! - [`Client`] is made once per login and cloned freely.
//! - [`auth::Credentials`] say how it gets its tokens; [`auth`] explains which to take.
//! - Its resources are [`Messages`], [`Contacts`], [`Consents`], [`Subscriptions`] and
//!   [`Sites`]; lists are [`Pager`]s.
//! - [`Error`] says what went wrong, and whether anything may have been sent.
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
//!
//! Without either, a client can only be built for a loopback address.
//!
//! # What it does not do
//!
//! It doesn't repeat failed requests, except once after a 401, and doesn't limit how
//! fast requests are sent. Several processes that share one login don't yet keep out
//! of each other's way when they renew its token.

pub mod auth;
mod brand;
mod client;
mod endpoint;
mod error;
mod executor;
mod input;
mod options;
mod outcome;
pub mod pager;
mod phone;
mod rate_limit;
pub mod resources;
mod response;
mod retry;
mod secret;
pub mod webhook;

/// The generated client, its models, and the table of operations.
pub use stratustexting_client as api;
/// The models of the API.
pub use stratustexting_client::types as models;

pub use self::{
    brand::Brand,
    client::{Client, ClientBuilder, RawRequest},
    error::{Error, Result},
    options::CallOptions,
    outcome::{SendOutcome, Ticket},
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
