//! The real program against a sandbox.

#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

/// Several accounts: showing, choosing, changing and forgetting them.
mod account;
mod api;
mod bulk;
mod canary;
mod consent;
mod contact;
#[cfg(unix)]
mod docs;
/// Each fault of a set-up is found and named.
mod doctor;
/// Whether a value fits a JSON Schema.
mod fits;
mod home;
mod import;
/// Only a program that is built for tests takes a folder in the keyring's place.
#[cfg(debug_assertions)]
mod keyring;
mod listen;
/// Logging in, and what a failed login leaves.
mod login;
mod manual;
mod output;
/// The profiles' file, and those who change it at once.
mod profiles_file;
/// What is asked on a terminal.
#[cfg(unix)]
mod prompts;
mod receiver;
mod sandbox;
mod schema;
#[cfg(unix)]
mod screen;
mod send;
mod stratus;
mod subscription;
mod trigger;
