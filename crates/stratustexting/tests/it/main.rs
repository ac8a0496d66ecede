//! The SDK against the sandbox, over real HTTP on this machine.
//!
//! Every test starts a sandbox of its own. What is expected on the wire stands in
//! `tests/fixtures`, written by hand from what is known of the API: neither the SDK
//! nor the sandbox had a hand in it.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

/// The core jobs in the sandbox's other dialects.
mod dialects;
/// A service that differs from what the document infers.
mod drift;
/// A token endpoint that says what it is told.
mod endpoint;
/// Starting sandboxes and clients, watching the log for secrets, reading fixtures.
mod support;
/// A sandbox behind TLS, and a forward proxy.
mod tls;

/// The headers of one call.
mod call_headers;
/// What a check says of each fault in a set-up.
mod check;
/// Clearing fields of a contact.
mod clearing;
/// A renewal whose runtime ends or whose store panics.
mod cut_off;
/// Each error shape reaches the caller with status, headers and body.
mod errors;
/// Servers that end connections after they have answered.
mod idle;
/// Bad input is refused before anything is sent.
mod input;
/// A subscription that is kept alive.
mod keeper;
/// What a renewal does under the store's lock.
mod locked;
/// Logging in, and where tokens come from.
mod login;
/// Logging in by the browser of the program's own machine.
#[cfg(feature = "loopback-login")]
mod loopback;
/// The error is made of leaves.
mod modules;
/// Networks that are hard on a client: without certificates, with proxies, with bodies that
/// are compressed on the way.
mod network;
/// Each operation, byte by byte.
mod operations;
/// Lists, by item and by page.
mod paging;
/// Payloads, documented and odd ones, come through the models whole.
mod payloads;
/// Tokens in Redis, if there is one.
#[cfg(all(unix, feature = "redis"))]
mod redis;
/// Refusals of tokens and logins in other words than the standard's.
mod refused;
/// When a token is renewed, by whom, and what may go wrong meanwhile.
mod renewal;
/// What the promises about secrets, redirects and limits come to.
mod safety;
/// Texts in segments, counted by others, too.
mod segments;
/// What becomes of a send, and what is repeated.
mod sends;
/// The builder's settings, each by its effect.
mod settings;
/// One token file for many.
mod stores;
/// Renewing tokens for many callers at once.
mod tokens;
/// Tokens that the store doesn't take, and stores that are behind.
mod unsaved;
/// Subscribing, the handshake, and what is delivered.
mod webhooks;
