//! What a running sandbox keeps of its dialect.

use std::collections::HashSet;

use super::{Dialect, numbers::Numbers};

/// The dialect, and what has to be remembered to keep to it.
///
/// Its lock may be taken while the world's is held, never the other way round.
#[derive(Debug, Default)]
pub(crate) struct Speaker {
    pub(super) dialect: Dialect,
    /// They outlive a change of dialect: what was shown once means the same in any
    /// dialect that has numbers.
    pub(super) numbers: Numbers,
    /// The subscriptions for which a batch of events is on its way.
    pub(super) on_the_way: HashSet<String>,
}

impl Speaker {
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) fn set(&mut self, dialect: Dialect) {
        self.dialect = dialect;
    }
}
