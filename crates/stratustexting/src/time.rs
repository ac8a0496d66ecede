//! Limits of time.

use std::time::Duration;

/// Longer than any program runs, and still within every clock's range.
pub(crate) const FOREVER: Duration = Duration::from_secs(86400 * 365 * 30);
