//! The real program against a sandbox.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod bulk;
mod home;
mod listen;
mod manual;
mod receiver;
mod sandbox;
mod stratus;
mod trigger;
