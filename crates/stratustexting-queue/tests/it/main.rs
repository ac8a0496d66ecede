//! The inbox and the outbox, on each of their stores.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]
#![allow(clippy::print_stdout, reason = "it says what was not tested")]

mod input;
mod order;
mod outbox;
mod postgres;
mod receive;
mod replies;
mod store;
mod support;
mod worker;
