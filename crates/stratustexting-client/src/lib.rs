//! The generated client of the StratusTexting Connect API, and its one seam.
//!
//! Most programs want the crate `stratustexting`, which adds OAuth, paging, typed
//! errors and checks of the input, and which gives access to this client for what
//! it doesn't wrap. What is here:
//!
//! - [`Client`] has one method per operation of the vendored `openapi.json`, each
//!   returning a builder of [`builder`]. It is generated when the crate is built.
//! - [`types`] are the models, generated too, with a few handwritten ones:
//!   [`Timestamp`], [`MessageRecipients`], and the open enums. Every model keeps
//!   unlisted fields in `extra`, and every enum keeps unlisted values.
//! - [`transport`] is the seam: a [`Transport`](transport::Transport) sends every
//!   request of the client and decides about credentials, limits and retries.
//! - [`OPERATIONS`] has for each operation what the code must know beyond HTTP shapes,
//!   and its provenance; [`BRANDS`] lists the brands of the API.
//! - `MODELS` (feature `schemas`) lists the models with their JSON Schemas, which the
//!   package's folder `crates/stratustexting-client/schemas` has as files.
//!
//! # Features
//!
//! - `rustls` (default): TLS by rustls with the platform's certificate store.
//! - `native-tls`: TLS by the platform's own library.
//! - `schemas`: the models with their JSON Schemas, by the crate `schemars`.
//!
//! Without either, an `https` request fails when it is sent.
//!
//! # What it does not do
//!
//! It doesn't authenticate, retry, limit, page or check input. Operations with a
//! multipart body (`sendMms`) are not generated; they are in [`OPERATIONS`].

#![forbid(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod contact;
pub mod lenient;
#[cfg(feature = "schemas")]
pub mod model;
mod open_enum;
pub mod operation;
mod recipients;
#[doc(hidden)]
pub mod redact;
mod subscription;
mod timestamp;
pub mod transport;

#[allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    irrefutable_let_patterns,
    rustdoc::all,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "generated code; `cargo xtask snapshot --check` watches it"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/generated.rs"));
}

#[cfg(feature = "schemas")]
pub use self::model::Model;
pub use self::{
    contact::ContactField,
    generated::{Client, builder},
    operation::Operation,
};
/// Models stand in [`types`].
#[doc(hidden)]
pub use self::{recipients::MessageRecipients, timestamp::Timestamp};
#[doc(no_inline)]
pub use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};

pub(crate) use self::generated::open_enums;
#[cfg(feature = "schemas")]
pub use self::generated::tables::MODELS;
pub use self::generated::tables::{BRANDS, OPERATIONS};

/// The models of the API. The crate `stratustexting` has them as `stratustexting::models`.
pub mod types {
    pub use crate::generated::{open_enums::*, types::*};
    pub use crate::{MessageRecipients, Timestamp};
}
