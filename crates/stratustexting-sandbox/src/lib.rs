//! A stateful local sandbox of the StratusTexting Connect API, for tests and development.
//!
//! It listens on this machine only ([`Builder::host`] changes that), needs no account, and
//! sends nothing to anybody. A program for the real service, in any language, works with it
//! when only the URLs are changed: OAuth, all operations, webhooks.
//!
//! ```
//! use stratustexting_sandbox::Sandbox;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let sandbox = Sandbox::start().await?;
//! let http = reqwest::Client::new();
//!
//! let token: serde_json::Value = http
//!     .post(sandbox.token_url())
//!     .basic_auth(sandbox.client_id(), Some(sandbox.client_secret()))
//!     .form(&[("grant_type", "client_credentials")])
//!     .send().await?
//!     .json().await?;
//! let sent = http
//!     .post(format!("{}/message/sendsms", sandbox.api_base()))
//!     .query(&[("from", sandbox.number()), ("to", "+12025550123"), ("text", "Hello")])
//!     .bearer_auth(token["access_token"].as_str().unwrap_or_default())
//!     .header("x-api-key", sandbox.api_key())
//!     .send().await?;
//!
//! assert_eq!(sent.status(), 200);
//! assert_eq!(sandbox.sent_messages()[0].text, "Hello");
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new()?.block_on(run())
//! # .map_err(|error| error.to_string())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it does
//!
//! - **OAuth**: authorization code (with PKCE when the client sends a challenge),
//!   refresh with or without rotation, client credentials; client authentication by
//!   HTTP Basic or form fields; strict about redirect URI, client and scopes.
//! - **All operations**, with their state in memory, over seeded data: departments with
//!   numbers, 1,000 contacts, a few consents; and a site ([`Builder::multisite`]). The same seed
//!   gives the same ids, credentials and contacts; with [`Builder::clock`] the same requests get
//!   the same responses. With `Builder::data` (feature `data`) a file keeps everything over
//!   restarts.
//! - **The base paths of all brands** at once, so that changing the host is enough.
//! - **The gateway's rejections**: a missing key, a bad token, an unknown route, a URL that
//!   is too long, a subscription without a user's login; with the headers that distinguish
//!   them from the application's errors.
//! - **Webhooks**: the handshake when a subscription is created, and delivery of message
//!   and contact events, in order or as [`DeliverySettings`] say. Subscriptions can be
//!   suspended, and filters disabled ([`Sandbox::set_subscription_status`],
//!   [`Sandbox::disable_filter`]).
//! - **A ledger** of every request as it arrived ([`Sandbox::ledger`]).
//! - **Faults** at every point of an exchange, scripted or at random by a seed
//!   ([`Sandbox::fail_next`], [`Sandbox::fail_at_random`]): refused and reset connections,
//!   responses that never come, come late, are incomplete, or come from a proxy. The ledger
//!   says of each whether the operation was carried out all the same.
//! - **Dialects**, by hand or from a seed ([`Dialect`]): the responses of a service that
//!   differs from what was inferred, in types, lists, envelopes, paging, statuses, events.
//! - **Control**: play the customer who texts ([`Sandbox::customer_texts`]) and the user who
//!   logs in ([`Sandbox::browser`]), expire tokens,
//!   move the clock, script responses ([`Sandbox::respond_next`]). Programs in other
//!   languages do the same over HTTP, below [`Sandbox::control_url`]. Pages in a browser can use
//!   it only if [`Builder::allow_origin`] names their origin.
//!
//! # Where the real service's behaviour is not known
//!
//! Most of it isn't documented. The sandbox then does something plausible, which a program
//! shouldn't rely on:
//!
//! - which errors are 400 and which 409;
//! - the largest page size;
//! - the key of a subscription's update (`id` and `uri` both work);
//! - a subscription's lifetime, and what becomes of it then ([`Builder::subscription_lifetime`]);
//! - whether an account has sites ([`Builder::multisite`]);
//! - how long the gateway waits for a response ([`Builder::integration_timeout`]);
//! - the order and number of an event's posts, and the waits between them
//!   ([`DeliverySettings`]);
//! - the status of a subscription that isn't `ACTIVE`;
//! - a string of digits in place of a number (accepted for `expiresDateInMillies` only);
//! - the form of an item of `customConsents`.
//!
//! Texts are limited to [`MAX_TEXT`] characters, files to [`MAX_MEDIA`] bytes together.
//!
//! It shares nothing with the SDK but the generated models and the table of operations, so
//! that a test of one against the other proves something.

mod api;
mod base;
mod browser;
mod builder;
mod callback;
mod changes;
mod clock;
mod connection;
mod control;
mod cors;
mod data;
mod delivery;
pub mod dialect;
mod dispatch;
mod error;
mod fault;
mod gateway;
mod ids;
mod ledger;
mod limits;
mod oauth;
mod page;
#[cfg(feature = "program")]
#[doc(hidden)]
pub mod program;
mod query;
mod response;
mod route;
mod sandbox;
mod script;
mod seed;
mod service;
mod settings;
mod shared;
mod state;
mod tcp;
mod upload;
mod variables;
mod webhooks;

pub use self::{
    api::messages::{MAX_MEDIA, MAX_TEXT},
    builder::Builder,
    dialect::Dialect,
    error::{CustomerError, SandboxError},
    fault::{Commit, Fault, FaultPlan},
    ledger::{BrokenRequest, Entry},
    oauth::{Grant, NewClient, RegisteredClient},
    sandbox::Sandbox,
    script::ScriptedResponse,
    settings::{DeliverySettings, Order},
    state::{
        delivery::{Delivery, DeliveryError, DeliveryState},
        messages::{SentMedia, SentMessage},
    },
};

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
