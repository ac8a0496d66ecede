//! The sandbox, talked to as a program in any language would: plain HTTP and raw JSON,
//! nothing of the SDK. What its answers have to look like stands in the fixtures that
//! the SDK is held against, too, which were written by hand.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

/// Plain HTTP with and without credentials, fixtures, a callback to be called.
mod support;

/// A callback that does as it is told.
mod receiver;

/// Steering the sandbox over HTTP.
mod control;
/// Pages in a browser that call the sandbox.
mod cors;
/// In which order events come, how often, how many at a time, and why not.
mod deliveries;
/// Other answers than those that were inferred.
mod dialect;
/// Faults at every point of an exchange.
mod faults;
/// What is turned away before the application sees it.
mod gateway;
/// The OAuth server.
mod oauth;
/// Each operation, and each refusal of bad input.
mod operations;
/// The program, and a client in another language.
mod program;
/// What can be set and scripted over HTTP, and what its mistakes are answered with.
mod steering;
/// Subscriptions that are suspended, whose filters are disabled, or that nobody may have.
mod subscriptions;
/// Callbacks by TLS, with certificates that are trusted or not.
mod tls;
/// What is too long, or no text.
mod too_much;
/// Subscriptions, the handshake, deliveries.
mod webhooks;
