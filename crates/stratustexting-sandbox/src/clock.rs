//! The sandbox's time: that of the machine, and as far ahead as it was moved.

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

    /// Moves the time on. What is too far to be told stays where it is.
    pub(crate) fn advance(&mut self, by: Duration) {
        let ahead = TimeDelta::from_std(by)
            .ok()
            .and_then(|by| self.ahead.checked_add(&by))
            .filter(|ahead| Utc::now().checked_add_signed(*ahead).is_some());
        self.ahead = ahead.unwrap_or(self.ahead);
    }
}
