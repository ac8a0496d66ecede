//! What can be set for one call.

use std::time::Duration;

/// What a call may differ in from the client's defaults.
#[derive(Clone, Debug, Default)]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
}

impl CallOptions {
    /// How long a call may take unless something else is set.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

    /// Longer than any program runs, and still within every clock's range.
    pub(crate) const FOREVER: Duration = Duration::from_secs(86400 * 365 * 30);

    /// No deviations.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How long the call may take in all: waiting for a token, every attempt, and
    /// reading the answer. By default the client's, which is
    /// [60 seconds](Self::DEFAULT_TIMEOUT) unless set.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}
