//! The errors of the library.

use std::{net::IpAddr, path::PathBuf};

/// Why a sandbox couldn't start, or accept a setting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// The port is taken or may not be used, or the machine doesn't have the address.
    #[error("can't listen on port {port} of {host}")]
    Listen {
        /// The requested address.
        host: IpAddr,
        /// The requested port; 0 for any.
        port: u16,
        /// The system's error.
        source: std::io::Error,
    },
    /// A setting is invalid.
    #[error("{0}")]
    Setting(String),
    /// The file of [`Builder::data`](crate::Builder::data) can't be used.
    #[error("can't use the file {}: {problem}", file.display())]
    Data {
        /// The file.
        file: PathBuf,
        /// Why, and what to do.
        problem: String,
    },
    /// The client for webhooks can't be made.
    #[error("can't make a client for webhooks")]
    Http(#[from] reqwest::Error),
}

/// Why a customer's text was rejected.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CustomerError(pub(crate) String);
