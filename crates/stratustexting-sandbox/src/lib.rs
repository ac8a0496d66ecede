//! A stateful twin of the StratusTexting Connect API, for tests and development.
//!
//! It listens on this machine only, needs no account, and sends nothing to anybody.
//! A program written against the real service, in any language, works against it with
//! nothing changed but the URLs: OAuth, all operations, webhooks.
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
//! - **All operations**, stateful in memory, over seeded data: a site with departments
//!   and numbers, 1,000 contacts, a few consents. The same seed gives the same ids,
//!   credentials and contacts.
//! - **The base paths of all brands** at once, so that a change of the host is enough.
//! - **The gateway's refusals**: a missing key, a bad token, an unknown route, a URL that
//!   is too long, a subscription without a user's login; with the headers that tell them
//!   from the application's.
//! - **Webhooks**: the handshake when a subscription is made, and delivery of message
//!   and contact events, in order or as unkindly as [`Deliveries`] says. Subscriptions
//!   can be suspended, and filters disabled ([`Sandbox::set_subscription_status`],
//!   [`Sandbox::disable_filter`]).
//! - **A ledger** of every request as it arrived ([`Sandbox::ledger`]).
//! - **Faults** at every point of an exchange, scripted or at random by a seed
//!   ([`Sandbox::fail_next`], [`Sandbox::fail_at_random`]): connections refused and
//!   reset, answers that never come, come late, come in part, or are another's. The
//!   ledger says of each whether the operation was carried out all the same.
//! - **Dialects**, by hand or drawn by a seed ([`Dialect`]): the answers of a service that
//!   differs from what was inferred, in types, lists, envelopes, paging, statuses, events.
//! - **Control**: play the customer who texts ([`Sandbox::customer_texts`]), let tokens
//!   expire, move the clock, script answers ([`Sandbox::answer_next`]). The same over
//!   HTTP for other languages, below [`Sandbox::control_url`].
//!
//! # Where the real service's behaviour is not known
//!
//! Most of it isn't documented. The sandbox then does the plausible thing, and a
//! program shouldn't lean on it: which of its errors are 400 or 409, how a page's size
//! is limited, whether a subscription is updated by `id` or by `uri` (both work), how
//! long it lives (30 years, whatever was asked for, which is what was once observed),
//! in which order events come and how often one is posted again ([`Deliveries`]), what a
//! subscription's status is called when it isn't `ACTIVE`, whether a number as text is
//! taken where a number belongs (`expiresDateInMillies` is), what an item of
//! `customConsents` looks like.
//! Texts are limited to [`MAX_TEXT`] characters, files to [`MAX_MEDIA`] bytes in all.
//!
//! It shares nothing with the SDK but the generated models and the table of operations,
//! so that a test of one against the other proves something.

mod answer;
mod api;
mod base;
mod builder;
mod callback;
mod clock;
mod connection;
mod control;
mod cors;
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
mod query;
mod reply;
mod route;
mod sandbox;
mod seed;
mod service;
mod settings;
mod shared;
mod state;
mod webhooks;
mod wire;

pub use self::{
    answer::Answer,
    api::messages::{MAX_MEDIA, MAX_TEXT},
    builder::Builder,
    dialect::Dialect,
    error::{CustomerError, StartError},
    fault::{Commit, Fault, FaultPlan},
    ledger::{BrokenRequest, Entry},
    oauth::{Grant, NewClient, Registered},
    sandbox::Sandbox,
    settings::{Deliveries, Order},
    state::{
        delivery::{Delivery, DeliveryError, DeliveryState},
        messages::{SentMedia, SentMessage},
    },
};

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
