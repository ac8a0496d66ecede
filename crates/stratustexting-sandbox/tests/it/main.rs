//! The sandbox, used as by a program in any language: plain HTTP and raw JSON, nothing of
//! the SDK. The fixtures define what its responses must look like. They were written by
//! hand, and the SDK is tested against them, too.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

/// Plain HTTP with and without credentials, fixtures, a callback.
mod support;

/// A callback that a test controls.
mod receiver;

/// Controlling the sandbox over HTTP.
mod control;
/// The control API's index, its errors, and scripted responses.
mod control_api;
/// Pages in a browser that call the sandbox.
mod cors;
/// A file that keeps everything over restarts, and a ledger of limited length.
mod data;
/// The order of events, attempts, how many at a time, and why a delivery failed.
mod deliveries;
/// Responses that differ from the inferred ones.
mod dialect;
/// Faults at every point of an exchange.
mod faults;
/// What the gateway rejects.
mod gateway;
/// The page for other languages, and the file for a container.
mod guide;
/// The address to listen on, and who may use the control API.
mod host;
/// What takes long, and what expires.
mod integration;
/// Requests that are too long, or not UTF-8.
mod limits;
/// The OAuth server.
mod oauth;
/// Each operation, and how it rejects bad input.
mod operations;
/// The page at `/`.
mod page;
/// The program, and a client in another language.
mod program;
/// A clock that stands still, and runs that repeat byte for byte.
mod repeatable;
/// Hostile pages and programs.
mod security;
/// Subscriptions that are suspended, have disabled filters, or are forbidden.
mod subscriptions;
/// Callbacks by TLS, with certificates that are trusted or not.
mod tls;
/// Subscriptions, the handshake, deliveries.
mod webhooks;
