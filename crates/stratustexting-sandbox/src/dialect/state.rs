//! The dialect of a running sandbox.

use std::collections::HashSet;

use super::{Dialect, numbers::Numbers};

/// The dialect, and what it must remember.
///
/// Its lock may be taken while the one of `State` is held, never the other way round.
#[derive(Debug, Default)]
pub(crate) struct DialectState {
    pub(super) dialect: Dialect,
    /// They outlive a change of dialect: a number that was shown once keeps its meaning in
    /// every dialect that has numbers.
    pub(super) numbers: Numbers,
    /// The subscriptions for which a task posts batches.
    pub(super) batches_in_flight: HashSet<String>,
}

impl DialectState {
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) fn set(&mut self, dialect: Dialect) {
        self.dialect = dialect;
    }
}
