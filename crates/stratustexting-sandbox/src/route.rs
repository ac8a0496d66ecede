//! Which route a request takes: the OAuth server's two, an operation's, or none.

use stratustexting_client::Operation;

use crate::{base, dialect::Dialect, limits::Limits};

pub(crate) const AUTHORIZE_PATH: &str = "/oauth2/authorize";
pub(crate) const TOKEN_PATH: &str = "/oauth2/token";
pub(crate) const CONTROL_PATH: &str = "/control";
/// What the page at `/` consists of.
pub(crate) const PAGE_PATH: &str = "/page";

/// Whether a path isn't the service's but the sandbox's own: the control API's or the page's.
pub(crate) fn is_own(path: &str) -> bool {
    let is_below = |base: &str| {
        let rest = path.strip_prefix(base);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    path == "/" || is_below(CONTROL_PATH) || is_below(PAGE_PATH)
}

/// The name of the token endpoint, in scripts and in the ledger.
pub(crate) const TOKEN: &str = "token";

/// Where a request goes.
#[derive(Clone, Copy)]
pub(crate) enum Route {
    Authorize,
    Token,
    Operation(&'static Operation),
    Unknown,
}

impl Route {
    pub(crate) fn find(dialect: Dialect, limits: &Limits, method: &str, path: &str) -> Self {
        // The vendor prints these URLs with a slash at their end; clients leave it out.
        match path.strip_suffix('/').unwrap_or(path) {
            AUTHORIZE_PATH => return Self::Authorize,
            TOKEN_PATH => return Self::Token,
            _ => {}
        }
        let below = base::below(path);
        let operation = below.and_then(|path| dialect.operation_at(method, path));
        match operation {
            Some(operation) if limits.has(operation) => Self::Operation(operation),
            _ => Self::Unknown,
        }
    }

    /// Whether the gateway stands before it, as before everything but the OAuth server.
    pub(crate) fn is_behind_gateway(&self) -> bool {
        matches!(self, Self::Operation(_) | Self::Unknown)
    }

    /// The name under which responses and faults are scripted; none for an unknown route.
    pub(crate) fn name(&self) -> Option<&'static str> {
        match self {
            Self::Authorize => Some("authorize"),
            Self::Token => Some(TOKEN),
            Self::Operation(operation) => Some(operation.id),
            Self::Unknown => None,
        }
    }
}

/// Checks a name under which a response or a fault is scripted.
///
/// # Errors
///
/// When there is no such operation.
pub(crate) fn check_name(operation: &str) -> Result<(), String> {
    if operation == TOKEN || Operation::find(operation).is_some() {
        return Ok(());
    }
    Err(format!(
        "there is no operation {operation:?}: it must be an operationId, or {TOKEN:?}"
    ))
}
