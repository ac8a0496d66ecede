//! The sandbox's clock: the machine's time, plus as much as a test has added.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead: TimeDelta,
}

impl Clock {
    pub(crate) fn now(&self) -> DateTime<Utc> {
        Utc::now() + self.ahead
    }

    /// How far it is ahead of the machine's.
    pub(crate) fn ahead(&self) -> TimeDelta {
        self.ahead
    }

    /// Shows the machine's time again.
    pub(crate) fn reset(&mut self) {
        self.ahead = TimeDelta::zero();
    }

    /// Moves the clock forward. A time that can't be represented changes nothing.
    pub(crate) fn advance(&mut self, by: Duration) {
        let ahead = TimeDelta::from_std(by)
            .ok()
            .and_then(|by| self.ahead.checked_add(&by))
            .filter(|ahead| Utc::now().checked_add_signed(*ahead).is_some());
        self.ahead = ahead.unwrap_or(self.ahead);
    }
}
