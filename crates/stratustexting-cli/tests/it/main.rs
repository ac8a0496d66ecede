//! The real program against a sandbox.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod bulk;
#[cfg(unix)]
mod docs;
mod home;
mod listen;
mod manual;
mod receiver;
mod sandbox;
mod stratus;
mod trigger;
