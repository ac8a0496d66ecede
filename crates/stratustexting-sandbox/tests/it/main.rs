//! The sandbox, talked to as a program in any language would: plain HTTP and raw JSON,
//! nothing of the SDK. What its answers have to look like stands in the fixtures that
//! the SDK is held against, too, which were written by hand.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

/// Plain HTTP with and without credentials, fixtures, a callback to be called.
mod support;

/// Steering the sandbox over HTTP.
mod control;
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
/// Subscriptions, the handshake, deliveries.
mod webhooks;
